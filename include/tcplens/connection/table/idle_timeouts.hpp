// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../idle_class.hpp"

namespace tcplens::inline v1 {

/// How long a connection may be silent before it leaves its table, by the time of packets. The defaults are those of Zeek:
/// tcp_attempt_delay, tcp_inactivity_timeout, tcp_connection_linger, tcp_close_delay. Timeouts hold to within 17 ms. A timeout of more
/// than a year counts as a year.
struct idle_timeouts {
    /// A SYN without an answer. Counted from its first packet: a SYN that is sent again changes nothing.
    std::chrono::nanoseconds attempt = std::chrono::seconds{5};
    /// Connections of all idle classes that have no member here.
    std::chrono::nanoseconds established = std::chrono::minutes{5};
    /// One side sent a FIN.
    std::chrono::nanoseconds half_closed = std::chrono::seconds{5};
    /// Closed or reset connections, which stay so that late segments begin no other connection.
    std::chrono::nanoseconds closed = std::chrono::seconds{5};

    /// The timeout of an idle class.
    [[nodiscard]] constexpr std::chrono::nanoseconds of(idle_class stage) const noexcept {
        switch (stage) {
        case idle_class::attempt: return attempt;
        case idle_class::half_closed: return half_closed;
        case idle_class::closed: return closed;
        default: return established;
        }
    }
};

} // namespace tcplens::inline v1
