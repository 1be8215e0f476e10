// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/hash_key.hpp"
#include "../../wire/segment.hpp"
#include "../side.hpp"
#include "connection_irregularities.hpp"
#include "connection_observer.hpp"
#include "irregularity_memory.hpp"
#include "irregularity_observer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tcplens::inline v1 {

/// As irregularity_observer, and it finds bytes that were sent twice with different content: irregularity::bytes_changed.
///
/// Of the latest eight segments with data of each side it keeps a keyed hash of what was captured of their data, at 272 bytes a
/// connection more. A segment with bytes that were sent before is compared with each of these whose data lies within its own. Data that is
/// sent again in smaller pieces is not compared. Hashes each byte of data, so it costs more than irregularity_observer; packets whose
/// bytes do not stay valid are followed one by one.
class content_irregularity_observer {
public:
    /// The optional members that tables use.
    static constexpr auto hooks = observer_hooks::saving | observer_hooks::notices | observer_hooks::payload;
    /// Results for a connection depend on no other connection, so parallel tables take it.
    static constexpr bool per_connection = true;
    /// The name of the observer in a saved table.
    static constexpr std::string_view saved_as = "content_irregularity_observer";

    /// The member `irregularities` of the connection.
    using facts = irregularity_observer::facts;

private:
    /// What is known of the data of one segment.
    struct sent_range {
        sequence_number begin{};
        std::uint32_t length = 0; ///< how many bytes were captured; 0 in an unused place
        std::uint64_t hash = 0;
    };
    /// The latest segments with data of one side.
    struct recent_ranges {
        static constexpr std::size_t size = 8;

        std::array<sent_range, size> ranges{};
        std::uint8_t next = 0; ///< the place of the next one

        [[nodiscard]] static constexpr bool is_consistent(const recent_ranges& of) noexcept { return of.next < size; }
    };
    struct connection_memory {
        detail::irregularity_memory irregularities{};
        per_side<recent_ranges> sent{};
    };

public:
    /// What the observer remembers of one connection.
    using connection_state = connection_memory;

    /// An observer whose hashes depend on a seed. A monitor that attackers know should take one that they do not know.
    explicit content_irregularity_observer(std::uint64_t seed = 0x7463706c656e73) noexcept : seed_(seed), key_(seed) {}

    /// Takes in the next segment of a connection. Time linear in the captured data; allocates nothing.
    void observe(const observer_input& input, connection_state& state, facts& result) const noexcept {
        common_.observe(input, state.irregularities, result);
        if (input.payload.empty() || input.segment.checksum == checksum_state::bad) return;
        // A keep-alive may carry any byte (RFC 9293 section 3.8.4).
        if (input.verdict.has(verdict_kinds::duplicate | verdict_kinds::keep_alive)) return;
        if (is_padding(input)) return;
        recent_ranges& sent = state.sent[input.sender];
        const sequence_number begin = input.segment.payload_begin();
        const bool sent_before = input.verdict.has(verdict_kinds::retransmission | verdict_kinds::out_of_order);
        if (sent_before && differs(begin, input.payload, sent)) {
            result.irregularities.add(irregularity::bytes_changed, input.direction, input.segment.packet_number,
                                      input.segment.time);
        }
        sent.ranges[sent.next] = {begin, static_cast<std::uint32_t>(input.payload.size()), hash(input.payload)};
        sent.next = static_cast<std::uint8_t>((sent.next + 1) % recent_ranges::size);
    }

    /// As irregularity_observer::take_notice().
    void take_notice(const observer_input::notice& next, connection_state& state, facts& result) const noexcept {
        common_.take_notice(next, state.irregularities, result);
    }

private:
    friend void archive(auto& ar, content_irregularity_observer& of) {
        ar(of.seed_);
        of.key_ = hash_key{of.seed_};
    }

    /// Whether the data are the zeros that fill a frame of Ethernet (RFC 894: up to 46 bytes of IP). Some devices count them in the length
    /// of the packet; the ends do not, and send data with the same numbers.
    [[nodiscard]] static bool is_padding(const observer_input& input) noexcept {
        constexpr std::uint32_t least_packet = 46;
        return input.segment.ip_length <= least_packet &&
               std::all_of(input.payload.begin(), input.payload.end(),
                           [](std::byte each) { return each == std::byte{}; });
    }
    /// Whether an earlier segment had other bytes at numbers of this one.
    [[nodiscard]] bool differs(sequence_number begin, std::span<const std::byte> data,
                               const recent_ranges& sent) const noexcept {
        return std::any_of(sent.ranges.begin(), sent.ranges.end(), [&](const sent_range& each) {
            const std::int32_t offset = distance(begin, each.begin);
            if (each.length == 0 || offset < 0) return false;
            const auto from = static_cast<std::size_t>(offset);
            return from + each.length <= data.size() && hash(data.subspan(from, each.length)) != each.hash;
        });
    }

    /// A sender that does not know the key cannot find other bytes with the same hash.
    [[nodiscard]] std::uint64_t hash(std::span<const std::byte> data) const noexcept {
        std::uint64_t mixed = key_.word(0) ^ data.size();
        const auto take = [&](std::uint64_t word) {
            mixed = (mixed ^ word) * (key_.word(1) | 1);
            mixed = (mixed ^ (mixed >> 32)) * (key_.word(2) | 1);
            mixed ^= mixed >> 29;
        };
        for (; data.size() >= 8; data = data.subspan(8)) take(detail::load_little<std::uint64_t>(data.data()));
        std::uint64_t rest = 0;
        for (const std::byte each : data) rest = rest << 8 | std::to_integer<std::uint64_t>(each);
        take(rest);
        return mixed;
    }

    irregularity_observer common_{};
    std::uint64_t seed_; ///< saved hashes were made with it
    hash_key key_;
};

static_assert(check_observer<content_irregularity_observer>());

} // namespace tcplens::inline v1
