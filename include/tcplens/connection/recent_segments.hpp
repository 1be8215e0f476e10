// SPDX-License-Identifier: MIT
#pragma once

#include "../wire/segment.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// The last segments of one side, to find the earlier copy of one that comes again.
class recent_segments {
public:
    static constexpr std::size_t capacity = 16;

    struct entry {
        timestamp time{};
        timestamp missed_since{}; ///< when the hole that it filled was opened, else `time`
        std::uint64_t packet_number = 0;
        sequence_number begin{};
        std::uint32_t length = 0;
    };

    /// The latest entry of a segment that was the same in all that TCP and IP say, or null. A fingerprint of 32 bits stands for all
    /// that: of 100 million segments about one may be taken for a copy that is none.
    [[nodiscard]] constexpr const entry* find_copy(std::uint32_t fingerprint) const noexcept {
        for (std::size_t age = 1; age <= count_; ++age) {
            const std::size_t at = (next_ + capacity - age) % capacity;
            if (fingerprints_[at] == fingerprint) return &entries_[at];
        }
        return nullptr;
    }

    /// The latest entry that covers the sequence number, or null.
    [[nodiscard]] constexpr const entry* find_covering(sequence_number at) const noexcept {
        for (std::size_t age = 1; age <= count_; ++age) {
            const entry& here = entries_[(next_ + capacity - age) % capacity];
            if (at.value - here.begin.value < here.length) return &here;
        }
        return nullptr;
    }

    [[nodiscard]] constexpr bool empty() const noexcept { return count_ == 0; }

    constexpr void remember(const segment& sent, std::uint32_t fingerprint, timestamp missed_since) noexcept {
        entries_[next_] = {.time = sent.time,
                           .missed_since = missed_since,
                           .packet_number = sent.packet_number,
                           .begin = sent.sequence,
                           .length = sent.sequence_length()};
        fingerprints_[next_] = fingerprint;
        next_ = (next_ + 1) % capacity;
        if (count_ < capacity) ++count_;
    }

    [[nodiscard]] static constexpr std::uint32_t fingerprint(const segment& of) noexcept {
        std::uint64_t mixed = 0;
        const auto mix = [&mixed](std::uint64_t high, std::uint64_t low) {
            mixed = (mixed ^ (high << 32 | low)) * 0x9e3779b97f4a7c15u;
            mixed ^= mixed >> 32;
        };
        mix(of.sequence.value, of.acknowledgment.value);
        mix(of.payload_length, std::uint64_t{of.window} << 16 | of.flags.bits);
        mix(of.ip_id.has_value(), of.ip_id.value_or(0));
        if (of.options.timestamps) mix(of.options.timestamps->value, of.options.timestamps->echo);
        for (const sack_block& block : of.options.sack_blocks()) mix(block.left.value, block.right.value);
        return static_cast<std::uint32_t>(mixed);
    }

private:
    std::array<std::uint32_t, capacity> fingerprints_{};
    std::array<entry, capacity> entries_{};
    std::size_t count_ = 0;
    std::size_t next_ = 0;
};

} // namespace tcplens
