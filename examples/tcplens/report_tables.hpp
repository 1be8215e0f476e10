// SPDX-License-Identifier: MIT
#pragma once

// Reading the captures for report, with any rules.

#include "captures.hpp"
#include "interruption.hpp"
#include "not_understood.hpp"
#include "report.hpp"
#include "segments_by_time.hpp"
#include "table_file.hpp"
#include "tables.hpp"

#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/observers/irregularity_observer.hpp>
#include <tcplens/connection/observers/skew_observer.hpp>
#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace program::report_tables {

template <class Table>
exit_status answer(const report_options& given, session& with, const capture_summary& summary, const Table& table) {
    connections_of<Table> connections{table};
    if (given.format == report_format::json) write_report_json(with, given, summary, connections);
    else if (given.format == report_format::html) write_report_html(with, given, summary, connections);
    else write_report_text(with, given, summary, connections);
    return with.conclude(summary.problems);
}

/// Follows the segments of all files in the order of their times.
template <class Table>
exit_status by_time(const report_options& given, session& with) {
    std::vector<segment_file> files;
    for (std::size_t i = 0; i < given.files.size(); ++i) {
        files.emplace_back(given.files[i], i, given.decoding, given.files.choice);
    }
    watch_for_interruption();
    segments_by_time segments{std::move(files)};
    Table table{{.decoding = given.decoding}};
    tcplens::connection_table whole; // counts connections where not all packets are chosen
    connection_numbers numbers;
    progress shown{given.files};
    std::uint64_t count = 0;
    while (const placed_segment* const next = segments.next()) {
        if (!given.files.choice.chooses_all()) {
            numbers.note(whole.add(next->found).connection->number);
            if (next->is_chosen) table.number_from(numbers.take());
            else numbers.leave_out();
        }
        if (next->is_chosen) table.add(next->found);
        constexpr std::uint64_t segments_between_looks = 1u << 14; // a look at the clock costs more than a segment
        if (++count % segments_between_looks != 0) continue;
        std::uint64_t packets = 0;
        std::uint64_t bytes = 0;
        for (const segment_file& each : segments.files()) {
            packets += each.packets();
            bytes += each.position();
        }
        shown.show(packets, bytes);
    }
    shown.clear();
    stop_watching_for_interruption();
    capture_summary summary;
    for (const segment_file& each : segments.files()) add(summary, each.name(), each.result(), each.problem());
    return answer(given, with, summary, table);
}

/// Follows the files one after the other. `numbers_before`: of the packets that the table goes on from.
template <class Table>
exit_status series(const report_options& given, session& with, Table& table, std::uint64_t numbers_before = 0) {
    const std::uint64_t packets_before = table.statistics().packets;
    captures input{given.files, numbers_before};
    if (!given.saved.empty() || !given.resumed.empty()) input.count_chosen_only();
    if constexpr (std::same_as<Table, tcplens::detailed_connection_table>) read(input, table); // is compiled elsewhere
    else input.add_to(table);
    const capture_summary summary{.files = input.names(),
                                  .resumed = given.resumed,
                                  .packets_before = packets_before,
                                  .packets = table.statistics(),
                                  .dropped = dropped(input),
                                  .skipped = input.skipped(),
                                  .problems = input.problems()};
    return answer(given, with, summary, table);
}

/// No packet that the table knows has a higher number. There may be more numbers than packets: capture_series::skipped().
template <class Table>
std::uint64_t last_number(const Table& table) {
    std::uint64_t last = table.statistics().packets;
    for (const tcplens::connection& each : table) last = std::max(last, each.last_packet);
    return last;
}

/// With one table, which may go on with an earlier one, and a later one with it.
template <class Table>
exit_status part(const report_options& given, session& with) {
    Table table{{.decoding = given.decoding}};
    if (given.resumed.empty() && given.saved.empty()) return series(given, with, table);
    if (!given.resumed.empty() && !resume_table(with, given.resumed, table)) return exit_status::bad_input;
    const exit_status status = series(given, with, table, last_number(table));
    if (given.saved.empty()) return status;
    if (status == exit_status::good) {
        return save_table(with, given.saved, table) ? status : exit_status::bad_input;
    }
    // The run can be repeated from where it began, once what went wrong is mended.
    with.complain(given.saved, "The table was not saved, since not all went well.");
    return status;
}

template <class Table>
exit_status alone(const report_options& given, session& with) {
    return given.by_time ? by_time<Table>(given, with) : part<Table>(given, with);
}

/// A table with what the observations need.
template <class Rules>
using observed_table = tcplens::basic_connection_table<Rules, tcplens::skew_observer, tcplens::irregularity_observer>;

/// All of that with these rules, on one processor: with all that observers tell, or what the observations need.
template <class Rules>
exit_status run(const report_options& given, session& with) {
    return given.needs_details() ? alone<tcplens::basic_detailed_connection_table<Rules>>(given, with)
                                 : alone<observed_table<Rules>>(given, with);
}

} // namespace program::report_tables
