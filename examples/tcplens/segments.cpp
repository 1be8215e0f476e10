// SPDX-License-Identifier: MIT
// What each segment was: a line for each that has a verdict, or, for people, a line for each.

#include "rule_sets.hpp"
#include "sequence_bases.hpp"
#include "subcommands.hpp"
#include "text.hpp"
#include "verdict_text.hpp"

#include <tcplens/tcplens.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace program {

namespace {

struct options {
    capture_list files{};
    tcplens::decode_options decoding{};
    rule_set rules = rule_set::evidence;
    std::optional<std::uint64_t> connection{};
    bool explain = false;
    bool raw = false;
    bool certainty = false;
};

void declare(command_line& line, options& given) {
    declare_rules(line, given.rules);
    line.connection("only segments of this connection", given.connection);
    line.flag("--explain", "a line for each segment, for people: who sent what, what it was, and why it is said to be",
              given.explain);
    line.flag("--raw", "with --explain: sequence numbers as captured, not relative to the first of their side",
              given.raw);
    line.flag("--certainty",
              "a fourth column: certain, likely, or undecided with the readings that are left; new segments that are "
              "not certainly so have a line, too",
              given.certainty);
    line.captures(given.files, given.decoding);
}


/// The line of a segment that has a verdict. `with_certainty`: also how sure that is, and a line for each segment that is new but not
/// certainly so.
void print_verdict(std::ostream& out, const tcplens::add_result<>& added, std::uint64_t frame, bool with_certainty) {
    const tcplens::verdict& said = added.verdict;
    const bool is_named = said.kinds != tcplens::verdict_kinds::none;
    if (!is_named && (!with_certainty || said.is_certain())) return;
    out << frame << '\t' << added.connection->number << '\t' << (is_named ? to_string(said.kinds) : "new");
    if (with_certainty) out << '\t' << certainty_text(said);
    out << '\n';
}

/// A segment in words; on a terminal in lines of its width.
std::string explained(const tcplens::segment& sent, const tcplens::add_result<>& added,
                      sequence_bases::relative numbers) {
    std::ostringstream out;
    out << '#' << sent.packet_number << "  " << milliseconds_text(sent.time - added.connection->first_time)
        << "  connection " << added.connection->number << "  " << to_string(sent.source) << " > "
        << to_string(sent.destination) << (sent.flags.syn() ? " SYN" : "") << (sent.flags.fin() ? " FIN" : "")
        << (sent.flags.rst() ? " RST" : "") << " seq " << numbers.sequence;
    if (sent.flags.ack()) out << " ack " << numbers.acknowledgment;
    out << " len " << sent.payload_length;
    out << verdict_text(added.verdict);
    return std::move(out).str();
}

exit_status run(const options& given, session& with) {
    captures input{given.files};
    const bool found = with_rules(given.rules, [&]<class Rules>(const Rules&) {
        tcplens::basic_connection_table<Rules> table{{.decoding = given.decoding}};
        sequence_bases bases;
        const auto tell = [&](const tcplens::segment& sent, const auto& added) {
            if (given.connection && added.connection->number != *given.connection) return;
            if (!given.explain) {
                print_verdict(with.out, added, sent.packet_number, given.certainty);
                return;
            }
            const std::string line =
                explained(sent, added,
                          given.raw ? sequence_bases::relative{sent.sequence.value, sent.acknowledgment.value}
                                    : bases.numbers(sent, added));
            constexpr std::size_t indent = 6; // of lines that go on
            with.out << (with.screen.is_terminal() ? wrapped(line, with.screen.width(), indent, false) : line) << '\n';
        };
        for (const tcplens::packet& packet : input) {
            input.number_next(table);
            table.add_each(packet, tell);
        }
        return !given.connection || input.connections(table.counters().begun) > *given.connection;
    });
    const exit_status status = with.conclude(input);
    if (found) return status;
    with.complain("There is no connection " + std::to_string(*given.connection) + " in what was read.");
    return exit_status::bad_usage;
}

} // namespace

const subcommand subcommands::segments{
    .name = "segments",
    .summary = "what each segment was: retransmission, duplicate, out of order, …",
    .description = "Prints a line for every segment that was more than new data or an acknowledgment in order: the "
                   "number of its frame, the "
                   "number of its connection and the names of what it was, with tabs between and commas between names. "
                   "With --explain it prints "
                   "a line for every segment, with the reasons.",
    .examples = {{"tcplens segments trace.pcap", "what was sent again, came late or twice"},
                 {"tcplens segments --explain --connection 3 trace.pcap", "connection 3, segment by segment"},
                 {"tcplens segments --rules wireshark trace.pcap", "what Wireshark says of the same segments"}},
    .prepare = prepare<options, declare, run>,
};

} // namespace program
