// SPDX-License-Identifier: MIT
#pragma once

// What observers tell of connections, as JSON.

#include <tcplens/connection/time_attribution.hpp>

#include <nlohmann/json.hpp>

#include <chrono>

// nlohmann-json finds these by the namespace of the types.
namespace tcplens {

/// The parts, in nanoseconds: with `duration_ns` what all but retransmission_timeout_ns sum to.
template <class Json>
void to_json(Json& out, const time_attribution& from) {
    out = {{"duration_ns", from.duration.count()},
           {"handshake_ns", from.handshake.count()},
           {"sender_application_ns", from.sender_application.count()},
           {"receiver_window_ns", from.receiver_window.count()},
           {"loss_recovery_ns", from.loss_recovery.count()},
           {"retransmission_timeout_ns", from.retransmission_timeout.count()},
           {"path_ns", from.path.count()},
           {"receiver_application_ns", from.receiver_application.count()},
           {"teardown_ns", from.teardown.count()}};
}

/// Of one direction, into what else is told of it: in microseconds, as kernels tell them.
template <class Json>
void add_to_direction(Json& direction, const sending_times& from) {
    using microseconds = std::chrono::duration<double, std::micro>;
    direction["busy_us"] = microseconds{from.busy}.count();
    direction["receiver_limited_us"] = microseconds{from.receiver_limited}.count();
}

} // namespace tcplens
