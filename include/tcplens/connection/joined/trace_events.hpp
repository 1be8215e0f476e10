// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../../wire/endpoint.hpp"
#include "../connection.hpp"
#include "connection_trace.hpp"
#include "join_options.hpp"
#include "joined_rules.hpp"
#include "trace_replay.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <tuple>
#include <vector>

namespace tcplens::inline v1::detail {

/// What one table saw of a connection. The entries of its trace are elsewhere, since most parts have few.
struct joined_part {
    connection seen{};
    endpoint low{};  ///< the lower of the two endpoints
    endpoint high{}; ///< the higher of the two endpoints
    joined_rules rules = joined_rules::evidence;
    bool forgot = false; ///< as basic_connection_trace::forgot
    std::size_t first_entry = 0;
    std::size_t entry_count = 0;

    [[nodiscard]] bool has_same_endpoints(const joined_part& other) const noexcept {
        return low == other.low && high == other.high && seen.network == other.seen.network;
    }
    [[nodiscard]] std::span<const trace_entry> entries_in(std::span<const trace_entry> all) const noexcept {
        return all.subspan(first_entry, entry_count);
    }
};

/// A total order of parts by their endpoints, and then by all else that matters.
[[nodiscard]] inline std::strong_ordering compare_parts(const joined_part& a, const joined_part& b,
                                                        std::span<const trace_entry> entries) noexcept {
    if (const auto ends = std::tie(a.low, a.high, a.seen.network) <=> std::tie(b.low, b.high, b.seen.network);
        ends != 0)
        return ends;
    const auto entries_of_a = a.entries_in(entries), entries_of_b = b.entries_in(entries);
    // libc++ 16 has no std::lexicographical_compare_three_way
    for (std::size_t i = 0; i < (std::min)(entries_of_a.size(), entries_of_b.size()); ++i) {
        if (const auto order = trace_replay::compare(entries_of_a[i], entries_of_b[i]); order != 0) return order;
    }
    return std::tuple{entries_of_a.size(), a.forgot, a.rules} <=> std::tuple{entries_of_b.size(), b.forgot, b.rules};
}

/// When an event happened: as captured, and in its table's order where clocks or numbers run back.
struct event_time {
    timestamp time{};
    std::uint64_t packet = 0;
    [[nodiscard]] friend bool operator<(const event_time& a, const event_time& b) noexcept {
        return a.time != b.time ? a.time < b.time : a.packet < b.packet; // libc++ 16 has no <=> for times
    }
};

/// The first segment of an entry, or the segments after it.
struct trace_event {
    event_time when{};
    std::size_t part = 0;       ///< index of its part
    std::uint64_t position = 0; ///< within the part
    const trace_entry* entry = nullptr;
    trace_replay::half half{};
    std::size_t first = 0; ///< index of the event that is the first half of the same entry

    [[nodiscard]] bool operator<(const trace_event& other) const noexcept {
        return std::tie(when.time, when.packet, part, position) <
               std::tie(other.when.time, other.when.packet, other.part, other.position);
    }
};

/// Puts the events of one part into its table's order, and lets none of them be earlier than the one before it.
inline void order_as_table(std::span<trace_event> events, join_options::join_order order) {
    std::ranges::sort(events, {}, &trace_event::position);
    event_time latest{};
    for (std::size_t i = 0; i < events.size(); ++i) {
        event_time& when = events[i].when;
        if (order == join_options::join_order::packet_number) when.time = {};
        if (i == 0 || latest < when) latest = when;
        else when = latest;
    }
}

/// What happened in the parts of one pair of endpoints, in order.
[[nodiscard]] inline std::vector<trace_event>
order_events(std::span<const joined_part> parts, std::span<const trace_entry> entries, join_options::join_order order) {
    std::vector<trace_event> events;
    std::size_t entry_count = 0; // until all events are in order, trace_event::first is the number of the entry
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::size_t first_of_part = events.size();
        for (const trace_entry& entry : parts[i].entries_in(entries)) {
            events.push_back({.when = {entry.first_time, entry.first_packet},
                              .part = i,
                              .position = entry.first_position,
                              .entry = &entry,
                              .half = trace_replay::half::first,
                              .first = entry_count++});
            if (entry.counted.packets == 1) continue;
            events.push_back({.when = {entry.last_time, entry.last_packet},
                              .part = i,
                              .position = entry.last_position,
                              .entry = &entry,
                              .half = trace_replay::half::rest,
                              .first = entry_count - 1});
        }
        order_as_table(std::span{events}.subspan(first_of_part), order);
    }
    std::ranges::sort(events, [](const trace_event& a, const trace_event& b) { return a < b; });
    std::vector<std::size_t> first_event(entry_count);
    for (std::size_t i = 0; i < events.size(); ++i) {
        std::size_t& first = first_event[events[i].first];
        if (events[i].half == trace_replay::half::first) first = i;
        events[i].first = first;
    }
    return events;
}

/// The connections that one way of following the events makes of them.
struct replayed_events {
    std::vector<connection> connections{};
    std::vector<std::uint32_t> connection_of{}; ///< for each event the index of its connection
};

[[nodiscard]] inline replayed_events replay_events(std::span<const trace_event> events, const joined_part& any_part,
                                                   trace_replay& replay, trace_replay::early_senders early) {
    replayed_events result;
    replay.begin(any_part.low, any_part.high, any_part.seen.network, early);
    for (const trace_event& event : events) result.connection_of.push_back(replay.follow(*event.entry, event.half));
    result.connections = replay.connections();
    return result;
}

/// An entry, as a share of a joined connection.
struct entry_share {
    const trace_entry* entry = nullptr;
    std::size_t part = 0;
    std::uint32_t overlap = 0; ///< see find_overlaps()
};

/// The direction of the segments of an entry. `low` is the lower of the connection's endpoints.
[[nodiscard]] inline direction direction_of(const trace_entry& entry, const connection& connection,
                                            const endpoint& low) noexcept {
    return (entry.from_lower || connection.client == connection.server) == (connection.client == low)
               ? direction::client_to_server
               : direction::server_to_client;
}

} // namespace tcplens::inline v1::detail
