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

namespace tcplens::inline v1::detail {

/// One segment of one side, and those that the side sent after it and that are summed up with it. Either these are plain (ACK, and
/// none of SYN, FIN and RST) and end where either side opens or closes something again: plain segments only move numbers on, so
/// it is enough to know how far. Or they repeat the first segment, which opens or closes something; any RST repeats a RST.
struct trace_entry {
    // The first segment.
    timestamp first_time{};
    std::uint64_t first_packet = 0;
    std::uint64_t first_position = 0; ///< how many segments of the connection its table had seen before
    sequence_number sequence{};
    sequence_number acknowledgment{};
    std::uint32_t payload_length = 0;
    tcp_flags flags{};

    bool repeats = false;    ///< the later segments repeat the first, and `furthest` is where the last of them began
    bool from_lower = false; ///< the sender is the lower of the two endpoints, whichever is the client

    // The last segment; equal to the first if there is only one.
    timestamp last_time{};
    std::uint64_t last_packet = 0;
    std::uint64_t last_position = 0;

    // Of the segments after the first: the one with data that went furthest, or any with data if none went further than before,
    // and the highest acknowledgment.
    sequence_number furthest{};
    sequence_number furthest_acknowledgment{}; ///< what that segment acknowledged
    std::uint32_t furthest_length = 0;         ///< its payload, 0 if none had any
    sequence_number highest_acknowledgment{};
    bool went_on = false;      ///< `furthest` went beyond all that the side had sent before
    bool acknowledged = false; ///< `highest_acknowledgment` went beyond all that the side had acknowledged before

    bool reached_any = false;
    sequence_number reached{}; ///< the highest end of the side's segments by then, if reached_any

    // All segments.
    direction_statistics counted{};
    std::uint64_t certain_retransmissions = 0; ///< those that remain retransmissions whatever else is seen
    /// Segments with sequence numbers of their own (SYN, FIN, data) that begin beyond all that the side had used.
    std::uint64_t fresh = 0;
    /// The other segments with sequence numbers, and those which look as if an earlier copy had been lost before the capture.
    std::uint64_t doubtful = 0;
    sequence_number first_fresh{}; ///< where the first of `fresh` began

    [[nodiscard]] friend constexpr bool operator==(const trace_entry&, const trace_entry&) noexcept = default;
};

/// What one table saw of a connection, as connection_joiner needs it. The entries are in the order in which their first segments
/// were captured.
template <std::size_t Capacity>
struct basic_connection_trace {
    static_assert(Capacity >= 4);
    static constexpr std::size_t capacity = Capacity;

    std::array<trace_entry, Capacity> memory{};
    std::uint8_t count = 0;
    /// There were more SYNs, FINs and RSTs than the trace holds: the last entries sum up segments that do not repeat their first.
    bool forgot = false;

    [[nodiscard]] constexpr std::span<const trace_entry> entries() const noexcept {
        return std::span{memory}.first(std::min<std::size_t>(count, Capacity)); // a restored count may be anything
    }
    [[nodiscard]] friend constexpr bool operator==(const basic_connection_trace&,
                                                   const basic_connection_trace&) noexcept = default;

    friend void archive(auto& ar, basic_connection_trace& trace) {
        auto& [memory_, count_, forgot_] = trace;
        ar.expect_equal("entries of a trace_observer", std::uint64_t{Capacity});
        ar.bounded(count_, Capacity);
        for (std::size_t i = 0; i < count_; ++i) ar(memory_[i]);
        ar(forgot_);
    }
};

static_assert(std::is_trivially_copyable_v<basic_connection_trace<4>>);

} // namespace tcplens::inline v1::detail
