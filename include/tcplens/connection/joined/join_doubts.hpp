// SPDX-License-Identifier: MIT
#pragma once

#include "joined_connection.hpp"
#include "trace_events.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

namespace tcplens::inline v1::detail {

/// Marks connections that come out otherwise when another way of following the events puts packets whose time is not known
/// earlier than `replayed` did.
inline void mark_differences(std::span<const trace_event> events, const replayed_events& replayed,
                             const replayed_events& other, std::span<joined_connection* const> joined) {
    for (std::size_t i = 0; i < joined.size(); ++i) {
        if (i >= other.connections.size()) {
            joined[i]->doubts |= join_doubt::incarnations;
            continue;
        }
        const connection& a = replayed.connections[i];
        const connection& b = other.connections[i];
        if (std::tie(a.client, a.server, a.role_basis, a.handshake, a.close_reason, a.closed, a.closed_by) !=
            std::tie(b.client, b.server, b.role_basis, b.handshake, b.close_reason, b.closed, b.closed_by)) {
            joined[i]->doubts |= join_doubt::order;
        }
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
        const std::uint32_t index = replayed.connection_of[i];
        if (index != other.connection_of[i]) joined[index]->doubts |= join_doubt::incarnations;
    }
}

/// Marks the connections from that of the first segment of an entry to that of its last, if these differ: the segments between may
/// be of any of them.
inline void mark_spanning_entries(std::span<const trace_event> events, const replayed_events& replayed,
                                  std::span<joined_connection* const> joined) {
    std::vector<std::int64_t> spanning(joined.size() + 1);
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto [from, to] = std::minmax(replayed.connection_of[events[i].first], replayed.connection_of[i]);
        if (from == to) continue;
        ++spanning[from];
        --spanning[to + 1];
    }
    std::int64_t spans = 0;
    for (std::size_t i = 0; i < joined.size(); ++i) {
        spans += spanning[i];
        if (spans > 0) joined[i]->doubts |= join_doubt::incarnations;
    }
}

/// Marks connections with a FIN amid data of the same sender that another table saw. Even if no order that was tried makes it a
/// close, one between may.
inline void mark_fins_amid_data(std::span<const trace_event> events, const replayed_events& replayed,
                                std::span<joined_connection* const> joined) {
    std::vector<const trace_event*> open;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const trace_event& event = events[i];
        if (event.first != i) std::erase(open, &events[event.first]);
        else if (event.entry->counted.packets > 2) open.push_back(&event);
        joined_connection& connection = *joined[replayed.connection_of[i]];
        if (event.first != i || !event.entry->flags.fin() || connection.close_reason == close_reason::normal) continue;
        const bool amid = std::ranges::any_of(open, [&](const trace_event* other) {
            return other->part != event.part && other->entry->from_lower == event.entry->from_lower;
        });
        if (amid) connection.doubts |= join_doubt::order;
    }
}

/// Marks all that depends on what the traces leave open. `replayed` has the plain segments as late as they may have been.
inline void mark_doubts(std::span<const trace_event> events, const joined_part& any_part, trace_replay& replay,
                        const replayed_events& replayed, std::span<joined_connection* const> joined) {
    for (const auto early : {trace_replay::early_senders{.lower = true, .higher = true},
                             trace_replay::early_senders{.lower = true, .higher = false},
                             trace_replay::early_senders{.lower = false, .higher = true}}) {
        mark_differences(events, replayed, replay_events(events, any_part, replay, early), joined);
    }
    mark_spanning_entries(events, replayed, joined);
    mark_fins_amid_data(events, replayed, joined);
}

} // namespace tcplens::inline v1::detail
