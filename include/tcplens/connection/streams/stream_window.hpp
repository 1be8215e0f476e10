// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../wire/segment.hpp"
#include "../../wire/sequence_number.hpp"
#include "stream_direction.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace tcplens::inline v1::detail {

/// The offset up to which the receiver takes bytes.
[[nodiscard]] inline std::uint64_t edge_offset(const stream_direction& own) noexcept {
    if (!own.edge_known) return (std::numeric_limits<std::uint64_t>::max)();
    return own.offset_from_next(own.edge);
}

/// The offset up to which held bytes are delivered though nothing acknowledges them: the window, but not those that were captured beyond
/// the window of their time. The receiver dropped them, or the capture lacks the segment that moved the window: the acknowledgment tells.
[[nodiscard]] inline std::uint64_t taken_offset(const stream_direction& own) noexcept {
    const std::uint64_t edge = edge_offset(own);
    if (!own.has_refusable || !before(own.next, own.refusable_end)) return edge;
    return (std::min)(edge, own.offset_from_next(own.refusable));
}

/// Takes the acknowledgment number and the window of a segment that `own` sent and that acknowledges nothing new.
TCPLENS_ALWAYS_INLINE void note_acknowledgment(const segment& next, const stream_direction& own,
                                               stream_direction& acknowledged) noexcept {
    if (!acknowledged.was_acknowledged || before(acknowledged.acknowledged, next.acknowledgment)) {
        // The acknowledgment of a FIN that was not captured goes on by one.
        acknowledged.may_have_ended = acknowledged.was_acknowledged && !acknowledged.heard &&
                                      next.acknowledgment == acknowledged.acknowledged + 1;
        acknowledged.acknowledged = next.acknowledgment;
        acknowledged.was_acknowledged = true;
    }
    const bool syn = next.flags.syn(); // its window is not scaled (RFC 7323 section 2.2)
    if (!syn && !own.scale_known) return;
    const sequence_number edge = next.acknowledgment + (std::uint32_t{next.window} << (syn ? 0 : own.scale));
    // A window that was taken back (RFC 9293 section 3.8.6) is closed: what probes it is dropped.
    const bool is_closed = next.window == 0 && next.acknowledgment == acknowledged.acknowledged;
    if (acknowledged.edge_known && !before(acknowledged.edge, edge) && !is_closed) return;
    acknowledged.edge = edge;
    acknowledged.edge_known = true;
}

/// The window scale of both sides (RFC 7323 section 2.2), as far as a SYN tells it.
inline void take_scale(const segment& next, stream_direction& own, stream_direction& peer) noexcept {
    if (next.options.cut) return;
    const auto scale = next.options.window_scale;
    own.sent_syn = true;
    own.offers_scale = scale.has_value();
    own.scale = (std::min)(scale.value_or(0), std::uint8_t{14});
    if (next.flags.ack()) {
        own.scale_known = true;
        peer.scale_known = peer.sent_syn || !scale;
        if (!scale) peer.scale = 0;
    } else if (peer.sent_syn && peer.scale_known) { // its SYN-ACK was captured first
        own.scale_known = true;
        if (!peer.offers_scale) own.scale = 0;
    }
}

/// Takes note that all before `end` was sent.
inline void note_sent(sequence_number end, stream_direction& own) noexcept {
    if (before(own.sent, own.next)) own.sent = own.next;
    const std::int32_t ahead = distance(own.sent, end);
    if (ahead > 0 && ahead <= max_sequence_age) own.sent = end;
}

} // namespace tcplens::inline v1::detail
