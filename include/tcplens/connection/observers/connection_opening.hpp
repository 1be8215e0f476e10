// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/timestamp.hpp"
#include "../../wire/segment.hpp"
#include "../direction.hpp"
#include "../tracking/least_round_trip.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace tcplens::inline v1 {

/// How the attempt to open a connection went (RFC 9293 section 3.5), as far as was captured.
enum class opening_outcome : std::uint8_t {
    midstream,   ///< No SYN without ACK was captured: the connection was open before, or its begin was not captured.
    unsolicited, ///< Only SYN-ACKs or RSTs that no captured SYN asked for: backscatter, or a scan.
    ignored,     ///< A SYN was sent, and nothing answered.
    half_open,   ///< A SYN-ACK was sent, and the client did not complete the handshake; or both ends only sent a SYN.
    refused,     ///< A RST answered the SYN.
    aborted_by_client, ///< The client sent a RST after its SYN, before the connection was established.
    aborted_by_server, ///< The server sent a RST after its SYN-ACK, before the connection was established.
    established,       ///< The handshake was completed: handshake_state::completed.
};
/// The greatest value that archives accept.
[[nodiscard]] constexpr opening_outcome tcplens_archive_limit(opening_outcome) noexcept {
    return opening_outcome::established;
}

/// The name of the enumerator.
[[nodiscard]] constexpr std::string_view to_string(opening_outcome outcome) noexcept {
    constexpr std::string_view names[]{"midstream", "unsolicited",       "ignored",           "half_open",
                                       "refused",   "aborted_by_client", "aborted_by_server", "established"};
    return names[static_cast<unsigned>(outcome)];
}

/// How a connection was opened.
///
/// Which end is the client, and how that is known, say connection::client and connection::role_basis.
struct connection_opening {
    /// The options of the SYN or SYN-ACK of one end.
    ///
    /// If the end sent several, the last before the answer counts: hosts leave out options that seem to get lost (RFC 3168 section
    /// 6.1.1.1, RFC 7413 section 4.1.3.1).
    struct offered_options {
        /// The largest segment that the end can receive, in bytes. Absent without the option; the default is then 536, for IPv6 1220.
        std::optional<std::uint16_t> maximum_segment_size{};
        /// The shift of the windows that the end will advertise (RFC 7323 section 2.2). Absent without the option.
        std::optional<std::uint8_t> window_scale{};
        bool sack = false;       ///< SACK permitted (RFC 2018 section 2).
        bool timestamps = false; ///< The timestamps option (RFC 7323 section 3.2).
        bool ecn = false;        ///< An ECN-setup SYN, or ECN-setup SYN-ACK (RFC 3168 section 6.1.1).
        bool cut = false;        ///< The capture does not hold all options: there may have been more.
        /// The length of the fast open cookie in bytes (RFC 7413), 0 for a request for a cookie. Absent without the option.
        std::optional<std::uint8_t> fast_open{};
        std::uint32_t data = 0; ///< The payload of the SYN or SYN-ACK itself, in bytes.

        [[nodiscard]] friend constexpr bool operator==(const offered_options&,
                                                       const offered_options&) noexcept = default;
    };

    /// The options that both ends offered, and so may use.
    struct agreed_options {
        /// The smaller of the two maximum segment sizes, in bytes; each sender is bound by its peer's only. Absent unless both ends
        /// sent the option.
        std::optional<std::uint16_t> maximum_segment_size{};
        bool window_scale = false; ///< Both ends offered window scaling (RFC 7323 section 2.2).
        bool sack = false;         ///< Both ends permitted SACK (RFC 2018 section 2).
        bool timestamps = false;   ///< Both ends offered timestamps (RFC 7323 section 3.2).
        bool ecn = false;          ///< ECN was negotiated (RFC 3168 section 6.1.1); never in a simultaneous open.

        [[nodiscard]] friend constexpr bool operator==(const agreed_options&, const agreed_options&) noexcept = default;
    };

    /// The SYNs of one end, or its SYN-ACKs. Of an end that sent both, in a simultaneous open, the SYNs.
    ///
    /// Copies that the network or the capture made do not count, if the rules of the table recognise them.
    struct syn_transmissions {
        std::uint32_t count = 0; ///< Number of transmissions, the first included; 0 if none was captured.
        timestamp first{};       ///< Time of the first. Meaningless if `count` is 0.
        timestamp last{};        ///< Time of the last. Meaningless if `count` is 0.
        /// Time from the first transmission to the second. 0 if there is only one, or if the clock was set back.
        std::chrono::nanoseconds first_wait{};
        std::chrono::nanoseconds longest_wait{}; ///< Longest time between two successive transmissions; 0 likewise.
        offered_options offers{};                ///< The options of the last transmission before the answer.

        /// Number of transmissions after the first.
        [[nodiscard]] constexpr std::uint32_t retries() const noexcept { return count - (count > 0); }

        [[nodiscard]] friend constexpr bool operator==(const syn_transmissions&,
                                                       const syn_transmissions&) noexcept = default;
    };

    /// The part of the handshake's round trip between the capture and one end: from a SYN or SYN-ACK to the answer of that end.
    struct handshake_half {
        timestamp sent{};               ///< Time of the SYN or SYN-ACK on its way to the end.
        timestamp answered{};           ///< Time of the answer of the end.
        std::uint32_t transmission = 1; ///< Which transmission `sent` is of: 1 is the first.
        /// Whether it is certain that this transmission was answered.
        ///
        /// It is if there was only one, or if only this one has the sequence number that is acknowledged or the clock that is echoed
        /// (RFC 7323 section 4). Otherwise the last transmission before the answer is taken, so rtt() is a lower bound: hosts echo the
        /// clock of the first copy that reached them, whichever copy they answer. An ACK that covers more than the SYN-ACK is not
        /// certain either, since an ACK before it may not have been captured.
        bool certain = true;

        /// The round-trip time between the capture and the end. Nanoseconds, from 0 to one hour; absent if the times are further apart
        /// or run back, because the clock of the capture was set.
        [[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> rtt() const noexcept {
            const auto took = answered - sent;
            return detail::least_round_trip::is_plausible(took) ? std::optional{took} : std::nullopt;
        }

        [[nodiscard]] friend constexpr bool operator==(const handshake_half&, const handshake_half&) noexcept = default;
    };

    /// The times of the handshake. Each member is absent if the packet that it is of was not captured.
    struct handshake_times {
        std::optional<timestamp> syn{}; ///< Time of the client's first SYN.
        std::optional<timestamp>
            syn_ack{}; ///< Time of the server's first SYN-ACK; in a simultaneous open of its first SYN.
        std::optional<timestamp> ack{};            ///< Time of the client's first segment that acknowledges it.
        std::optional<handshake_half> to_server{}; ///< From the client's SYN to the server's first answer.
        std::optional<handshake_half> to_client{}; ///< From the server's SYN-ACK to the client's first answer.

        /// The round-trip time between client and server: the sum of both halves, without the time between lost copies. Nanoseconds;
        /// absent if one half is.
        [[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> rtt() const noexcept {
            if (!to_server || !to_client) return std::nullopt;
            const auto server_half = to_server->rtt();
            const auto client_half = to_client->rtt();
            return server_half && client_half ? std::optional{*server_half + *client_half} : std::nullopt;
        }
        /// Whether rtt() is present and both of its halves are certain.
        [[nodiscard]] constexpr bool certain() const noexcept {
            return rtt().has_value() && to_server->certain && to_client->certain;
        }

        [[nodiscard]] friend constexpr bool operator==(const handshake_times&,
                                                       const handshake_times&) noexcept = default;
    };

    opening_outcome outcome = opening_outcome::midstream; ///< How the attempt went so far.
    bool simultaneous = false;  ///< Both ends sent a SYN without ACK (RFC 9293 section 3.5, figure 7).
    handshake_times times{};    ///< When the handshake took place.
    syn_transmissions client{}; ///< The SYNs of the client.
    syn_transmissions server{}; ///< The SYN-ACKs of the server; in a simultaneous open its SYNs.
    /// Bytes of the data in the client's SYN that the first answer acknowledged (RFC 7413 section 4.2.2); 0 if there was none.
    std::uint32_t syn_data_accepted = 0;

    /// The options that both ends offered. Absent if one SYN was not captured, or the capture cut its options.
    [[nodiscard]] constexpr std::optional<agreed_options> agreed() const noexcept {
        if (client.count == 0 || server.count == 0) return std::nullopt;
        const offered_options& a = client.offers;
        const offered_options& b = server.offers;
        if (a.cut || b.cut) return std::nullopt;
        agreed_options both{.window_scale = a.window_scale && b.window_scale,
                            .sack = a.sack && b.sack,
                            .timestamps = a.timestamps && b.timestamps,
                            .ecn = a.ecn && b.ecn && !simultaneous};
        if (a.maximum_segment_size && b.maximum_segment_size) {
            both.maximum_segment_size = (std::min)(*a.maximum_segment_size, *b.maximum_segment_size);
        }
        return both;
    }

    [[nodiscard]] friend constexpr bool operator==(const connection_opening&,
                                                   const connection_opening&) noexcept = default;
};

} // namespace tcplens::inline v1
