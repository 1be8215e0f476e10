// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"

#include <algorithm>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Estimates how long a full send buffer kept one end from sending, as Linux counts it (tcpi_sndbuf_limited of struct tcp_info).
///
/// Linux counts from the moment at which an acknowledgment lets it send the rest of its buffer, while the application waits for room in it
/// and the congestion window has more, to the acknowledgment that makes room (tcp_cwnd_validate(), tcp_check_space()). In a capture:
///
/// - The burst before did not end with PSH: it left a rest. This burst ends with PSH: that was the rest.
/// - The next data is a full segment, and comes as soon as a bare acknowledgment has advanced.
///
/// A congestion window that ends where a write of the application ends looks alike. So nothing counts before twice the greatest flight was
/// acknowledged (until then slow start lets the flight grow), what was counted does not count when the flight becomes half as large
/// again (it was no limit), and all of it counts only with three stalls, and a third as much time as the sender waited without PSH.
class send_buffer_estimator {
    using nanoseconds = std::chrono::nanoseconds;

public:
    /// New data of the end, and what was known before it.
    struct new_data {
        bool pushed = false;         ///< it has PSH
        bool full = false;           ///< it is at least a full segment
        bool prompt = false;         ///< it comes as soon as the peer's last segment lets it
        bool had_room = false;       ///< the window had room for it since the data before
        std::uint32_t in_flight = 0; ///< with it
    };

    /// A time passes in which data of the end is in flight.
    constexpr void passes(nanoseconds step) noexcept { since_data_ += step; }

    /// The peer's segment acknowledges so many bytes more, and has no data itself if `bare`.
    constexpr void on_received(std::uint32_t acknowledged, bool bare) noexcept {
        acknowledged_ = (std::min)(acknowledged_ + (std::min)(acknowledged, most_acknowledged), most_acknowledged);
        heard_ = true;
        makes_room_ = acknowledged > 0 && bare;
        if (makes_room_) until_room_ = since_data_;
    }

    /// The end sends new data. Returns whether it had been waiting for room in its buffer, as far as is known.
    constexpr bool on_sent(const new_data& data) noexcept {
        most_in_flight_ = (std::max)(most_in_flight_, data.in_flight);
        if (stalls_ > 0 && most_in_flight_ > limit_ + limit_ / 2) {
            limited_ = other_ = {};
            stalls_ = 0;
        }
        const bool established = stalls_ >= least_stalls;
        const bool answers = makes_room_ && data.prompt && data.full && (data.had_room || established) &&
                             acknowledged_ / 2 >= most_in_flight_;
        const bool stalled = answers && pushed_ && sent_rest_;
        if (stalled) {
            if (stalls_ == 0) limit_ = most_in_flight_;
            limited_ += until_room_;
            if (!established) ++stalls_;
        } else if (answers && !pushed_) {
            other_ += until_room_;
        }
        if (heard_) sent_rest_ = !pushed_;
        pushed_ = data.pushed;
        heard_ = makes_room_ = false;
        since_data_ = until_room_ = {};
        return stalled && established && is_limited();
    }

    /// The time so far, which becomes 0 again when it turns out that the buffer was no limit.
    [[nodiscard]] constexpr nanoseconds limited() const noexcept { return is_limited() ? limited_ : nanoseconds{}; }

    /// Whether a restored estimator agrees with the time that its end was busy.
    [[nodiscard]] constexpr bool fits(nanoseconds busy) const noexcept {
        const auto within = [&](nanoseconds part, nanoseconds whole) { return part.count() >= 0 && part <= whole; };
        return within(limited_, busy) && within(other_, busy - limited_) &&
               within(since_data_, busy - limited_ - other_) && within(until_room_, since_data_);
    }

private:
    // Chosen on the recordings kernel_*, k_* and kt_* of tests/lab, odd seeds; see docs/accuracy.md.
    static constexpr std::uint8_t least_stalls = 3;
    static constexpr int other_share = 3;
    static constexpr std::uint32_t most_acknowledged = 1u << 31; ///< of the count; a flight is shorter than half of it

    [[nodiscard]] constexpr bool is_limited() const noexcept {
        return stalls_ >= least_stalls && limited_ >= other_ / other_share;
    }

    friend void archive(auto& ar, send_buffer_estimator& of) {
        auto& [limited, other, since_data, until_room, acknowledged, most_in_flight, limit, stalls, pushed, sent_rest,
               heard, makes_room] = of;
        ar(limited, other, since_data, until_room);
        ar.bounded(acknowledged, most_acknowledged);
        ar(most_in_flight, limit);
        ar.bounded(stalls, least_stalls);
        ar(pushed, sent_rest, heard, makes_room);
    }

    nanoseconds limited_{};    ///< after bursts that sent the rest of the buffer
    nanoseconds other_{};      ///< after bursts that did not
    nanoseconds since_data_{}; ///< in flight, since the latest new data
    nanoseconds until_room_{}; ///< the part of it before the latest acknowledgment, if makes_room_
    std::uint32_t acknowledged_ = 0;
    std::uint32_t most_in_flight_ = 0;
    std::uint32_t limit_ = 0; ///< most_in_flight_ at the first stall
    std::uint8_t stalls_ = 0;
    bool pushed_ = false;     ///< the latest new data had PSH
    bool sent_rest_ = false;  ///< the burst before the latest did not end with PSH
    bool heard_ = false;      ///< something of the peer since the latest new data
    bool makes_room_ = false; ///< the peer's last segment acknowledges more, and is nothing else
};

} // namespace tcplens::inline v1::detail
