// SPDX-License-Identifier: MIT
// Who sends the most, and which servers are used the most.

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <map>
#include <utility>
#include <vector>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::connection_table table;
    table.add_all(capture);

    std::map<tcplens::address, std::uint64_t> sent; // bytes on the wire
    for (const tcplens::connection& each : table) {
        sent[each.client.address] += each.client_to_server.wire_bytes;
        sent[each.server.address] += each.server_to_client.wire_bytes;
    }
    std::vector<std::pair<tcplens::address, std::uint64_t>> talkers{sent.begin(), sent.end()};
    std::ranges::stable_sort(talkers, std::ranges::greater{}, [](const auto& each) { return each.second; });
    if (talkers.size() > 10) talkers.resize(10);
    for (const auto& [address, bytes] : talkers) std::cout << to_string(address) << " sent " << bytes << " bytes\n";

    const tcplens::server_list list = tcplens::list_servers(table, {.limit = 10});
    for (const tcplens::server_list::row& each : list.servers) {
        std::cout << to_string(each.server) << ": " << each.connections << " connections, " << each.request_bytes
                  << " bytes of requests, " << each.response_bytes << " bytes of responses\n";
    }
    if (list.servers.left_out() > 0) std::cout << list.servers.left_out() << " more servers\n";
    if (capture.error()) std::cerr << argv[1] << ": " << to_string(*capture.error()) << '\n';
    return capture.error() ? 1 : 0;
}
