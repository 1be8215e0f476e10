// SPDX-License-Identifier: MIT
// Connections that were asked for and did not come about: which, how often the client tried, and what answered.

#include <tcplens/connection/observers/opening_observer.hpp>
#include <tcplens/tcplens.hpp>

#include <cstdint>
#include <iostream>
#include <string_view>

std::string_view why(tcplens::opening_outcome outcome) {
    using enum tcplens::opening_outcome;
    switch (outcome) {
    case ignored: return "nothing answered";
    case refused: return "the server refused with a RST";
    case half_open: return "the server answered, and the client did not go on";
    case aborted_by_client: return "the client gave up with a RST";
    case aborted_by_server: return "the server answered, and took it back with a RST";
    default: return "it is no failed attempt";
    }
}

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::basic_connection_table<tcplens::evidence_rules, tcplens::opening_observer> table;
    table.add_all(capture);
    std::uint64_t failed = 0;
    for (const auto& each : table) {
        if (each.handshake != tcplens::handshake_state::failed) continue;
        ++failed;
        std::cout << to_string(each.client) << " -> " << to_string(each.server) << ": " << why(each.opening.outcome)
                  << ", " << each.opening.client.count << " SYN\n";
    }
    std::cout << failed << " of " << table.size() << " connections failed\n";
    if (capture.error()) std::cerr << argv[1] << ": " << to_string(*capture.error()) << '\n';
    return capture.error() ? 1 : 0;
}
