// SPDX-License-Identifier: MIT
#pragma once

// The services (address and port of a server) that are used now, in bounded memory.

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

namespace program::watching {

/// Counts what each service sent and got since the counts were taken the last time. A service for which there is no room is counted
/// with the others.
class service_counts {
public:
    struct service {
        tcplens::endpoint server{};
        std::uint64_t segments = 0;
        std::uint64_t wire_bytes = 0;
        std::uint64_t begun = 0; ///< connections
        std::uint64_t retransmissions = 0;
    };
    /// Where a service was found: good until the counts are taken.
    struct place {
        std::uint32_t slot = 0;
        std::uint32_t round = 0; ///< 0: it was not looked for
    };

    service_counts() : slots_(capacity), rounds_(capacity) {}

    /// The counts of a service, which `at` remembers.
    [[nodiscard]] service& of(const tcplens::endpoint& server, place& at) noexcept {
        if (at.round != round_ || (at.slot < capacity && slots_[at.slot].server != server)) [[unlikely]]
            at = {find(server), round_};
        return at.slot < capacity ? slots_[at.slot] : others_;
    }

    /// The services with the most bytes, most first; and forgets all.
    [[nodiscard]] std::vector<service> take(std::size_t most) {
        std::vector<service> found;
        for (std::size_t i = 0; i < capacity; ++i) {
            if (rounds_[i] == round_) found.push_back(slots_[i]);
        }
        most = std::min(most, found.size());
        const auto is_before = [](const service& a, const service& b) {
            return std::tie(b.wire_bytes, a.server) < std::tie(a.wire_bytes, b.server);
        };
        std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(most), is_before);
        found.resize(most);
        others_ = {};
        if (++round_ == 0) { // after 136 years of seconds
            std::ranges::fill(rounds_, 0);
            round_ = 1;
        }
        return found;
    }

private:
    static constexpr std::uint32_t capacity = 4096; ///< 256 KB: more services than one looks at
    static constexpr std::uint32_t most_steps = 8;  ///< whoever chooses ports that collide gets no more than that

    /// The slot of a service, a new one if need be; `capacity` if there is none.
    [[nodiscard]] std::uint32_t find(const tcplens::endpoint& server) noexcept {
        const std::uint32_t begin = hash(server);
        for (std::uint32_t step = 0; step < most_steps; ++step) {
            const std::uint32_t slot = (begin + step) % capacity;
            if (rounds_[slot] != round_) {
                rounds_[slot] = round_;
                slots_[slot] = {.server = server};
                return slot;
            }
            if (slots_[slot].server == server) return slot;
        }
        return capacity;
    }

    [[nodiscard]] std::uint32_t hash(const tcplens::endpoint& of) const noexcept {
        std::uint64_t mixed = key_.word(0) + of.port;
        std::uint64_t word = 0;
        int count = 0;
        for (const auto each : of.address.bytes()) {
            word = word << 8 | static_cast<std::uint64_t>(each);
            if (++count % 8 != 0) continue;
            mixed = (mixed ^ word) * (key_.word(1) | 1);
            mixed = (mixed ^ mixed >> 32) * (key_.word(2) | 1);
            mixed ^= mixed >> 29;
        }
        return static_cast<std::uint32_t>(mixed >> 32);
    }

    tcplens::hash_key key_ = tcplens::hash_key::random();
    std::vector<service> slots_;
    std::vector<std::uint32_t> rounds_; ///< in which round a slot was used last
    std::uint32_t round_ = 1;
    service others_{};
};

} // namespace program::watching
