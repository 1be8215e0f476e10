// SPDX-License-Identifier: MIT
// Prints Wireshark's round trips, with tabs between, in nanoseconds. For every segment that acknowledges exactly up to the end of
// another: "ack", its frame number, its connection, tcp.analysis.acks_frame, tcp.analysis.ack_rtt. Then for every connection:
// "connection", its number, tcp.analysis.initial_rtt, and beside it the round trip of the handshake from copies that belong
// together, whether that is certain, how often the SYN and the SYN-ACK were retried, and what became of the opening.

#include "command_line.hpp"

#include <tcplens/connection/observers/opening_observer.hpp>
#include <tcplens/connection/observers/wireshark_round_trips.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>

namespace {

template <class Optional>
std::string count_of(const Optional& time) {
    return time ? std::to_string(time->count()) : "-";
}

} // namespace

int main(int argc, char** argv) {
    using namespace example;
    const arguments given = parse(argc, argv, {});
    series captures = open(given);

    tcplens::basic_connection_table<tcplens::wireshark_rules, tcplens::wireshark_round_trips, tcplens::opening_observer>
        table;
    for (const tcplens::packet& packet : captures) {
        const tcplens::add_result added = table.add(packet);
        if (added.connection == nullptr) continue;
        const std::uint64_t number = added.connection->number;
        const auto& last = table[number].wireshark.last_acknowledgment;
        if (last.packet_number != packet.number) continue;
        std::cout << "ack\t" << packet.number << '\t' << number << '\t' << last.acknowledged << '\t' << last.rtt.count()
                  << '\n';
    }
    for (const auto& each : table) {
        const tcplens::connection_opening::handshake_times& times = each.opening.times;
        std::cout << "connection\t" << each.number << '\t' << count_of(each.wireshark.initial_rtt) << '\t'
                  << count_of(times.rtt()) << '\t' << times.certain() << '\t' << each.opening.client.retries() << '\t'
                  << each.opening.server.retries() << '\t' << to_string(each.opening.outcome) << '\n';
    }
    return static_cast<int>(conclude(given, captures));
}
