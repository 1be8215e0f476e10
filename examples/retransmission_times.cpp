// SPDX-License-Identifier: MIT
// Each retransmission: when, on which connection, in which direction, and why it is one.

#include <tcplens/tcplens.hpp>
#include <tcplens/text.hpp> // the time as text

#include <cstdint>
#include <iostream>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::connection_table table;
    std::uint64_t count = 0;
    for (const tcplens::packet& packet : capture) {
        const auto added = table.add(packet);
        if (!added.verdict.is_retransmission()) continue;
        ++count;
        std::cout << "packet " << packet.number << " at " << tcplens::to_string(packet.time) << ", "
                  << added.connection->client << " -> " << added.connection->server << ", " << added.direction << ": "
                  << added.verdict << '\n';
    }
    std::cout << count << " of " << table.statistics().tcp << " TCP packets were sent again\n";
    if (capture.error()) std::cerr << argv[1] << ": " << *capture.error() << '\n';
    return capture.error() ? 1 : 0;
}
