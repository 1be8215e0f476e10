// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../tracking/least_round_trip.hpp"
#include "../tracking/round_trip_sampler.hpp"
#include "../verdict.hpp"
#include "connection_observer.hpp"
#include "direction_profile.hpp"

#include <algorithm>
#include <cstdint>

// The counts of a profile that need nothing but a packet or a finding.
namespace tcplens::inline v1::detail {

constexpr void count_data_packet(const observer_input& input, direction_profile& profile) noexcept {
    const segment& sent = input.segment;
    profile.smallest_segment =
        profile.largest_segment == 0 ? sent.payload_length : (std::min)(profile.smallest_segment, sent.payload_length);
    profile.largest_segment = (std::max)(profile.largest_segment, sent.payload_length);
    profile.pushed_packets += sent.flags.psh();
    profile.urgent_packets += sent.flags.urg();
    if (input.verdict.has(verdict_kinds::keep_alive)) return; // its byte is no data
    if (!profile.first_data_time) profile.first_data_time = sent.time;
    profile.data_time = (std::max)(profile.data_time, sent.time - *profile.first_data_time);
}

constexpr void count_ack_packet(const segment& sent, direction_profile& profile) noexcept {
    profile.pure_acks += sent.sequence_length() == 0;
    const std::uint32_t blocks = sent.options.sack_block_count;
    if (blocks == 0) return;
    ++profile.sack_packets;
    profile.dsack_packets += sent.reports_duplicate();
    profile.most_sack_blocks = (std::max)(profile.most_sack_blocks, blocks);
}

constexpr void sample_flight(std::uint32_t bytes, direction_profile::flight_statistics& statistics) noexcept {
    ++statistics.samples;
    if (bytes == 0) return;
    statistics.total += bytes;
    statistics.least = statistics.least == 0 ? bytes : (std::min)(statistics.least, bytes);
    statistics.greatest = (std::max)(statistics.greatest, bytes);
}

constexpr void count_ack_effect(const ack_effect& answer, direction_profile& profile) noexcept {
    using kind = ack_effect::kind;
    profile.cumulative_acks += answer.cumulative;
    switch (answer.is) {
    case kind::none: break;
    case kind::clear:
        if (least_round_trip::is_plausible(answer.waited)) profile.round_trip.add(answer.waited);
        break;
    case kind::ambiguous: ++profile.ambiguous_acks; break;
    case kind::post_loss: ++profile.post_loss_acks; break;
    }
}

/// Whether a stream can have gone so much further in a time. A longer step is no hole: the numbers have another origin.
[[nodiscard]] constexpr bool is_stream_step_possible(std::int32_t further, std::chrono::nanoseconds took) noexcept {
    constexpr std::int64_t bytes_per_nanosecond = 50; // 400 Gbit/s: above what one connection reaches
    return further <= max_window_distance || further / bytes_per_nanosecond <= took.count();
}

} // namespace tcplens::inline v1::detail
