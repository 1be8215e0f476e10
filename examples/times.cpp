// SPDX-License-Identifier: MIT
// Prints where the time of each connection went: a line each, tabs between, times in nanoseconds. A round trip that was not measured
// is empty.

#include "command_line.hpp"

#include <tcplens/connection/detailed/detailed_connection_table.hpp>

int main(int argc, char** argv) {
    using namespace example;
    const arguments given = parse(argc, argv, {});
    series captures = open(given);

    tcplens::detailed_connection_table table;
    table.add_all(captures);

    std::cout
        << "client\tserver\tduration\thandshake\tsender_application\treceiver_window\tloss_recovery\t"
           "retransmission_timeout\tpath\treceiver_application\tteardown\tbusy_up\treceiver_limited_up\tbusy_down\t"
           "receiver_limited_down\trtt_min_up\trtt_min_exact_up\trtt_min_down\trtt_min_exact_down\tsend_buffer_limited_"
           "up\tsend_buffer_limited_down\n";
    for (const tcplens::detailed_connection& each : table) {
        const tcplens::time_attribution& time = each.time;
        std::cout << to_string(each.client) << '\t' << to_string(each.server);
        for (const auto part : {time.duration, time.handshake, time.sender_application, time.receiver_window,
                                time.loss_recovery, time.retransmission_timeout, time.path, time.receiver_application,
                                time.teardown, time.client_to_server.busy, time.client_to_server.receiver_limited,
                                time.server_to_client.busy, time.server_to_client.receiver_limited}) {
            std::cout << '\t' << part.count();
        }
        for (const auto& sent : {each.profile.client_to_server, each.profile.server_to_client}) {
            std::cout << '\t';
            if (sent.kernel_min_rtt) std::cout << sent.kernel_min_rtt->count();
            std::cout << '\t';
            if (sent.round_trip.count > 0) std::cout << sent.round_trip.least.count();
        }
        std::cout << '\t' << time.client_to_server.send_buffer_limited.count() << '\t'
                  << time.server_to_client.send_buffer_limited.count() << '\n';
    }
    return static_cast<int>(conclude(given, captures));
}
