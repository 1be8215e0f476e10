// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/sequence_number.hpp"
#include "../direction_statistics.hpp"
#include "../tracking/send_sequence_space.hpp"
#include "joined_connection.hpp"
#include "trace_events.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail {

inline constexpr std::size_t no_part = (std::numeric_limits<std::size_t>::max)();

/// The highest sequence numbers of one sender in two parts, of all that saw it.
struct furthest_parts {
    std::array<std::size_t, 2> part{no_part, no_part};
    std::array<sequence_number, 2> reached{};

    void take(std::size_t from, sequence_number number) noexcept {
        const std::size_t place = part[0] == from || part[0] == no_part ? 0 : 1;
        // The numbers of one part go on, however far. Of numbers that cannot be compared the later counts.
        if (part[place] == no_part || part[place] == from || before(reached[place], number) ||
            beyond_max_window(reached[place], number)) {
            part[place] = from;
            reached[place] = number;
        }
        if (place == 1 && before(reached[0], reached[1])) {
            std::swap(part[0], part[1]);
            std::swap(reached[0], reached[1]);
        }
    }
};

/// For each entry (by trace_event::first): how many sequence numbers, from the begin of its first fresh segment on, its sender
/// may have used before the entry's end in segments of the same connection that other tables saw.
[[nodiscard]] inline std::vector<std::uint32_t> find_overlaps(std::span<const trace_event> events,
                                                              const replayed_events& replayed) {
    std::vector<std::array<furthest_parts, 2>> furthest_of(replayed.connections.size());
    std::vector<std::uint32_t> overlaps(events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
        const trace_event& event = events[i];
        const trace_entry& entry = *event.entry;
        furthest_parts& furthest = furthest_of[replayed.connection_of[event.first]][entry.from_lower];
        if (event.first == i && entry.reached_any) furthest.take(event.part, entry.reached);
        if (event.half == trace_replay::half::first && entry.counted.packets > 1) continue;
        const std::size_t other = furthest.part[0] == event.part ? 1 : 0;
        if (entry.fresh == 0 || furthest.part[other] == no_part) continue;
        overlaps[event.first] =
            static_cast<std::uint32_t>((std::max)(0, distance(entry.first_fresh, furthest.reached[other])));
    }
    return overlaps;
}

/// Bounds of the retransmissions of one direction of a connection that several tables saw.
[[nodiscard]] inline joined_connection::retransmission_bounds bound_direction(direction direction,
                                                                              std::span<const entry_share> shares,
                                                                              const connection& connection,
                                                                              const endpoint& low, joined_rules rules) {
    joined_connection::retransmission_bounds bounds;
    const direction_statistics& counted = connection.statistics(direction);
    bool apart = true; // one table saw all of this direction
    std::size_t seen_by = no_part;
    for (const entry_share& share : shares) {
        if (direction_of(*share.entry, connection, low) != direction) continue;
        if (seen_by == no_part) seen_by = share.part;
        apart = apart && seen_by == share.part;
        bounds.at_least += share.entry->certain_retransmissions;
        bounds.at_most += share.entry->doubtful;
    }
    switch (rules) {
    case joined_rules::evidence: break;
    case joined_rules::repeated_sequence:
        return {.at_least = counted.retransmissions, .at_most = apart ? counted.retransmissions : counted.data_packets};
    case joined_rules::other: return {.at_least = 0, .at_most = counted.data_packets + counted.syn + counted.fin};
    }
    // A SYN-ACK that answers the first of several SYNs was sent before, though no other was captured.
    if (counted.syn_ack > 0 && connection.statistics(opposite(direction)).syn > 1) ++bounds.at_most;
    if (apart) return bounds;
    for (const entry_share& share : shares) {
        if (direction_of(*share.entry, connection, low) != direction) continue;
        bounds.at_most += std::min<std::uint64_t>(share.entry->fresh, share.overlap);
    }
    return bounds;
}

/// For each part the index of the only connection that it has a share of; no_part if it has no share, many_connections if several.
inline constexpr std::size_t many_connections = no_part - 1;
[[nodiscard]] inline std::vector<std::size_t>
find_sole_connections(std::size_t part_count, std::span<const std::vector<entry_share>> shares_of_connections) {
    std::vector<std::size_t> sole_connection(part_count, no_part);
    for (std::size_t i = 0; i < shares_of_connections.size(); ++i) {
        for (const entry_share& share : shares_of_connections[i]) {
            std::size_t& sole = sole_connection[share.part];
            sole = sole == no_part || sole == i ? i : many_connections;
        }
    }
    return sole_connection;
}

/// Sets `parts` and the bounds of the retransmissions of a joined connection. `sole_connection`: see find_sole_connections().
inline void bound_retransmissions(joined_connection& joined, std::size_t index, std::span<const entry_share> shares,
                                  std::span<const std::size_t> sole_connection, const endpoint& low,
                                  joined_rules rules) {
    std::vector<std::size_t> parts;
    for (const entry_share& share : shares) parts.push_back(share.part);
    std::ranges::sort(parts);
    parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
    joined.parts = static_cast<std::uint32_t>(parts.size());
    // Where one table saw all of one connection, and took nothing else for the same, its count is right.
    const bool whole = parts.size() == 1 && sole_connection[parts[0]] == index;
    for (const direction direction : {direction::client_to_server, direction::server_to_client}) {
        joined_connection::retransmission_bounds& bounds = joined.retransmissions(direction);
        const std::uint64_t counted = joined.statistics(direction).retransmissions;
        bounds = {.at_least = counted, .at_most = counted};
        if (!whole) bounds = bound_direction(direction, shares, joined, low, rules);
        if (!bounds.exact()) joined.doubts |= join_doubt::retransmissions;
    }
}

} // namespace tcplens::inline v1::detail
