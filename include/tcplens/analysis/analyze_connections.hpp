// SPDX-License-Identifier: MIT
#pragma once

#include "../connection/direction_statistics.hpp"
#include "connection_range.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tcplens::inline v0 {

struct connections_options {
    std::optional<address> server_address{}; ///< only connections to this server
    std::optional<std::uint16_t> server_port{};
    bool detailed = false; ///< describe all connections, else the first 10
};

enum class connection_status : std::uint8_t { active, closed };

[[nodiscard]] constexpr std::string_view to_string(connection_status state) noexcept {
    return state == connection_status::active ? "active" : "closed";
}

/// One connection, counted. Both directions together.
struct connection_summary_row {
    endpoint client{};
    endpoint server{};
    connection_status state = connection_status::active; ///< closed: it ended, or another took its place
    bool handshake_completed = false;
    std::uint64_t syn_count = 0; ///< with or without ACK
    std::uint64_t syn_ack_count = 0;
    std::uint64_t ack_count = 0; ///< with ACK, whatever else
    std::uint64_t rst_count = 0;
    std::uint64_t fin_count = 0;
    std::uint64_t data_packets = 0;
    std::uint64_t retransmissions = 0;
    tcplens::close_reason close_reason = tcplens::close_reason::unknown;
    std::uint64_t packet_count = 0;
};

struct connections_summary {
    std::uint64_t total_connections = 0; ///< successful + failed + incomplete
    std::uint64_t successful_handshakes = 0;
    std::uint64_t failed_handshakes = 0;
    std::uint64_t incomplete_handshakes = 0;   ///< picked up midstream
    std::uint64_t established_connections = 0; ///< of which the handshake was completed, whatever came after
    std::uint64_t reset_connections = 0;
    std::uint64_t normal_close = 0;
    std::uint64_t active_connections = 0; ///< not closed, as far as was seen; attempts without an answer too
};

struct connections_report {
    connections_summary summary{};
    std::vector<connection_summary_row> connections{}; ///< in the order of the range
    std::vector<std::string> issues{};                 ///< a sentence each
};

/// Which connections there were, and how they began and ended.
template <connection_range Connections>
[[nodiscard]] connections_report analyze_connections(Connections&& connections,
                                                     const connections_options& options = {}) {
    constexpr std::size_t brief = 10;
    connections_report report;
    connections_summary& summary = report.summary;
    std::uint64_t retransmissions = 0;

    const server_filter filter{options.server_address, options.server_port};
    detail::for_each_selected(connections, filter, [&](const connection& each) {
        const direction_statistics& up = each.client_to_server;
        const direction_statistics& down = each.server_to_client;
        const bool completed = each.handshake == handshake_state::completed;

        ++summary.total_connections;
        summary.successful_handshakes += completed;
        summary.established_connections += completed;
        summary.failed_handshakes += each.handshake == handshake_state::failed;
        summary.incomplete_handshakes += each.handshake == handshake_state::incomplete;
        summary.reset_connections += each.close_reason == close_reason::reset;
        summary.normal_close += each.close_reason == close_reason::normal;
        summary.active_connections += !each.closed;
        retransmissions += up.retransmissions + down.retransmissions;

        if (!options.detailed && report.connections.size() == brief) return;
        report.connections.push_back({.client = each.client,
                                      .server = each.server,
                                      .state = each.closed ? connection_status::closed : connection_status::active,
                                      .handshake_completed = completed,
                                      .syn_count = up.syn + down.syn,
                                      .syn_ack_count = up.syn_ack + down.syn_ack,
                                      .ack_count = up.ack + down.ack,
                                      .rst_count = up.rst + down.rst,
                                      .fin_count = up.fin + down.fin,
                                      .data_packets = up.data_packets + down.data_packets,
                                      .retransmissions = up.retransmissions + down.retransmissions,
                                      .close_reason = each.close_reason,
                                      .packet_count = up.packets + down.packets});
    });

    const auto issue = [&](std::uint64_t count, std::string_view what) {
        if (count > 0) report.issues.push_back(std::to_string(count).append(what));
    };
    issue(summary.reset_connections, " connections terminated by RST");
    issue(retransmissions, " retransmissions detected");
    issue(summary.failed_handshakes, " failed handshakes");
    return report;
}

} // namespace tcplens::inline v0
