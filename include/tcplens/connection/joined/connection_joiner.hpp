// SPDX-License-Identifier: MIT
#pragma once

#include "../direction_statistics.hpp"
#include "../rules/segment_rules.hpp"
#include "connection_trace.hpp"
#include "join_doubts.hpp"
#include "join_options.hpp"
#include "joined_connection.hpp"
#include "joined_retransmissions.hpp"
#include "joined_rules.hpp"
#include "trace_events.hpp"
#include "trace_replay.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace tcplens::inline v1 {

namespace detail {

/// A connection of a table that has a trace_observer, or a copy of such a connection.
template <class Connection>
concept traced_connection = std::derived_from<Connection, connection> && requires(const Connection& traced) {
    { traced.trace.entries() } -> std::same_as<std::span<const trace_entry>>;
    { traced.trace.forgot } -> std::convertible_to<bool>;
};

} // namespace detail

/// Joins the connections that several tables saw in part into those that one table would have seen.
///
/// The tables may have seen one direction each, one part of the time each, or packets at random; each needs a trace_observer. Parts
/// of one connection are joined, and what one table took for one connection is split where other tables know better. Neither
/// the order in which connections are added nor the order in which joiners are merged changes the result: nothing is decided
/// before join().
///
/// The result, compared with one table that saw all packets:
/// - A connection that only one table saw: as that table has it.
/// - Packets, bytes and flags of each direction: the same, unless join_doubt::incarnations or join_doubt::forgotten is set.
/// - First and last packet and time: the same, if the order of the segments is known (see join_options::join_order).
/// - Roles, handshake, close, and the connections that there are: the same, unless join_doubt::order, join_doubt::incarnations or
///   join_doubt::forgotten is set. The traces leave open when segments between openings and closings came; the joiner
///   follows them once as late as possible, and three times with those of either side or both as early as possible, and sets a
///   doubt where that makes a difference.
/// - Retransmissions: the same where one table saw the whole connection; elsewhere bounds, which are right as long as nothing is
///   acknowledged before it is captured, or captured more than 16 packets of its sender late. Tables with
///   repeated_sequence_rules that saw one direction each give the same numbers.
///
/// What other observers know of a connection is not joined. Tables should not have removed connections early: what expiry cut
/// in two is joined again, unless a SYN lies between.
///
/// Memory: about 200 bytes for each entry of the traces and 300 for each connection. One joiner is for one thread.
class connection_joiner {
public:
    /// Makes an empty joiner.
    explicit connection_joiner(const join_options& options = {}) : options_(options) {}

    /// Adds one connection, of a table with these rules. A connection without entries in its trace, as no table makes it, adds
    /// nothing to the result. Constant time but for growing memory.
    template <class Rules = evidence_rules, detail::traced_connection Connection>
    void add(const Connection& traced) {
        parts_.push_back({.seen = traced,
                          .low = (std::min)(traced.client, traced.server),
                          .high = (std::max)(traced.client, traced.server),
                          .rules = detail::joined_rules_of<Rules>,
                          .forgot = traced.trace.forgot,
                          .first_entry = entries_.size(),
                          .entry_count = traced.trace.entries().size()});
        entries_.insert(entries_.end(), traced.trace.entries().begin(), traced.trace.entries().end());
    }

    /// Adds all connections of a table or of another range. The rules of a table are known from its type; `Rules` are those of the
    /// table that the connections of any other range come from.
    template <class Rules = evidence_rules, std::ranges::input_range Connections>
    requires detail::traced_connection<std::ranges::range_value_t<Connections>>
    void add_all(Connections&& connections) {
        using rules = typename detail::rules_of_range<std::remove_cvref_t<Connections>, Rules>::type;
        for (const auto& traced : connections) add<rules>(traced);
    }

    /// Adds all that was added to another joiner. The options of the other are ignored.
    void merge(const connection_joiner& other) {
        const std::size_t had_parts = parts_.size(), had_entries = entries_.size();
        const std::size_t more_parts = other.parts_.size(), more_entries = other.entries_.size();
        parts_.resize(had_parts + more_parts);
        entries_.resize(had_entries + more_entries);
        std::copy_n(other.parts_.begin(), more_parts, parts_.begin() + static_cast<std::ptrdiff_t>(had_parts));
        std::copy_n(other.entries_.begin(), more_entries, entries_.begin() + static_cast<std::ptrdiff_t>(had_entries));
        for (std::size_t i = had_parts; i < parts_.size(); ++i) parts_[i].first_entry += had_entries;
    }

    /// The number of connections that were added.
    [[nodiscard]] std::size_t size() const noexcept { return parts_.size(); }

    /// Joins all that was added. Returns the connections in the order of their first packets.
    ///
    /// The joiner remains as it is, so more can be added and joined again. Takes time linear in the entries, except for sorting, and
    /// allocates.
    [[nodiscard]] std::vector<joined_connection> join() const {
        std::vector<detail::joined_part> parts = parts_;
        std::ranges::sort(parts, [&](const detail::joined_part& a, const detail::joined_part& b) {
            return detail::compare_parts(a, b, entries_) < 0;
        });
        std::vector<placed_connection> found;
        detail::trace_replay replay{options_.split_incarnations};
        for (auto first = parts.begin(); first != parts.end();) {
            const auto last = std::find_if(
                first, parts.end(), [&](const detail::joined_part& part) { return !first->has_same_endpoints(part); });
            join_group({first, last}, replay, found);
            first = last;
        }
        // Connections with the same place remain in the order of their endpoints.
        std::ranges::stable_sort(
            found, [](const placed_connection& a, const placed_connection& b) { return a.place < b.place; });
        std::vector<joined_connection> result;
        result.reserve(found.size());
        for (const placed_connection& placed : found) {
            result.push_back(placed.joined);
            result.back().number = result.size() - 1;
        }
        return result;
    }

private:
    struct placed_connection {
        detail::event_time place{}; ///< of its first packet
        joined_connection joined{};
    };

    /// Joins the parts of one pair of endpoints.
    void join_group(std::span<const detail::joined_part> parts, detail::trace_replay& replay,
                    std::vector<placed_connection>& found) const {
        const std::vector<detail::trace_event> events = detail::order_events(parts, entries_, options_.order);
        if (parts.size() == 1) { // most are
            if (!events.empty()) found.push_back({.place = events[0].when, .joined = as_seen(parts[0])});
            return;
        }
        const detail::replayed_events replayed = detail::replay_events(events, parts[0], replay, {});
        const std::size_t first_made = found.size();
        for (const connection& made : replayed.connections) {
            found.emplace_back();
            static_cast<connection&>(found.back().joined) = made;
        }
        const std::span made = std::span{found}.subspan(first_made);
        std::vector<std::vector<detail::entry_share>> shares(made.size());
        const std::vector<std::uint32_t> overlaps = detail::find_overlaps(events, replayed);
        for (std::size_t i = 0; i < events.size(); ++i) {
            if (events[i].first != i) continue;
            const std::uint32_t index = replayed.connection_of[i];
            if (shares[index].empty()) made[index].place = events[i].when;
            shares[index].push_back({events[i].entry, events[i].part, overlaps[i]});
        }
        const std::vector<std::size_t> sole_connection = detail::find_sole_connections(parts.size(), shares);
        const bool forgot = std::ranges::any_of(parts, &detail::joined_part::forgot);
        std::vector<joined_connection*> joined;
        for (std::size_t i = 0; i < made.size(); ++i) {
            joined.push_back(&made[i].joined);
            count(shares[i], *joined[i], parts[0].low);
            detail::bound_retransmissions(*joined[i], i, shares[i], sole_connection, parts[0].low, rules_of(parts));
            if (forgot) joined[i]->doubts |= join_doubt::forgotten;
        }
        detail::mark_doubts(events, parts[0], replay, replayed, joined);
    }

    /// The rules of all parts, if they are the same.
    [[nodiscard]] static detail::joined_rules rules_of(std::span<const detail::joined_part> parts) noexcept {
        const detail::joined_rules rules = parts[0].rules;
        const bool same = std::ranges::all_of(parts, [&](const auto& part) { return part.rules == rules; });
        return same ? rules : detail::joined_rules::other;
    }

    [[nodiscard]] static joined_connection as_seen(const detail::joined_part& only) noexcept {
        joined_connection joined{only.seen};
        joined.parts = 1;
        const std::uint64_t up = joined.client_to_server.retransmissions;
        const std::uint64_t down = joined.server_to_client.retransmissions;
        joined.to_server = {.at_least = up, .at_most = up};
        joined.to_client = {.at_least = down, .at_most = down};
        return joined;
    }

    static void count(std::span<const detail::entry_share> shares, joined_connection& joined,
                      const endpoint& low) noexcept {
        joined.client_to_server = joined.server_to_client = {};
        for (const detail::entry_share& share : shares) {
            joined.statistics(detail::direction_of(*share.entry, joined, low)).add(share.entry->counted);
        }
    }

    join_options options_;
    std::vector<detail::joined_part> parts_{};
    std::vector<detail::trace_entry> entries_{};
};

/// Joins the connections of several tables, or of other ranges of traced connections, in one call.
///
/// `Rules` matter for ranges that are no tables: see connection_joiner::add_all().
template <class Rules = evidence_rules, std::ranges::input_range Tables>
requires std::ranges::input_range<std::ranges::range_reference_t<Tables>>
[[nodiscard]] std::vector<joined_connection> merge_connections(Tables&& tables, const join_options& options = {}) {
    connection_joiner joiner{options};
    for (auto&& table : tables) joiner.add_all<Rules>(table);
    return joiner.join();
}

} // namespace tcplens::inline v1
