// SPDX-License-Identifier: MIT
// Prints a line for every segment that has a verdict: frame number, connection number, names; with tabs between.
// With --certainty a fourth column: certain, likely, or undecided with the readings that are left, the named one first. Then a segment
// that is new, but not certainly so, has a line with the name "new".
// With --explain a line for every segment, for a person to read: who sent what, what it was, and why it is said to be.

#include "command_line.hpp"

#include <algorithm>
#include <string>

namespace {

std::string milliseconds(std::chrono::nanoseconds time) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    const std::string fraction = std::to_string(1000 + (microseconds < 0 ? -microseconds : microseconds) % 1000);
    return (microseconds < 0 ? "-" : "") + std::to_string((microseconds < 0 ? -microseconds : microseconds) / 1000) +
           '.' + fraction.substr(1) + " ms";
}

/// "certain", "likely", or "undecided:" with the readings that are left, the named one first and '|' between.
std::string certainty_text(const tcplens::verdict& said) {
    std::string text{to_string(said.certainty)};
    if (said.certainty != tcplens::verdict::certainty_level::undecided) return text;
    text += ':' + to_string(said.reading());
    if (said.alternatives != tcplens::verdict::reading_set::none) text += ',' + to_string(said.alternatives);
    std::replace(text.begin(), text.end(), ',', '|');
    return text;
}

void explain(const tcplens::segment& sent, const tcplens::add_result<>& added) {
    const tcplens::verdict& said = added.verdict;
    std::cout << '#' << sent.packet_number << "  " << milliseconds(sent.time - added.connection->first_time)
              << "  connection " << added.connection->number << "  " << to_string(sent.source) << " > "
              << to_string(sent.destination) << (sent.flags.syn() ? " SYN" : "") << (sent.flags.fin() ? " FIN" : "")
              << (sent.flags.rst() ? " RST" : "") << " seq " << sent.sequence.value;
    if (sent.flags.ack()) std::cout << " ack " << sent.acknowledgment.value;
    std::cout << " len " << sent.payload_length;
    if (said.kinds != tcplens::verdict_kinds::none) std::cout << ": " << to_string(said.kinds);
    if (said.evidence != tcplens::evidence_set::none) std::cout << ", because of " << to_string(said.evidence);
    if (!said.is_certain()) std::cout << ", " << certainty_text(said);
    if (said.earlier_packet != 0) {
        std::cout << ", " << milliseconds(said.elapsed) << " after #" << said.earlier_packet;
    }
    std::cout << '\n';
}

/// A line of a segment that has a verdict: frame number, connection number, names; with tabs between. `with_certainty`: also how sure
/// that is, and a line for each segment that is new but not certainly so.
void print_verdict(const tcplens::add_result<>& added, std::uint64_t frame, bool with_certainty) {
    const tcplens::verdict& said = added.verdict;
    const bool is_named = said.kinds != tcplens::verdict_kinds::none;
    if (!is_named && (!with_certainty || said.is_certain())) return;
    std::cout << frame << '\t' << added.connection->number << '\t' << (is_named ? to_string(said.kinds) : "new");
    if (with_certainty) std::cout << '\t' << certainty_text(said);
    std::cout << '\n';
}

} // namespace

int main(int argc, char** argv) {
    using namespace example;
    const arguments given = parse(argc, argv, {&rules, &explained, &graded});
    series captures = open(given);

    const exit_status status = with_table(given.rules, [&](auto table) {
        tcplens::segment sent;
        for (const tcplens::packet& packet : captures) {
            if (decode(packet, sent) != tcplens::packet_outcome::tcp) continue;
            const tcplens::add_result added = table.add(sent);
            if (given.explain) explain(sent, added);
            else print_verdict(added, packet.number, given.certainty);
        }
        return conclude(given, captures);
    });
    return static_cast<int>(status);
}
