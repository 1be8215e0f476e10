// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/chrono.hpp"
#include "../../../base/compiler.hpp"
#include "../../../base/prefetch.hpp"
#include "../../../wire/segment.hpp"
#include "../../tracking/send_order.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Stands for all that TCP and IP say of a segment, in 32 bits: of 100 million segments about one may be taken for a copy of
/// one of the few before it. Never 0.
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint32_t segment_fingerprint(const segment& of) noexcept {
    // Odd numbers without a pattern (SplitMix64, made odd): the upper half of a product depends on all of the other
    // factor. The sum of two is turned by a bit, so that the highest bits of two fields don't make up for one another. Only lengths
    // above 65,535 share bits with the Identification, and one that is absent counts as 0, since a sender has it always or never.
    constexpr auto join = [](std::uint32_t upper, std::uint32_t lower) { return std::uint64_t{upper} << 32 | lower; };
    std::uint64_t mixed = 0;
    if (const auto& stamps = of.options.timestamps) mixed = join(stamps->echo, stamps->value) * 0xf88bb8a8724c81edu;
    mixed = std::rotr(mixed, 1) + join(of.acknowledgment.value, of.sequence.value) * 0xe220a8397b1dcdafu +
            join(std::uint32_t{of.flags.bits} << 16 | of.window,
                 std::uint32_t{of.ip_id.value_or(0)} << 16 ^ of.payload_length) *
                0x6e789e6aa1b965f5u;
    for (std::size_t i = 0; i < of.options.sack_block_count; ++i) {
        const sack_block& block = of.options.sack_block_storage[i];
        mixed = (mixed ^ mixed >> 32 ^ join(block.left.value, block.right.value)) * 0x1b39896a51a8749bu;
    }
    const auto upper = static_cast<std::uint32_t>(mixed >> 32);
    return upper != 0 ? upper : 1;
}

/// As segment_fingerprint(), for segments off the fast path. Not inlined: among other code g++ 12 saves a half of a factor to memory,
/// reads it back as a whole, and waits.
[[nodiscard]] TCPLENS_NOINLINE constexpr std::uint32_t fingerprint_apart(const segment& of) noexcept {
    return segment_fingerprint(of);
}

/// A segment that is remembered.
struct remembered_segment {
    timestamp time{};
    std::uint32_t fingerprint = 0; ///< see segment_fingerprint(); 0 where none is remembered
    std::uint32_t short_number = 0;
    sequence_number begin{};
    /// Its sequence numbers in the lower 24 bits: more than any window is never remembered. Its hop limit as captured in the upper 8.
    std::uint32_t length_and_hop_limit = 0;

    [[nodiscard]] constexpr std::uint32_t length() const noexcept { return length_and_hop_limit & 0xffffff; }
    [[nodiscard]] constexpr unsigned hop_limit() const noexcept { return length_and_hop_limit >> 24; }

    /// @pre length < 2^24
    [[nodiscard]] static constexpr remembered_segment of(const segment& sent, std::uint32_t length,
                                                         std::uint32_t fingerprint) noexcept {
        return {sent.time, fingerprint, static_cast<std::uint32_t>(sent.packet_number), sent.sequence,
                std::uint32_t{sent.hop_limit} << 24 | length};
    }

    /// Its packet number, told by that of a segment that is at most 2^31 packets away.
    [[nodiscard]] constexpr std::uint64_t packet_number(const segment& other) const noexcept {
        const auto step = static_cast<std::int32_t>(short_number - static_cast<std::uint32_t>(other.packet_number));
        return other.packet_number + static_cast<std::uint64_t>(std::int64_t{step});
    }

    /// How many packets before a later segment it was captured.
    [[nodiscard]] constexpr std::uint32_t packets_ago(const segment& now) const noexcept {
        return static_cast<std::uint32_t>(now.packet_number) - short_number;
    }

    [[nodiscard]] friend constexpr bool operator==(const remembered_segment&,
                                                   const remembered_segment&) noexcept = default;
};

/// Which copy of its bytes a segment was.
enum class copy_kind : std::uint8_t {
    first,    ///< the first that was captured, and no earlier one is known to be lost
    late,     ///< the first that was sent, captured after later segments
    resent,   ///< a retransmission of which no earlier copy had been captured
    repeated, ///< a retransmission of which an earlier copy had been captured
};
[[nodiscard]] constexpr copy_kind tcplens_archive_limit(copy_kind) noexcept {
    return copy_kind::repeated;
}

/// A remembered segment with what it says of when it was sent.
struct stamped_segment : remembered_segment {
    std::uint32_t clock = 0; ///< this and the next two: see send_stamp
    std::uint16_t id = 0;
    bool has_clock = false;
    copy_kind kind = copy_kind::first;

    [[nodiscard]] constexpr send_stamp stamp() const noexcept { return {clock, id, has_clock}; }

    [[nodiscard]] friend constexpr bool operator==(const stamped_segment&, const stamped_segment&) noexcept = default;

    friend void archive(auto& ar, stamped_segment& of) {
        static_assert(sizeof(stamped_segment) == 32);
        ar(static_cast<remembered_segment&>(of), of.clock, of.id, of.has_clock, of.kind);
    }
};

/// How many segments of one side were remembered so far: where the next one goes. It goes back by 224 in the end, so that it is small
/// only while there were few. It is kept apart from the segments, with what is touched anyway.
class remembered_count {
public:
    constexpr void increment() noexcept {
        if (++value_ == 0) value_ = end - period;
    }
    /// Whether the next one takes the place of none.
    template <std::size_t Capacity>
    [[nodiscard]] constexpr bool leaves_room() const noexcept {
        static_assert(Capacity <= end - period);
        return value_ < Capacity;
    }
    /// The place of the latest but `age` - 1, and for age 0 that of the next. @pre age <= Capacity
    template <std::size_t Capacity>
    [[nodiscard]] constexpr std::size_t place(std::size_t age) const noexcept {
        static_assert(Capacity > 0 && period % Capacity == 0);
        return (value_ + Capacity - age) % Capacity;
    }

    [[nodiscard]] friend constexpr bool operator==(remembered_count, remembered_count) noexcept = default;

private:
    static constexpr unsigned period = 224; // many capacities divide it
    static constexpr unsigned end = 256;

    friend void archive(auto& ar, remembered_count& of) {
        auto& [value] = of;
        ar.bounded(value, end - 1);
    }

    std::uint8_t value_ = 0;
};

/// The last segments of one side, to find the earlier copy of one that comes again. All functions are given how many there
/// were: the same count for all memories of one side.
template <std::size_t Capacity, class Segment>
class recent_segments {
public:
    static constexpr std::size_t capacity = Capacity;

    /// The latest segment with this fingerprint, or null. @pre it is not 0
    [[nodiscard]] constexpr const remembered_segment* find_copy(std::uint32_t fingerprint,
                                                                remembered_count count) const noexcept {
        bool any = false; // nearly always not, and this loop has no branches
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 16
#endif
        for (const Segment& each : segments_) any |= each.fingerprint == fingerprint;
        if (!any) return nullptr;
        for (std::size_t age = 1; age <= capacity; ++age) {
            const Segment& here = segments_[count.place<capacity>(age)];
            if (here.fingerprint == fingerprint) return &here;
        }
        return nullptr;
    }

    /// The latest segment that covers the sequence number, or null.
    [[nodiscard]] constexpr const Segment* find_covering(sequence_number at, remembered_count count) const noexcept {
        for (std::size_t age = 1; age <= capacity; ++age) {
            const Segment& here = segments_[count.place<capacity>(age)];
            if (at.value - here.begin.value < here.length()) return &here;
        }
        return nullptr;
    }

    /// Whether a segment came late. @pre it is one of these
    [[nodiscard]] constexpr bool is_late(const remembered_segment& sent) const noexcept {
        return static_cast<const Segment&>(sent).kind == copy_kind::late;
    }

    /// Calls `look` with each segment that covers the sequence number, the latest first.
    constexpr void for_each_covering(sequence_number at, remembered_count count, auto&& look) const noexcept {
        for (std::size_t age = 1; age <= capacity; ++age) {
            const Segment& here = segments_[count.place<capacity>(age)];
            if (at.value - here.begin.value < here.length()) look(here);
        }
    }

    /// The lowest first copy that begins at `end` or beyond and says when it was sent, or null.
    [[nodiscard]] constexpr const Segment* find_beyond(sequence_number end, remembered_count count) const noexcept {
        const Segment* lowest = nullptr;
        for (std::size_t age = 1; age <= capacity; ++age) {
            const Segment& here = segments_[count.place<capacity>(age)];
            if (here.length() == 0 || here.kind > copy_kind::late || before(here.begin, end) || here.stamp().is_empty())
                continue;
            if (lowest == nullptr || !before(lowest->begin, here.begin)) lowest = &here;
        }
        return lowest;
    }

    /// The segment before the `age` - 1 latest; an empty one if there is none. @pre 0 < age <= capacity
    [[nodiscard]] constexpr const remembered_segment& latest(std::size_t age, remembered_count count) const noexcept {
        return segments_[count.place<capacity>(age)];
    }
    /// What the next segment takes the place of: empty as long as there is room.
    [[nodiscard]] constexpr const remembered_segment& oldest(remembered_count count) const noexcept {
        return segments_[count.place<capacity>(0)];
    }

    /// Lets the processor fetch where the next segment will be remembered.
    TCPLENS_ALWAYS_INLINE void prefetch_next(remembered_count count) const noexcept {
        const auto* const here = reinterpret_cast<const std::byte*>(&segments_[count.place<capacity>(0)]);
        detail::prefetch<1>(here);
        detail::prefetch<1>(here + sizeof(Segment) - 1);
    }

    /// Inlined: as a function of its own it would get `sent` through memory. @pre `count` does not count it yet
    TCPLENS_ALWAYS_INLINE constexpr void remember(const remembered_segment& sent, const send_stamp& stamp,
                                                  copy_kind kind, remembered_count count) noexcept {
        Segment& here = segments_[count.place<capacity>(0)];
        here.time = sent.time; // member by member: a copy of the whole waits until all of `sent` is written
        here.fingerprint = sent.fingerprint;
        here.short_number = sent.short_number;
        here.begin = sent.begin;
        here.length_and_hop_limit = sent.length_and_hop_limit;
        if constexpr (knows_stamp) {
            here.clock = stamp.clock;
            here.id = stamp.id;
            here.has_clock = stamp.has_clock;
            here.kind = kind;
        }
    }

    /// Takes over as much as there is room for of what another memory holds. @pre nothing was remembered here
    template <std::size_t Others, class Other>
    constexpr void take_over(const recent_segments<Others, Other>& from, remembered_count count) noexcept {
        for (std::size_t age = 1; age <= (std::min)(Others, capacity); ++age) {
            remembered_segment& here = segments_[count.place<capacity>(age)];
            here = from.segments_[count.place<Others>(age)];
        }
    }

    [[nodiscard]] friend constexpr bool operator==(const recent_segments&, const recent_segments&) noexcept = default;

private:
    template <std::size_t, class>
    friend class recent_segments;

    static constexpr bool knows_stamp = std::derived_from<Segment, stamped_segment>;

    friend void archive(auto& ar, recent_segments& of) {
        auto& [segments] = of;
        ar(segments);
    }

    std::array<Segment, capacity> segments_{};
};

} // namespace tcplens::inline v1::detail
