// SPDX-License-Identifier: MIT
#pragma once

#include "../../../wire/sequence_number.hpp"
#include "../../tracking/send_order.hpp"
#include "../../verdict.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// The last few first copies that may still arrive although a retransmission of the same bytes was captured before them.
class reordered_originals {
public:
    static constexpr std::size_t capacity = 4;

    /// A retransmission filled [begin, end). The first copy left before the segment with the stamp `beyond`.
    constexpr void expect(sequence_number begin, sequence_number end, const send_stamp& beyond) noexcept {
        copies_[next_] = {begin, end.value - begin.value, beyond};
        next_ = static_cast<std::uint8_t>((next_ + 1u) % capacity);
    }

    /// The evidence that a segment that begins here is such a first copy: it left before the segment that opened the hole.
    /// evidence_set::none if there is none.
    [[nodiscard]] constexpr evidence_set evidence_for(sequence_number begin, const send_stamp& stamp,
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

    /// Forgets what lies so far below `next` that its numbers could soon be taken for new ones.
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
    };

    friend void archive(auto& ar, reordered_originals& of) {
        auto& [copies, next] = of;
        ar(copies);
        ar.bounded(next, capacity - 1);
    }

    std::array<copy, capacity> copies_{};
    std::uint8_t next_ = 0;
};

} // namespace tcplens::inline v1::detail
