// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/compiler.hpp"
#include "../../../base/prefetch.hpp"
#include "../../../wire/segment.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace tcplens::inline v0::detail {

/// Stands for all that TCP and IP say of a segment, in 32 bits: of 100 million segments about one may be taken for a copy of
/// one of the few before it. Never 0.
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint32_t segment_fingerprint(const segment& of) noexcept {
    // Odd numbers without a pattern (SplitMix64 of 1 to 5, made odd): the upper half of a product depends on all of the other
    // factor. The sum of two is turned by a bit, so that the highest bits of two fields don't make up for one another.
    constexpr auto join = [](std::uint32_t upper, std::uint32_t lower) { return std::uint64_t{upper} << 32 | lower; };
    std::uint64_t mixed = 0;
    if (const auto& stamps = of.options.timestamps) mixed = join(stamps->echo, stamps->value) * 0xf88bb8a8724c81edu;
    if (of.ip_id) mixed += (std::uint64_t{*of.ip_id} + 1) * 0x06c45d188009454fu;
    mixed = std::rotr(mixed, 1) + join(of.acknowledgment.value, of.sequence.value) * 0xe220a8397b1dcdafu +
            join(std::uint32_t{of.flags.bits} << 16 | of.window, of.payload_length) * 0x6e789e6aa1b965f5u;
    for (const sack_block& block : of.options.sack_blocks()) {
        mixed = (mixed ^ mixed >> 32 ^ join(block.left.value, block.right.value)) * 0x1b39896a51a8749bu;
    }
    const auto upper = static_cast<std::uint32_t>(mixed >> 32);
    return upper != 0 ? upper : 1;
}

/// A segment that is remembered.
struct remembered_segment {
    timestamp time{};
    std::uint32_t fingerprint = 0; ///< see segment_fingerprint(); 0 where none is remembered
    std::uint32_t short_number = 0;
    sequence_number begin{};
    std::uint32_t length = 0; ///< of its sequence numbers

    [[nodiscard]] static constexpr remembered_segment of(const segment& sent, std::uint32_t length,
                                                         std::uint32_t fingerprint) noexcept {
        return {sent.time, fingerprint, static_cast<std::uint32_t>(sent.packet_number), sent.sequence, length};
    }

    /// Its packet number, told by that of a segment that is at most 2^31 packets away.
    [[nodiscard]] constexpr std::uint64_t packet_number(const segment& other) const noexcept {
        const auto step = static_cast<std::int32_t>(short_number - static_cast<std::uint32_t>(other.packet_number));
        return other.packet_number + static_cast<std::uint64_t>(std::int64_t{step});
    }

    [[nodiscard]] friend constexpr bool operator==(const remembered_segment&,
                                                   const remembered_segment&) noexcept = default;
};

/// One of which it is known too since when it was missing.
struct missed_segment : remembered_segment {
    std::uint32_t missed_for = 0; ///< microseconds; 71 minutes or longer, from 2^32 - 1 on

    [[nodiscard]] static constexpr std::uint32_t to_microseconds(std::chrono::nanoseconds duration) noexcept {
        const auto count = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
        return static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(count, 0, (std::numeric_limits<std::uint32_t>::max)()));
    }

    [[nodiscard]] friend constexpr bool operator==(const missed_segment&, const missed_segment&) noexcept = default;

    friend void archive(auto& ar, missed_segment& of) {
        static_assert(sizeof(missed_segment) == sizeof(remembered_segment) + alignof(remembered_segment));
        ar(static_cast<remembered_segment&>(of), of.missed_for);
        const timestamp missed_since = of.time - std::chrono::microseconds{of.missed_for};
        ar.require(clamp_for_arithmetic(missed_since) == missed_since);
    }
};

/// An earlier segment that was the same in all that TCP and IP say.
struct segment_copy {
    remembered_segment sent{};
    timestamp missed_since{}; ///< when the hole that it filled was opened, else its time; to the microsecond
};

/// How many segments of one side were remembered so far: where the next one goes. It goes back from 224 to 112, so that it is small
/// only while there were few. It is kept apart from the segments, with what is touched anyway.
class remembered_count {
public:
    constexpr void increment() noexcept {
        value_ = value_ + 1u == end ? std::uint8_t{end / 2} : static_cast<std::uint8_t>(value_ + 1u);
    }
    /// Whether the next one takes the place of none.
    template <std::size_t Capacity>
    [[nodiscard]] constexpr bool leaves_room() const noexcept {
        static_assert(Capacity <= end / 2);
        return value_ < Capacity;
    }
    /// The place of the latest but `age` - 1, and for age 0 that of the next. \pre age <= Capacity
    template <std::size_t Capacity>
    [[nodiscard]] constexpr std::size_t place(std::size_t age) const noexcept {
        static_assert(Capacity > 0 && end / 2 % Capacity == 0);
        return (value_ + Capacity - age) % Capacity;
    }

    [[nodiscard]] friend constexpr bool operator==(remembered_count, remembered_count) noexcept = default;

private:
    static constexpr unsigned end = 224; // so that many capacities divide its half

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

    /// The latest segment with this fingerprint. \pre it is not 0
    [[nodiscard]] constexpr std::optional<segment_copy> find_copy(std::uint32_t fingerprint,
                                                                  remembered_count count) const noexcept {
        bool any = false; // nearly always not, and this loop has no branches
        for (const Segment& each : segments_) any |= each.fingerprint == fingerprint;
        if (!any) return std::nullopt;
        for (std::size_t age = 1; age <= capacity; ++age) {
            const Segment& here = segments_[count.place<capacity>(age)];
            if (here.fingerprint != fingerprint) continue;
            segment_copy found{here, here.time};
            if constexpr (knows_missed) found.missed_since -= std::chrono::microseconds{here.missed_for};
            return found;
        }
        return std::nullopt;
    }

    /// The latest segment that covers the sequence number, or null.
    [[nodiscard]] constexpr const remembered_segment* find_covering(sequence_number at,
                                                                    remembered_count count) const noexcept {
        for (std::size_t age = 1; age <= capacity; ++age) {
            const remembered_segment& here = segments_[count.place<capacity>(age)];
            if (at.value - here.begin.value < here.length) return &here;
        }
        return nullptr;
    }

    /// The segment before the `age` - 1 latest; an empty one if there is none. \pre 0 < age <= capacity
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
        detail::prefetch(here, 1);
        detail::prefetch(here + sizeof(Segment) - 1, 1);
    }

    /// `count` does not count it yet. `missed_for`: see missed_segment.
    constexpr void remember(const remembered_segment& sent, std::uint32_t missed_for, remembered_count count) noexcept {
        Segment& here = segments_[count.place<capacity>(0)];
        static_cast<remembered_segment&>(here) = sent;
        if constexpr (knows_missed) here.missed_for = missed_for;
    }

    /// Takes over as much as there is room for of what another memory holds. \pre nothing was remembered here
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

    static constexpr bool knows_missed = std::derived_from<Segment, missed_segment>;

    friend void archive(auto& ar, recent_segments& of) {
        auto& [segments] = of;
        ar(segments);
    }

    std::array<Segment, capacity> segments_{};
};

} // namespace tcplens::inline v0::detail
