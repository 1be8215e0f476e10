// SPDX-License-Identifier: MIT
// Prints a line for every segment that has a verdict: frame number, connection number, names; with tabs between.
// With --explain a line for every segment, for a person to read: who sent what, what it was, and why it is said to be.

#include "command_line.hpp"

namespace {

std::string milliseconds(std::chrono::nanoseconds time) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    const std::string fraction = std::to_string(1000 + (microseconds < 0 ? -microseconds : microseconds) % 1000);
    return (microseconds < 0 ? "-" : "") + std::to_string((microseconds < 0 ? -microseconds : microseconds) / 1000) +
           '.' + fraction.substr(1) + " ms";
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
    if (said.earlier_packet != 0) {
        std::cout << ", " << milliseconds(said.elapsed) << " after #" << said.earlier_packet;
    }
    std::cout << '\n';
}

} // namespace

int main(int argc, char** argv) {
    using namespace example;
    const arguments given = parse(argc, argv, {&rules, &explained});
    series captures = open(given);

    const exit_status status = with_table(given.rules, [&](auto table) {
        const auto tell = [&](const tcplens::segment& sent, const auto& added) {
            if (given.explain) {
                explain(sent, added);
            } else if (added.verdict.kinds != tcplens::verdict_kinds::none) {
                std::cout << sent.packet_number << '\t' << added.connection->number << '\t'
                          << to_string(added.verdict.kinds) << '\n';
            }
        };
        for (const tcplens::packet& packet : captures) table.add_each(packet, tell);
        return conclude(given, captures);
    });
    return static_cast<int>(status);
}
