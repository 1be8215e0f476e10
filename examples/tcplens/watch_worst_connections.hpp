// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>

namespace program::watching {

/// The connections with the most retransmissions, told in bounded memory: one for which there is no room takes the place of
/// the one with the fewest, and its count (Metwally, Agrawal, El Abbadi: Space-Saving, 2005). So a count is too high by no
/// more than 1/64 of all, and none with more than that is missing.
class worst_connections {
public:
    struct entry {
        std::uint64_t number = 0;
        std::uint64_t retransmissions = 0;
        tcplens::endpoint client{};
        tcplens::endpoint server{};
    };

    void count(const tcplens::connection& sent_again) noexcept {
        const auto used = std::span{entries_}.first(used_);
        auto found = std::ranges::find(used, sent_again.number, &entry::number);
        if (found == used.end() && used_ == entries_.size()) {
            found = std::ranges::min_element(used, {}, &entry::retransmissions);
        }
        entry& counted = found == used.end() ? entries_[used_++] = {} : *found;
        counted = {sent_again.number, counted.retransmissions + 1, sent_again.client, sent_again.server};
    }

    /// The worst, the worst of all first; and forgets all.
    [[nodiscard]] std::span<const entry> take(std::size_t most) noexcept {
        const auto used = std::span{entries_}.first(std::exchange(used_, 0));
        std::ranges::sort(used, [](const entry& a, const entry& b) {
            return std::tuple{b.retransmissions, a.number} < std::tuple{a.retransmissions, b.number};
        });
        return used.first(std::min(most, used.size()));
    }

private:
    std::array<entry, 64> entries_{};
    std::size_t used_ = 0;
};

} // namespace program::watching
