// SPDX-License-Identifier: MIT
#pragma once

#include "../base/equal_first.hpp"
#include "decode_result.hpp"
#include "tunnel_set.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v1::tunnels {

/// Counts UDP datagrams without TCP by port, in bounded memory: it never allocates. For questions such as "which tunnel did the capture
/// have that was not entered?"
///
/// Of the two ports of a datagram it counts for the one that has more datagrams so far. If neither has any: for the receiver's if the
/// datagram looks like a tunnel, otherwise for the lower one, which is the server's as a rule.
class port_counts {
public:
    /// The datagrams of one port.
    struct entry {
        std::uint16_t port = 0;    ///< the UDP port
        std::uint64_t packets = 0; ///< datagrams; at most this many
        /// How many of `packets` may belong to ports that were forgotten; 0 until there are more than `capacity` ports.
        std::uint64_t uncertain = 0;
        std::uint64_t resembling = 0;         ///< how many of them look like `tunnel`
        tunnel_set tunnel = tunnel_set::none; ///< the tunnel that they look like: see decode_result::resembled()

        [[nodiscard]] friend constexpr bool operator==(const entry&, const entry&) noexcept = default;
    };

    /// The most ports that are counted. Beyond it, a new port takes the place of the port with the fewest datagrams, and its count
    /// (Space-Saving, Metwally et al. 2005): a port with more than a 32nd of all datagrams is always among them.
    static constexpr std::size_t capacity = 32;

    /// Counts one datagram. @pre `result` stopped at UDP, and its ports are not both 0
    constexpr void count(const decode_result& result) noexcept {
        entry& counted = entry_of(result);
        ++counted.packets;
        const tunnel_set resembled = result.resembled();
        if (resembled == tunnel_set::none) return;
        if (counted.tunnel != resembled && counted.resembling != 0) {
            --counted.resembling; // the majority stays
            return;
        }
        counted.tunnel = resembled;
        ++counted.resembling;
    }

    /// Adds the counts of other datagrams.
    constexpr void add(const port_counts& more) noexcept {
        for (std::size_t i = 0; i < more.size_; ++i) {
            const entry& each = more.entries_[i];
            entry* const held = find(each.port);
            if (held == nullptr) {
                entry& made = make_room();
                const std::uint64_t taken_over = made.packets;
                made = each;
                made.packets += taken_over;
                made.uncertain += taken_over;
                continue;
            }
            held->packets += each.packets;
            held->uncertain += each.uncertain;
            const bool is_same = each.tunnel == held->tunnel;
            if (each.resembling > held->resembling) held->tunnel = each.tunnel;
            held->resembling =
                is_same ? held->resembling + each.resembling : (std::max)(held->resembling, each.resembling);
        }
    }

    /// The ports, in no particular order. Valid until something else is counted.
    /// A template, to reduce the compile time of programs that do not use it.
    template <class Entry = const entry>
    [[nodiscard]] constexpr std::span<Entry> entries() const noexcept {
        return {entries_.data(), size_};
    }

    /// The ports with the most datagrams first, and of equals the lowest port first. The first size() of entries() elements count.
    /// A template, to reduce the compile time of programs that do not use it.
    template <class Entry = entry>
    [[nodiscard]] constexpr std::array<Entry, capacity> sorted() const noexcept {
        std::array<Entry, capacity> made = entries_;
        std::sort(made.begin(), made.begin() + static_cast<std::ptrdiff_t>(size_), [](const Entry& a, const Entry& b) {
            return a.packets != b.packets ? a.packets > b.packets : a.port < b.port;
        });
        return made;
    }

    [[nodiscard]] friend constexpr bool operator==(const port_counts& a, const port_counts& b) noexcept {
        return a.size_ == b.size_ && detail::equal_first(a.entries_, b.entries_, a.size_);
    }

private:
    [[nodiscard]] constexpr entry* find(std::uint16_t port) noexcept {
        for (std::size_t i = 0; i < size_; ++i) {
            if (entries_[i].port == port) return &entries_[i];
        }
        return nullptr;
    }

    [[nodiscard]] constexpr entry& entry_of(const decode_result& result) noexcept {
        entry* const of_receiver = find(result.destination_port);
        entry* const of_sender = find(result.source_port);
        if (of_receiver != nullptr && of_sender != nullptr)
            return of_receiver->packets >= of_sender->packets ? *of_receiver : *of_sender;
        if (of_receiver != nullptr) return *of_receiver;
        if (of_sender != nullptr) return *of_sender;
        entry& made = make_room();
        made.uncertain = made.packets;
        made.resembling = 0;
        made.tunnel = tunnel_set::none;
        made.port = result.resembled() != tunnel_set::none ? result.destination_port
                                                           : (std::min)(result.source_port, result.destination_port);
        return made;
    }

    /// An unused entry or, if there is none, the one with the fewest datagrams.
    [[nodiscard]] constexpr entry& make_room() noexcept {
        if (size_ < capacity) return entries_[size_++];
        entry* least = entries_.data();
        for (entry& each : entries_) {
            if (each.packets < least->packets) least = &each;
        }
        return *least;
    }

    friend void archive(auto& ar, port_counts& counts) {
        auto& [entries, size] = counts;
        ar.count(size, capacity);
        for (std::size_t i = 0; i < size; ++i) ar(entries[i]);
    }

    std::array<entry, capacity> entries_{};
    std::size_t size_ = 0;
};

} // namespace tcplens::inline v1::tunnels
