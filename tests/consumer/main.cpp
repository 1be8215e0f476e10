// SPDX-License-Identifier: MIT
// A program of somebody who uses tcplens, built in every way that one can get at it: see CMakeLists.txt.
#include <tcplens/tcplens.hpp>

#include <cstdio>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::connection_table table;
    for (const tcplens::packet& packet : capture) {
        const auto added = table.add(packet);
        if (added.connection == nullptr) continue;
        const auto verdict = to_string(added.verdict.kinds);
        if (!verdict.empty()) std::printf("packet %d: %s\n", static_cast<int>(packet.number), verdict.c_str());
    }
    for (const tcplens::connection& each : table) {
        std::printf("%s -> %s\n", to_string(each.client).c_str(), to_string(each.server).c_str());
    }
    const auto report = tcplens::analyze_connections(table);
    std::printf("tcplens %d.%d.%d%s: %d connections\n", TCPLENS_VERSION_MAJOR, TCPLENS_VERSION_MINOR,
                TCPLENS_VERSION_PATCH, TCPLENS_VERSION_SUFFIX, static_cast<int>(report.summary.total_connections));
    return !capture.error() && report.summary.total_connections > 0 ? 0 : 1;
}
