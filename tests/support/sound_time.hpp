// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/connection/observers/time_attribution.hpp>

#include <chrono>

/// Whether each instant of a connection was spent on one thing, and no part is more than there was.
[[nodiscard]] inline bool is_sound(const tcplens::time_attribution& of) {
    using std::chrono::nanoseconds;
    for (const nanoseconds part : {of.handshake, of.sender_application, of.receiver_window, of.loss_recovery, of.path,
                                   of.receiver_application, of.teardown, of.retransmission_timeout}) {
        if (part < nanoseconds::zero() || part > of.duration) return false;
    }
    for (const tcplens::time_attribution::sending_times& each : {of.client_to_server, of.server_to_client}) {
        if (each.receiver_limited < nanoseconds::zero() || each.receiver_limited > each.busy) return false;
        if (each.busy > of.duration) return false;
    }
    return of.sum() == of.duration && of.retransmission_timeout <= of.loss_recovery;
}
