// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/timestamp.hpp"
#include "../../connection/connection.hpp"

#include <optional>
#include <string_view>

namespace tcplens::inline v1::detail {

/// From the first packet of a connection to its last; 0 if the clock of the capture went back.
[[nodiscard]] constexpr std::chrono::nanoseconds duration_of(const connection& of) noexcept {
    if (of.last_time <= of.first_time) return {};
    return clamp_for_arithmetic(of.last_time) - clamp_for_arithmetic(of.first_time);
}

/// The round trip between client and server, if the observers of the connection measured one: that of the handshake, or else the least
/// of the two directions, which the capture point splits it into.
template <class Connection>
[[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> round_trip_of(const Connection& of) noexcept {
    if constexpr (requires { of.opening.times.rtt(); }) {
        if (const auto handshake = of.opening.times.rtt()) return handshake;
    }
    if constexpr (requires { of.profile.client_to_server.round_trip.least; }) {
        const auto& up = of.profile.client_to_server.round_trip;
        const auto& down = of.profile.server_to_client.round_trip;
        if (up.count > 0 && down.count > 0) return up.least + down.least;
    }
    return std::nullopt;
}

struct named_duration {
    std::string_view name{};
    std::chrono::nanoseconds duration{};
};

/// The largest part of a connection's time_attribution, of equal ones the first; without name if the connection has none.
template <class Connection>
[[nodiscard]] constexpr named_duration largest_time_of(const Connection& of) noexcept {
    named_duration largest;
    if constexpr (requires { of.time.receiver_application; }) {
        for (const named_duration& each : {named_duration{"handshake", of.time.handshake},
                                           {"sender_application", of.time.sender_application},
                                           {"receiver_window", of.time.receiver_window},
                                           {"loss_recovery", of.time.loss_recovery},
                                           {"path", of.time.path},
                                           {"receiver_application", of.time.receiver_application},
                                           {"teardown", of.time.teardown}}) {
            if (each.duration > largest.duration) largest = each;
        }
    }
    return largest;
}

} // namespace tcplens::inline v1::detail
