// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../../wire/segment.hpp"
#include "../direction.hpp"
#include "../tracking/least_round_trip.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace tcplens::inline v0 {

/// What became of the attempt to open a connection (RFC 9293 3.5), as far as was seen.
enum class opening_outcome : std::uint8_t {
    midstream,   ///< no SYN without ACK was captured: it was open before, or its first packets were not captured
    unsolicited, ///< SYN-ACKs or RSTs that nobody was seen to ask for, and no more: backscatter, or a scan by such
    ignored,     ///< a SYN, and no answer to it
    half_open,   ///< a SYN-ACK was sent, and the client did not complete it; or both sent a SYN, and neither answered
    refused,     ///< a RST in answer to the SYN
    aborted_by_client, ///< a RST of the client, after its SYN and before it was established
    aborted_by_server, ///< a RST of the server, after its SYN-ACK and before it was established
    established,       ///< as handshake_state::completed
};
/// The greatest value that archives accept.
[[nodiscard]] constexpr opening_outcome archive_limit(opening_outcome) noexcept {
    return opening_outcome::established;
}

[[nodiscard]] constexpr std::string_view to_string(opening_outcome outcome) noexcept {
    constexpr std::string_view names[]{"midstream", "unsolicited",       "ignored",           "half_open",
                                       "refused",   "aborted_by_client", "aborted_by_server", "established"};
    return names[static_cast<unsigned>(outcome)];
}

/// What one end offers in its SYN or SYN-ACK. Where that was sent more than once, the last before the answer counts, since hosts
/// leave out options that seem to get lost (RFC 3168 6.1.1.1, RFC 7413 4.1.3.1).
struct offered_options {
    std::optional<std::uint16_t> maximum_segment_size{}; ///< what it can receive; 536 (IPv6: 1220) if it says nothing
    std::optional<std::uint8_t> window_scale{};          ///< the shift of the windows that it will offer
    bool sack = false;
    bool timestamps = false;
    bool ecn = false; ///< an ECN-setup SYN, or SYN-ACK (RFC 3168 6.1.1)
    bool cut = false; ///< the capture cut the options: there may be more
    /// Fast open (RFC 7413): how long the cookie is, 0 of a request for one.
    std::optional<std::uint8_t> fast_open{};
    std::uint32_t data = 0; ///< bytes that it carried itself

    [[nodiscard]] friend constexpr bool operator==(const offered_options&, const offered_options&) noexcept = default;
};

/// What both ends offered.
struct agreed_options {
    /// The smaller of the two that they can receive, if both said; each sender is bound by its peer's only.
    std::optional<std::uint16_t> maximum_segment_size{};
    bool window_scale = false; ///< RFC 7323 2.2
    bool sack = false;         ///< RFC 2018 2
    bool timestamps = false;   ///< RFC 7323 3.2
    bool ecn = false;          ///< RFC 3168 6.1.1

    [[nodiscard]] friend constexpr bool operator==(const agreed_options&, const agreed_options&) noexcept = default;
};

/// The SYN of one end, or its SYN-ACK; of an end that sent both, opening simultaneously, the SYN. Copies that the network or the
/// capture made do not count, where the table's rules tell them.
struct syn_transmissions {
    std::uint32_t count = 0; ///< with the first; 0 if none was captured
    timestamp first{};       ///< when it was captured first, and last
    timestamp last{};
    std::chrono::nanoseconds
        first_wait{}; ///< from the first to the second; 0 of one alone, or if the clock was set back
    std::chrono::nanoseconds longest_wait{}; ///< between two that follow each other
    offered_options offers{};

    [[nodiscard]] constexpr std::uint32_t retries() const noexcept { return count - (count > 0); }

    [[nodiscard]] friend constexpr bool operator==(const syn_transmissions&,
                                                   const syn_transmissions&) noexcept = default;
};

/// From the place of the capture to one end and back, as a SYN or SYN-ACK and the answer to it tell.
struct handshake_half {
    timestamp sent{};
    timestamp answered{};
    std::uint32_t transmission = 1; ///< which one is taken to have been answered: 1 is the first
    /// Whether that is beyond doubt: it was sent once, or the answer is to its sequence number or echoes its clock
    /// (RFC 7323 4) and to no other's. Else the last before the answer is taken, and this half is the least that it can have
    /// been: hosts echo the clock of the first copy that reached them, whichever copy they answer.
    /// An ACK that covers more than the SYN-ACK is not certain either: the one before it may not have been captured.
    bool certain = true;

    /// Nothing where it cannot be: see least_round_trip::is_plausible.
    [[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> rtt() const noexcept {
        const auto took = answered - sent;
        return detail::least_round_trip::is_plausible(took) ? std::optional{took} : std::nullopt;
    }

    [[nodiscard]] friend constexpr bool operator==(const handshake_half&, const handshake_half&) noexcept = default;
};

/// When the handshake happened.
struct handshake_times {
    std::optional<timestamp> syn{};     ///< the client's first
    std::optional<timestamp> syn_ack{}; ///< the server's first, or the first SYN of a server that opened simultaneously
    std::optional<timestamp> ack{};     ///< the client's first that acknowledges it
    std::optional<handshake_half> to_server{}; ///< from the client's SYN to the first answer
    std::optional<handshake_half> to_client{}; ///< from the server's SYN-ACK to the first answer

    /// The whole round trip: the two halves, without what passed between copies that were lost. Nothing if one is not known.
    [[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> rtt() const noexcept {
        if (!to_server || !to_client) return std::nullopt;
        const auto server = to_server->rtt();
        const auto client = to_client->rtt();
        return server && client ? std::optional{*server + *client} : std::nullopt;
    }
    /// Whether rtt() is, and both of its halves are certain.
    [[nodiscard]] constexpr bool certain() const noexcept {
        return rtt().has_value() && to_server->certain && to_client->certain;
    }

    [[nodiscard]] friend constexpr bool operator==(const handshake_times&, const handshake_times&) noexcept = default;
};

/// How a connection was opened. Who began, and whether that is known or guessed: connection::client and connection::known_by.
struct connection_opening {
    opening_outcome outcome = opening_outcome::midstream;
    bool simultaneous = false; ///< both ends sent a SYN without ACK (RFC 9293 3.5, figure 7)
    handshake_times times{};
    syn_transmissions client{};
    syn_transmissions server{};
    /// Bytes of data in the client's SYN that the first answer acknowledged (RFC 7413 4.2.2).
    std::uint32_t syn_data_accepted = 0;

    /// What both ends offered; nothing where one SYN was not captured, or was cut.
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

} // namespace tcplens::inline v0
