// SPDX-License-Identifier: MIT
#pragma once

#include "../idle_class.hpp"

#include <chrono>

namespace tcplens::inline v0 {

/// For how long a connection is kept without a packet, by the time of packets. The values are Zeek's defaults: tcp_attempt_delay,
/// tcp_inactivity_timeout, tcp_connection_linger, tcp_close_delay. They hold to within 17 ms; none is longer than a year.
struct idle_timeouts {
    std::chrono::nanoseconds attempt =
        std::chrono::seconds{5}; ///< since its first packet: a SYN sent again changes nothing
    std::chrono::nanoseconds established = std::chrono::minutes{5}; ///< and all that is not named here
    std::chrono::nanoseconds half_closed = std::chrono::seconds{5};
    std::chrono::nanoseconds closed = std::chrono::seconds{5}; ///< or reset

    [[nodiscard]] constexpr std::chrono::nanoseconds of(idle_class stage) const noexcept {
        switch (stage) {
        case idle_class::attempt: return attempt;
        case idle_class::half_closed: return half_closed;
        case idle_class::closed: return closed;
        default: return established;
        }
    }
};

} // namespace tcplens::inline v0
