// SPDX-License-Identifier: MIT
// A program that never stops, in the small: memory has a bound, and each connection is handed out when it ends. The packets come from
// standard input, as in `tcpdump -U -w - | live_loop`.

#include <tcplens/tcplens.hpp>

#include <chrono>
#include <iostream>

int main() {
    using namespace std::chrono_literals;
    // All memory is taken here. When the table is full, attempts and closed connections make room first.
    tcplens::connection_table table{{.max_connections = 10'000, .timeouts = {.established = 1min}}};

    const auto on_end = [](const tcplens::connection& connection, tcplens::end_reason reason) {
        std::cout << to_string(connection.client) << " -> " << to_string(connection.server) << ": "
                  << connection.client_to_server.payload_bytes << " and " << connection.server_to_client.payload_bytes
                  << " bytes, " << to_string(reason) << '\n';
    };

    tcplens::capture_file packets{tcplens::file_stream::standard_input()};
    for (const tcplens::packet& packet : packets) {
        const auto added =
            table.add(packet, on_end); // connections that were silent for too long end here, by packet time
        if (added.verdict.is_retransmission()) std::cout << "packet " << packet.number << " was sent again\n";
    }
    // While no packet comes: table.expire(now, on_end). At the end all that are left:
    table.flush(on_end);

    const tcplens::connection_counters& counters = table.counters();
    std::cout << counters.begun << " connections, " << counters.ended(tcplens::end_reason::evicted) << " evicted\n";
    return packets.error() ? 1 : 0;
}
