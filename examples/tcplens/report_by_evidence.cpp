// SPDX-License-Identifier: MIT
#include "report_tables.hpp"

#include <tcplens/connection/parallel/parallel_connection_table.hpp>
#include <tcplens/connection/rules/evidence_rules.hpp>

namespace program {

exit_status report_by_evidence(const report_options& given, session& with) {
    using namespace tcplens;
    const bool plain = given.no_observations && !given.needs_details();
    if (given.threads == 1 || given.by_time) {
        return plain ? report_tables::alone<connection_table>(given, with)
                     : report_tables::run<evidence_rules>(given, with);
    }
    if (given.needs_details()) {
        basic_parallel_connection_table<evidence_rules, opening_observer, closing_observer, profile_observer,
                                        time_observer, zeek_observer, skew_observer, irregularity_observer>
            table{given.threads, {.decoding = given.decoding}};
        return report_tables::series(given, with, table);
    }
    if (plain) {
        parallel_connection_table table{given.threads, {.decoding = given.decoding}};
        return report_tables::series(given, with, table);
    }
    basic_parallel_connection_table<evidence_rules, skew_observer, irregularity_observer> table{
        given.threads, {.decoding = given.decoding}};
    return report_tables::series(given, with, table);
}

} // namespace program
