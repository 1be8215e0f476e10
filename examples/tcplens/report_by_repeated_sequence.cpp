// SPDX-License-Identifier: MIT
#include "report_tables.hpp"

#include <tcplens/connection/rules/repeated_sequence_rules.hpp>

namespace program {

exit_status report_by_repeated_sequence(const report_options& given, session& with) {
    return report_tables::run<tcplens::repeated_sequence_rules>(given, with);
}

} // namespace program
