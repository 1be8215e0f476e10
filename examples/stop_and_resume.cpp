// SPDX-License-Identifier: MIT
// A table that is saved as bytes and goes on elsewhere, as if it had never stopped.

#include <tcplens/connection/saved/saved_table.hpp>
#include <tcplens/tcplens.hpp>

#include <cstddef>
#include <iostream>
#include <vector>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::connection_table first;
    for (int count = 0; count < 5; ++count) { // the first five packets
        if (const tcplens::packet* packet = capture.next()) first.add(*packet);
    }
    const std::vector<std::byte> bytes = tcplens::save(first);

    tcplens::connection_table second; // with the same options, rules and observers
    if (const auto error = tcplens::restore(second, bytes)) {
        std::cerr << to_string(*error) << '\n';
        return 1;
    }
    second.add_all(capture); // the others
    std::cout << first.statistics().packets << " packets, saved as " << bytes.size() << " bytes; then "
              << second.statistics().packets << " packets and " << second.size() << " connections in all\n";
    return capture.error() ? 1 : 0;
}
