// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../base/timestamp.hpp"
#include "../../wire/sequence_number.hpp"
#include "../side.hpp"
#include "byte_stream.hpp"
#include "delivered_bytes.hpp"
#include "held_bytes.hpp"
#include "overlap.hpp"
#include "stream_direction.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace tcplens::inline v1::detail {

/// Delivers the bytes of directions in order to a sink, and holds those that came before others. Each byte is told once, as data or in a
/// gap, and offsets only grow.
template <class Sink>
class stream_assembler {
public:
    stream_assembler(Sink sink, const byte_stream::options& how)
        : sink_(std::move(sink)), how_(how), held_(how.table_bytes),
          delivered_(how.remembered_bytes, how.remembered_directions) {
        constexpr std::uint32_t most = held_bytes::window - held_block::size;
        how_.direction_bytes = std::clamp<std::uint32_t>(how.direction_bytes, held_block::size, most);
        if (!how.reserve) return;
        held_.reserve();
        delivered_.reserve();
    }

    [[nodiscard]] const Sink& sink() const noexcept { return sink_; }
    [[nodiscard]] const byte_stream::options& options() const noexcept { return how_; }
    [[nodiscard]] bool holds_any() const noexcept { return held_.oldest() != held_bytes::none; }
    [[nodiscard]] std::uint64_t blocks() const noexcept { return held_.blocks(); }

    /// The direction begins with a sequence number.
    void begin(stream_direction& own, sequence_number base, bool is_guess) noexcept {
        own.known = true;
        own.next = own.sent = base;
        own.base_is_guess = is_guess;
        own.settle();
    }

    /// Delivers bytes that begin with the next one.
    TCPLENS_ALWAYS_INLINE void deliver(const stream_place& at, std::span<const std::byte> bytes) {
        stream_direction& own = at.direction();
        if constexpr (requires { sink_.data(std::declval<const byte_stream::data&>()); }) {
            sink_.data(byte_stream::data{*at.connection.of, at.way(), own.offset, bytes, at.time, at.packet_number});
        }
        if (!delivered_.is_off()) delivered_.remember(own.remembered, own.offset, bytes);
        at.counts.bytes += bytes.size();
        own.offset += bytes.size();
        own.next = own.next + static_cast<std::uint32_t>(bytes.size());
    }

    /// Tells that the next bytes are missing.
    void skip(const stream_place& at, std::uint64_t length, byte_stream::gap_reason reason) {
        if (length == 0) return;
        stream_direction& own = at.direction();
        if constexpr (requires { sink_.gap(std::declval<const byte_stream::gap&>()); }) {
            sink_.gap(
                byte_stream::gap{*at.connection.of, at.way(), own.offset, length, reason, at.time, at.packet_number});
        }
        at.counts.missing += length;
        own.offset += length;
        own.next = own.next + static_cast<std::uint32_t>(length);
        own.remembered.from = own.offset;
    }

    /// Delivers the data of a segment that comes in order: `length` bytes, of which the first were captured.
    TCPLENS_ALWAYS_INLINE void deliver_plain(const stream_place& at, std::span<const std::byte> bytes,
                                             std::uint64_t length) {
        if (bytes.size() > length) [[unlikely]]
            bytes = bytes.first(static_cast<std::size_t>(length));
        if (!bytes.empty()) deliver(at, bytes);
        if (bytes.size() < length) skip(at, length - bytes.size(), byte_stream::gap_reason::snapshot);
    }

    /// Delivers bytes that begin with the next one, apart from an urgent one; behind them come `cut` bytes that were not captured.
    void deliver_any(const stream_place& at, std::span<const std::byte> bytes, std::uint64_t cut = 0) {
        stream_direction& own = at.direction();
        if (own.has_urgent) {
            const std::uint32_t ahead = own.urgent.value - own.next.value;
            if (ahead < bytes.size()) {
                if (ahead > 0) deliver(at, bytes.first(ahead));
                skip(at, 1, byte_stream::gap_reason::urgent);
                own.has_urgent = false;
                bytes = bytes.subspan(ahead + std::size_t{1});
            } else if (ahead < bytes.size() + cut) {
                own.has_urgent = false; // it was cut off
            }
        }
        if (!bytes.empty()) deliver(at, bytes);
        skip(at, cut, byte_stream::gap_reason::snapshot);
    }

    /// The same for a packet that comes in order, before all that is held.
    void deliver_in_order(const stream_place& at, std::span<const std::byte> bytes, std::uint64_t cut) {
        stream_direction& own = at.direction();
        const std::uint64_t number = own.offset / held_block::size;
        deliver_any(at, bytes, cut);
        leave_block(own, number);
    }

    /// Compares bytes that were delivered before with another copy of them. `offset`: of the first one.
    void compare_delivered(const stream_place& at, std::uint64_t offset, std::span<const std::byte> copy) {
        const stream_direction& own = at.direction();
        if (own.remembered.ring == delivered_bytes::none || copy.empty()) return;
        const std::uint64_t begin = delivered_.begin_of(own.remembered, own.offset);
        if (offset < begin) {
            copy = copy.subspan(static_cast<std::size_t>((std::min)(std::uint64_t{copy.size()}, begin - offset)));
            offset = begin;
        }
        while (!copy.empty()) {
            const auto before = delivered_.find(own.remembered, offset, copy.size(), own.offset);
            if (before.empty()) return;
            tell_conflict(at, offset, before, copy.first(before.size()), false);
            copy = copy.subspan(before.size());
            offset += before.size();
        }
    }

    /// Holds a segment whose bytes cannot be delivered yet: `length` bytes from an offset on, of which `bytes` were captured. `begin` is
    /// the offset where the whole segment begins; `replaces`: its copy counts whatever the policy. False if there was no memory: then the
    /// direction gave up its gaps, and holds nothing.
    [[nodiscard]] bool hold(const stream_place& at, std::uint64_t begin, std::uint64_t offset,
                            std::span<const std::byte> bytes, std::uint64_t length, bool replaces) {
        stream_direction& own = at.direction();
        // What the receiver acknowledged it has taken, whatever comes after that.
        const bool was_taken = own.was_acknowledged && offset + length <= own.offset_from_next(own.acknowledged);
        overlap_resolution resolution{begin, offset, offset + length,
                                      was_taken ? byte_stream::overlap_policy::first : how_.overlaps, replaces};
        while (length > 0) {
            const std::uint64_t number = offset / held_block::size;
            if (own.held == held_bytes::none) own.held = held_.open(&at.connection, at.time);
            held_block* const into = own.held == held_bytes::none ? nullptr : held_.make(held_[own.held], number);
            if (into == nullptr) {
                // The direction that has waited longest gives up; it may be this one.
                const std::uint32_t oldest = held_.oldest();
                const bool is_own = oldest == own.held;
                if (oldest != held_bytes::none) give_up_all(oldest, at);
                if (!is_own) continue;
                take_rest(at, offset, bytes, length);
                return false;
            }
            const std::size_t in_block = static_cast<std::size_t>(offset % held_block::size);
            const std::size_t count =
                static_cast<std::size_t>((std::min)(length, std::uint64_t{held_block::size - in_block}));
            const auto part = bytes.first((std::min)(count, bytes.size()));
            const auto told = [&](std::size_t position, std::span<const std::byte> earlier,
                                  std::span<const std::byte> later, bool later_counts) {
                tell_conflict(at, number * held_block::size + position, earlier, later, later_counts);
            };
            const auto piece_end = [&](std::uint64_t from, std::uint64_t to) {
                return end_of_piece(held_[own.held], from, to);
            };
            resolution.fill(*into, in_block, in_block + count, part, piece_end, told);
            bytes = bytes.subspan(part.size());
            offset += count;
            length -= count;
        }
        if (resolution.overwrote_last()) {
            // What is left of a segment that was overwritten begins behind it.
            if (held_block* const behind = held_.find(held_[own.held], offset / held_block::size);
                behind != nullptr && behind->filled.test(offset % held_block::size))
                behind->begins.set(offset % held_block::size);
        }
        own.settle();
        return true;
    }

    /// Takes the rest of a segment for which there was no memory. @pre the direction holds nothing
    void take_rest(const stream_place& at, std::uint64_t offset, std::span<const std::byte> bytes,
                   std::uint64_t length) {
        stream_direction& own = at.direction();
        if (own.ended) return;
        if (own.offset > offset) {
            const std::uint64_t known = (std::min)(length, own.offset - offset);
            bytes = bytes.subspan(static_cast<std::size_t>((std::min)(known, std::uint64_t{bytes.size()})));
            length -= known;
            offset += known;
            if (length == 0) return;
        }
        skip(at, offset - own.offset, byte_stream::gap_reason::buffer_full);
        deliver_any(at, bytes, length - bytes.size());
        own.settle();
    }

    /// Delivers what is held and follows what was delivered, up to an offset.
    void drain(const stream_place& at, std::uint64_t limit = (std::numeric_limits<std::uint64_t>::max)()) {
        stream_direction& own = at.direction();
        if (own.held == held_bytes::none) return;
        const std::uint64_t before = own.offset;
        while (own.offset < limit) {
            const std::uint64_t number = own.offset / held_block::size;
            const held_block* const block = held_.find(held_[own.held], number);
            const std::size_t from = static_cast<std::size_t>(own.offset % held_block::size);
            if (block == nullptr || !block->filled.test(from)) break;
            const std::size_t most = static_cast<std::size_t>(
                (std::min)(std::uint64_t{held_block::size}, limit - number * held_block::size));
            const bool is_cut = block->cut.test(from);
            const std::size_t end =
                (std::min)(block->filled.find(from, most, false), block->cut.find(from, most, !is_cut));
            if (is_cut) deliver_any(at, {}, end - from);
            else deliver_any(at, std::span{block->bytes}.subspan(from, end - from));
            if (own.offset % held_block::size == 0) held_.release(held_[own.held], number);
        }
        settle_hold(at, own.offset != before);
    }

    /// Gives up the next gap that something waits behind, but not beyond an offset. False if nothing waits before it.
    bool give_up_gap(const stream_place& at, std::uint64_t limit, byte_stream::gap_reason reason) {
        stream_direction& own = at.direction();
        if (own.held == held_bytes::none) return false;
        const auto first = held_.first_filled(held_[own.held], own.offset);
        if (!first || *first >= limit) return false;
        skip_to(at, *first, reason);
        drain(at, limit);
        return true;
    }
    /// Tells a gap up to an offset, before which nothing is held.
    void skip_to(const stream_place& at, std::uint64_t offset, byte_stream::gap_reason reason) {
        stream_direction& own = at.direction();
        const std::uint64_t number = own.offset / held_block::size;
        skip(at, offset - own.offset, reason);
        leave_block(own, number);
        settle_hold(at, true);
    }
    /// Delivers all that is held up to an offset, and gives up the gaps before it; the last gap too.
    void advance_to(const stream_place& at, std::uint64_t limit, byte_stream::gap_reason reason) {
        drain(at, limit);
        while (give_up_gap(at, limit, reason)) {
        }
        if (at.direction().offset < limit) skip_to(at, limit, reason);
    }

    /// Tells the next held bytes as a gap, since the receiver did not take them. @pre the next byte is held
    void refuse(const stream_place& at) {
        stream_direction& own = at.direction();
        const std::uint64_t number = own.offset / held_block::size;
        const held_block* const block = held_.find(held_[own.held], number);
        const std::size_t from = static_cast<std::size_t>(own.offset % held_block::size);
        const std::size_t end = block->filled.find(from, held_block::size, false);
        skip(at, end - from, byte_stream::gap_reason::refused);
        if (end == held_block::size) held_.release(held_[own.held], number);
        settle_hold(at, true);
    }

    /// Gives up gaps for which was waited too long, of any connection.
    void give_up_late(timestamp now, std::uint64_t packet_number) {
        for (std::uint32_t oldest = held_.oldest(); oldest != held_bytes::none; oldest = held_.oldest()) {
            if (now - held_[oldest].since <= how_.longest_wait) return;
            const stream_place at = place_of(oldest, now, packet_number);
            stream_direction& own = at.direction();
            own.edge_known = own.has_refusable = false; // what it says is old
            own.in_syn = false;
            drain(at);
            if (own.held == oldest)
                give_up_gap(at, (std::numeric_limits<std::uint64_t>::max)(), byte_stream::gap_reason::too_late);
            tell_fin(at);
        }
    }

    /// Tells the end of a direction, once. What is held and was not delivered before is dropped.
    void end(const stream_place& at, byte_stream::end_reason reason) {
        stream_direction& own = at.direction();
        if (own.ended) return;
        release_hold(own);
        delivered_.forget(own.remembered);
        own.ended = true;
        own.settle();
        at.counts.ended = true;
        if constexpr (requires { sink_.end(std::declval<const byte_stream::end&>()); }) {
            sink_.end(byte_stream::end{*at.connection.of, at.way(), own.offset, reason, at.time, at.packet_number});
        }
    }
    /// Tells the end if all before the FIN was told.
    void tell_fin(const stream_place& at) {
        const stream_direction& own = at.direction();
        if (own.has_fin && own.next == own.fin) end(at, byte_stream::end_reason::fin);
    }

    /// Drops what is held.
    void release_hold(stream_direction& own) noexcept {
        if (own.held == held_bytes::none) return;
        held_.close(own.held);
        own.held = held_bytes::none;
        own.has_refusable = false;
        own.settle();
    }
    /// The offset of the first byte that is held; the greatest number if there is none.
    [[nodiscard]] std::uint64_t first_held(const stream_direction& own) noexcept {
        if (own.held == held_bytes::none) return (std::numeric_limits<std::uint64_t>::max)();
        return held_.first_filled(held_[own.held], own.offset).value_or((std::numeric_limits<std::uint64_t>::max)());
    }

private:
    /// The end of the held segment that fills a byte, but not more than `to`.
    [[nodiscard]] std::uint64_t end_of_piece(const held_bytes::hold& in, std::uint64_t from, std::uint64_t to) {
        std::uint64_t at = from + 1;
        while (at < to) {
            const held_block* const block = held_.find(in, at / held_block::size);
            if (block == nullptr) return at;
            const std::uint64_t base = at - at % held_block::size;
            const std::size_t end = static_cast<std::size_t>((std::min)(std::uint64_t{held_block::size}, to - base));
            const std::size_t in_block = static_cast<std::size_t>(at - base);
            const std::size_t stop =
                (std::min)(block->filled.find(in_block, end, false), block->begins.find(in_block, end, true));
            if (stop < end) return base + stop;
            at = base + end;
        }
        return to;
    }

    /// Gives the block back that the direction stood in, if it stands in another now. Blocks between do not exist.
    void leave_block(stream_direction& own, std::uint64_t number) noexcept {
        if (own.held != held_bytes::none && own.offset / held_block::size != number)
            held_.release(held_[own.held], number);
    }

    /// Progress begins another wait; an empty hold is given back.
    void settle_hold(const stream_place& at, bool progress) noexcept {
        stream_direction& own = at.direction();
        if (own.held == held_bytes::none) return;
        if (progress && !held_.first_filled(held_[own.held], own.offset)) {
            release_hold(own);
        } else if (progress) {
            held_.wait_again(own.held, at.time);
        }
    }

    [[nodiscard]] stream_place place_of(std::uint32_t hold, timestamp now, std::uint64_t packet_number) noexcept {
        auto& connection = *static_cast<stream_connection*>(held_[hold].owner);
        const side sender = connection.sides[side::first].held == hold ? side::first : side::second;
        return {connection, sender, connection.counts->of(connection.way_of(sender)), now, packet_number};
    }

    /// A direction gives up all of its gaps, since memory is needed.
    void give_up_all(std::uint32_t hold, const stream_place& cause) {
        const stream_place at = place_of(hold, cause.time, cause.packet_number);
        stream_direction& own = at.direction();
        own.edge_known = own.has_refusable = false;
        own.in_syn = false;
        drain(at);
        while (give_up_gap(at, (std::numeric_limits<std::uint64_t>::max)(), byte_stream::gap_reason::buffer_full)) {
        }
        release_hold(own);
        tell_fin(at);
    }

    /// Tells where two copies differ, if they do.
    void tell_conflict(const stream_place& at, std::uint64_t offset, std::span<const std::byte> earlier,
                       std::span<const std::byte> later, bool later_counts) {
        const auto [first, other] = std::mismatch(earlier.begin(), earlier.end(), later.begin());
        if (first == earlier.end()) return;
        const auto begin = static_cast<std::size_t>(first - earlier.begin());
        std::size_t end = earlier.size();
        while (earlier[end - 1] == later[end - 1]) --end;
        at.counts.conflicting += end - begin;
        if constexpr (requires { sink_.conflict(std::declval<const byte_stream::conflict&>()); }) {
            sink_.conflict(byte_stream::conflict{*at.connection.of, at.way(), offset + begin,
                                                 earlier.subspan(begin, end - begin), later.subspan(begin, end - begin),
                                                 later_counts, at.time, at.packet_number});
        }
    }

    Sink sink_;
    byte_stream::options how_;
    held_bytes held_;
    delivered_bytes delivered_;
};

} // namespace tcplens::inline v1::detail
