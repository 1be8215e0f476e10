// SPDX-License-Identifier: MIT
#pragma once

// What is said of one connection in a few words and numbers: its state, its round trip, where its time went.

#include <tcplens/connection/detailed/detailed_connection_table.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace program {

/// One part of the time of a connection.
struct time_part {
    std::string_view name;    ///< in csv and json: the member of tcplens::time_attribution
    std::string_view label;   ///< in text
    std::string_view meaning; ///< "most of the time …"
    std::chrono::nanoseconds tcplens::time_attribution::*member;
};

/// The parts that sum up to the duration of a connection.
inline constexpr std::array<time_part, 7> time_parts{{
    {"handshake", "handshake", "the connection was being opened", &tcplens::time_attribution::handshake},
    {"path", "path", "data or its acknowledgment was under way", &tcplens::time_attribution::path},
    {"loss_recovery", "loss", "lost data was waited for and repaired", &tcplens::time_attribution::loss_recovery},
    {"receiver_window", "window", "the receiver had no room for more data",
     &tcplens::time_attribution::receiver_window},
    {"receiver_application", "server", "the server had the request and had not begun to answer",
     &tcplens::time_attribution::receiver_application},
    {"sender_application", "idle", "nothing was under way, since no application had anything to send",
     &tcplens::time_attribution::sender_application},
    {"teardown", "teardown", "the connection was being closed", &tcplens::time_attribution::teardown},
}};

/// The part that took most of the time; of equal parts the first. Null if no time passed.
[[nodiscard]] inline const time_part* longest_part(const tcplens::time_attribution& time) {
    const time_part* longest = nullptr;
    std::chrono::nanoseconds most{0};
    for (const time_part& each : time_parts) {
        if (time.*each.member <= most) continue;
        most = time.*each.member;
        longest = &each;
    }
    return longest;
}

/// A part's share of the time, from 0 to 1; 0 if no time passed.
[[nodiscard]] inline double share(const time_part& part, const tcplens::time_attribution& of) {
    if (of.duration.count() <= 0) return 0;
    return static_cast<double>((of.*part.member).count()) / static_cast<double>(of.duration.count());
}

/// The state of a connection at the end of the capture, in one word that a table has room for. docs/program.md lists them.
[[nodiscard]] inline std::string_view state_of(const tcplens::detailed_connection& of) {
    using enum tcplens::opening_outcome;
    const tcplens::opening_outcome outcome = of.opening.outcome;
    switch (outcome) {
    case refused: return "refused";
    case aborted_by_client:
    case aborted_by_server: return "aborted";
    case unsolicited: return "unsolicited";
    case midstream:
    case ignored:
    case half_open:
    case established: break;
    }
    if (of.close_reason == tcplens::close_reason::normal) return "closed";
    if (of.close_reason == tcplens::close_reason::reset) return "reset";
    if (outcome == ignored) return "unanswered";
    if (outcome == half_open) return "half_open";
    if (of.closed) return "replaced";
    if (of.closing.begun_by) return "half_closed";
    return outcome == established ? "established" : "midstream";
}

/// The round trip of a connection from end to end: that of its handshake. Without it, the sum of the least round trips of both
/// directions, of which one may be missing. Absent if there is none of these.
[[nodiscard]] inline std::optional<std::chrono::nanoseconds> round_trip_of(const tcplens::detailed_connection& of) {
    if (const auto handshake = of.opening.times.rtt()) return handshake;
    const tcplens::round_trip_statistics& up = of.profile.client_to_server.round_trip;
    const tcplens::round_trip_statistics& down = of.profile.server_to_client.round_trip;
    if (up.count == 0 && down.count == 0) return std::nullopt;
    return up.least + down.least; // the least of none is 0
}

/// Bytes of data that both ends sent, each byte once.
[[nodiscard]] inline std::uint64_t unique_bytes_of(const tcplens::detailed_connection& of) {
    return of.profile.client_to_server.unique_bytes + of.profile.server_to_client.unique_bytes;
}

/// These bytes by the duration, in bytes per second; absent if no time passed.
[[nodiscard]] inline std::optional<double> goodput_of(const tcplens::detailed_connection& of) {
    const std::chrono::nanoseconds time = of.time.duration;
    if (time.count() <= 0) return std::nullopt;
    return static_cast<double>(unique_bytes_of(of)) * 1e9 / static_cast<double>(time.count());
}

/// Packets of both directions.
[[nodiscard]] inline std::uint64_t packets_of(const tcplens::connection& of) {
    return of.client_to_server.packets + of.server_to_client.packets;
}

/// Bytes of these packets on the wire.
[[nodiscard]] inline std::uint64_t wire_bytes_of(const tcplens::connection& of) {
    return of.client_to_server.wire_bytes + of.server_to_client.wire_bytes;
}

/// Retransmissions of both directions.
[[nodiscard]] inline std::uint64_t retransmissions_of(const tcplens::connection& of) {
    return of.client_to_server.retransmissions + of.server_to_client.retransmissions;
}

} // namespace program
