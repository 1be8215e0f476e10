// SPDX-License-Identifier: MIT
#include "report_tables.hpp"

#include <tcplens/connection/rules/wireshark_rules.hpp>

namespace program {

exit_status report_by_wireshark(const report_options& given, session& with) {
    return report_tables::run<tcplens::wireshark_rules>(given, with);
}

} // namespace program
