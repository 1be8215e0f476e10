// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../base/timestamp.hpp"
#include "../../wire/sequence_number.hpp"
#include "../connection.hpp"
#include "../direction.hpp"
#include "../side.hpp"
#include "byte_stream.hpp"
#include "delivered_bytes.hpp"
#include "held_bytes.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail {

/// What is remembered of the bytes that one side sends. What every segment touches stands first.
struct stream_direction {
    sequence_number next{};   ///< of the first byte that was not delivered or told as a gap
    sequence_number edge{};   ///< the end of the window that the receiver has offered, if `edge_known`
    std::uint64_t offset = 0; ///< of `next` in the stream
    /// Nothing stands against delivering what comes in order: the direction is known, holds nothing, and neither ends nor is urgent.
    bool is_plain = false;
    bool known = false;       ///< `next` is
    bool heard = false;       ///< its side sent a segment; otherwise only acknowledgments tell of it
    bool edge_known = false;  ///< `edge` is
    bool scale_known = false; ///< `scale` is that of the windows that this side offers
    std::uint8_t scale = 0;
    std::uint32_t held = held_bytes::none;
    remembered_bytes remembered{};
    sequence_number sent{};         ///< behind the last byte that is known to have been sent
    sequence_number acknowledged{}; ///< by the peer, if `was_acknowledged`
    sequence_number fin{};          ///< of the FIN, if `has_fin`
    sequence_number urgent{};       ///< of the urgent byte, if `has_urgent`
    // Held bytes that were captured beyond the window of their time, if `has_refusable`: the first, and behind the last.
    sequence_number refusable{};
    sequence_number refusable_end{};
    sequence_number other{}; ///< the base that another SYN names, if `has_other`
    bool was_acknowledged : 1 = false;
    bool has_fin : 1 = false;
    bool has_urgent : 1 = false;
    bool has_other : 1 = false;
    bool has_refusable : 1 = false;
    bool base_is_guess : 1 = false; ///< the direction began with a segment that is no SYN
    bool in_syn : 1 = false;        ///< its SYN carries data, and nobody has answered yet
    bool sent_syn : 1 = false;
    bool offers_scale : 1 = false;   ///< in its SYN
    bool may_have_ended : 1 = false; ///< its latest acknowledgment went on by one, and nothing of the side was captured
    bool ended : 1 = false;

    /// Recomputes `is_plain` after any change of the others.
    void settle() noexcept {
        is_plain = known && heard && !ended && held == held_bytes::none && !has_fin && !has_urgent && !in_syn;
    }
    /// The offset of a sequence number that is not before `next`.
    [[nodiscard]] std::uint64_t offset_of(sequence_number at) const noexcept {
        return offset + static_cast<std::uint32_t>(at.value - next.value);
    }
    /// The offset of a sequence number; that of `next` if it lies before it.
    [[nodiscard]] std::uint64_t offset_from_next(sequence_number at) const noexcept {
        return before(at, next) ? offset : offset_of(at);
    }
};

/// The counts of both directions of a connection.
struct stream_counts {
    byte_stream client_to_server{}; ///< what the client sent
    byte_stream server_to_client{}; ///< what the server sent

    /// The counts of one direction.
    [[nodiscard]] constexpr byte_stream& of(direction way) noexcept {
        return way == direction::client_to_server ? client_to_server : server_to_client;
    }
    /// The counts of one direction.
    [[nodiscard]] constexpr const byte_stream& of(direction way) const noexcept {
        return way == direction::client_to_server ? client_to_server : server_to_client;
    }

    [[nodiscard]] friend constexpr bool operator==(const stream_counts&, const stream_counts&) noexcept = default;
};

/// What an observer of streams remembers of one connection.
struct stream_connection {
    per_side<stream_direction> sides{};
    // For the events of a direction that no segment of its own connection causes.
    const tcplens::connection* of = nullptr;
    stream_counts* counts = nullptr;
    timestamp reset_time{};         ///< of the RST that came before any data, if `reset_packet` is not 0
    std::uint64_t reset_packet = 0; ///< its packet
    tcplens::direction way_of_first = direction::client_to_server; ///< the direction in which side::first sends

    [[nodiscard]] TCPLENS_ALWAYS_INLINE tcplens::direction way_of(side sender) const noexcept {
        return sender == side::first ? way_of_first : opposite(way_of_first);
    }
};

/// Which direction of which connection an event is about, and the packet that causes it.
struct stream_place {
    stream_connection& connection;
    side sender;
    byte_stream& counts;
    timestamp time;
    std::uint64_t packet_number;

    [[nodiscard]] stream_direction& direction() const noexcept { return connection.sides[sender]; }
    [[nodiscard]] stream_direction& peer() const noexcept { return connection.sides[opposite(sender)]; }
    [[nodiscard]] tcplens::direction way() const noexcept { return connection.way_of(sender); }
};

} // namespace tcplens::inline v1::detail
