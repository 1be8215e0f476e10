// SPDX-License-Identifier: MIT
#pragma once

#include "connection_range.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tcplens::inline v0 {

struct retransmission_options {
    std::optional<address> server_address{}; ///< only connections to this server
    std::optional<std::uint16_t> server_port{};
    double threshold = 0.02;      ///< retransmissions by packets; a rate above it is noted
    std::size_t worst_count = 10; ///< how many connections to name
};

struct connection_retransmissions {
    connection_name connection{};
    std::uint64_t retrans_count = 0;
    std::uint64_t total_packets = 0;
    double retrans_rate = 0;
};

struct retransmission_summary {
    std::optional<connection_name> worst_connection{}; ///< by rate; none if nothing was retransmitted
    double worst_retrans_rate = 0;
    std::uint64_t connections_above_threshold = 0;
};

struct retransmission_report {
    std::uint64_t total_packets = 0; ///< of TCP, data or not, both directions
    std::uint64_t total_retransmissions = 0;
    double retransmission_rate = 0;
    double threshold = 0;
    bool exceeds_threshold = false;
    std::vector<connection_retransmissions> by_connection{}; ///< the worst by rate; of equals the first of the range
    retransmission_summary summary{};
};

/// How much was sent again, and where most.
template <connection_range Connections>
[[nodiscard]] retransmission_report analyze_retransmissions(Connections&& connections,
                                                            const retransmission_options& options = {}) {
    retransmission_report report{.threshold = options.threshold};
    struct candidate {
        connection_retransmissions found{};
        std::uint64_t position = 0; // in the range: numbers are unique in one table only
    };
    std::vector<candidate> worst;
    // In whole numbers: quotients may differ where the fractions are equal, as processors round.
    const auto has_higher_rate = [](const connection_retransmissions& a, const connection_retransmissions& b) {
        if (a.total_packets == 0 || b.total_packets == 0) return a.retrans_rate > b.retrans_rate; // one of them is 0
        return a.retrans_count * b.total_packets > b.retrans_count * a.total_packets;
    };
    const auto is_worse = [&](const candidate& a, const candidate& b) {
        if (has_higher_rate(a.found, b.found)) return true;
        return !has_higher_rate(b.found, a.found) && a.position < b.position;
    };
    std::uint64_t position = 0;
    connection_retransmissions highest{.total_packets = 1};

    const server_filter filter{options.server_address, options.server_port};
    detail::for_each_selected(connections, filter, [&](const connection& each) {
        const std::uint64_t packets = each.client_to_server.packets + each.server_to_client.packets;
        const std::uint64_t again = each.client_to_server.retransmissions + each.server_to_client.retransmissions;
        const connection_retransmissions found{.connection = connection_name::of(each),
                                               .retrans_count = again,
                                               .total_packets = packets,
                                               .retrans_rate = detail::ratio(again, packets)};
        report.total_packets += packets;
        report.total_retransmissions += again;
        report.summary.connections_above_threshold += found.retrans_rate > options.threshold;
        if (has_higher_rate(found, highest)) highest = found;
        // Only the worst are kept, in a heap with the least bad of them on top: there may be millions.
        const candidate next{.found = found, .position = position++};
        if (worst.size() < options.worst_count) {
            worst.push_back(next);
            std::ranges::push_heap(worst, is_worse);
        } else if (!worst.empty() && is_worse(next, worst.front())) {
            std::ranges::pop_heap(worst, is_worse);
            worst.back() = next;
            std::ranges::push_heap(worst, is_worse);
        }
    });

    std::ranges::sort_heap(worst, is_worse);
    for (const candidate& each : worst) report.by_connection.push_back(each.found);
    if (highest.retrans_count > 0) report.summary.worst_connection = highest.connection;
    report.summary.worst_retrans_rate = highest.retrans_rate;
    report.retransmission_rate = detail::ratio(report.total_retransmissions, report.total_packets);
    report.exceeds_threshold = report.retransmission_rate > options.threshold;
    return report;
}

} // namespace tcplens::inline v0
