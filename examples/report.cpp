// SPDX-License-Identifier: MIT
// Answers the four questions as text.

#include "command_line.hpp"
#include "not_understood.hpp"
#include "report_text.hpp"
#include "segments_by_time.hpp"
#include "table_file.hpp"

#include <tcplens/connection/parallel_connection_table.hpp>

#include <cstddef>
#include <iostream>
#include <utility>

namespace {

/// Follows the segments of all files in the order of their times.
example::exit_status report_by_time(const example::arguments& given) {
    std::vector<example::segment_file> files;
    for (std::size_t i = 0; i < given.files.size(); ++i) files.emplace_back(given.files[i], i);
    example::segments_by_time segments{std::move(files)};
    tcplens::connection_table table;
    while (const example::placed_segment* const next = segments.next()) table.add(next->found);

    example::capture_summary captures;
    for (const example::segment_file& each : segments.files())
        add(captures, each.name(), each.result(), each.problem());
    print_report(given, captures, table);
    return conclude(given, captures.problems);
}

/// Follows the files one after the other, with a table or several.
template <class Table>
example::exit_status report_series(const example::arguments& given, Table& table) {
    example::series captures = open(given, table.statistics().packets);
    read(captures, table);
    const example::capture_summary summary{.files = file_names(given),
                                           .packets = table.statistics(),
                                           .dropped = dropped(captures),
                                           .skipped = captures.skipped(),
                                           .problems = problems(given, captures)};
    print_report(given, summary, table);
    return conclude(given, summary.problems);
}

/// The same with one table, which may go on with an earlier one, and a later one with it.
example::exit_status report_part(const example::arguments& given) {
    using example::exit_status;
    tcplens::connection_table table;
    if (!given.resumed.empty() && !resume_table(given, table)) return exit_status::bad_input;
    const exit_status status = report_series(given, table);
    if (!given.saved.empty() && !save_table(given, table)) return exit_status::bad_input;
    return status;
}

/// The same with several tables.
example::exit_status report_in_parallel(const example::arguments& given) {
    tcplens::parallel_connection_table table{given.threads};
    return report_series(given, table);
}

} // namespace

int main(int argc, char** argv) {
    using namespace example;
    const arguments given = parse(
        argc, argv, {&server_ip, &server_port, &threshold, &detailed, &by_time, &threads, &resume_from, &save_to});
    if ((given.by_time || given.threads > 1) && !(given.resumed.empty() && given.saved.empty())) {
        std::cerr << given.program << ": --resume and --save go with neither --by-time nor --threads.\n";
        return static_cast<int>(exit_status::bad_usage);
    }
    const exit_status status = given.by_time       ? report_by_time(given)
                               : given.threads > 1 ? report_in_parallel(given)
                                                   : report_part(given);
    return static_cast<int>(status);
}
