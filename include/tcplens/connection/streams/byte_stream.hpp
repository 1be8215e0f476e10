// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/timestamp.hpp"
#include "../connection.hpp"
#include "../direction.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tcplens::inline v1 {

/// What is known of the bytes that one side of a connection sent, and the events by which stream_observer tells them.
///
/// An offset counts the bytes of one direction from 0. Offset 0 is the byte behind the SYN; in a connection that was picked up midstream,
/// the first byte that the receiver had not acknowledged, or else the first that was captured.
struct byte_stream {
    /// Why bytes are missing.
    enum class gap_reason : std::uint8_t {
        acknowledged, ///< certain: the receiver acknowledged the bytes, and they were not captured
        snapshot,     ///< certain: their packet was captured, and the snapshot length cut them off
        urgent,       ///< the byte that the urgent pointer names: see options::urgent
        buffer_full,  ///< given up: a bound of `options` was reached, and bytes behind the gap were waiting
        too_late,     ///< given up: bytes behind the gap had waited for longer than options::longest_wait
        ended,        ///< given up: the connection ended
        refused, ///< captured, but beyond the window of the receiver, and not sent again before the connection ended
    };
    /// How a direction ended.
    enum class end_reason : std::uint8_t {
        fin,      ///< all bytes up to the FIN were delivered or told as gaps
        reset,    ///< a RST that its receiver accepts (RFC 5961 section 3)
        replaced, ///< another connection between the same endpoints took its place
        idle,     ///< no packet came for longer than the idle timeout
        evicted,  ///< the table needed the room
        flushed,  ///< the table was flushed
    };
    /// Which copy is delivered where bytes that wait were sent twice with different content. Bytes that were delivered stay delivered,
    /// as with every receiver.
    enum class overlap_policy : std::uint8_t {
        first, ///< the copy that was captured first
        last,  ///< the copy that was captured last
        /// The copy of the segment that begins earlier; of those that begin at the same byte, the first. 4.4BSD: tcp_reass() trims a
        /// segment at its predecessor, and its successors at it (Wright, Stevens: TCP/IP Illustrated, volume 2, section 27.9).
        bsd,
        /// As `bsd`, but of two segments that begin at the same byte, the later if it is longer. Linux: tcp_data_queue_ofo() in
        /// net/ipv4/tcp_input.c, version 4.9 and later.
        linux_kernel,
        /// Windows Vista and later: as `first`. Windows 95 to 2003: `bsd`. Microsoft does not document it; the rules are those that Novak and
        /// Sturges measured (Target-Based TCP Stream Reassembly, 2007), and that Snort 3 follows (policies vista, windows, win-2003).
        windows = first,
    };
    /// What happens to a byte that is urgent (RFC 9293 section 3.8.5).
    enum class urgent_policy : std::uint8_t {
        /// The byte before the urgent pointer is a gap of one byte: a receiver's application does not find it among the others, unless
        /// it set SO_OOBINLINE (RFC 6093 section 2.2).
        skipped,
        in_line, ///< it is delivered as any other byte
    };

    /// The bounds of a stream_observer, and what it does where receivers differ.
    struct options {
        /// Bytes that may wait in one direction behind a gap, and how far ahead of the gap they may be: from 2048 to 16 MiB - 2048.
        /// Memory is taken in blocks of 2048 bytes. The largest receive window of Linux is 6 MiB by default (tcp_rmem).
        std::uint32_t direction_bytes = 8u * 1024 * 1024;
        /// Memory for all bytes that wait, in all directions together. If it is used up, the direction that has waited longest gives up
        /// its gaps.
        std::uint64_t table_bytes = std::uint64_t{256} * 1024 * 1024;
        /// How many delivered bytes of a direction are remembered, so that a conflict with them is found: 0, or a power of two up to
        /// 64 KiB. Each costs a copy.
        std::uint32_t remembered_bytes = 4096;
        /// For how many directions delivered bytes are remembered at a time. If there are more, the one that began to be remembered
        /// longest ago is forgotten.
        std::uint32_t remembered_directions = 16384;
        /// How long bytes wait behind a gap, in capture time. A sender whose retransmission timer has grown waits for a minute
        /// (RFC 6298 section 2.5).
        std::chrono::nanoseconds longest_wait = std::chrono::seconds{60};
        /// Which copy of bytes is delivered.
        overlap_policy overlaps = overlap_policy::linux_kernel;
        /// Whether bytes that the receiver acknowledged before they were captured are waited for like others: for captures whose packets are
        /// not in order, such as those of two directions one after the other. Otherwise they are a gap at once.
        bool awaits_acknowledged = false;
        /// What happens to an urgent byte.
        urgent_policy urgent = urgent_policy::skipped;
        /// Whether all memory is allocated when the observer is made, and none after that.
        bool reserve = false;
    };

    /// Bytes that follow each other.
    struct data { // NOLINT(cppcoreguidelines-pro-type-member-init): an aggregate that is always made whole
        const tcplens::connection& connection; ///< the connection; valid during the call
        tcplens::direction direction;          ///< the direction of the bytes
        std::uint64_t offset;                  ///< the offset of the first byte
        /// The bytes, at least one: of the packet itself if it came in order, of the buffer otherwise. Valid during the call; those of a
        /// packet as long as its bytes.
        std::span<const std::byte> bytes;
        timestamp time;              ///< capture time of the packet that made them deliverable
        std::uint64_t packet_number; ///< packet::number of that packet
    };
    /// Bytes that are missing.
    struct gap { // NOLINT(cppcoreguidelines-pro-type-member-init): an aggregate that is always made whole
        const tcplens::connection& connection; ///< the connection; valid during the call
        tcplens::direction direction;          ///< the direction of the bytes
        std::uint64_t offset;                  ///< the offset of the first missing byte
        std::uint64_t length;                  ///< how many bytes are missing, at least 1
        gap_reason reason;                     ///< why
        timestamp time;                        ///< capture time of the packet that decided it
        std::uint64_t packet_number;           ///< packet::number of that packet

        /// Whether the sender certainly sent the bytes, and they are not in the capture.
        [[nodiscard]] constexpr bool is_certain() const noexcept { return reason <= gap_reason::snapshot; }
    };
    /// Bytes that were sent twice with different content.
    struct conflict {                          // NOLINT(cppcoreguidelines-pro-type-member-init): likewise
        const tcplens::connection& connection; ///< the connection; valid during the call
        tcplens::direction direction;          ///< the direction of the bytes
        std::uint64_t offset;                  ///< the offset of the first byte that differs
        std::span<const std::byte> earlier;    ///< from there to the last byte that differs: as captured before
        std::span<const std::byte> later;      ///< the same bytes as captured now
        bool later_counts;                     ///< whether `later` is delivered; otherwise `earlier` is, or was
        timestamp time;                        ///< capture time of the packet with `later`
        std::uint64_t packet_number;           ///< packet::number of that packet
    };
    /// The end of a direction. After it nothing is delivered of this direction.
    struct end {                               // NOLINT(cppcoreguidelines-pro-type-member-init): likewise
        const tcplens::connection& connection; ///< the connection; valid during the call
        tcplens::direction direction;          ///< the direction that ended
        std::uint64_t offset;                  ///< its length: all bytes that were delivered or told as gaps
        end_reason reason;                     ///< how it ended
        timestamp time;                        ///< capture time of the packet that ended it, or of the last one
        std::uint64_t packet_number;           ///< packet::number of that packet
    };

    std::uint64_t bytes = 0;       ///< bytes delivered
    std::uint64_t missing = 0;     ///< bytes told as gaps
    std::uint64_t conflicting = 0; ///< bytes that differed in another copy
    std::uint64_t ignored = 0;     ///< bytes that no receiver takes: behind the end, or far beyond its window
    bool ended = false;            ///< whether the end was told

    /// Bytes that were delivered or told as gaps: the offset of the next byte.
    [[nodiscard]] constexpr std::uint64_t length() const noexcept { return bytes + missing; }

    [[nodiscard]] friend constexpr bool operator==(const byte_stream&, const byte_stream&) noexcept = default;
};

/// The name of the enumerator, e.g. "buffer_full".
[[nodiscard]] constexpr std::string_view to_string(byte_stream::gap_reason reason) noexcept {
    constexpr std::string_view names[]{"acknowledged", "snapshot", "urgent", "buffer_full",
                                       "too_late",     "ended",    "refused"};
    return names[static_cast<unsigned>(reason)];
}
/// The name of the enumerator, e.g. "fin".
[[nodiscard]] constexpr std::string_view to_string(byte_stream::end_reason reason) noexcept {
    constexpr std::string_view names[]{"fin", "reset", "replaced", "idle", "evicted", "flushed"};
    return names[static_cast<unsigned>(reason)];
}

} // namespace tcplens::inline v1
