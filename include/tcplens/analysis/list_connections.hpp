// SPDX-License-Identifier: MIT
#pragma once

#include "../base/check.hpp"
#include "../base/chrono.hpp"
#include "../base/late.hpp"
#include "../base/timestamp.hpp"
#include "terms/begin_order.hpp"
#include "terms/bounded_list.hpp"
#include "terms/connection_facts.hpp"
#include "terms/connection_range.hpp"
#include "terms/first_items.hpp"
#include "terms/rate_order.hpp"

#include <algorithm>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens::inline v1 {

/// What list_connections() returns: some of the connections of a range, in an order that the caller chose.
struct connection_page {
    /// By what connections are ordered. Of equal values, the connection whose first packet was captured earlier comes first.
    enum class order : std::uint8_t {
        start,               ///< The earliest first packet first.
        duration,            ///< The longest first.
        client,              ///< The client's address and port, the lowest first.
        server,              ///< The server's address and port, the lowest first.
        state,               ///< In the order of connection_page::state.
        bytes,               ///< The most bytes on the wire first, both directions together.
        packets,             ///< The most packets first, both directions together.
        retransmissions,     ///< The most retransmissions first, both directions together.
        retransmission_rate, ///< The highest share of packets that are retransmissions first; see `minimum_packets`.
        round_trip,          ///< The longest first; connections without a round trip come last.
        throughput,          ///< The most payload a second first, both directions together.
    };

    /// What became of a connection, as far as was captured.
    enum class state : std::uint8_t {
        attempt,   ///< A SYN was captured, and neither a handshake nor a RST.
        midstream, ///< Picked up after its handshake, and not closed.
        open,      ///< The handshake was completed, and the connection is not closed.
        closed,    ///< close_reason::normal: by the FINs of both sides
        reset,     ///< close_reason::reset
        replaced,  ///< Another connection took its endpoints before it was closed.
    };

    /// What one side sent.
    struct direction_totals {
        std::uint64_t packets = 0;         ///< All segments, retransmissions included.
        std::uint64_t wire_bytes = 0;      ///< Bytes of whole packets on the wire, link layer included.
        std::uint64_t payload_bytes = 0;   ///< Bytes of TCP data, retransmitted data included.
        std::uint64_t retransmissions = 0; ///< By the rules of the table.
        /// Payload in bytes per second over the duration of the connection; 0 if that is 0.
        double throughput = 0;

        /// Whether all members are equal.
        [[nodiscard]] friend constexpr bool operator==(const direction_totals&,
                                                       const direction_totals&) noexcept = default;
        /// The order of the members.
        [[nodiscard]] friend constexpr std::partial_ordering operator<=>(const direction_totals&,
                                                                         const direction_totals&) noexcept = default;
    };

    /// One connection.
    struct row {
        timestamp start{};                   ///< connection::first_time
        std::chrono::nanoseconds duration{}; ///< From the first packet to the last; 0 if the capture's clock went back.
        endpoint client{};                   ///< As connection::client, after a server_filter corrected guessed roles.
        endpoint server{};                   ///< As connection::server, likewise.
        tcplens::role_basis role_basis = tcplens::role_basis::first_packet; ///< connection::role_basis
        connection_page::state state = connection_page::state::midstream;   ///< What became of it.
        direction_totals client_to_server{};                                ///< What the client sent.
        direction_totals server_to_client{};                                ///< What the server sent.
        /// The round trip between client and server: that of the handshake, or the least of both directions. Nanoseconds; nullopt if
        /// the connections have no such facts (see detailed_connection_table), or none was measured.
        std::optional<std::chrono::nanoseconds> round_trip{};
        /// The part of the duration that is largest: the name of a member of time_attribution, such as `path`. Empty if the
        /// connections have no such facts, or the duration is 0. A string literal.
        std::string_view most_time{};
        std::chrono::nanoseconds most_time_spent{}; ///< How long that part is.
        std::uint64_t first_packet = 0;             ///< connection::first_packet
        std::uint64_t number = 0;                   ///< connection::number
        segment::network_id network{};              ///< connection::network

        /// Whether the roles of client and server are a guess: connection::role_guessed().
        [[nodiscard]] constexpr bool role_guessed() const noexcept { return role_basis < role_basis::syn_ack; }

        /// The row of a connection, with the facts of its observers if it has any.
        template <std::derived_from<connection> Connection>
        [[nodiscard]] static constexpr row of(const Connection& described) noexcept;

        /// Whether all members are equal.
        [[nodiscard]] friend constexpr bool operator==(const row&, const row&) noexcept = default;
        /// The order of the members.
        [[nodiscard]] friend constexpr std::partial_ordering operator<=>(const row&, const row&) noexcept = default;
    };

    /// Rates of fewer packets say little, see connection_page::order::retransmission_rate.
    static constexpr std::uint64_t default_minimum_packets = 50;

    template <class Counted>
    class basic_accumulator;
    /// Counts connections one at a time.
    using accumulator = basic_accumulator<connection>;

    std::vector<row> rows{};    ///< The rows of this page, in order.
    std::uint64_t total = 0;    ///< How many connections the filter selected: earlier + rows.size() + left_out.
    std::uint64_t earlier = 0;  ///< How many come before this page. 0 on the first page.
    std::uint64_t left_out = 0; ///< How many come after this page. To get them, pass the last row as `after`.
};

/// The enumerator's name.
[[nodiscard]] constexpr std::string_view to_string(connection_page::order order) noexcept {
    constexpr std::string_view names[]{"start",      "duration",        "client",
                                       "server",     "state",           "bytes",
                                       "packets",    "retransmissions", "retransmission_rate",
                                       "round_trip", "throughput"};
    return names[static_cast<unsigned>(order)];
}

/// The enumerator's name.
[[nodiscard]] constexpr std::string_view to_string(connection_page::state state) noexcept {
    constexpr std::string_view names[]{"attempt", "midstream", "open", "closed", "reset", "replaced"};
    return names[static_cast<unsigned>(state)];
}

/// The row of a connection.
template <std::derived_from<connection> Connection>
constexpr connection_page::row connection_page::row::of(const Connection& described) noexcept {
    const std::chrono::nanoseconds duration = detail::duration_of(described);
    const auto totals_of = [duration](const direction_statistics& sent) {
        const double seconds = static_cast<double>(duration.count()) / 1e9;
        return direction_totals{.packets = sent.packets,
                                .wire_bytes = sent.wire_bytes,
                                .payload_bytes = sent.payload_bytes,
                                .retransmissions = sent.retransmissions,
                                .throughput = seconds > 0 ? static_cast<double>(sent.payload_bytes) / seconds : 0};
    };
    const detail::named_duration most = detail::largest_time_of(described);
    return {.start = described.first_time,
            .duration = duration,
            .client = described.client,
            .server = described.server,
            .role_basis = described.role_basis,
            .state = described.close_reason == close_reason::reset       ? state::reset
                     : described.close_reason == close_reason::normal    ? state::closed
                     : described.closed                                  ? state::replaced
                     : described.handshake == handshake_state::failed    ? state::attempt
                     : described.handshake == handshake_state::completed ? state::open
                                                                         : state::midstream,
            .client_to_server = totals_of(described.client_to_server),
            .server_to_client = totals_of(described.server_to_client),
            .round_trip = detail::round_trip_of(described),
            .most_time = most.name,
            .most_time_spent = most.duration,
            .first_packet = described.first_packet,
            .number = described.number,
            .network = described.network};
}

namespace detail {

/// The place of a connection in one of the orders of a connection_page.
struct page_place {
    rate_order amount{};
    std::uint8_t state = 0;
    endpoint end{};
    begin_order begin{};

    [[nodiscard]] static constexpr page_place of(const connection_page::row& placed, connection_page::order order,
                                                 std::uint64_t minimum_packets) noexcept {
        using enum connection_page::order;
        const connection_page::direction_totals& up = placed.client_to_server;
        const connection_page::direction_totals& down = placed.server_to_client;
        const auto nanoseconds = [](std::chrono::nanoseconds time) { return static_cast<std::uint64_t>(time.count()); };
        page_place at{.begin = {.first_time = placed.start,
                                .first_packet = placed.first_packet,
                                .number = placed.number,
                                .client = placed.client,
                                .server = placed.server,
                                .network = placed.network}};
        switch (order) {
        case start: break;
        case duration: at.amount = rate_order::of_amount(nanoseconds(placed.duration)); break;
        case client: at.end = placed.client; break;
        case server: at.end = placed.server; break;
        case connection_page::order::state: at.state = static_cast<std::uint8_t>(placed.state); break;
        case bytes: at.amount = rate_order::of_amount(up.wire_bytes + down.wire_bytes); break;
        case packets: at.amount = rate_order::of_amount(up.packets + down.packets); break;
        case retransmissions: at.amount = rate_order::of_amount(up.retransmissions + down.retransmissions); break;
        case retransmission_rate:
            at.amount =
                rate_order::of(up.retransmissions + down.retransmissions, up.packets + down.packets, minimum_packets);
            break;
        case round_trip:
            at.amount =
                placed.round_trip ? rate_order::of_amount(nanoseconds(*placed.round_trip)) : rate_order::nothing();
            break;
        case throughput:
            at.amount = rate_order::of(up.payload_bytes + down.payload_bytes, nanoseconds(placed.duration), 0);
            break;
        }
        return at;
    }

    [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const page_place&,
                                                                    const page_place&) noexcept = default;
};

} // namespace detail

/// Selects the connections of a page for list_connections(), one at a time: as they end in a monitor, or in several parts that are
/// merged. The page does not depend on the order in which connections are added and accumulators merged. Memory is that of the page.
///
/// A template, to reduce the compile time of programs that do not use it: connection_page::accumulator counts `connection`.
template <class Counted>
class connection_page::basic_accumulator {
public:
    /// Begins without connections. The parameters are those of list_connections().
    explicit basic_accumulator(const server_filter& filter = {},
                               connection_page::order order = connection_page::order::start, std::size_t limit = 10,
                               const std::optional<row>& after = std::nullopt,
                               std::uint64_t minimum_packets = default_minimum_packets)
        : filter_(filter), order_(order), minimum_packets_(minimum_packets), first_(limit) {
        if (after) after_ = place_of(*after);
    }

    /// Counts a connection, if the filter selects it; with the facts of its observers if `Connection` has any.
    template <std::derived_from<Counted> Connection>
    void add(const Connection& counted) {
        detail::use_if_selected(counted, filter_, [this](const Connection& each) {
            const row made = row::of(each);
            const detail::page_place at = place_of(made);
            if (after_ && !(*after_ < at)) ++earlier_;
            else first_.add(at, [&made] { return made; });
        });
    }

    /// Adds the connections that another accumulator counted. @pre `other` was made with the same parameters, and is not this object
    void merge(const basic_accumulator& other) {
        TCPLENS_CHECK(this != &other && filter_ == other.filter_ && order_ == other.order_ && after_ == other.after_ &&
                          minimum_packets_ == other.minimum_packets_,
                      "another accumulator with the same parameters");
        earlier_ += other.earlier_;
        first_.merge(other.first_);
    }

    /// The page of all connections so far. Connections can be added afterwards.
    [[nodiscard]] connection_page result() const {
        auto list = first_.list();
        return {.rows = std::move(list.items),
                .total = earlier_ + list.total,
                .earlier = earlier_,
                .left_out = list.total - (std::min<std::uint64_t>)(list.total, first_.kept())};
    }

private:
    [[nodiscard]] detail::page_place place_of(const row& placed) const noexcept {
        return detail::page_place::of(placed, order_, minimum_packets_);
    }

    server_filter filter_;
    connection_page::order order_;
    std::uint64_t minimum_packets_;
    detail::late<std::optional<detail::page_place>, Counted> after_{};
    std::uint64_t earlier_ = 0;
    detail::late<detail::first_items<detail::page_place, row>, Counted> first_;
};

/// Lists connections in one of several orders, a page at a time.
///
/// `filter` is a server_filter, or a predicate that takes `const connection&` (or the element type of the range). `limit` is how many
/// rows the page has at most. `after` is the last row of the page before; nullopt for the first page. In the order retransmission_rate,
/// connections with fewer than `minimum_packets` come after all others that have retransmissions.
///
///     auto page = tcplens::list_connections(table, {.port = 443}, tcplens::connection_page::order::bytes);
///     auto next = tcplens::list_connections(table, {.port = 443}, tcplens::connection_page::order::bytes, 10, page.rows.back());
///
/// Reads the whole range for each page: time is linear in the number of connections, times the logarithm of `limit`. Memory is that
/// of the page. If the connections change meanwhile, the next page begins where the row was.
template <connection_range Connections>
[[nodiscard]] connection_page
list_connections(Connections&& connections, const server_filter& filter = {},
                 connection_page::order order = connection_page::order::start, std::size_t limit = 10,
                 const std::optional<connection_page::row>& after = std::nullopt,
                 std::uint64_t minimum_packets = connection_page::default_minimum_packets) {
    typename detail::late<connection_page, Connections>::accumulator page{filter, order, limit, after, minimum_packets};
    for (const detail::connection_of<Connections>& each : connections) page.add(each);
    return page.result();
}

/// Lists the connections for which a predicate holds, see above.
template <connection_range Connections, std::predicate<const detail::connection_of<Connections>&> Predicate>
[[nodiscard]] connection_page
list_connections(Connections&& connections, Predicate&& selects,
                 connection_page::order order = connection_page::order::start, std::size_t limit = 10,
                 const std::optional<connection_page::row>& after = std::nullopt,
                 std::uint64_t minimum_packets = connection_page::default_minimum_packets) {
    typename detail::late<connection_page, Connections>::accumulator page{{}, order, limit, after, minimum_packets};
    for (const detail::connection_of<Connections>& each : connections) {
        if (selects(each)) page.add(each);
    }
    return page.result();
}

} // namespace tcplens::inline v1
