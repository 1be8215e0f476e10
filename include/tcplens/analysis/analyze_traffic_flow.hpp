// SPDX-License-Identifier: MIT
#pragma once

#include "../connection/direction_statistics.hpp"
#include "connection_range.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcplens::inline v0 {

struct traffic_flow_options {
    std::optional<std::uint16_t> server_port{}; ///< only connections to this port of the server
};

/// What went one way, over all connections to the server.
struct flow_direction {
    std::uint64_t packet_count = 0;
    std::uint64_t byte_count = 0; ///< on the wire, link layer included
    std::uint64_t syn_count = 0;  ///< with or without ACK
    std::uint64_t rst_count = 0;
    std::uint64_t fin_count = 0;
    std::uint64_t data_packets = 0;
    std::uint64_t retransmissions = 0;
};

enum class rst_source : std::uint8_t { client, server, balanced };
enum class flow_balance : std::uint8_t { client_heavy, server_heavy, balanced };

[[nodiscard]] constexpr std::string_view to_string(rst_source source) noexcept {
    constexpr std::string_view names[]{"client", "server", "balanced"};
    return names[static_cast<unsigned>(source)];
}
[[nodiscard]] constexpr std::string_view to_string(flow_balance balance) noexcept {
    constexpr std::string_view names[]{"client_heavy", "server_heavy", "balanced"};
    return names[static_cast<unsigned>(balance)];
}

struct flow_analysis {
    double asymmetry_ratio = 0; ///< packets of the clients by packets of the server; 0 if the server sent none
    rst_source primary_rst_source = rst_source::balanced;      ///< who sent more RSTs
    flow_balance data_flow_direction = flow_balance::balanced; ///< who sent more packets: a ratio above 1.2, below 0.8
    std::string interpretation{};                              ///< a sentence that says what was counted
};

struct traffic_flow_report {
    address server_address{};
    std::optional<std::uint16_t> server_port{};
    flow_direction client_to_server{};
    flow_direction server_to_client{};
    flow_analysis analysis{};
};

/// Who sent what to whom, between a server and all of its clients.
template <connection_range Connections>
[[nodiscard]] traffic_flow_report analyze_traffic_flow(Connections&& connections, const address& server_address,
                                                       const traffic_flow_options& options = {}) {
    traffic_flow_report report{.server_address = server_address, .server_port = options.server_port};
    flow_direction& up = report.client_to_server;
    flow_direction& down = report.server_to_client;

    detail::for_each_selected(connections, {server_address, options.server_port}, [&](const connection& each) {
        const auto add = [](flow_direction& to, const direction_statistics& from) {
            to.packet_count += from.packets;
            to.byte_count += from.wire_bytes;
            to.syn_count += from.syn;
            to.rst_count += from.rst;
            to.fin_count += from.fin;
            to.data_packets += from.data_packets;
            to.retransmissions += from.retransmissions;
        };
        add(up, each.client_to_server);
        add(down, each.server_to_client);
    });

    flow_analysis& analysis = report.analysis;
    analysis.asymmetry_ratio = detail::ratio(up.packet_count, down.packet_count);
    // In whole numbers, so that a ratio without anything below the line has its direction too.
    if (5 * up.packet_count > 6 * down.packet_count) analysis.data_flow_direction = flow_balance::client_heavy;
    else if (5 * up.packet_count < 4 * down.packet_count) analysis.data_flow_direction = flow_balance::server_heavy;
    if (up.rst_count != down.rst_count) {
        analysis.primary_rst_source = up.rst_count > down.rst_count ? rst_source::client : rst_source::server;
    }
    const auto sent = [](std::string_view who, const flow_direction& way) {
        return std::string(who) + " sent " + std::to_string(way.packet_count) + " packets (" +
               std::to_string(way.byte_count) + " bytes, " + std::to_string(way.rst_count) + " RST)";
    };
    analysis.interpretation = sent("Clients", up) + ", " + sent("the server", down) + ".";
    return report;
}

} // namespace tcplens::inline v0
