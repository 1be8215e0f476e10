// SPDX-License-Identifier: MIT
#pragma once

#include "terms/connection_range.hpp"
#include "terms/flag_counts.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens::inline v0 {

/// Options of analyze_connections().
struct connections_options {
    server_filter server{}; ///< Counts only the connections of this server; by default all connections.
    bool detailed = false;  ///< Lists all connections; by default the first 10. All are counted either way.
};

/// What analyze_connections() returns.
struct connections_report {
    /// Whether a connection is over.
    enum class connection_status : std::uint8_t {
        active, ///< Not closed, as far as was captured. An attempt without an answer is active too.
        closed, ///< connection::closed: it ended, or another connection took its endpoints.
    };

    /// Counts over all selected connections.
    struct totals {
        std::uint64_t total_connections = 0;       ///< Successful, failed and incomplete handshakes together.
        std::uint64_t successful_handshakes = 0;   ///< handshake_state::completed
        std::uint64_t failed_handshakes = 0;       ///< handshake_state::failed
        std::uint64_t incomplete_handshakes = 0;   ///< handshake_state::incomplete: picked up midstream
        std::uint64_t established_connections = 0; ///< Equal to `successful_handshakes`.
        std::uint64_t reset_connections = 0;       ///< close_reason::reset
        std::uint64_t normal_close = 0;            ///< close_reason::normal
        std::uint64_t active_connections = 0;      ///< connection_status::active
    };

    /// One connection, both directions together.
    struct row {
        endpoint client{}; ///< As connection::client, after the filter corrected guessed roles.
        endpoint server{}; ///< As connection::server, likewise.
        connection_status status = connection_status::active;                ///< Whether it is over.
        bool handshake_completed = false;                                    ///< handshake_state::completed
        flag_counts flags{};                                                 ///< Segments by control bits.
        std::uint64_t data_packets = 0;                                      ///< Segments with payload.
        std::uint64_t retransmissions = 0;                                   ///< By the rules of the table.
        tcplens::close_reason close_reason = tcplens::close_reason::unknown; ///< connection::close_reason
        std::uint64_t packets = 0;                                           ///< All segments, with or without payload.
    };

    totals summary{};                  ///< All selected connections together.
    std::vector<row> connections{};    ///< In the order of the range; see connections_options::detailed.
    std::vector<std::string> issues{}; ///< One sentence each for resets, retransmissions and failed handshakes, if any.
};

/// The enumerator's name.
[[nodiscard]] constexpr std::string_view to_string(connections_report::connection_status status) noexcept {
    return status == connections_report::connection_status::active ? "active" : "closed";
}

namespace detail {

/// How many connections a report lists unless all are asked for, as in mcpcap.
inline constexpr std::size_t brief_connection_count = 10;

/// Counts connections for analyze_connections(). A template, to reduce the compile time of programs that do not use it.
template <class Connection>
class connections_accumulator {
public:
    explicit connections_accumulator(const connections_options& options) : detailed_(options.detailed) {}

    void add(const Connection& counted) {
        const direction_statistics& up = counted.client_to_server;
        const direction_statistics& down = counted.server_to_client;
        const bool completed = counted.handshake == handshake_state::completed;

        connections_report::totals& summary = report_.summary;
        ++summary.total_connections;
        summary.successful_handshakes += completed;
        summary.established_connections += completed;
        summary.failed_handshakes += counted.handshake == handshake_state::failed;
        summary.incomplete_handshakes += counted.handshake == handshake_state::incomplete;
        summary.reset_connections += counted.close_reason == close_reason::reset;
        summary.normal_close += counted.close_reason == close_reason::normal;
        summary.active_connections += !counted.closed;
        retransmissions_ += up.retransmissions + down.retransmissions;

        if (!detailed_ && report_.connections.size() == brief_connection_count) return;
        connections_report::row row{.client = counted.client,
                                    .server = counted.server,
                                    .status = counted.closed ? connections_report::connection_status::closed
                                                             : connections_report::connection_status::active,
                                    .handshake_completed = completed,
                                    .data_packets = up.data_packets + down.data_packets,
                                    .retransmissions = up.retransmissions + down.retransmissions,
                                    .close_reason = counted.close_reason,
                                    .packets = up.packets + down.packets};
        row.flags.add(up);
        row.flags.add(down);
        report_.connections.push_back(row);
    }

    [[nodiscard]] connections_report result() && {
        const auto add_issue = [this](std::uint64_t count, std::string_view text) {
            if (count > 0) report_.issues.push_back(std::to_string(count).append(text));
        };
        add_issue(report_.summary.reset_connections, " connections terminated by RST");
        add_issue(retransmissions_, " retransmissions detected");
        add_issue(report_.summary.failed_handshakes, " failed handshakes");
        return std::move(report_);
    }

private:
    bool detailed_;
    connections_report report_{};
    std::uint64_t retransmissions_ = 0;
};

} // namespace detail

/// Counts the connections of a range: how they began, how they ended, and what each of them sent.
///
/// Reads the range once. Time is linear in the number of connections; memory does not grow with it, unless
/// connections_options::detailed is set.
template <connection_range Connections>
[[nodiscard]] connections_report analyze_connections(Connections&& connections,
                                                     const connections_options& options = {}) {
    return detail::accumulate(connections, options.server, detail::connections_accumulator<connection>{options});
}

} // namespace tcplens::inline v0
