// SPDX-License-Identifier: MIT
#pragma once

#include "../base/ratio.hpp"
#include "anomaly_patterns.hpp"
#include "terms/connection_range.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace tcplens::inline v0 {

/// What analyze_anomalies() returns.
struct anomaly_report {
    /// How many patterns there are, and which of their counts are notable.
    struct overview {
        /// The patterns of one category.
        struct category_count {
            anomaly_category category{}; ///< The category.
            std::uint64_t patterns = 0;  ///< At least 1.
        };

        std::uint64_t total_patterns = 0;                        ///< The number of patterns in the report.
        std::vector<category_count> by_category{};               ///< The categories of these patterns, in their order.
        std::vector<notable_observation> notable_observations{}; ///< In the order of the patterns.
    };

    anomaly_statistics statistics{};         ///< The counts in which the patterns were found.
    std::vector<anomaly_pattern> patterns{}; ///< At most one of each kind, in the order of `detail::all_patterns`.
    overview summary{};                      ///< The patterns in short.
};

namespace detail {

/// Counts connections for analyze_anomalies(). A template, to reduce the compile time of programs that do not use it.
template <class Connection>
class anomaly_accumulator {
public:
    explicit anomaly_accumulator(const anomaly_options& options) : options_(options) {}

    void add(const Connection& counted) {
        const direction_statistics& up = counted.client_to_server;
        const direction_statistics& down = counted.server_to_client;

        ++counts_.total_connections;
        counts_.total_packets += up.packets + down.packets;
        counts_.successful_handshakes += counted.handshake == handshake_state::completed;
        counts_.failed_handshakes += counted.handshake == handshake_state::failed;
        counts_.incomplete_handshakes += counted.handshake == handshake_state::incomplete;
        counts_.flags.add(up);
        counts_.flags.add(down);
        const std::uint64_t syn_acks = up.syn_ack + down.syn_ack;
        const std::uint64_t syns = (std::max)(up.syn + down.syn, syn_acks) - syn_acks;
        counts_.syns_without_ack += syns;
        counts_.syns_answered += (std::min)(syns, syn_acks);
        add_state(counted);
        if (up.rst + down.rst > 0) add_resets(counted);
        if (up.retransmissions + down.retransmissions > 0) {
            counts_.total_retransmissions += up.retransmissions + down.retransmissions;
            counts_.retransmissions_by_connection.push_back(connection_retransmissions::of(counted));
        }
    }

    [[nodiscard]] anomaly_report result() && {
        counts_.retransmission_rate = ratio(counts_.total_retransmissions, counts_.total_packets);
        merge_by_address(counts_.rst_distribution.by_source);
        anomaly_report report{.statistics = std::move(counts_)};
        report.patterns = find_patterns(all_patterns{}, report.statistics, options_);
        report.summary = summarize(report.patterns);
        return report;
    }

private:
    using address_resets = anomaly_statistics::address_resets;

    void add_state(const Connection& counted) noexcept {
        anomaly_statistics::state_counts& states = counts_.connection_states;
        if (counted.close_reason == close_reason::reset) ++states.reset;
        else if (counted.close_reason == close_reason::normal) ++states.closed;
        else if (counted.handshake == handshake_state::completed && !counted.closed) ++states.established;
        else ++states.unknown;
    }

    void add_resets(const Connection& counted) {
        const std::uint64_t up = counted.client_to_server.rst;
        const std::uint64_t down = counted.server_to_client.rst;
        anomaly_statistics::reset_distribution& resets = counts_.rst_distribution;
        resets.connections_with_rst.push_back(connection_name::of(counted));
        if (up > 0) resets.by_source.push_back({.address = counted.client.address, .rst = up});
        if (down > 0) resets.by_source.push_back({.address = counted.server.address, .rst = down});
        if (!options_.server.selects_all() || !counted.role_guessed()) {
            resets.by_direction.to_server += up;
            resets.by_direction.from_server += down;
        } else {
            resets.by_direction.unknown += up + down;
        }
    }

    /// Adds up the counts of equal addresses, and puts the highest count first, of equal counts the lower address.
    static void merge_by_address(std::vector<address_resets>& counts) {
        std::sort(counts.begin(), counts.end(),
                  [](const address_resets& a, const address_resets& b) { return a.address < b.address; });
        std::size_t kept = 0;
        for (const address_resets& each : counts) {
            if (kept > 0 && counts[kept - 1].address == each.address) counts[kept - 1].rst += each.rst;
            else counts[kept++] = each;
        }
        counts.resize(kept);
        std::sort(counts.begin(), counts.end(), [](const address_resets& a, const address_resets& b) {
            return a.rst != b.rst ? a.rst > b.rst : a.address < b.address;
        });
    }

    [[nodiscard]] static anomaly_report::overview summarize(const std::vector<anomaly_pattern>& patterns) {
        anomaly_report::overview summary{.total_patterns = patterns.size()};
        for (const anomaly_pattern& pattern : patterns) {
            const auto same_category =
                std::find_if(summary.by_category.begin(), summary.by_category.end(),
                             [&](const auto& counted) { return counted.category == pattern.category; });
            if (same_category != summary.by_category.end()) ++same_category->patterns;
            else summary.by_category.push_back({.category = pattern.category, .patterns = 1});
            std::optional<notable_observation> notable =
                std::visit([](const auto& details) { return details.notable(); }, pattern.details);
            if (notable) {
                summary.notable_observations.push_back(*std::move(notable));
            }
        }
        return summary;
    }

    anomaly_options options_;
    anomaly_statistics counts_{};
};

} // namespace detail

/// Counts what may be wrong with the connections of a range, and names the patterns that stand out.
///
/// Reads the range once. Time is linear in the number of connections; memory grows with the connections that have a RST or a
/// retransmission, which the report lists.
template <connection_range Connections>
[[nodiscard]] anomaly_report analyze_anomalies(Connections&& connections, const anomaly_options& options = {}) {
    return detail::accumulate(connections, options.server, detail::anomaly_accumulator<connection>{options});
}

} // namespace tcplens::inline v0
