// SPDX-License-Identifier: MIT
#include "report_tables.hpp"

#include <tcplens/connection/parallel/parallel_connection_table.hpp>
#include <tcplens/connection/rules/evidence_rules.hpp>

namespace program {

namespace {

/// The same table, for several processors.
template <class Table>
struct parallel;
template <class Rules, class... Observers>
struct parallel<tcplens::basic_connection_table<Rules, Observers...>> {
    using type = tcplens::basic_parallel_connection_table<Rules, Observers...>;
};

/// Follows connections with a table of this type, on one processor or on several.
template <class Table>
exit_status answer_with(const report_options& given, session& with) {
    // Tables of several processors count connections by themselves.
    if (given.threads == 1 || given.by_time || !given.files.choice.chooses_all())
        return report_tables::alone<Table>(given, with);
    typename parallel<Table>::type table{given.threads, {.decoding = given.decoding}};
    return report_tables::series(given, with, table);
}

} // namespace

exit_status report_by_evidence(const report_options& given, session& with) {
    if (given.needs_times_only()) {
        tcplens::basic_connection_table<tcplens::evidence_rules, tcplens::skew_observer, tcplens::irregularity_observer,
                                        tcplens::time_observer>
            table{{.decoding = given.decoding}};
        return report_tables::series(given, with, table);
    }
    if (given.needs_details()) return answer_with<tcplens::detailed_connection_table>(given, with);
    if (given.no_observations) return answer_with<tcplens::connection_table>(given, with);
    return answer_with<report_tables::observed_table<tcplens::evidence_rules>>(given, with);
}

} // namespace program
