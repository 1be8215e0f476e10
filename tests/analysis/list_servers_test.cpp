// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <tcplens/analysis/list_servers.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace {

tcplens::endpoint at(const char* address, std::uint16_t port) {
    return {*tcplens::address::parse(address), port};
}

tcplens::connection made(tcplens::endpoint server, std::uint64_t bytes, std::uint64_t again = 0,
                         tcplens::handshake_state handshake = tcplens::handshake_state::completed) {
    tcplens::connection each;
    each.client = at("10.0.0.9", 40000);
    each.server = server;
    each.role_basis = tcplens::role_basis::syn;
    each.handshake = handshake;
    each.client_to_server.packets = 3;
    each.client_to_server.wire_bytes = 300;
    each.client_to_server.payload_bytes = 100;
    each.server_to_client.packets = 4;
    each.server_to_client.wire_bytes = bytes;
    each.server_to_client.payload_bytes = bytes / 2;
    each.server_to_client.retransmissions = again;
    return each;
}

const tcplens::endpoint web = at("10.0.0.1", 443);
const tcplens::endpoint mail = at("10.0.0.1", 25);
const tcplens::endpoint shop = at("2001:db8::1", 443);

} // namespace

TEST_CASE("list_servers: connections are added up by address and port") {
    std::vector<tcplens::connection> connections{made(web, 1000), made(mail, 5000, 2), made(web, 3000, 1),
                                                 made(web, 0, 0, tcplens::handshake_state::failed)};
    connections[2].close_reason = tcplens::close_reason::reset;
    connections[1].role_basis = tcplens::role_basis::first_packet;
    const tcplens::server_list list = tcplens::list_servers(connections);
    REQUIRE(list.servers.size() == 2);
    CHECK(list.servers.total == 2);
    CHECK(list.servers[0] == tcplens::server_list::row{.server = mail,
                                                       .connections = 1,
                                                       .guessed_roles = 1,
                                                       .packets = 7,
                                                       .wire_bytes = 5300,
                                                       .request_bytes = 100,
                                                       .response_bytes = 2500,
                                                       .retransmissions = 2});
    CHECK(list.servers[1] == tcplens::server_list::row{.server = web,
                                                       .connections = 3,
                                                       .failed_handshakes = 1,
                                                       .reset_connections = 1,
                                                       .packets = 21,
                                                       .wire_bytes = 4900,
                                                       .request_bytes = 300,
                                                       .response_bytes = 2000,
                                                       .retransmissions = 1});
}

TEST_CASE("list_servers: order, bound and filter") {
    const std::vector<tcplens::connection> several{made(web, 10, 0), made(web, 10, 5), made(mail, 900, 1),
                                                   made(shop, 10, 9),
                                                   made(shop, 10, 0, tcplens::handshake_state::failed)};
    const auto first = [&](tcplens::server_list::order order) {
        return tcplens::list_servers(several, {.order = order, .limit = 1}).servers[0].server;
    };
    using enum tcplens::server_list::order;
    CHECK(first(bytes) == mail);
    CHECK(first(retransmissions) == shop);
    CHECK(first(failed_handshakes) == shop);
    CHECK(first(connections) == web); // as many as shop: the lower endpoint
    const auto bounded = tcplens::list_servers(several, {.limit = 1});
    CHECK(bounded.servers.size() == 1);
    CHECK(bounded.servers.left_out() == 2);
    CHECK(tcplens::list_servers(several, {.limit = 0}).servers.total == 3);
    const auto secure = tcplens::list_servers(several, {.server = {.port = 443}});
    CHECK(secure.servers.total == 2);
    CHECK(to_string(failed_handshakes) == "failed_handshakes");
    CHECK(tcplens::list_servers(std::vector<tcplens::connection>{}).servers.empty());
}

TEST_CASE("list_servers: merged parts give the list of the whole") {
    std::mt19937 random{3};
    std::vector<tcplens::connection> connections;
    for (int i = 0; i < 300; ++i) {
        connections.push_back(
            made(at("10.1.1.1", static_cast<std::uint16_t>(random() % 40)), random() % 1000, random() % 3));
    }
    const tcplens::server_list::options options{.order = tcplens::server_list::order::retransmissions, .limit = 7};
    tcplens::server_list::accumulator first{options};
    tcplens::server_list::accumulator second{options};
    for (std::size_t i = 0; i < connections.size(); ++i) (random() % 2 == 0 ? first : second).add(connections[i]);
    second.merge(first);
    CHECK(second.result().servers == tcplens::list_servers(connections, options).servers);
}
