// SPDX-License-Identifier: MIT
// Each direction of the connections was captured in another place. Two tables follow what they see, and are joined.

#include <tcplens/connection/joined/connection_joiner.hpp>
#include <tcplens/connection/joined/trace_observer.hpp>
#include <tcplens/tcplens.hpp>

#include <iostream>
#include <vector>

using traced_table = tcplens::basic_connection_table<tcplens::evidence_rules, tcplens::trace_observer>;

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    traced_table tables[2];
    tcplens::connection_joiner joiner;
    for (int i = 0; i < 2; ++i) {
        tcplens::capture_file capture{argv[i + 1]};
        tables[i].add_all(capture);
        joiner.add_all(tables[i]);
    }

    const std::vector<tcplens::joined_connection> connections = joiner.join();
    const auto report = tcplens::analyze_connections(connections);
    std::cout << tables[0].size() << " and " << tables[1].size() << " connections are "
              << report.summary.total_connections << ", " << report.summary.successful_handshakes
              << " with a completed handshake\n";
}
