// SPDX-License-Identifier: MIT
#pragma once

#include "../base/check.hpp"
#include "../base/ratio.hpp"
#include "terms/connection_range.hpp"
#include "terms/flag_counts.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tcplens::inline v1 {

/// What analyze_traffic_flow() returns.
struct traffic_flow_report {
    /// Options of analyze_traffic_flow().
    struct options {
        /// Counts only the connections of this server. By default all connections count, by the roles that the table found.
        server_filter server{};

        /// Whether all options are equal.
        [[nodiscard]] friend constexpr bool operator==(const options&, const options&) noexcept = default;
    };

    template <class Counted>
    class basic_accumulator;
    /// Counts connections one at a time.
    using accumulator = basic_accumulator<connection>;

    /// Which side sent more RST segments.
    enum class rst_source : std::uint8_t { client, server, balanced };

    /// Which side sent more packets. A side is heavy if it sent more than 1.2 times (clients) or 1.25 times (servers) as many as the
    /// other: a ratio above 1.2 or below 0.8.
    enum class flow_balance : std::uint8_t { client_heavy, server_heavy, balanced };

    /// What one side sent to the other, over all selected connections.
    struct direction_totals {
        std::uint64_t packets = 0;         ///< TCP segments, with or without payload, retransmissions included.
        std::uint64_t wire_bytes = 0;      ///< Length of whole packets on the wire, link layer and padding included.
        flag_counts flags{};               ///< Segments by control bits.
        std::uint64_t data_packets = 0;    ///< Segments with payload.
        std::uint64_t retransmissions = 0; ///< By the rules of the table.

        /// Adds one direction of a connection.
        constexpr void add(const direction_statistics& counted) noexcept {
            packets += counted.packets;
            wire_bytes += counted.wire_bytes;
            flags.add(counted);
            data_packets += counted.data_packets;
            retransmissions += counted.retransmissions;
        }
        /// Adds what others counted.
        constexpr void add(const direction_totals& counted) noexcept {
            packets += counted.packets;
            wire_bytes += counted.wire_bytes;
            flags.add(counted.flags);
            data_packets += counted.data_packets;
            retransmissions += counted.retransmissions;
        }

        /// Whether all counts are equal.
        [[nodiscard]] friend constexpr bool operator==(const direction_totals&,
                                                       const direction_totals&) noexcept = default;
    };

    /// The two directions compared.
    struct comparison {
        double asymmetry_ratio = 0; ///< Packets of the clients divided by packets of the servers; 0 if these sent none.
        traffic_flow_report::rst_source primary_rst_source =
            traffic_flow_report::rst_source::balanced; ///< `balanced` if both sent as many, or none.
        traffic_flow_report::flow_balance data_flow_direction =
            traffic_flow_report::flow_balance::balanced; ///< By packets, also where the ratio is 0.
        std::string interpretation{}; ///< One sentence for people, with packets, bytes and RST segments of both.
    };

    server_filter server{};              ///< options::server
    direction_totals client_to_server{}; ///< What the clients sent.
    direction_totals server_to_client{}; ///< What the servers sent.
    comparison analysis{};               ///< The two directions compared.
    /// Connections whose roles are a guess (connection::role_guessed()): their packets may count in the wrong direction. 0 if
    /// `server` selects a server, since its roles decide.
    std::uint64_t guessed_connections = 0;
};

/// The enumerator's name.
[[nodiscard]] constexpr std::string_view to_string(traffic_flow_report::rst_source source) noexcept {
    constexpr std::string_view names[]{"client", "server", "balanced"};
    return names[static_cast<unsigned>(source)];
}

/// The enumerator's name.
[[nodiscard]] constexpr std::string_view to_string(traffic_flow_report::flow_balance balance) noexcept {
    constexpr std::string_view names[]{"client_heavy", "server_heavy", "balanced"};
    return names[static_cast<unsigned>(balance)];
}

/// Counts connections for analyze_traffic_flow(), one at a time: as they end in a monitor, or in several parts that are merged.
///
/// Results do not depend on the order in which connections are added and accumulators merged. Memory is constant.
///
/// A template, to reduce the compile time of programs that do not use it: traffic_flow_report::accumulator counts `connection`.
template <class Counted>
class traffic_flow_report::basic_accumulator {
public:
    /// Begins without connections.
    explicit basic_accumulator(const traffic_flow_report::options& options = {}) noexcept : options_(options) {}

    /// Counts a connection, if the filter selects it.
    void add(const Counted& counted) noexcept {
        detail::use_if_selected(counted, options_.server, [this](const Counted& each) { add_selected(each); });
    }

    /// Adds the connections that another accumulator counted. @pre `other` has the same options
    void merge(const basic_accumulator& other) noexcept {
        TCPLENS_CHECK(options_ == other.options_, "an accumulator with the same options");
        client_to_server_.add(other.client_to_server_);
        server_to_client_.add(other.server_to_client_);
        guessed_ += other.guessed_;
    }

    /// The report on all connections so far. Connections can be added afterwards.
    [[nodiscard]] traffic_flow_report result() const {
        const direction_totals& up = client_to_server_;
        const direction_totals& down = server_to_client_;
        comparison compared{.asymmetry_ratio = detail::ratio(up.packets, down.packets),
                            .data_flow_direction = balance_of(up.packets, down.packets),
                            .interpretation = describe("Clients", up) + ", " +
                                              describe(options_.server.address ? "the server" : "the servers", down) +
                                              "."};
        if (up.flags.rst != down.flags.rst) {
            compared.primary_rst_source = up.flags.rst > down.flags.rst ? rst_source::client : rst_source::server;
        }
        return {.server = options_.server,
                .client_to_server = up,
                .server_to_client = down,
                .analysis = compared,
                .guessed_connections = guessed_};
    }

    /// What archive_writer and archive_reader save and restore. Restoring needs an accumulator with the same options.
    static void archive(auto& ar, basic_accumulator& of) {
        auto& [options, up, down, guessed] = of;
        ar.expect_equal("server", options.server);
        ar(up, down, guessed);
    }

private:
    void add_selected(const Counted& counted) noexcept {
        client_to_server_.add(counted.client_to_server);
        server_to_client_.add(counted.server_to_client);
        guessed_ += options_.server.selects_all() && counted.role_guessed();
    }

    /// The limits of mcpcap, 1.2 and 0.8, as fractions: whole numbers have a direction even if one of them is 0.
    [[nodiscard]] static flow_balance balance_of(std::uint64_t up, std::uint64_t down) noexcept {
        if (5 * up > 6 * down) return flow_balance::client_heavy;
        if (5 * up < 4 * down) return flow_balance::server_heavy;
        return flow_balance::balanced;
    }

    [[nodiscard]] static std::string describe(std::string_view sender, const direction_totals& sent) {
        return std::string(sender) + " sent " + std::to_string(sent.packets) + " packets (" +
               std::to_string(sent.wire_bytes) + " bytes, " + std::to_string(sent.flags.rst) + " RST)";
    }

    traffic_flow_report::options options_;
    direction_totals client_to_server_{};
    direction_totals server_to_client_{};
    std::uint64_t guessed_ = 0;
};

/// Counts what clients sent to servers and servers to clients, over the connections of a range.
///
/// With an address in options::server, that is the traffic between one server and all of its clients. Connections in
/// which the address is the client do not count. Reads the range once, in linear time and constant memory.
template <connection_range Connections>
[[nodiscard]] traffic_flow_report analyze_traffic_flow(Connections&& connections,
                                                       const traffic_flow_report::options& options = {}) {
    return detail::accumulate<traffic_flow_report>(connections, options);
}

} // namespace tcplens::inline v1
