// SPDX-License-Identifier: MIT
#pragma once

#include "../direction.hpp"

#include <chrono>
#include <utility>

namespace tcplens::inline v0 {

/// How long the sending TCP of one direction had work, and how long only the receiver's window kept it from going on: what
/// Linux tells as tcpi_busy_time and tcpi_rwnd_limited (struct tcp_info), which it counts in ticks of 1 to 10 ms. They are
/// times of the sender, so they are right beside it; elsewhere `busy` lacks a round trip from there to the sender for each
/// time that the sender had nothing left, and `receiver_limited` is mostly not seen.
struct sending_times {
    /// Data was unacknowledged, or waited for a closed window to open. A SYN or a FIN alone does not count (Linux counts a FIN,
    /// but after that applications seldom ask).
    std::chrono::nanoseconds busy{};
    /// The part of it in which the next segment did not fit into the window, though it was there to be sent, and its sender
    /// made no pause to pace itself (then Linux does not blame the window). Pauses are learnt from those that the capture
    /// shows: where each burst fills the window, as over paths of a millisecond to a slow reader, BBR's are not seen and
    /// this is too long, by up to a half. Of a congestion window that is full at the same time a capture knows nothing.
    std::chrono::nanoseconds receiver_limited{};

    [[nodiscard]] friend constexpr bool operator==(const sending_times&, const sending_times&) noexcept = default;
};

/// The life of a connection, from its first packet to its latest, divided by what it was spent on. Each instant belongs to
/// exactly one part: the parts sum to `duration`.
///
/// The gap between two packets is given to a part when the second of them comes, and part of the time before is given anew
/// when a later packet shows what it really was: data that follows the opening of a window, a retransmission, an answer. So
/// the parts up to now are always complete, but not final.
///
/// Two directions share one time. A direction that recovers from loss comes before one of which duplicate ACKs say that
/// something is missing, that before one whose window is full, that before one with data in flight; of two of the same kind
/// that from the client comes first.
struct time_attribution {
    /// From the first packet to the latest time of any: last_time - first_time of the connection, unless the clock of the
    /// capture ran back. Then time stands still until it has made good for that.
    std::chrono::nanoseconds duration{};

    /// From the first SYN (or SYN-ACK) to the segment that completed the handshake, with all repetitions; if none did, to the
    /// end. Nothing, if the connection was picked up midstream.
    std::chrono::nanoseconds handshake{};
    /// Nothing was in flight, and the next to send was a client, or whoever had sent before: it had nothing to send. Also before
    /// the FIN or RST that ends the connection. Beside a sender this is exact; elsewhere the ACK that it got last and the
    /// data that it then sent took the least round trip from the capture to it, which counts as path.
    std::chrono::nanoseconds sender_application{};
    /// The receiver's window was closed, or had no room for the segment that followed at once when it opened.
    std::chrono::nanoseconds receiver_window{};
    /// Something was lost: from the first duplicate ACK that told of it, or, where none did, from the last time that anything
    /// went on, to the retransmission; then until all is acknowledged that had been sent by then. Where loss is
    /// repaired so that the capture sees one copy and no duplicate ACK, it is taken for path or application.
    std::chrono::nanoseconds loss_recovery{};
    /// The part of `loss_recovery` in which a retransmission waited for a timer (RFC 6298, RFC 8985 7).
    std::chrono::nanoseconds retransmission_timeout{};
    /// Data was in flight: it, or its acknowledgment, was on the way. That includes the wait for the congestion window and
    /// for pauses of an application that were shorter than a round trip: a capture cannot tell them apart.
    std::chrono::nanoseconds path{};
    /// The server had got the last byte of a request, and the first byte of its answer was yet to come. From the last captured
    /// byte of the client to the first of the server (by the roles as known at that time), less the least round trip from the
    /// capture to the server: nothing beside the server, so that there it is exact; beside the client, what a slower round trip
    /// than the least took is in it.
    std::chrono::nanoseconds receiver_application{};
    /// After the first FIN, when no data was in flight and none came any more; and all after a RST.
    std::chrono::nanoseconds teardown{};

    sending_times client_to_server{};
    sending_times server_to_client{};

    [[nodiscard]] constexpr const sending_times& sending(direction direction) const noexcept {
        return direction == direction::client_to_server ? client_to_server : server_to_client;
    }
    [[nodiscard]] constexpr sending_times& sending(direction direction) noexcept {
        return direction == direction::client_to_server ? client_to_server : server_to_client;
    }

    /// All parts: `duration` (retransmission_timeout is a part of a part).
    [[nodiscard]] constexpr std::chrono::nanoseconds sum() const noexcept {
        return handshake + sender_application + receiver_window + loss_recovery + path + receiver_application +
               teardown;
    }

    [[nodiscard]] friend constexpr bool operator==(const time_attribution&, const time_attribution&) noexcept = default;

    /// The parts sum up to `duration`.
    [[nodiscard]] friend constexpr bool is_consistent(const time_attribution& of) noexcept {
        std::chrono::nanoseconds rest = of.duration; // a part at a time: the sum may overflow
        for (const std::chrono::nanoseconds part : {of.handshake, of.sender_application, of.receiver_window,
                                                    of.loss_recovery, of.path, of.receiver_application, of.teardown}) {
            if (part.count() < 0 || part > rest) return false;
            rest -= part;
        }
        const auto fits = [&](const sending_times& each) {
            return each.receiver_limited.count() >= 0 && each.receiver_limited <= each.busy && each.busy <= of.duration;
        };
        return rest.count() == 0 && of.retransmission_timeout.count() >= 0 &&
               of.retransmission_timeout <= of.loss_recovery && fits(of.client_to_server) && fits(of.server_to_client);
    }
};

} // namespace tcplens::inline v0
