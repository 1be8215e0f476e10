// SPDX-License-Identifier: MIT
#pragma once

#include "../wire/segment.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace tcplens {

/// Stands for all that TCP and IP say of a segment, in 32 bits: of 100 million segments about one may be taken for a copy of
/// one of the few before it.
[[nodiscard]] constexpr std::uint32_t segment_fingerprint(const segment& of) noexcept {
    // Odd numbers without a pattern (SplitMix64 of 1 to 7, made odd): the upper half of a sum of products depends on all of
    // each factor.
    std::uint64_t mixed = of.sequence.value * 0xe220a8397b1dcdafu + of.acknowledgment.value * 0x6e789e6aa1b965f5u;
    mixed +=
        (std::uint64_t{of.payload_length} << 32 | std::uint32_t{of.window} << 16 | of.flags.bits) * 0x06c45d188009454fu;
    if (of.ip_id) mixed += (std::uint64_t{*of.ip_id} + 1) * 0xf88bb8a8724c81edu;
    if (of.options.timestamps) {
        mixed += of.options.timestamps->value * 0x1b39896a51a8749bu + of.options.timestamps->echo * 0x53cb9f0c747ea2ebu;
    }
    for (const sack_block& block : of.options.sack_blocks()) {
        mixed =
            (mixed ^ mixed >> 32 ^ (std::uint64_t{block.left.value} << 32 | block.right.value)) * 0x2c829abe1f4532e1u;
    }
    return static_cast<std::uint32_t>(mixed >> 32);
}

/// A segment that is remembered.
struct remembered_segment {
    timestamp time{};
    std::uint64_t packet_number = 0;
    sequence_number begin{};
    std::uint32_t length = 0;
};

/// An earlier segment that was the same in all that TCP and IP say.
struct segment_copy {
    timestamp time{};
    timestamp missed_since{}; ///< when the hole that it filled was opened, else `time`; to the microsecond
    std::uint64_t packet_number = 0;
};

/// The last segments of one side, to find the earlier copy of one that comes again.
template <std::size_t Capacity>
class recent_segments {
public:
    static constexpr std::size_t capacity = Capacity;

    /// The latest segment with this fingerprint.
    [[nodiscard]] constexpr std::optional<segment_copy> find_copy(std::uint32_t fingerprint) const noexcept {
        bool any = false; // nearly always not, and this loop has no branches
        for (const std::uint32_t each : fingerprints_) any |= each == fingerprint;
        if (!any) return std::nullopt;
        for (std::size_t age = 1; age <= count_; ++age) {
            const std::size_t at = (next_ + capacity - age) % capacity;
            if (fingerprints_[at] != fingerprint) continue;
            return segment_copy{.time = entries_[at].time,
                                .missed_since = entries_[at].time - std::chrono::microseconds{missed_for_[at]},
                                .packet_number = entries_[at].packet_number};
        }
        return std::nullopt;
    }

    /// The latest entry that covers the sequence number, or null.
    [[nodiscard]] constexpr const remembered_segment* find_covering(sequence_number at) const noexcept {
        for (std::size_t age = 1; age <= count_; ++age) {
            const remembered_segment& here = entries_[(next_ + capacity - age) % capacity];
            if (at.value - here.begin.value < here.length) return &here;
        }
        return nullptr;
    }

    [[nodiscard]] constexpr bool empty() const noexcept { return count_ == 0; }
    /// The entry that the next segment takes the place of, or null as long as there is room.
    [[nodiscard]] constexpr const remembered_segment* oldest() const noexcept {
        return count_ == capacity ? &entries_[next_] : nullptr;
    }

    constexpr void remember(const segment& sent, std::uint32_t fingerprint, timestamp missed_since) noexcept {
        entries_[next_] = {.time = sent.time,
                           .packet_number = sent.packet_number,
                           .begin = sent.sequence,
                           .length = sent.sequence_length()};
        missed_for_[next_] = missed_since == sent.time ? 0 : to_microseconds(sent.time - missed_since);
        fingerprints_[next_] = fingerprint;
        step();
    }

    /// Takes over what a smaller memory holds. \pre empty()
    template <std::size_t Fewer>
    constexpr void take_over(const recent_segments<Fewer>& from) noexcept {
        static_assert(Fewer <= capacity);
        for (std::size_t age = from.count_; age > 0; --age) {
            const std::size_t at = (from.next_ + Fewer - age) % Fewer;
            entries_[next_] = from.entries_[at];
            missed_for_[next_] = from.missed_for_[at];
            fingerprints_[next_] = from.fingerprints_[at];
            step();
        }
    }

private:
    template <std::size_t>
    friend class recent_segments;

    [[nodiscard]] static constexpr std::uint32_t to_microseconds(std::chrono::nanoseconds duration) noexcept {
        const auto count = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
        return static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(count, 0, std::numeric_limits<std::uint32_t>::max()));
    }

    constexpr void step() noexcept {
        next_ = static_cast<std::uint8_t>((next_ + 1u) % capacity);
        if (count_ < capacity) ++count_;
    }

    std::array<std::uint32_t, capacity> fingerprints_{};
    std::array<remembered_segment, capacity> entries_{};
    std::array<std::uint32_t, capacity> missed_for_{}; ///< microseconds
    std::uint8_t count_ = 0;
    std::uint8_t next_ = 0;
};

} // namespace tcplens
