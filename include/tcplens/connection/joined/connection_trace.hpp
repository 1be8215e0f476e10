// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../../wire/segment.hpp"
#include "../../wire/sequence_number.hpp"
#include "../../wire/tcp_flags.hpp"
#include "../connection.hpp"
#include "../direction_statistics.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace tcplens::inline v0::detail {

/// One segment of one end as it was, and the plain ones (ACK, and none of SYN, FIN and RST) that it sent after it, until
/// either end opened or closed something again. Plain ones only move numbers on, so it is enough to know how far. Or one that
/// opens or closes, and the same again: of RSTs any.
struct trace_entry {
    // The first segment.
    timestamp first_time{};
    std::uint64_t first_packet = 0;
    std::uint64_t first_position = 0; ///< how many segments its table had seen of the connection before it
    sequence_number sequence{};
    sequence_number acknowledgment{};
    std::uint32_t payload_length = 0;
    tcp_flags flags{};

    bool repeats = false;    ///< those after it are the same again, and `furthest` is where the last of them began
    bool from_lower = false; ///< its sender is the lower of the two endpoints, whichever is the client

    // The last one; where there is only one, the same.
    timestamp last_time{};
    std::uint64_t last_packet = 0;
    std::uint64_t last_position = 0;

    // Of those after the first: the one with data that went furthest, or one with data if none went on, and how far they
    // acknowledged.
    sequence_number furthest{};
    sequence_number furthest_acknowledgment{}; ///< what that segment acknowledged
    std::uint32_t furthest_length = 0;         ///< its payload, 0 if none had any
    sequence_number highest_acknowledgment{};
    bool went_on = false;      ///< the furthest went further than all before it
    bool acknowledged = false; ///< and the acknowledgments likewise

    bool reached_any = false;
    sequence_number reached{}; ///< where its sender's segments ended that had gone furthest then: if reached_any

    // All of them.
    direction_statistics counted{};
    std::uint64_t certain_retransmissions = 0; ///< that do not depend on what else might have been seen
    std::uint64_t fresh =
        0; ///< with sequence numbers of their own (SYN, FIN, data) beyond all that their sender had used
    /// The others with sequence numbers, and those that look as if a copy of them had been lost on its way here.
    std::uint64_t doubtful = 0;
    sequence_number first_fresh{}; ///< where the first of `fresh` began

    [[nodiscard]] friend constexpr bool operator==(const trace_entry&, const trace_entry&) noexcept = default;
};

/// What one table saw of a connection, so that it can be joined with what others saw of it: see connection_joiner. In the order
/// in which the first segments of its entries were captured.
template <std::size_t Capacity>
struct basic_connection_trace {
    static_assert(Capacity >= 4);
    static constexpr std::size_t capacity = Capacity;

    std::array<trace_entry, Capacity> memory{};
    std::uint8_t count = 0;
    /// There were more SYNs, FINs and RSTs than are remembered: the last entries hold some that are not the first of theirs.
    bool forgot = false;

    [[nodiscard]] constexpr std::span<const trace_entry> entries() const noexcept {
        return std::span{memory}.first(std::min<std::size_t>(count, Capacity)); // it may come from elsewhere
    }
    [[nodiscard]] friend constexpr bool operator==(const basic_connection_trace&,
                                                   const basic_connection_trace&) noexcept = default;

    friend void archive(auto& ar, basic_connection_trace& of) {
        auto& [memory_, count_, forgot_] = of;
        ar.expect_equal("entries of a trace_observer", std::uint64_t{Capacity});
        ar.bounded(count_, Capacity);
        for (std::size_t i = 0; i < count_; ++i) ar(memory_[i]);
        ar(forgot_);
    }
};

static_assert(std::is_trivially_copyable_v<basic_connection_trace<4>>);

} // namespace tcplens::inline v0::detail
