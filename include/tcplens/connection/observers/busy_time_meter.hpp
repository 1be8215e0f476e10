// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../wire/segment.hpp"
#include "../tracking/send_sequence_space.hpp"
#include "../verdict.hpp"
#include "pacing_estimator.hpp"
#include "send_buffer_estimator.hpp"
#include "time_attribution.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace tcplens::inline v1::detail {

/// Measures the time_attribution::sending_times of one end: its busy time, and the parts of it in which the peer's window or its own send buffer kept it
/// from sending.
///
/// In a capture a sender with data and no room in the window looks like a sender without data. What follows tells them apart: a
/// segment that did not fit before, and is sent as soon as the window opens, had been waiting; so had the data that a window
/// probe stands for. In a pause of its pacing (see pacing_estimator) the end would not have sent, whatever the window.
class busy_time_meter {
    using nanoseconds = std::chrono::nanoseconds;

public:
    /// What a segment shows of the time before it.
    struct finding {
        bool new_data = false;     ///< it carries data beyond all before
        bool was_shut_out = false; ///< it had been waiting for room in the window
    };

    /// The time `step` passes, up to `now`. Returns the part of it in which the window had no room for a full segment, and no pause
    /// was on: the end may have been waiting for the window. `flight`: data_in_flight().
    constexpr nanoseconds passes(nanoseconds step, timestamp now, bool flight,
                                 time_attribution::sending_times& times) noexcept {
        if (flight) {
            times.busy += step;
            buffer_.passes(step);
        }
        if (!has_no_room()) return {};
        if (!was_without_room_) room_ = room();
        was_without_room_ = true;
        if (!flight) at_rest_ += step;
        const nanoseconds shut = std::clamp(now - pauses_.until(), nanoseconds::zero(), step);
        shut_out_ += shut;
        return shut;
    }

    /// Takes in a segment of the end. `answer_time`: from the capture to this end and back.
    constexpr finding on_sent(const segment& sent, const verdict& verdict, timestamp now, nanoseconds answer_time,
                              time_attribution::sending_times& times) noexcept {
        if (sent.flags.rst()) return {};
        if (verdict.has(verdict_kinds::zero_window_probe)) {
            const bool waited = was_without_room_;
            settle(waited, times);
            return {.was_shut_out = waited};
        }
        if (sent.flags.syn()) take_syn(sent);
        const sequence_number end = sent.payload_begin() + sent.payload_length;
        const sequence_number highest = space_.known() ? space_.next() : sent.sequence;
        space_.on_sent(sent);
        if (has_edge_ && (room() < -max_window || room() > max_window))
            has_edge_ = false; // the sequence numbers jumped
        const bool is_new = sent.payload_length > 0 && before(highest, end) && !before(space_.next(), end);
        if (!is_new) return {};
        data_end_ = end;
        full_segment_ = full_segment(sent);

        const nanoseconds since_heard = now - heard_at_;
        const nanoseconds soon = answer_time + answer_time / 4 + reaction_time;
        const bool as_soon_as_possible = now - (std::max)(heard_at_, pauses_.until()) <= soon;
        const bool waited_for_buffer = buffer_.on_sent({.pushed = sent.flags.psh(),
                                                        .full = sent.payload_length >= full_segment_,
                                                        .prompt = since_heard <= soon,
                                                        .had_room = !was_without_room_,
                                                        .in_flight = space_.in_flight()});
        times.send_buffer_limited = buffer_.limited();
        const bool waited = was_without_room_ && as_soon_as_possible && !waited_for_buffer &&
                            std::cmp_greater((std::min)(sent.payload_length, full_segment_), room_);
        const bool by_itself = !was_without_room_ && since_heard > 2 * answer_time + answer_gap;
        pauses_.on_sent(now, sent.payload_length, by_itself);
        settle(waited, times);
        return {.new_data = true, .was_shut_out = waited};
    }

    /// Takes in a segment of the peer. Returns whether it acknowledges anything new.
    constexpr bool on_received(const segment& heard, timestamp now) noexcept {
        if (heard.flags.rst()) return false;
        heard_at_ = now;
        if (has_no_room()) room_ = room();
        if (heard.flags.syn()) take_syn(heard);
        const bool known = space_.known();
        const sequence_number unacknowledged = space_.unacknowledged();
        space_.on_received(heard);
        const std::int32_t step = known ? distance(unacknowledged, space_.unacknowledged()) : 0;
        const bool advances = !known || step != 0; // back only to the number of another SYN
        buffer_.on_received(static_cast<std::uint32_t>((std::max)(0, step)), heard.payload_length == 0);
        const auto window = space_.window();
        if (heard.flags.ack() && window && heard.acknowledgment == space_.unacknowledged()) {
            const sequence_number edge = heard.acknowledgment + *window;
            // RFC 9293 3.8.6: an edge is not drawn back; one that seems to be came late.
            if (advances || !has_edge_ || before(edge_, edge)) edge_ = edge;
            has_edge_ = true;
        }
        return advances;
    }

    [[nodiscard]] constexpr const send_sequence_space& space() const noexcept { return space_; }

    /// Whether any data of the end is unacknowledged. A SYN or a FIN is no data.
    [[nodiscard]] constexpr bool data_in_flight() const noexcept {
        const std::int32_t left = distance(space_.unacknowledged(), data_end_);
        return full_segment_ > 0 && left > 0 && static_cast<std::uint32_t>(left) <= space_.in_flight();
    }
    /// Whether a full segment has no room in the peer's window.
    [[nodiscard]] constexpr bool has_no_room() const noexcept {
        return has_edge_ && full_segment_ > 0 && std::cmp_less(room(), full_segment_);
    }

    /// Whether a restored meter agrees with the restored times of its end, of a connection that has lasted for `duration` at `now`.
    [[nodiscard]] constexpr bool fits(const time_attribution::sending_times& times, nanoseconds duration,
                                      timestamp now) const noexcept {
        constexpr nanoseconds longest_pause{std::int64_t{1} << 54};
        const bool pauses_before = pauses_.until() == timestamp{} || pauses_.until() - longest_pause <= now;
        return pauses_before && buffer_.fits(times.busy) && at_rest_.count() >= 0 &&
               at_rest_ <= duration - times.busy && shut_out_.count() >= 0 &&
               shut_out_ <= duration - times.receiver_limited;
    }

private:
    static constexpr std::int32_t max_window = 1 << 30; ///< RFC 7323 2.3
    static constexpr std::uint16_t unknown_size = 65535;
    // tests/connection/observers/kernel_times_test.cpp compares the result with the kernel's own times.
    static constexpr nanoseconds reaction_time = std::chrono::milliseconds{2}; ///< to send once the window has opened
    static constexpr nanoseconds answer_gap = std::chrono::microseconds{100};  ///< what is sent later is no answer

    constexpr void take_syn(const segment& syn) noexcept {
        constexpr std::uint16_t default_size = 536; // RFC 9293 3.7.1
        size_limit_ = (std::min)(size_limit_, syn.options.maximum_segment_size.value_or(default_size));
    }

    /// The bytes up to the window's edge. @pre has_edge_
    [[nodiscard]] constexpr std::int32_t room() const noexcept { return distance(space_.next(), edge_); }

    /// The payload of a full segment: the smaller MSS option less the other options (RFC 6691). In the capture payloads may be
    /// larger, if the network adapter cuts them. Without any SYN: the largest payload so far.
    [[nodiscard]] constexpr std::uint32_t full_segment(const segment& sent) const noexcept {
        if (size_limit_ == unknown_size) return (std::max)(full_segment_, sent.payload_length);
        const std::uint32_t options = sent.options.timestamps ? 12 : 0;
        return std::max<std::uint32_t>(size_limit_, options + 1) - options;
    }

    constexpr void settle(bool waited, time_attribution::sending_times& times) noexcept {
        if (waited) {
            times.busy += at_rest_;
            times.receiver_limited += shut_out_;
        }
        shut_out_ = at_rest_ = {};
        was_without_room_ = false;
    }

    friend void archive(auto& ar, busy_time_meter& meter) {
        auto& [space, pauses, buffer, heard_at, shut_out, at_rest, data_end, edge, room, full_segment, size_limit,
               has_edge, was_without_room] = meter;
        ar(space, pauses, buffer, heard_at, shut_out, at_rest, data_end, edge, room, full_segment, size_limit, has_edge,
           was_without_room);
    }

    send_sequence_space space_{};
    pacing_estimator pauses_{};
    send_buffer_estimator buffer_{};
    timestamp heard_at_{};
    nanoseconds shut_out_{};         ///< without room and outside of a pause, since its last new data or probe
    nanoseconds at_rest_{};          ///< without room and nothing in flight, so that it did not seem busy, since then
    sequence_number data_end_{};     ///< after the highest byte of data
    sequence_number edge_{};         ///< of the window: after the highest number that the peer accepts
    std::int32_t room_ = 0;          ///< the room before the peer's last segment, if it was too little
    std::uint32_t full_segment_ = 0; ///< 0 before any data
    std::uint16_t size_limit_ = unknown_size;
    bool has_edge_ = false;
    bool was_without_room_ = false;
};

} // namespace tcplens::inline v1::detail
