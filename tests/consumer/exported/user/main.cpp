// SPDX-License-Identifier: MIT
#include <counting.hpp>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::connection_table table;
    for (const tcplens::packet& packet : capture) table.add(packet);
    return count_connections(table) > 0 ? 0 : 1;
}
