// SPDX-License-Identifier: MIT
// What each segment was: a line or a JSON object for each that has a verdict, or for each.

#include "rule_sets.hpp"
#include "sequence_bases.hpp"
#include "subcommands.hpp"
#include "text.hpp"
#include "text_writer.hpp"
#include "verdict_text.hpp"

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace program {

namespace {

enum class segments_format { text, json };

struct segments_options {
    capture_list files{};
    tcplens::decode_options decoding{};
    rule_set rules = rule_set::evidence;
    std::optional<std::uint64_t> connection{};
    segments_format format = segments_format::text;
    bool explain = false;
    bool raw = false;
    bool certainty = false;
};

void declare(command_line& line, segments_options& given) {
    declare_rules(line, given.rules);
    line.connection("only segments of this connection", given.connection);
    line.choice<segments_format>(
        "--format", {{"text", segments_format::text}, {"json", segments_format::json}},
        "lines of text (the default), or a JSON object a line, which also tells how certain the verdict is",
        given.format);
    line.flag("--explain", "a line for each segment: who sent what, what it was, and why it is said to be",
              given.explain);
    line.flag("--raw", "with --explain or json: sequence numbers as captured, not relative to the first of their side",
              given.raw);
    line.flag("--certainty",
              "a fourth column: certain, likely, or undecided with the readings that are left; new segments that are "
              "not certainly so have a line, too; in json always",
              given.certainty);
    line.captures(given.files, given.decoding);
}

/// Whether a segment that is new has a line nevertheless: it is not certainly new.
bool deserves_line(const tcplens::verdict& said, bool with_certainty) {
    return said.kinds != tcplens::verdict_kinds::none || (with_certainty && !said.is_certain());
}

/// The line of a segment that has a verdict. `with_certainty`: also how sure that is, and a line for each segment that is new but not
/// certainly so.
void print_verdict(text_writer& out, const tcplens::add_result<>& added, std::uint64_t frame, bool with_certainty) {
    const tcplens::verdict& said = added.verdict;
    if (!deserves_line(said, with_certainty)) return;
    const bool is_named = said.kinds != tcplens::verdict_kinds::none;
    out << frame << '\t' << added.connection->number << '\t' << (is_named ? to_string(said.kinds) : "new");
    if (with_certainty) out << '\t' << certainty_text(said);
    out << '\n';
}

/// Writes a segment in words, to a text_writer or a stream.
template <class Out>
void explain(Out& out, const tcplens::segment& sent, const tcplens::add_result<>& added,
             sequence_bases::relative numbers) {
    out << '#' << sent.packet_number << "  " << milliseconds_text(sent.time - added.connection->first_time)
        << "  connection " << added.connection->number << "  " << to_string(sent.source) << " > "
        << to_string(sent.destination) << (sent.flags.syn() ? " SYN" : "") << (sent.flags.fin() ? " FIN" : "")
        << (sent.flags.rst() ? " RST" : "") << " seq " << numbers.sequence;
    if (sent.flags.ack()) out << " ack " << numbers.acknowledgment;
    out << " len " << sent.payload_length;
    out << verdict_text(added.verdict);
}

/// Writes the words of lists, which have commas between, as a JSON array.
void write_words(text_writer& out, std::initializer_list<std::string_view> lists) {
    std::string_view separator;
    out << '[';
    for (std::string_view words : lists) {
        while (!words.empty()) {
            const std::size_t end = (std::min)(words.find(','), words.size());
            out << separator << '"' << words.substr(0, end) << '"';
            words.remove_prefix((std::min)(end + 1, words.size()));
            separator = ",";
        }
    }
    out << ']';
}

/// Writes the names of the flags that are set, the lowest bit first.
void write_flags(text_writer& out, tcplens::tcp_flags flags) {
    constexpr std::array<std::string_view, 9> names{"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ae"};
    std::string_view separator;
    out << '[';
    for (std::size_t i = 0; i < names.size(); ++i) {
        if ((flags.bits >> i & 1u) == 0) continue;
        out << separator << '"' << names[i] << '"';
        separator = ",";
    }
    out << ']';
}

/// Writes a segment as a JSON object of one line. No text in it needs escapes.
void write_json(text_writer& out, const tcplens::segment& sent, const tcplens::add_result<>& added,
                sequence_bases::relative numbers) {
    const tcplens::verdict& said = added.verdict;
    out << "{\"frame\":" << sent.packet_number << ",\"connection\":" << added.connection->number
        << ",\"time_ns\":" << sent.time.time_since_epoch().count() //
        << ",\"source\":\"" << to_string(sent.source.address) << "\",\"source_port\":" << sent.source.port
        << ",\"destination\":\"" << to_string(sent.destination.address)
        << "\",\"destination_port\":" << sent.destination.port << ",\"flags\":";
    write_flags(out, sent.flags);
    out << ",\"sequence\":" << numbers.sequence << ",\"acknowledgment\":";
    if (sent.flags.ack()) out << numbers.acknowledgment;
    else out << "null";
    out << ",\"payload_bytes\":" << sent.payload_length << ",\"kinds\":";
    write_words(out, {to_string(said.kinds)});
    out << ",\"certainty\":\"" << to_string(said.certainty) << "\",\"readings\":";
    write_words(out, {to_string(said.reading()), to_string(said.alternatives)});
    out << ",\"evidence\":";
    write_words(out, {to_string(said.evidence)});
    if (said.earlier_packet != 0) {
        out << ",\"earlier_frame\":" << said.earlier_packet << ",\"elapsed_ns\":" << said.elapsed.count() << "}\n";
    } else {
        out << ",\"earlier_frame\":null,\"elapsed_ns\":null}\n";
    }
}

/// What a run prints of each segment.
void print(text_writer& out, const segments_options& given, const terminal& screen, sequence_bases& bases,
           const tcplens::segment& sent, const tcplens::add_result<>& added) {
    const bool is_json = given.format == segments_format::json;
    if (!given.explain && !is_json) {
        print_verdict(out, added, sent.packet_number, given.certainty);
        return;
    }
    const sequence_bases::relative numbers =
        given.raw ? sequence_bases::relative{sent.sequence.value, sent.acknowledgment.value}
                  : bases.numbers(sent, added);
    if (is_json) {
        if (given.explain || deserves_line(added.verdict, true)) write_json(out, sent, added, numbers);
        return;
    }
    if (!screen.is_terminal()) {
        explain(out, sent, added, numbers);
        out << '\n';
        return;
    }
    std::ostringstream line;
    explain(line, sent, added, numbers);
    constexpr std::size_t indent = 6; // of lines that go on
    out << wrapped(line.str(), screen.width(), indent, false) << '\n';
}

exit_status run(const segments_options& given, session& with) {
    if (given.raw && !given.explain && given.format != segments_format::json)
        throw usage_error{"--raw goes with --explain or --format json: other lines have no sequence numbers."};
    captures input{given.files};
    std::uint64_t connections = 0;
    with_rules(given.rules, [&]<class Rules>(const Rules&) {
        tcplens::basic_connection_table<Rules> table{{.decoding = given.decoding}};
        sequence_bases bases;
        text_writer out{with.out};
        const auto tell = [&](const tcplens::segment& sent, const auto& added) {
            if (given.connection && added.connection->number != *given.connection) return;
            print(out, given, with.screen, bases, sent, added);
        };
        for (const tcplens::packet& packet : input) {
            input.number_next(table);
            table.add_each(packet, tell);
        }
        connections = input.connections(table.counters().begun);
    });
    const exit_status status = with.conclude(input);
    if (!given.connection || *given.connection < connections) return status;
    with.complain(why_no_connection(*given.connection, connections));
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
                   "a line for every segment, with the reasons. With --format json it prints a JSON object a line for "
                   "the same segments and for those that are not certainly new, or with --explain for all.",
    .examples = {{"tcplens segments trace.pcap", "what was sent again, came late or twice"},
                 {"tcplens segments --explain --connection 3 trace.pcap", "connection 3, segment by segment"},
                 {"tcplens segments --format json trace.pcap | jq 'select(.certainty == \"undecided\")'",
                  "what the capture cannot tell, with the readings that are left"},
                 {"tcplens segments --rules wireshark trace.pcap", "what Wireshark says of the same segments"}},
    .prepare = prepare<segments_options, declare, run>,
};

} // namespace program
