// SPDX-License-Identifier: MIT
#include "report_tables.hpp"

#include <tcplens/connection/rules/evidence_rules.hpp>

namespace program {

exit_status report_by_evidence(const report_options& given, session& with) {
    return report_tables::run<tcplens::evidence_rules>(given, with);
}

} // namespace program
