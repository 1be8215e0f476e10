// SPDX-License-Identifier: MIT
// Counts the retransmissions among packets that the program has itself: from a packet socket, a capture library, a ring. Here they come
// from standard input, as in `tcpdump -U -w - | live_counter`, and a line appears for each second of their time.

#include <tcplens/tcplens.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <span>

struct retransmission_counter {
    tcplens::connection_table table{{.max_connections = 100'000}}; // about 300 MB here; see live-monitoring.md
    std::uint64_t segments = 0;
    std::uint64_t retransmissions = 0;

    void on_packet(tcplens::timestamp time, tcplens::link_type link, std::span<const std::byte> bytes,
                   std::size_t wire_length) {
        const auto added = table.add(time, link, bytes, wire_length);
        segments += added.outcome == tcplens::packet_outcome::tcp;
        retransmissions += added.verdict.is_retransmission();
    }
};

int main() {
    retransmission_counter counter;
    tcplens::capture_file packets{tcplens::file_stream::standard_input()};
    tcplens::timestamp next{};
    const auto tell = [&counter] {
        std::cout << counter.segments << " TCP segments, " << counter.retransmissions << " of them sent again\n";
    };
    for (const tcplens::packet& packet : packets) {
        if (packet.time >= next) {
            if (counter.segments > 0) tell();
            next = packet.time + std::chrono::seconds{1};
        }
        counter.on_packet(packet.time, packet.link, packet.bytes, packet.wire_length);
    }
    tell();
    if (packets.error()) std::cerr << to_string(*packets.error()) << '\n';
    return packets.error() ? 1 : 0;
}
