// SPDX-License-Identifier: MIT
#pragma once

#include "../base/ratio.hpp"
#include "terms/connection_range.hpp"
#include "terms/flag_counts.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tcplens::inline v0 {

/// Options of analyze_traffic_flow().
struct traffic_flow_options {
    /// Counts only the connections of this server. By default all connections count, by the roles that the table found.
    server_filter server{};
};

/// What analyze_traffic_flow() returns.
struct traffic_flow_report {
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

    server_filter server{};              ///< traffic_flow_options::server
    direction_totals client_to_server{}; ///< What the clients sent.
    direction_totals server_to_client{}; ///< What the servers sent.
    comparison analysis{};               ///< The two directions compared.
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

namespace detail {

/// Counts connections for analyze_traffic_flow(). A template, to reduce the compile time of programs that do not use it.
template <class Connection>
class traffic_flow_accumulator {
public:
    explicit traffic_flow_accumulator(const traffic_flow_options& options) : report_{.server = options.server} {}

    void add(const Connection& counted) {
        report_.client_to_server.add(counted.client_to_server);
        report_.server_to_client.add(counted.server_to_client);
    }

    [[nodiscard]] traffic_flow_report result() && {
        const traffic_flow_report::direction_totals& up = report_.client_to_server;
        const traffic_flow_report::direction_totals& down = report_.server_to_client;
        report_.analysis.asymmetry_ratio = ratio(up.packets, down.packets);
        report_.analysis.data_flow_direction = balance_of(up.packets, down.packets);
        if (up.flags.rst != down.flags.rst) {
            report_.analysis.primary_rst_source = up.flags.rst > down.flags.rst
                                                      ? traffic_flow_report::rst_source::client
                                                      : traffic_flow_report::rst_source::server;
        }
        report_.analysis.interpretation = describe("Clients", up) + ", " +
                                          describe(report_.server.address ? "the server" : "the servers", down) + ".";
        return std::move(report_);
    }

private:
    /// The limits of mcpcap, 1.2 and 0.8, as fractions: whole numbers have a direction even if one of them is 0.
    [[nodiscard]] static traffic_flow_report::flow_balance balance_of(std::uint64_t up, std::uint64_t down) noexcept {
        if (5 * up > 6 * down) return traffic_flow_report::flow_balance::client_heavy;
        if (5 * up < 4 * down) return traffic_flow_report::flow_balance::server_heavy;
        return traffic_flow_report::flow_balance::balanced;
    }

    [[nodiscard]] static std::string describe(std::string_view sender,
                                              const traffic_flow_report::direction_totals& sent) {
        return std::string(sender) + " sent " + std::to_string(sent.packets) + " packets (" +
               std::to_string(sent.wire_bytes) + " bytes, " + std::to_string(sent.flags.rst) + " RST)";
    }

    traffic_flow_report report_;
};

} // namespace detail

/// Counts what clients sent to servers and servers to clients, over the connections of a range.
///
/// With an address in traffic_flow_options::server, that is the traffic between one server and all of its clients. Connections in
/// which the address is the client do not count. Reads the range once, in linear time and constant memory.
template <connection_range Connections>
[[nodiscard]] traffic_flow_report analyze_traffic_flow(Connections&& connections,
                                                       const traffic_flow_options& options = {}) {
    return detail::accumulate(connections, options.server, detail::traffic_flow_accumulator<connection>{options});
}

} // namespace tcplens::inline v0
