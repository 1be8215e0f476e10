// SPDX-License-Identifier: MIT
// Prints a little of what can be told of each connection.

#include <tcplens/tcplens.hpp>

#include <iostream>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::detailed_connection_table table;
    table.add_all(capture);
    for (const tcplens::detailed_connection& each : table) {
        std::cout << each.client.to_string() << ": " << name(each.opening.outcome) << ", " << each.zeek.history.view()
                  << ", " << each.time.path.count() << " ns on the way\n";
    }
    if (capture.error()) std::cerr << capture.error()->message() << '\n';
}
