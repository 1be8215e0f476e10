// SPDX-License-Identifier: MIT
// Answers the four questions as text.

#include "command_line.hpp"
#include "not_understood.hpp"
#include "report_text.hpp"
#include "segments_by_time.hpp"
#include "table_file.hpp"

#include <tcplens/connection/parallel/parallel_connection_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

/// Follows the files one after the other, with a table or several. `numbers_before`: of the packets that it goes on from.
template <class Table>
example::exit_status report_series(const example::arguments& given, Table& table, std::uint64_t numbers_before = 0) {
    const std::uint64_t packets_before = table.statistics().packets;
    example::series captures = open(given, numbers_before);
    read(captures, table);
    const example::capture_summary summary{.files = file_names(given),
                                           .resumed = given.resumed,
                                           .packets_before = packets_before,
                                           .packets = table.statistics(),
                                           .dropped = dropped(captures),
                                           .skipped = captures.skipped(),
                                           .problems = problems(given, captures)};
    print_report(given, summary, table);
    return conclude(given, summary.problems);
}

/// No packet that the table knows has a higher number. There may be more numbers than packets: capture_series::skipped().
std::uint64_t last_number(const tcplens::connection_table& table) {
    std::uint64_t last = table.statistics().packets;
    for (const tcplens::connection& each : table) last = std::max(last, each.last_packet);
    return last;
}

/// The same with one table, which may go on with an earlier one, and a later one with it.
example::exit_status report_part(const example::arguments& given) {
    using example::exit_status;
    tcplens::connection_table table;
    if (!given.resumed.empty() && !resume_table(given, table)) return exit_status::bad_input;
    const exit_status status = report_series(given, table, last_number(table));
    if (given.saved.empty()) return status;
    if (status == exit_status::good) return save_table(given, table) ? status : exit_status::bad_input;
    // Who mends that runs it again, from where it began.
    std::cerr << given.program << ": " << given.saved << ": The table was not saved, since not all went well.\n";
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
    if (!check_tables(given)) return static_cast<int>(exit_status::bad_usage);
    const exit_status status = given.by_time       ? report_by_time(given)
                               : given.threads > 1 ? report_in_parallel(given)
                                                   : report_part(given);
    return static_cast<int>(status);
}
