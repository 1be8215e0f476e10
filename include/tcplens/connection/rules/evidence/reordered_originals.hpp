// SPDX-License-Identifier: MIT
#pragma once

#include "../../../wire/sequence_number.hpp"
#include "../../tracking/send_order.hpp"
#include "../../verdict.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// First copies that may still be on their way, since the bytes were sent again and that copy came before them: the last few.
class reordered_originals {
public:
    static constexpr std::size_t capacity = 4;

    /// [begin, end) was filled by a copy sent again; the first one left before the segment with the stamp `beyond` did.
    constexpr void expect(sequence_number begin, sequence_number end, const send_stamp& beyond) noexcept {
        copies_[next_] = {begin, end.value - begin.value, beyond};
        next_ = static_cast<std::uint8_t>((next_ + 1u) % capacity);
    }

    /// What says that a segment whose bytes begin here is such a first copy, that it left before what had come before it;
    /// evidence::none if it is not.
    [[nodiscard]] constexpr evidence_set is_one(sequence_number begin, const send_stamp& stamp,
                                                const send_order& order) const noexcept {
        for (const copy& each : copies_) {
            if (begin.value - each.begin.value >= each.length) continue;
            if (const auto packets = order.packets_between(each.beyond, stamp)) {
                return *packets < 0 ? evidence_set::ip_id : evidence_set::none;
            }
            if (const auto ticks = send_order::ticks_between(each.beyond, stamp)) {
                return *ticks < 0 ? evidence_set::timestamp_option : evidence_set::none;
            }
        }
        return evidence_set::none;
    }

    /// Gives up what lies so far below `next` that its numbers would soon be taken for others.
    constexpr void age(sequence_number next) noexcept {
        for (copy& each : copies_) {
            if (distance(each.begin, next) > max_sequence_age) each.length = 0;
        }
    }

    [[nodiscard]] friend constexpr bool operator==(const reordered_originals&,
                                                   const reordered_originals&) noexcept = default;

private:
    struct copy {
        sequence_number begin{};
        std::uint32_t length = 0;
        send_stamp beyond{};

        [[nodiscard]] friend constexpr bool operator==(const copy&, const copy&) noexcept = default;

        static void archive(auto& ar, copy& of) {
            auto& [begin_, length_, beyond_] = of;
            ar(begin_, length_, beyond_);
        }
    };

    friend void archive(auto& ar, reordered_originals& of) {
        auto& [copies, next] = of;
        ar(copies);
        ar.bounded(next, capacity - 1);
    }

    std::array<copy, capacity> copies_{};
    std::uint8_t next_ = 0;
};

} // namespace tcplens::inline v0::detail
