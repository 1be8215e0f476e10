// SPDX-License-Identifier: MIT
// Prints a little of what can be told of each connection.

#include "command_line.hpp"

#include <tcplens/connection/detailed/detailed_connection_table.hpp>

int main(int argc, char** argv) {
    using namespace example;
    const arguments given = parse(argc, argv, {}, one_capture);
    series capture = open(given);

    tcplens::detailed_connection_table table;
    table.add_all(capture);
    for (const tcplens::detailed_connection& each : table) {
        std::cout << to_string(each.client) << ": " << to_string(each.opening.outcome) << ", "
                  << each.zeek.history.view() << ", " << each.time.path.count() << " ns on the way\n";
    }
    return static_cast<int>(conclude(given, capture));
}
