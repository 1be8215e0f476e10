// SPDX-License-Identifier: MIT
#pragma once

#include "../wire/segment.hpp"
#include "send_space.hpp"
#include "sending_pauses.hpp"
#include "time_attribution.hpp"
#include "verdict.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tcplens {

/// Measures the sending_times of one end: its busy time, and of that the time in which the peer's window had no room.
///
/// A sender with something to send and no room is the same, in a capture, as a sender with nothing to send. It is told by
/// what comes next: a segment that did not fit before and follows an ACK at once had been waiting, and so had what a
/// window probe stands for.
class sending_clock {
public:
    /// What a segment said of the time before it.
    struct finding {
        bool new_data = false; ///< it carries data beyond all before
        bool was_shut_out = false;
    };

    /// So much time has gone by.
    constexpr void passes(std::chrono::nanoseconds step, timestamp now, sending_times& told) noexcept {
        if (data_in_flight()) told.busy += step;
        if (!is_shut()) return;
        shut_total_ += step;
        step = std::clamp(now - pauses_.until(), std::chrono::nanoseconds::zero(), step);
        if (shut_ == std::chrono::nanoseconds::zero()) room_ = room();
        shut_ += step;
        if (!data_in_flight()) shut_at_rest_ += step;
    }

    /// The end sent this. `at_once`: it follows a segment of the peer as closely as an answer does.
    constexpr finding sends(const segment& sent, const verdict& said, bool at_once, bool promptly, timestamp now, sending_times& told) noexcept {
        if (sent.flags.rst()) return {};
        if (is_probe(said)) {
            const bool waited = shut_ > std::chrono::nanoseconds::zero();
            settle(waited, told);
            return {.was_shut_out = waited};
        }
        if (sent.flags.syn())
            size_limit_ = std::min(size_limit_, sent.options.maximum_segment_size.value_or(default_mss));
        const sequence_number end = sent.payload_begin() + sent.payload_length;
        const bool known = space_.known();
        const sequence_number before_it = known ? space_.next() : sent.sequence;
        space_.sends(sent);
        if (has_edge_ && (distance(space_.unacknowledged(), edge_) < 0 || room() > largest_window)) has_edge_ = false;
        if (sent.payload_length == 0) return {};
        // Not believed, or sent before.
        if (before(space_.next(), end) || !before(before_it, end)) return {};
        data_end_ = end;
        mss_ = full_segment(sent);
        const bool waited = at_once && shut_ > std::chrono::nanoseconds::zero() &&
                            std::cmp_greater(std::min(sent.payload_length, mss_), room_);
        pauses_.sends(now, sent.payload_length, !promptly && shut_total_ == std::chrono::nanoseconds::zero());
        shut_total_ = {};
        settle(waited, told);
        return {.new_data = true, .was_shut_out = waited};
    }

    /// Its peer sent this. Returns whether it acknowledges anything new.
    constexpr bool hears(const segment& heard) noexcept {
        if (heard.flags.rst()) return false;
        if (heard.flags.syn())
            size_limit_ = std::min(size_limit_, heard.options.maximum_segment_size.value_or(default_mss));
        const bool known = space_.known();
        const sequence_number unacknowledged = space_.unacknowledged();
        space_.hears(heard);
        const bool advances = !known || before(unacknowledged, space_.unacknowledged());
        if (const auto window = space_.window();
            window && space_.known() && heard.acknowledgment == space_.unacknowledged()) {
            const sequence_number edge = space_.unacknowledged() + *window;
            // RFC 9293 3.8.6: an edge is not drawn back; one that seems to be was overtaken.
            if (advances || !has_edge_ || before(edge_, edge)) edge_ = edge;
            has_edge_ = true;
        }
        return advances;
    }

    [[nodiscard]] constexpr const send_space& space() const noexcept { return space_; }

    [[nodiscard]] constexpr bool data_in_flight() const noexcept {
        if (!space_.known()) return false;
        const std::int32_t left = distance(space_.unacknowledged(), data_end_);
        return left > 0 && static_cast<std::uint32_t>(left) <= space_.in_flight();
    }
    /// Whether a segment of the usual size has no room.
    [[nodiscard]] constexpr bool is_shut() const noexcept {
        return has_edge_ && mss_ > 0 && room() < static_cast<std::int32_t>(mss_);
    }

private:
    static constexpr std::int32_t largest_window = 1 << 30; // RFC 7323 2.3
    static constexpr std::uint16_t default_mss = 536;       // RFC 9293 3.7.1

    /// Up to the window's edge. \pre has_edge_
    [[nodiscard]] constexpr std::int32_t room() const noexcept { return distance(space_.next(), edge_); }

    /// The payload of a full segment. An end sends no more than its peer's MSS option less its own options (RFC 6691); mostly
    /// its own option says the same. Without any SYN it is the largest payload; with one, payloads may be larger in the
    /// capture, where the network adapter cuts them.
    [[nodiscard]] constexpr std::uint32_t full_segment(const segment& sent) const noexcept {
        constexpr std::uint16_t unknown = 65535;
        if (size_limit_ == unknown) return std::max(mss_, sent.payload_length);
        const std::uint32_t options = sent.options.timestamps ? 12 : 0;
        return std::max<std::uint32_t>(size_limit_, options + 1) - options;
    }

    [[nodiscard]] static constexpr bool is_probe(const verdict& said) noexcept {
        return said.has(verdict_names::zero_window_probe);
    }

    constexpr void settle(bool waited, sending_times& told) noexcept {
        if (waited) {
            told.busy += shut_at_rest_;
            told.receiver_limited += shut_;
        }
        shut_ = shut_at_rest_ = {};
    }

    send_space space_{};
    sending_pauses pauses_{};
    std::chrono::nanoseconds shut_total_{};
    std::chrono::nanoseconds shut_{};         ///< without room since the last data or probe
    std::chrono::nanoseconds shut_at_rest_{}; ///< the part of it that is not in `busy`
    sequence_number data_end_{};              ///< after the highest byte of data
    sequence_number edge_{};  ///< after the highest that the peer takes
    std::int32_t room_ = 0;   ///< when `shut_` began
    std::uint32_t mss_ = 0;   ///< of a full segment; 0 before any data
    std::uint16_t size_limit_ = 65535; ///< the least MSS option of the SYNs
    bool has_edge_ = false;
};

} // namespace tcplens
