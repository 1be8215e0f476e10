// SPDX-License-Identifier: MIT
#include <tcplens/tcplens.hpp>

#include <iostream>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::connection_table table;
    for (const tcplens::packet& packet : capture) table.add(packet);
    if (capture.error()) std::cerr << argv[1] << ": " << to_string(*capture.error()) << '\n';

    const auto report = tcplens::analyze_connections(table, {.server = {.port = 443}});
    std::cout << report.summary.total_connections << " connections to port 443, " << report.summary.failed_handshakes
              << " failed handshakes\n";
    return capture.error() ? 1 : 0;
}
