// SPDX-License-Identifier: MIT
#pragma once

#include "anomaly_statistics.hpp"
#include "percentage.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tcplens::inline v0 {

enum class anomaly_category : std::uint8_t {
    connection_establishment,
    connection_termination,
    reliability,
    connection_lifecycle,
};

[[nodiscard]] constexpr std::string_view to_string(anomaly_category category) noexcept {
    constexpr std::string_view names[]{"connection_establishment", "connection_termination", "reliability",
                                       "connection_lifecycle"};
    return names[static_cast<unsigned>(category)];
}

/// RSTs of which the direction is known.
struct rst_directional_asymmetry {
    static constexpr std::string_view name = "rst_directional_asymmetry";
    static constexpr anomaly_category category = anomaly_category::connection_termination;

    std::uint64_t rst_to_server = 0;
    std::uint64_t rst_from_server = 0;
    double ratio = 0; ///< those to the server, of both
    std::vector<connection_name> affected_connections{};
};

struct packet_retransmission {
    static constexpr std::string_view name = "packet_retransmission";
    static constexpr anomaly_category category = anomaly_category::reliability;

    std::uint64_t total_retransmissions = 0;
    std::uint64_t total_packets = 0;
    double rate = 0;
    double threshold = 0;
    bool exceeds_threshold = false;
    std::vector<connection_count> by_connection{};
};

/// Some handshakes failed.
struct handshake_completion {
    static constexpr std::string_view name = "handshake_completion";
    static constexpr anomaly_category category = anomaly_category::connection_establishment;

    std::uint64_t successful = 0;
    std::uint64_t failed = 0;
    double failure_rate = 0; ///< of those that succeeded or failed
};

/// More than one connection in ten was reset.
struct abnormal_termination {
    static constexpr std::string_view name = "abnormal_termination";
    static constexpr anomaly_category category = anomaly_category::connection_lifecycle;

    std::uint64_t reset_count = 0;
    std::uint64_t normal_close = 0;
    std::uint64_t total_connections = 0;
    double reset_rate = 0;
};

/// Fewer than half of the SYNs without ACK were answered by a SYN-ACK.
struct syn_response_imbalance {
    static constexpr std::string_view name = "syn_response_imbalance";
    static constexpr anomaly_category category = anomaly_category::connection_establishment;

    std::uint64_t syn_count = 0;     ///< without ACK
    std::uint64_t syn_ack_count = 0; ///< that answered one of them
    double response_ratio = 0;
};

using anomaly_details = std::variant<rst_directional_asymmetry, packet_retransmission, handshake_completion,
                                     abnormal_termination, syn_response_imbalance>;

/// Something in the counts that is worth a look. It says what was seen, never why.
struct anomaly_pattern {
    std::string_view name{};
    anomaly_category category{};
    anomaly_details observations{};
    std::string description{}; ///< one sentence
};

namespace detail {

template <class Observations>
void add_pattern(std::vector<anomaly_pattern>& to, Observations observations, std::string description) {
    to.push_back({.name = Observations::name,
                  .category = Observations::category,
                  .observations = std::move(observations),
                  .description = std::move(description)});
}

// The rules: each adds its pattern, or nothing. A new one: its struct above and in pattern_observations, its rule here,
// and its line in find_patterns().

inline void find_rst_asymmetry(const anomaly_statistics& from, std::vector<anomaly_pattern>& into) {
    const rst_directions& rst = from.rst_distribution.by_direction;
    const std::uint64_t known = rst.to_server + rst.from_server;
    if (known == 0) return;
    add_pattern(into,
                rst_directional_asymmetry{.rst_to_server = rst.to_server,
                                          .rst_from_server = rst.from_server,
                                          .ratio = ratio(rst.to_server, known),
                                          .affected_connections = from.rst_distribution.connections_with_rst},
                std::to_string(rst.to_server) + " RST packets went to the server, " + std::to_string(rst.from_server) +
                    " came from it.");
}

inline void find_retransmission(const anomaly_statistics& from, double threshold, std::vector<anomaly_pattern>& into) {
    const retransmission_counts& again = from.retransmissions;
    if (again.total == 0) return;
    add_pattern(into,
                packet_retransmission{.total_retransmissions = again.total,
                                      .total_packets = from.total_packets,
                                      .rate = again.rate,
                                      .threshold = threshold,
                                      .exceeds_threshold = again.rate > threshold,
                                      .by_connection = again.by_connection},
                std::to_string(again.total) + " of " + std::to_string(from.total_packets) + " packets (" +
                    percentage(again.rate, 2) + ") were retransmissions.");
}

inline void find_handshake_failures(const anomaly_statistics& from, std::vector<anomaly_pattern>& into) {
    const handshake_counts& handshake = from.handshake;
    if (handshake.failed == 0) return;
    const std::uint64_t attempts = handshake.successful + handshake.failed;
    add_pattern(into,
                handshake_completion{.successful = handshake.successful,
                                     .failed = handshake.failed,
                                     .failure_rate = ratio(handshake.failed, attempts)},
                std::to_string(handshake.successful) + " of " + std::to_string(attempts) + " handshakes (" +
                    percentage(ratio(handshake.successful, attempts), 1) + ") were completed.");
}

inline void find_abnormal_termination(const anomaly_statistics& from, std::vector<anomaly_pattern>& into) {
    const double rate = ratio(from.connection_states.reset, from.total_connections);
    if (rate <= 0.1) return;
    add_pattern(into,
                abnormal_termination{.reset_count = from.connection_states.reset,
                                     .normal_close = from.connection_states.closed,
                                     .total_connections = from.total_connections,
                                     .reset_rate = rate},
                std::to_string(from.connection_states.reset) + " of " + std::to_string(from.total_connections) +
                    " connections (" + percentage(rate, 1) + ") ended by RST.");
}

inline void find_syn_imbalance(const anomaly_statistics& from, std::vector<anomaly_pattern>& into) {
    const double answered = ratio(from.syns_answered, from.syns_without_ack);
    if (2 * from.syns_answered >= from.syns_without_ack) return;
    add_pattern(into,
                syn_response_imbalance{.syn_count = from.syns_without_ack,
                                       .syn_ack_count = from.syns_answered,
                                       .response_ratio = answered},
                std::to_string(from.syns_answered) + " of " + std::to_string(from.syns_without_ack) + " SYN packets (" +
                    percentage(answered, 1) + ") were answered by a SYN-ACK.");
}

/// All patterns that there are, in a fixed order. `threshold` is the rate of retransmissions that is exceeded or not.
[[nodiscard]] inline std::vector<anomaly_pattern> find_patterns(const anomaly_statistics& from, double threshold) {
    std::vector<anomaly_pattern> found;
    find_rst_asymmetry(from, found);
    find_retransmission(from, threshold, found);
    find_handshake_failures(from, found);
    find_abnormal_termination(from, found);
    find_syn_imbalance(from, found);
    return found;
}

} // namespace detail

} // namespace tcplens::inline v0
