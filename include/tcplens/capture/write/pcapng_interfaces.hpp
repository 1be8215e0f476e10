// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../capture_interface.hpp"
#include "../link_type.hpp"
#include "../packet.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail {

/// The clock of an interface that is written: the mirror of interface_clock, for the resolutions that a `timestamp` can use.
struct written_clock {
    /// Decimal digits of a second, from 0 to 9: if_tsresol.
    std::uint8_t digits = 9;
    /// Seconds that a reader adds: if_tsoffset.
    std::int64_t offset = 0;

    /// Before the first timestamp, in 1677, so that with nanoseconds every one can be written.
    static constexpr std::int64_t offset_of_earliest = -9'223'372'037;

    /// The time in units of the clock, rounded down; `nullopt` if the clock does not reach it.
    [[nodiscard]] constexpr std::optional<std::uint64_t> operator()(timestamp time) const noexcept {
        constexpr std::int64_t second = 1'000'000'000;
        const std::int64_t count = time.time_since_epoch().count();
        std::int64_t seconds = count / second;
        std::int64_t fraction = count % second;
        if (fraction < 0) {
            fraction += second;
            --seconds;
        }
        std::uint64_t units_per_second = 1;
        for (unsigned digit = 0; digit < digits; ++digit) units_per_second *= 10;
        // seconds is within +-2^34
        if (offset > seconds || offset < seconds - (std::int64_t{1} << 61)) return std::nullopt;
        const auto after = static_cast<std::uint64_t>(seconds - offset);
        if (after >= (std::numeric_limits<std::uint64_t>::max)() / units_per_second) return std::nullopt;
        return after * units_per_second +
               static_cast<std::uint64_t>(fraction) / (std::uint64_t{second} / units_per_second);
    }

    friend constexpr bool operator==(const written_clock&, const written_clock&) = default;
};

/// The interfaces of a capture that is written: what is known of them, and which of them the current section describes.
class pcapng_interfaces {
public:
    static constexpr std::uint32_t undescribed = 0xffff'ffff;

    struct entry {
        capture_interface described{};
        written_clock clock{};
        std::uint32_t in_section = undescribed; ///< its number in the current section
        /// Its number in the current section with a clock that reaches times before 1970.
        std::uint32_t early_in_section = undescribed;
        bool known = false;
    };

    /// The interface of a packet, if it is known and its link layer is that of the packet; nullptr otherwise.
    [[nodiscard]] entry* find(const packet& of) noexcept {
        if (of.interface_id < dense_.size()) {
            entry& found = dense_[of.interface_id];
            if (found.known && found.described.link == of.link) return &found;
        }
        for (auto& [id, found] : others_) {
            if (id == of.interface_id && found.described.link == of.link) return &found;
        }
        return nullptr;
    }

    /// Adds an interface. One with the number of another and another link layer stands beside it: captures that were joined.
    entry& add(std::uint32_t id, capture_interface described, const written_clock& clock) {
        if (id < most_dense) {
            if (id >= dense_.size()) dense_.resize(std::size_t{id} + 1);
            if (!dense_[id].known || dense_[id].described.link == described.link) {
                dense_[id] = {.described = std::move(described), .clock = clock, .known = true};
                return dense_[id];
            }
        }
        others_.push_back({id, {.described = std::move(described), .clock = clock, .known = true}});
        return others_.back().second;
    }

    /// How many interfaces are known.
    [[nodiscard]] std::size_t size() const noexcept { return dense_.size() + others_.size(); }

    /// Another section begins: it describes none yet.
    void begin_section() noexcept {
        for (entry& each : dense_) each.in_section = each.early_in_section = undescribed;
        for (auto& [id, each] : others_) each.in_section = each.early_in_section = undescribed;
    }

private:
    /// As many interfaces as a section may have: a reader counts them from 0. Higher numbers are searched for one by one.
    static constexpr std::uint32_t most_dense = 65536;

    std::vector<entry> dense_{};
    std::vector<std::pair<std::uint32_t, entry>> others_{};
};

} // namespace tcplens::inline v1::detail
