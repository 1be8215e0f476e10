// SPDX-License-Identifier: MIT
// tcplens follows the connections of a capture, and nobody asks about them.
#include <tcplens/tcplens.hpp>

#include <cstdio>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::connection_table table;
    for (const tcplens::packet& packet : capture) table.add(packet);
    if (capture.error()) return 1;
    std::printf("%zu\n", table.size());
}
