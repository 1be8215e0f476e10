// SPDX-License-Identifier: MIT
#include "report_tables.hpp"

#include <tcplens/connection/parallel/parallel_connection_table.hpp>
#include <tcplens/connection/rules/evidence_rules.hpp>

namespace program {

exit_status report_by_evidence(const report_options& given, session& with) {
    if (given.threads == 1 || given.by_time) return report_tables::run<tcplens::evidence_rules>(given, with);
    using namespace tcplens;
    if (given.needs_details()) {
        basic_parallel_connection_table<evidence_rules, opening_observer, closing_observer, profile_observer,
                                        time_observer, zeek_observer>
            table{given.threads};
        return report_tables::series(given, with, table);
    }
    parallel_connection_table table{given.threads};
    return report_tables::series(given, with, table);
}

} // namespace program
