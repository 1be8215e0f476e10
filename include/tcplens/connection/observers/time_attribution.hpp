// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../direction.hpp"

#include <utility>

namespace tcplens::inline v1 {

/// What the time of a connection was spent on, from its first packet to its latest.
///
/// Each instant belongs to exactly one part: the parts sum up to `duration`. All members are nanoseconds and not negative.
///
/// The gap between two packets is given to a part when the second of them is captured. When a later packet shows what a gap really
/// was (data that follows the opening of a window, a retransmission, an answer), it is given to another part. So the parts are
/// always complete, but not final.
///
/// Both directions share the time. A direction that recovers from loss takes precedence over a direction with duplicate ACKs, that over
/// one whose window is full, and that over one with data in flight. Of two equal directions the client's takes precedence.
struct time_attribution {
    /// How long the sender of one direction had work, and how long only the receiver's window or its own buffer kept it from sending.
    ///
    /// These are Linux's tcpi_busy_time, tcpi_rwnd_limited and tcpi_sndbuf_limited (struct tcp_info), which Linux counts in ticks of 1 to 10 ms. They are times
    /// of the sender, so they are right in a capture beside the sender. Elsewhere `busy` lacks a round trip between the capture and
    /// the sender for each time that the sender had nothing left to send, and most of `receiver_limited` is not seen.
    struct sending_times {
        /// Time in which data was unacknowledged, or waited for a closed window to open. Nanoseconds, not negative. A SYN or a FIN alone does
        /// not count; Linux counts a FIN, but applications seldom ask after that.
        std::chrono::nanoseconds busy{};
        /// The part of `busy` in which the next segment was ready but did not fit into the window, and the sender made no pause to pace itself
        /// (Linux does not blame the window for pauses). Nanoseconds, not negative, at most `busy`.
        ///
        /// Pauses are learnt from the capture. Where each burst fills the window, as over paths of a millisecond to a slow reader, BBR's
        /// pauses are not seen, and the value is too large by up to a half. A congestion window that is full at the same time does not
        /// show in a capture.
        std::chrono::nanoseconds receiver_limited{};
        /// The part of `busy` in which all that was in the sender's buffer was in flight, and the application waited for room in it: Linux's
        /// tcpi_sndbuf_limited. Nanoseconds, not negative, at most `busy`. An estimate, from bursts that end with PSH: 0 until the third
        /// such wait, and 0 again if the sender later shows that its buffer is larger. Right beside the sender only.
        std::chrono::nanoseconds send_buffer_limited{};

        [[nodiscard]] friend constexpr bool operator==(const sending_times&, const sending_times&) noexcept = default;
    };

    /// From the first packet to the latest time of any packet: last_time - first_time of the connection, unless the clock of the
    /// capture ran back. Then time stands still until the clock is later again.
    std::chrono::nanoseconds duration{};

    /// From the first SYN (or SYN-ACK) to the segment that completed the handshake, retransmissions included; if none did, to the
    /// end. 0 if the connection was picked up midstream.
    std::chrono::nanoseconds handshake{};
    /// Nothing was in flight, and the next to send was the client, or the side that had sent last: it had nothing to send. Also
    /// the time before the FIN or RST that ends the connection. Exact beside the sender; elsewhere the last ACK to the sender and
    /// its next data were under way for the least round trip between the capture and the sender, which counts as `path`.
    std::chrono::nanoseconds sender_application{};
    /// The receiver's window was closed, or had no room for the segment that followed as soon as it opened.
    std::chrono::nanoseconds receiver_window{};
    /// Data was lost: from the first duplicate ACK that reported it to the retransmission; without duplicate ACKs from the last
    /// progress on. Then until all is acknowledged that had been sent before the retransmission. Loss that is repaired so that
    /// the capture sees one copy and no duplicate ACK counts as `path` or as application.
    std::chrono::nanoseconds loss_recovery{};
    /// The part of `loss_recovery` in which a retransmission waited for a timer (RFC 6298, RFC 8985 section 7).
    std::chrono::nanoseconds retransmission_timeout{};
    /// Data was in flight: the data or its acknowledgment was under way. Waits for the congestion window, and pauses of an
    /// application that were shorter than a round trip, are included: a capture cannot tell them apart.
    std::chrono::nanoseconds path{};
    /// The server had the last byte of a request, and had not sent the first byte of its answer: from the last captured byte of
    /// the client to the first of the server (by the roles as known then), less the least round trip between the capture and
    /// the server. Exact beside the server; beside the client it includes what round trips took beyond the least.
    std::chrono::nanoseconds receiver_application{};
    /// After the first FIN, while no data was in flight and none followed; and all time after a RST.
    std::chrono::nanoseconds teardown{};

    sending_times client_to_server{}; ///< The client as a sender.
    sending_times server_to_client{}; ///< The server as a sender.

    /// The sender of one direction.
    [[nodiscard]] constexpr const sending_times& sending(direction direction) const noexcept {
        return direction == direction::client_to_server ? client_to_server : server_to_client;
    }
    /// The sender of one direction.
    [[nodiscard]] constexpr sending_times& sending(direction direction) noexcept {
        return direction == direction::client_to_server ? client_to_server : server_to_client;
    }

    /// The sum of all parts, which is `duration`. retransmission_timeout is a part of a part, and not added.
    [[nodiscard]] constexpr std::chrono::nanoseconds sum() const noexcept {
        return handshake + sender_application + receiver_window + loss_recovery + path + receiver_application +
               teardown;
    }

    [[nodiscard]] friend constexpr bool operator==(const time_attribution&, const time_attribution&) noexcept = default;

    /// Whether a restored value is possible: the parts sum up to `duration`.
    [[nodiscard]] friend constexpr bool is_consistent(const time_attribution& time) noexcept {
        std::chrono::nanoseconds rest = time.duration; // part by part, since the sum may overflow
        for (const std::chrono::nanoseconds part :
             {time.handshake, time.sender_application, time.receiver_window, time.loss_recovery, time.path,
              time.receiver_application, time.teardown}) {
            if (part.count() < 0 || part > rest) return false;
            rest -= part;
        }
        const auto fits = [&](const sending_times& sender) {
            return sender.receiver_limited.count() >= 0 && sender.receiver_limited <= sender.busy &&
                   sender.send_buffer_limited.count() >= 0 && sender.send_buffer_limited <= sender.busy &&
                   sender.busy <= time.duration;
        };
        return rest.count() == 0 && time.retransmission_timeout.count() >= 0 &&
               time.retransmission_timeout <= time.loss_recovery && fits(time.client_to_server) &&
               fits(time.server_to_client);
    }
};

} // namespace tcplens::inline v1
