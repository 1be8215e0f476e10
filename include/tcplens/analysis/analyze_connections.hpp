// SPDX-License-Identifier: MIT
#pragma once

#include "../base/check.hpp"
#include "../base/late.hpp"
#include "terms/begin_order.hpp"
#include "terms/bounded_list.hpp"
#include "terms/connection_range.hpp"
#include "terms/first_items.hpp"
#include "terms/flag_counts.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tcplens::inline v1 {

/// What analyze_connections() returns.
struct connections_report {
    /// Options of analyze_connections().
    struct options {
        server_filter server{}; ///< Counts only the connections of this server; by default all connections.
        std::size_t limit = 10; ///< How many connections the report lists at most. All are counted either way.

        /// Whether all options are equal.
        [[nodiscard]] friend constexpr bool operator==(const options&, const options&) noexcept = default;
    };

    template <class Counted>
    class basic_accumulator;
    /// Counts connections one at a time.
    using accumulator = basic_accumulator<connection>;

    /// Whether a connection is over.
    enum class connection_status : std::uint8_t {
        active, ///< Not closed, as far as was captured. An attempt without an answer is active too.
        closed, ///< connection::closed: it ended, or another connection took its endpoints.
    };

    /// The greatest value that archives accept.
    [[nodiscard]] friend constexpr connection_status tcplens_archive_limit(connection_status) noexcept {
        return connection_status::closed;
    }

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
        std::uint64_t guessed_roles = 0;           ///< connection::role_guessed(): client and server are a guess.
        std::uint64_t retransmissions = 0;         ///< Of all connections, by the rules of the table.

        /// Whether all counts are equal.
        [[nodiscard]] friend constexpr bool operator==(const totals&, const totals&) noexcept = default;
    };

    /// One connection, both directions together.
    struct row {
        endpoint client{}; ///< As connection::client, after the filter corrected guessed roles.
        endpoint server{}; ///< As connection::server, likewise.
        tcplens::role_basis role_basis = tcplens::role_basis::first_packet;  ///< connection::role_basis
        connection_status status = connection_status::active;                ///< Whether it is over.
        bool handshake_completed = false;                                    ///< handshake_state::completed
        flag_counts flags{};                                                 ///< Segments by control bits.
        std::uint64_t data_packets = 0;                                      ///< Segments with payload.
        std::uint64_t retransmissions = 0;                                   ///< By the rules of the table.
        tcplens::close_reason close_reason = tcplens::close_reason::unknown; ///< connection::close_reason
        std::uint64_t packets = 0;                                           ///< All segments, with or without payload.
        std::uint64_t number = 0; ///< connection::number, which tells apart connections with the same endpoints.

        /// Whether the roles of client and server are a guess: connection::role_guessed().
        [[nodiscard]] constexpr bool role_guessed() const noexcept { return role_basis < role_basis::syn_ack; }

        /// Whether all members are equal.
        [[nodiscard]] friend constexpr bool operator==(const row&, const row&) noexcept = default;
        /// The order of the members.
        [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const row&, const row&) noexcept = default;
    };

    totals summary{}; ///< All selected connections together.
    /// The connections that began first: by the time of their first packet, of equal times by its number, then by
    /// connection::number and the endpoints. At most options::limit.
    bounded_list<row> connections{};
    /// One sentence each for resets, retransmissions and failed handshakes, if any: at most three.
    std::vector<std::string> issues{};
};

/// The enumerator's name.
[[nodiscard]] constexpr std::string_view to_string(connections_report::connection_status status) noexcept {
    return status == connections_report::connection_status::active ? "active" : "closed";
}

/// Counts connections for analyze_connections(), one at a time: as they end in a monitor, or in several parts that are merged.
///
/// Results do not depend on the order in which connections are added and accumulators merged. Memory is that of the list.
///
/// A template, to reduce the compile time of programs that do not use it: connections_report::accumulator counts `connection`.
template <class Counted>
class connections_report::basic_accumulator {
public:
    /// Begins without connections.
    explicit basic_accumulator(const connections_report::options& options = {})
        : options_(options), first_(options.limit) {}

    /// Counts a connection, if the filter selects it. Allocates until the list is full.
    void add(const Counted& counted) {
        detail::use_if_selected(counted, options_.server, [this](const Counted& each) { add_selected(each); });
    }

    /// Adds the connections that another accumulator counted. @pre `other` has the same options, and is not this object
    void merge(const basic_accumulator& other) {
        TCPLENS_CHECK(this != &other && options_ == other.options_, "another accumulator with the same options");
        summary_.total_connections += other.summary_.total_connections;
        summary_.successful_handshakes += other.summary_.successful_handshakes;
        summary_.failed_handshakes += other.summary_.failed_handshakes;
        summary_.incomplete_handshakes += other.summary_.incomplete_handshakes;
        summary_.established_connections += other.summary_.established_connections;
        summary_.reset_connections += other.summary_.reset_connections;
        summary_.normal_close += other.summary_.normal_close;
        summary_.active_connections += other.summary_.active_connections;
        summary_.guessed_roles += other.summary_.guessed_roles;
        summary_.retransmissions += other.summary_.retransmissions;
        first_.merge(other.first_);
    }

    /// The report on all connections so far. Connections can be added afterwards.
    [[nodiscard]] connections_report result() const {
        detail::late<connections_report, Counted> report{.summary = summary_, .connections = first_.list()};
        const auto add_issue = [&report](std::uint64_t count, std::string_view text) {
            if (count > 0) report.issues.push_back(std::to_string(count).append(text));
        };
        add_issue(summary_.reset_connections, " connections terminated by RST");
        add_issue(summary_.retransmissions, " retransmissions detected");
        add_issue(summary_.failed_handshakes, " failed handshakes");
        return report;
    }

    /// What archive_writer and archive_reader save and restore. Restoring needs an accumulator with the same options.
    static void archive(auto& ar, basic_accumulator& of) {
        auto& [options, summary, first] = of;
        ar.expect_equal("server", options.server);
        ar(summary, first);
    }

private:
    void add_selected(const Counted& counted) {
        ++summary_.total_connections;
        const bool completed = counted.handshake == handshake_state::completed;
        summary_.successful_handshakes += completed;
        summary_.established_connections += completed;
        summary_.failed_handshakes += counted.handshake == handshake_state::failed;
        summary_.incomplete_handshakes += counted.handshake == handshake_state::incomplete;
        summary_.reset_connections += counted.close_reason == close_reason::reset;
        summary_.normal_close += counted.close_reason == close_reason::normal;
        summary_.active_connections += !counted.closed;
        summary_.guessed_roles += counted.role_guessed();
        summary_.retransmissions += counted.client_to_server.retransmissions + counted.server_to_client.retransmissions;
        first_.add(detail::begin_order::of(counted), [&counted] { return row_of(counted); });
    }

    [[nodiscard]] static row row_of(const Counted& counted) noexcept {
        const direction_statistics& up = counted.client_to_server;
        const direction_statistics& down = counted.server_to_client;
        row made{.client = counted.client,
                 .server = counted.server,
                 .role_basis = counted.role_basis,
                 .status = counted.closed ? connection_status::closed : connection_status::active,
                 .handshake_completed = counted.handshake == handshake_state::completed,
                 .data_packets = up.data_packets + down.data_packets,
                 .retransmissions = up.retransmissions + down.retransmissions,
                 .close_reason = counted.close_reason,
                 .packets = up.packets + down.packets,
                 .number = counted.number};
        made.flags.add(up);
        made.flags.add(down);
        return made;
    }

    connections_report::options options_;
    totals summary_{};
    detail::late<detail::first_items<detail::begin_order, row>, Counted> first_;
};

/// Counts the connections of a range: how they began, how they ended, and what each of them sent.
///
/// Reads the range once. Time is linear in the number of connections; memory is that of the list.
template <connection_range Connections>
[[nodiscard]] connections_report analyze_connections(Connections&& connections,
                                                     const connections_report::options& options = {}) {
    return detail::accumulate<connections_report>(connections, options);
}

} // namespace tcplens::inline v1
