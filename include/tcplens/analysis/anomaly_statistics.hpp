// SPDX-License-Identifier: MIT
#pragma once

#include "../connection/direction_statistics.hpp"
#include "connection_range.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tcplens::inline v0 {

struct handshake_counts {
    std::uint64_t successful = 0;
    std::uint64_t failed = 0;
    std::uint64_t incomplete = 0;
};

struct flag_counts {
    std::uint64_t syn = 0; ///< with or without ACK
    std::uint64_t syn_ack = 0;
    std::uint64_t rst = 0;
    std::uint64_t fin = 0;
    std::uint64_t ack = 0; ///< with ACK, whatever else
};

struct address_count {
    tcplens::address address{};
    std::uint64_t count = 0;
};

struct connection_count {
    connection_name connection{};
    std::uint64_t count = 0;
};

struct rst_directions {
    std::uint64_t to_server = 0;
    std::uint64_t from_server = 0;
    std::uint64_t unknown = 0; ///< of connections whose roles are a guess, where no server address or port was given
};

struct rst_distribution {
    std::vector<address_count> by_source{}; ///< who sent most comes first; of equals the lower address
    rst_directions by_direction{};
    std::vector<connection_name> connections_with_rst{};
};

struct retransmission_counts {
    std::uint64_t total = 0;
    double rate = 0;                               ///< by all packets
    std::vector<connection_count> by_connection{}; ///< those that had any, in the order of the range
};

struct connection_state_counts {
    std::uint64_t established = 0; ///< handshake completed, not closed
    std::uint64_t reset = 0;
    std::uint64_t closed = 0; ///< by both FINs
    std::uint64_t unknown = 0;
};

struct anomaly_statistics {
    std::uint64_t total_connections = 0;
    std::uint64_t total_packets = 0;
    handshake_counts handshake{};
    flag_counts flags{};
    std::uint64_t syns_without_ack = 0;
    std::uint64_t syns_answered = 0; ///< of those, by a SYN-ACK of the same connection each
    tcplens::rst_distribution rst_distribution{};
    retransmission_counts retransmissions{};
    connection_state_counts connection_states{};
};

namespace detail {

/// Adds up the counts of equal addresses; the highest count comes first, of equals the lower address.
inline void gather_by_address(std::vector<address_count>& counts) {
    std::sort(counts.begin(), counts.end(),
              [](const address_count& a, const address_count& b) { return a.address < b.address; });
    std::size_t kept = 0;
    for (const address_count& each : counts) {
        if (kept > 0 && counts[kept - 1].address == each.address) counts[kept - 1].count += each.count;
        else counts[kept++] = each;
    }
    counts.resize(kept);
    std::sort(counts.begin(), counts.end(), [](const address_count& a, const address_count& b) {
        return a.count != b.count ? a.count > b.count : a.address < b.address;
    });
}

/// Counts over all connections that the filter selects.
template <connection_range Connections>
[[nodiscard]] anomaly_statistics count_anomalies(Connections&& connections, const server_filter& filter) {
    anomaly_statistics all;
    const bool server_known = filter.server_address || filter.server_port;

    for_each_selected(connections, filter, [&](const connection& each) {
        const direction_statistics& up = each.client_to_server;
        const direction_statistics& down = each.server_to_client;
        const bool completed = each.handshake == handshake_state::completed;

        ++all.total_connections;
        all.total_packets += up.packets + down.packets;
        all.handshake.successful += completed;
        all.handshake.failed += each.handshake == handshake_state::failed;
        all.handshake.incomplete += each.handshake == handshake_state::incomplete;
        all.flags.syn += up.syn + down.syn;
        all.flags.syn_ack += up.syn_ack + down.syn_ack;
        const std::uint64_t answers = up.syn_ack + down.syn_ack;
        const std::uint64_t asked = (std::max)(up.syn + down.syn, answers) - answers;
        all.syns_without_ack += asked;
        all.syns_answered += (std::min)(asked, answers);
        all.flags.rst += up.rst + down.rst;
        all.flags.fin += up.fin + down.fin;
        all.flags.ack += up.ack + down.ack;

        if (each.close_reason == close_reason::reset) ++all.connection_states.reset;
        else if (each.close_reason == close_reason::normal) ++all.connection_states.closed;
        else if (completed && !each.closed) ++all.connection_states.established;
        else ++all.connection_states.unknown;

        if (up.rst + down.rst > 0) {
            rst_distribution& rst = all.rst_distribution;
            rst.connections_with_rst.push_back(connection_name::of(each));
            if (up.rst > 0) rst.by_source.push_back({.address = each.client.address, .count = up.rst});
            if (down.rst > 0) rst.by_source.push_back({.address = each.server.address, .count = down.rst});
            if (server_known || !each.role_guessed()) {
                rst.by_direction.to_server += up.rst;
                rst.by_direction.from_server += down.rst;
            } else {
                rst.by_direction.unknown += up.rst + down.rst;
            }
        }
        if (const std::uint64_t again = up.retransmissions + down.retransmissions; again > 0) {
            all.retransmissions.total += again;
            all.retransmissions.by_connection.push_back({.connection = connection_name::of(each), .count = again});
        }
    });

    all.retransmissions.rate = ratio(all.retransmissions.total, all.total_packets);
    gather_by_address(all.rst_distribution.by_source);
    return all;
}

} // namespace detail

} // namespace tcplens::inline v0
