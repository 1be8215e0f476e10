// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/segment.hpp"
#include "../tracking/send_sequence_space.hpp"
#include "../verdict.hpp"
#include "pacing_estimator.hpp"
#include "time_attribution.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace tcplens::inline v0::detail {

/// Measures the sending_times of one end: its busy time, and of that the time in which the peer's window shut it out.
///
/// A sender with something to send and no room is the same, in a capture, as a sender with nothing to send. It is told by
/// what comes next: a segment that did not fit before, and is sent as soon as it may, had been waiting; so had what a window
/// probe stands for. In a pause of its pacing (see pacing_estimator) it would not have sent, whatever the window.
class busy_time_meter {
    using nanoseconds = std::chrono::nanoseconds;

public:
    /// What a segment says of its sender, and of the time before it.
    struct finding {
        bool new_data = false; ///< it carries data beyond all before
        bool was_shut_out = false;
    };

    /// So much time goes by, up to `now`. Returns how much of that the window had no room for a full segment, and no pause was
    /// on: it may have been shut out.
    /// `flight`: data_in_flight().
    constexpr nanoseconds passes(nanoseconds step, timestamp now, bool flight, sending_times& told) noexcept {
        if (flight) told.busy += step;
        if (!has_no_room()) return {};
        if (!was_without_room_) room_ = room();
        was_without_room_ = true;
        if (!flight) at_rest_ += step;
        const nanoseconds shut = std::clamp(now - pauses_.until(), nanoseconds::zero(), step);
        shut_out_ += shut;
        return shut;
    }

    /// The end sends this. `answer_time`: from the capture to this end and back.
    constexpr finding sends(const segment& sent, const verdict& said, timestamp now, nanoseconds answer_time,
                            sending_times& told) noexcept {
        if (sent.flags.rst()) return {};
        if (said.has(verdict_kinds::zero_window_probe)) {
            const bool waited = was_without_room_;
            settle(waited, told);
            return {.was_shut_out = waited};
        }
        if (sent.flags.syn()) take_syn(sent);
        const sequence_number end = sent.payload_begin() + sent.payload_length;
        const sequence_number highest = space_.known() ? space_.next() : sent.sequence;
        space_.on_sent(sent);
        if (has_edge_ && (room() < -largest_window || room() > largest_window)) has_edge_ = false; // it went elsewhere
        const bool is_new = sent.payload_length > 0 && before(highest, end) && !before(space_.next(), end);
        if (!is_new) return {};
        data_end_ = end;
        full_segment_ = full_segment(sent);

        const nanoseconds since_heard = now - heard_at_;
        const bool as_soon_as_it_may = now - (std::max)(heard_at_, pauses_.until()) <=
                                       answer_time + answer_time / 4 + std::chrono::milliseconds{2};
        const bool waited = was_without_room_ && as_soon_as_it_may &&
                            std::cmp_greater((std::min)(sent.payload_length, full_segment_), room_);
        const bool by_itself = !was_without_room_ && since_heard > 2 * answer_time + std::chrono::microseconds{100};
        pauses_.sends(now, sent.payload_length, by_itself);
        settle(waited, told);
        return {.new_data = true, .was_shut_out = waited};
    }

    /// Its peer sends this. Returns whether it acknowledges anything new.
    constexpr bool hears(const segment& heard, timestamp now) noexcept {
        if (heard.flags.rst()) return false;
        heard_at_ = now;
        if (has_no_room()) room_ = room();
        if (heard.flags.syn()) take_syn(heard);
        const bool known = space_.known();
        const sequence_number unacknowledged = space_.unacknowledged();
        space_.on_received(heard);
        const bool advances = !known || before(unacknowledged, space_.unacknowledged());
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

    /// Whether any of its data is unacknowledged: a SYN or a FIN is none.
    [[nodiscard]] constexpr bool data_in_flight() const noexcept {
        const std::int32_t left = distance(space_.unacknowledged(), data_end_);
        return left > 0 && static_cast<std::uint32_t>(left) <= space_.in_flight();
    }
    /// Whether a full segment has no room in the peer's window.
    [[nodiscard]] constexpr bool has_no_room() const noexcept {
        return has_edge_ && full_segment_ > 0 && std::cmp_less(room(), full_segment_);
    }

    /// Whether what came from elsewhere can be of an end of which this is told, of a connection that has lasted for so long by `now`.
    [[nodiscard]] constexpr bool fits(const sending_times& told, nanoseconds duration, timestamp now) const noexcept {
        constexpr nanoseconds longest_pause{std::int64_t{1} << 54};
        const bool pauses_before = pauses_.until() == timestamp{} || pauses_.until() - longest_pause <= now;
        return pauses_before && at_rest_.count() >= 0 && at_rest_ <= duration - told.busy && shut_out_.count() >= 0 &&
               shut_out_ <= duration - told.receiver_limited;
    }

private:
    static constexpr std::int32_t largest_window = 1 << 30; // RFC 7323 2.3
    static constexpr std::uint16_t unknown_size = 65535;

    constexpr void take_syn(const segment& syn) noexcept {
        constexpr std::uint16_t default_size = 536; // RFC 9293 3.7.1
        size_limit_ = (std::min)(size_limit_, syn.options.maximum_segment_size.value_or(default_size));
    }

    /// Up to the window's edge. \pre has_edge_
    [[nodiscard]] constexpr std::int32_t room() const noexcept { return distance(space_.next(), edge_); }

    /// The payload of a full segment: the lesser MSS option less the other options (RFC 6691). In the capture payloads may be
    /// larger, if the network adapter cuts them. Without any SYN: the largest payload.
    [[nodiscard]] constexpr std::uint32_t full_segment(const segment& sent) const noexcept {
        if (size_limit_ == unknown_size) return (std::max)(full_segment_, sent.payload_length);
        const std::uint32_t options = sent.options.timestamps ? 12 : 0;
        return std::max<std::uint32_t>(size_limit_, options + 1) - options;
    }

    constexpr void settle(bool waited, sending_times& told) noexcept {
        if (waited) {
            told.busy += at_rest_;
            told.receiver_limited += shut_out_;
        }
        shut_out_ = at_rest_ = {};
        was_without_room_ = false;
    }

    friend void archive(auto& ar, busy_time_meter& of) {
        auto& [space, pauses, heard_at, shut_out, at_rest, data_end, edge, room, full_segment, size_limit, has_edge,
               was_without_room] = of;
        ar(space, pauses, heard_at, shut_out, at_rest, data_end, edge, room, full_segment, size_limit, has_edge,
           was_without_room);
    }

    send_sequence_space space_{};
    pacing_estimator pauses_{};
    timestamp heard_at_{};
    nanoseconds shut_out_{};         ///< since its last new data or probe: had no room, and no pause was on
    nanoseconds at_rest_{};          ///< likewise: had no room, and nothing in flight, so that it did not seem busy
    sequence_number data_end_{};     ///< after the highest byte of data
    sequence_number edge_{};         ///< of the window: after the highest that the peer takes
    std::int32_t room_ = 0;          ///< the latest that was too little, before its peer said something
    std::uint32_t full_segment_ = 0; ///< 0 before any data
    std::uint16_t size_limit_ = unknown_size;
    bool has_edge_ = false;
    bool was_without_room_ = false;
};

} // namespace tcplens::inline v0::detail
