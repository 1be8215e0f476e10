// SPDX-License-Identifier: MIT
#pragma once

#include "../base/ratio.hpp"
#include "terms/connection_range.hpp"
#include "terms/connection_retransmissions.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tcplens::inline v0 {

/// Options of analyze_retransmissions().
struct retransmission_options {
    server_filter server{};  ///< Counts only the connections of this server; by default all connections.
    double threshold = 0.02; ///< The report notes rates above this one. From 0 to 1; 0.02 is the default of mcpcap.
    std::size_t worst_count = 10; ///< How many connections the report lists at most.
};

/// What analyze_retransmissions() returns.
struct retransmission_report {
    /// The worst connections in short.
    struct worst_summary {
        /// The connection with the highest rate, of equal rates the first; nullopt without retransmissions.
        std::optional<connection_name> worst_connection{};
        double worst_retransmission_rate = 0;          ///< The rate of `worst_connection`; 0 if there is none.
        std::uint64_t connections_above_threshold = 0; ///< Connections whose rate exceeds the threshold.
    };

    std::uint64_t total_packets = 0;         ///< TCP segments of both directions, with or without data.
    std::uint64_t total_retransmissions = 0; ///< Segments that the rules of the table judged to be retransmissions.
    double retransmission_rate = 0; ///< `total_retransmissions / total_packets`, from 0 to 1; 0 without packets.
    double threshold = 0;           ///< retransmission_options::threshold
    bool exceeds_threshold = false; ///< `retransmission_rate > threshold`
    /// The connections with the highest rates, the highest first, of equal rates the first of the range. At most
    /// retransmission_options::worst_count; connections without retransmissions are listed if there is room.
    std::vector<connection_retransmissions> by_connection{};
    worst_summary summary{}; ///< The worst connections in short.
};

namespace detail {

/// Counts connections for analyze_retransmissions(). A template, to reduce the compile time of programs that do not use it.
template <class Connection>
class retransmission_accumulator {
public:
    explicit retransmission_accumulator(const retransmission_options& options) : options_(options) {}

    void add(const Connection& counted) {
        const connection_retransmissions found = connection_retransmissions::of(counted);
        report_.total_packets += found.packets;
        report_.total_retransmissions += found.retransmissions;
        report_.summary.connections_above_threshold += found.retransmission_rate > options_.threshold;
        if (has_higher_rate(found, highest_)) highest_ = found;

        // Only the worst are kept, in a heap with the least bad of them on top: there may be millions.
        const candidate next{.found = found, .position = position_++};
        if (worst_.size() < options_.worst_count) {
            worst_.push_back(next);
            std::ranges::push_heap(worst_, is_worse);
        } else if (!worst_.empty() && is_worse(next, worst_.front())) {
            std::ranges::pop_heap(worst_, is_worse);
            worst_.back() = next;
            std::ranges::push_heap(worst_, is_worse);
        }
    }

    [[nodiscard]] retransmission_report result() && {
        std::ranges::sort_heap(worst_, is_worse);
        for (const candidate& each : worst_) report_.by_connection.push_back(each.found);
        if (highest_.retransmissions > 0) report_.summary.worst_connection = highest_.connection;
        report_.summary.worst_retransmission_rate = highest_.retransmission_rate;
        report_.retransmission_rate = ratio(report_.total_retransmissions, report_.total_packets);
        report_.threshold = options_.threshold;
        report_.exceeds_threshold = report_.retransmission_rate > options_.threshold;
        return std::move(report_);
    }

private:
    struct candidate {
        connection_retransmissions found{};
        std::uint64_t position = 0; // in the range: numbers are unique in one table only
    };

    /// Compares whole numbers: the quotients of equal fractions may differ by rounding.
    [[nodiscard]] static bool has_higher_rate(const connection_retransmissions& a,
                                              const connection_retransmissions& b) noexcept {
        if (a.packets == 0 || b.packets == 0) return a.retransmission_rate > b.retransmission_rate; // one of them is 0
        return a.retransmissions * b.packets > b.retransmissions * a.packets;
    }

    [[nodiscard]] static bool is_worse(const candidate& a, const candidate& b) noexcept {
        if (has_higher_rate(a.found, b.found)) return true;
        return !has_higher_rate(b.found, a.found) && a.position < b.position;
    }

    retransmission_options options_;
    retransmission_report report_{};
    std::vector<candidate> worst_{};
    connection_retransmissions highest_{.packets = 1};
    std::uint64_t position_ = 0;
};

} // namespace detail

/// Counts the retransmissions in the connections of a range, and lists the connections with the highest rates.
///
/// What a retransmission is, the rules of the table decided. Reads the range once. Time is linear in the number of connections,
/// times the logarithm of retransmission_options::worst_count; memory is that of the list.
template <connection_range Connections>
[[nodiscard]] retransmission_report analyze_retransmissions(Connections&& connections,
                                                            const retransmission_options& options = {}) {
    return detail::accumulate(connections, options.server, detail::retransmission_accumulator<connection>{options});
}

} // namespace tcplens::inline v0
