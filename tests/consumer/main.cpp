// SPDX-License-Identifier: MIT
// A program of somebody who uses tcplens, built in every way that one can get at it: see CMakeLists.txt.
#include <tcplens/tcplens.hpp>

#include <cstdio>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::connection_table table;
    for (const tcplens::packet& packet : capture) table.add(packet);
    const auto report = tcplens::analyze_connections(table);
    std::printf("tcplens %d.%d.%d%s: %llu connections\n", TCPLENS_VERSION_MAJOR, TCPLENS_VERSION_MINOR,
                TCPLENS_VERSION_PATCH, TCPLENS_VERSION_SUFFIX,
                static_cast<unsigned long long>(report.summary.total_connections));
    return !capture.error() && report.summary.total_connections > 0 ? 0 : 1;
}
