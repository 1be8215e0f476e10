// SPDX-License-Identifier: MIT
// One connection told whole.

#include "connection_observer_of_one.hpp"
#include "connection_text.hpp"
#include "subcommands.hpp"
#include "text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace program {

namespace {

struct connection_options {
    capture_list files{};
    tcplens::decode_options decoding{};
    std::uint64_t number = 0;
    std::size_t lines = 30;
};

void declare(command_line& line, connection_options& given) {
    line.number<std::size_t>("--lines", "N", 10, 1000, "tell what happened in about so many lines (30)", given.lines);
    line.operand({.names = "N",
                  .needs = "the number of a connection",
                  .meaning = "the number of the connection, as report and connections show it; the first is 0",
                  .required = true},
                 [&given](std::string_view value) {
                     const auto number = parse_number<std::uint64_t>(value);
                     given.number = number.value_or(0);
                     return number.has_value();
                 });
    line.captures(given.files, given.decoding);
}

exit_status run(const connection_options& given, session& with) {
    captures input{given.files};
    using made = table_of_one_for<tcplens::detailed_connection_table>;
    made::table table{tcplens::table_options{.decoding = given.decoding}, tcplens::evidence_rules{},
                      made::observer{given.number}};
    input.add_to(table);
    const std::uint64_t connections = input.connections(table.size());
    const auto found = std::ranges::find(table, given.number, &tcplens::connection::number);
    if (found != table.end()) {
        auto observed = table.observer<made::observer>();
        const tcplens::detailed_connection of = observed.known(*found);
        print_heading(with, of, input.first_time().value_or(of.first_time));
        print_opening(with, of);
        print_timeline(with, of, observed.writer(), given.lines);
        print_directions(with, of);
        print_times(with, of);
        // What was observed of this connection belongs here: its sentences, each with its packets.
        return with.conclude(input);
    }
    (void)with.conclude(input); // says what was wrong with the capture, which may be why
    with.complain(why_no_connection(given.number, connections));
    return exit_status::bad_usage;
}

} // namespace

const subcommand subcommands::connection{
    .name = "connection",
    .summary = "one connection told whole: what happened, and where its time went",
    .description = "Tells of one connection how it was opened, which options both ends offered, what happened from its "
                   "first packet to its "
                   "last, what each direction carried, and where the time went.\n\n"
                   "The timeline puts packets together that belong together, so that it has few lines for any "
                   "connection: a request, an answer, "
                   "a loss with its repair. Times count from the first packet of the connection.",
    .examples = {{"tcplens connection 3 trace.pcap", "connection 3, as `tcplens connections trace.pcap` numbers it"},
                 {"tcplens connection 3 --lines 100 trace.pcap", "the same with a finer timeline"},
                 {"tcplens segments --explain --connection 3 trace.pcap", "the same connection, segment by segment"}},
    .prepare = prepare<connection_options, declare, run>,
};

} // namespace program
