// SPDX-License-Identifier: MIT
#pragma once

#include "../direction_statistics.hpp"
#include "../table/connection_table.hpp"
#include "connection_trace.hpp"
#include "joined_connection.hpp"
#include "trace_replay.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ranges>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace tcplens::inline v0 {

namespace detail {

/// By what the tables judged, as far as it matters to what can be said of retransmissions that no table saw as such.
enum class joined_rules : std::uint8_t { evidence, repeated_sequence, other };

/// What says which of two segments that different tables saw came first.
enum class join_order : std::uint8_t {
    time,          ///< their times: clocks must agree better than the time between a segment and its answer
    packet_number, ///< their numbers: for packets of one capture that were dealt to several tables
};

} // namespace detail

struct join_options {
    detail::join_order order = detail::join_order::time;
    detail::joined_rules rules = detail::joined_rules::evidence;
    bool split_incarnations = true; ///< as table_options::split_incarnations of the tables
};

/// A connection of a table that has a trace_observer, or a copy of one.
template <class Connection>
concept traced_connection = std::derived_from<Connection, connection> && requires(const Connection& of) {
    { of.trace.entries() } -> std::same_as<std::span<const detail::trace_entry>>;
    { of.trace.forgot } -> std::convertible_to<bool>;
};

/// Connections of several tables, to be seen as those of one: whatever the tables saw, directions apart, one after the other or
/// packets at random, what belongs together is joined, and what one table took for one connection is parted where others know
/// better. It is a bag: neither the order in which connections are added nor that in which joiners are merged changes anything,
/// and nothing is decided before join(), so that what one more table saw can still change it.
///
/// What comes out, against one table that saw all packets:
/// - what one table alone saw of its two endpoints: as it went in;
/// - packets, bytes and flags: the same for each direction, unless join_doubt::incarnations or forgotten is set;
/// - first and last packet and time: the same, if the order is known (see join_order);
/// - roles, handshake, close, and which connections there were: the same, unless join_doubt::order, incarnations or forgotten is
///   set. The traces are followed as a table follows segments, once with what lies between openings and closings as late as it may
///   have been, and three times with that of either end or both as early; a doubt is set where that makes a difference;
/// - retransmissions: the same where one table saw all of it; else within bounds, as long as nothing is acknowledged before it is
///   captured, or captured more than 16 packets of its sender late. With repeated_sequence_rules (joined_rules says so) they are the same if each direction was seen by one table.
/// What observers told is not joined, and no table may have let a connection go before its time: what expiry cut in two is made
/// one again, unless a SYN lies between.
///
/// It holds some 200 bytes for each entry of the traces and 300 for each connection; join() takes time that is linear in them, but
/// for the sorting.
class connection_joiner {
public:
    explicit connection_joiner(const join_options& options = {}) : options_(options) {}

    /// One that has no entries in its trace, as no table makes it, is nothing.
    template <traced_connection Connection>
    void add(const Connection& of) {
        parts_.push_back({.seen = of,
                          .low = (std::min)(of.client, of.server),
                          .high = (std::max)(of.client, of.server),
                          .forgot = of.trace.forgot,
                          .first_entry = entries_.size(),
                          .entry_count = of.trace.entries().size()});
        entries_.insert(entries_.end(), of.trace.entries().begin(), of.trace.entries().end());
    }

    /// All of a table, or of any other range.
    template <std::ranges::input_range Connections>
    requires traced_connection<std::ranges::range_value_t<Connections>>
    void add_all(Connections&& connections) {
        for (const auto& each : connections) add(each);
    }

    /// All that were added to another.
    void merge(const connection_joiner& other) {
        const std::size_t had_parts = parts_.size(), had_entries = entries_.size();
        const std::size_t more_parts = other.parts_.size(), more_entries = other.entries_.size();
        parts_.resize(had_parts + more_parts);
        entries_.resize(had_entries + more_entries);
        std::copy_n(other.parts_.begin(), more_parts, parts_.begin() + static_cast<std::ptrdiff_t>(had_parts));
        std::copy_n(other.entries_.begin(), more_entries, entries_.begin() + static_cast<std::ptrdiff_t>(had_entries));
        for (std::size_t i = had_parts; i < parts_.size(); ++i) parts_[i].first_entry += had_entries;
    }

    /// How many were added.
    [[nodiscard]] std::size_t size() const noexcept { return parts_.size(); }

    /// The connections, in the order of their first packets.
    [[nodiscard]] std::vector<joined_connection> join() const {
        std::vector<part> parts = parts_;
        std::ranges::sort(parts, [&](const part& a, const part& b) { return compare(a, b) < 0; });
        std::vector<joined> found;
        detail::trace_replay replay{options_.split_incarnations};
        for (auto first = parts.begin(); first != parts.end();) {
            const auto last = std::find_if(first, parts.end(), [&](const part& each) { return !first->meets(each); });
            join_group({first, last}, replay, found);
            first = last;
        }
        // Of equals, the ends decide: `parts` were in order.
        std::ranges::stable_sort(found, [&](const joined& a, const joined& b) { return a.place < b.place; });
        std::vector<joined_connection> result;
        result.reserve(found.size());
        for (const joined& each : found) {
            result.push_back(each.told);
            result.back().number = result.size() - 1;
        }
        return result;
    }

private:
    struct part {
        connection seen{};
        endpoint low{};
        endpoint high{};
        bool forgot = false;
        std::size_t first_entry = 0;
        std::size_t entry_count = 0;

        [[nodiscard]] bool meets(const part& other) const noexcept {
            return low == other.low && high == other.high && seen.network == other.seen.network;
        }
    };

    /// When something happened: as captured, and its table's order where clocks or numbers run back.
    struct moment {
        timestamp time{};
        std::uint64_t packet = 0;
        [[nodiscard]] friend bool operator<(const moment& a, const moment& b) noexcept {
            return a.time != b.time ? a.time < b.time : a.packet < b.packet; // libc++ 16 has no <=> for times
        }
    };

    /// The first segment of an entry, or those after it.
    struct happening {
        moment when{};
        std::size_t part = 0;
        std::uint64_t position = 0; ///< within the part
        const detail::trace_entry* entry = nullptr;
        detail::trace_replay::half half{};
        std::size_t first = 0; ///< which happening is the first half of the same entry

        [[nodiscard]] bool operator<(const happening& other) const noexcept {
            return std::tie(when.time, when.packet, part, position) <
                   std::tie(other.when.time, other.when.packet, other.part, other.position);
        }
    };

    struct joined {
        moment place{};
        joined_connection told{};
    };

    [[nodiscard]] std::span<const detail::trace_entry> entries_of(const part& of) const noexcept {
        return std::span{entries_}.subspan(of.first_entry, of.entry_count);
    }

    [[nodiscard]] std::strong_ordering compare(const part& a, const part& b) const noexcept {
        if (const auto ends = std::tie(a.low, a.high, a.seen.network) <=> std::tie(b.low, b.high, b.seen.network);
            ends != 0)
            return ends;
        const auto of_a = entries_of(a), of_b = entries_of(b);
        // libc++ 16 has no std::lexicographical_compare_three_way
        for (std::size_t i = 0; i < (std::min)(of_a.size(), of_b.size()); ++i) {
            if (const auto entries = detail::trace_replay::compare(of_a[i], of_b[i]); entries != 0) return entries;
        }
        return std::tuple{of_a.size(), a.forgot} <=> std::tuple{of_b.size(), b.forgot};
    }

    /// What happened in the parts, in order.
    [[nodiscard]] std::vector<happening> order(std::span<const part> parts) const {
        std::vector<happening> all;
        std::size_t numbered = 0; // entries; until all are in order, `first` is the number of the entry
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto had = static_cast<std::ptrdiff_t>(all.size());
            for (const detail::trace_entry& each : entries_of(parts[i])) {
                all.push_back({.when = {each.first_time, each.first_packet},
                               .part = i,
                               .position = each.first_position,
                               .entry = &each,
                               .half = detail::trace_replay::half::first,
                               .first = numbered++});
                if (each.counted.packets == 1) continue;
                all.push_back({.when = {each.last_time, each.last_packet},
                               .part = i,
                               .position = each.last_position,
                               .entry = &each,
                               .half = detail::trace_replay::half::rest,
                               .first = numbered - 1});
            }
            // A table has its own order, though times may run back in it.
            const auto begin = all.begin() + had;
            std::sort(begin, all.end(), [](const auto& a, const auto& b) { return a.position < b.position; });
            moment latest{};
            for (auto each = begin; each != all.end(); ++each) {
                if (options_.order == detail::join_order::packet_number) each->when.time = {};
                if (each == begin || latest < each->when) latest = each->when;
                else each->when = latest;
            }
        }
        std::ranges::sort(all, [](const auto& a, const auto& b) { return a < b; });
        std::vector<std::size_t> first(numbered);
        for (std::size_t i = 0; i < all.size(); ++i) {
            std::size_t& of_entry = first[all[i].first];
            if (all[i].half == detail::trace_replay::half::first) of_entry = i;
            all[i].first = of_entry;
        }
        return all;
    }

    /// What one direction of following the entries makes of them.
    struct telling {
        std::vector<connection> connections{};
        std::vector<std::uint32_t> went_to{}; ///< for each happening the place of its connection there
    };

    [[nodiscard]] static telling follow(std::span<const happening> all, const part& of, detail::trace_replay& replay,
                                        detail::trace_replay::early_senders early) {
        telling told;
        replay.begin(of.low, of.high, of.seen.network, early);
        for (const happening& each : all) told.went_to.push_back(replay.follow(*each.entry, each.half));
        told.connections = replay.connections();
        return told;
    }

    void join_group(std::span<const part> parts, detail::trace_replay& replay, std::vector<joined>& found) const {
        const std::vector<happening> all = order(parts);
        if (parts.size() == 1) { // most are
            if (!all.empty()) found.push_back({.place = all[0].when, .told = as_seen(parts[0])});
            return;
        }
        const telling told = follow(all, parts[0], replay, {});
        const std::size_t had = found.size();
        for (const connection& each : told.connections) {
            found.emplace_back();
            static_cast<connection&>(found.back().told) = each;
        }
        const std::span made = std::span{found}.subspan(had);
        std::vector<std::vector<share>> shares(made.size());
        const std::vector<std::uint32_t> overlaps = find_overlaps(all, told);
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i].first != i) continue;
            std::vector<share>& of = shares[told.went_to[i]];
            if (of.empty()) made[told.went_to[i]].place = all[i].when;
            of.push_back({all[i].entry, all[i].part, overlaps[i]});
        }
        for (std::size_t i = 0; i < made.size(); ++i) count(shares[i], made[i].told, parts[0].low);
        bound_retransmissions(parts, shares, made);
        find_doubts(all, parts[0], told, replay, made);
        if (std::ranges::none_of(parts, &part::forgot)) return;
        for (joined& each : made) each.told.doubts |= join_doubt::forgotten;
    }

    /// An entry, as a share of a connection.
    struct share {
        const detail::trace_entry* entry = nullptr;
        std::size_t part = 0;
        std::uint32_t overlap = 0; ///< as find_overlaps() says
    };

    [[nodiscard]] static joined_connection as_seen(const part& only) noexcept {
        joined_connection told{only.seen};
        told.parts = 1;
        const std::uint64_t up = told.client_to_server.retransmissions, down = told.server_to_client.retransmissions;
        told.to_server = {.at_least = up, .at_most = up};
        told.to_client = {.at_least = down, .at_most = down};
        return told;
    }

    [[nodiscard]] static direction way_of(bool from_lower, const connection& of, const endpoint& low) noexcept {
        return (from_lower || of.client == of.server) == (of.client == low) ? direction::client_to_server
                                                                            : direction::server_to_client;
    }

    static void count(std::span<const share> entries, joined_connection& of, const endpoint& low) noexcept {
        of.client_to_server = of.server_to_client = {};
        for (const share& each : entries)
            of.statistics(way_of(each.entry->from_lower, of, low)).add(each.entry->counted);
    }

    void bound_retransmissions(std::span<const part> parts, std::span<const std::vector<share>> shares,
                               std::span<joined> made) const {
        // Where one table saw all of one connection, and nothing else as the same, its count is right.
        constexpr std::size_t many = none - 1;
        std::vector<std::size_t> sole_connection(parts.size(), none);
        for (std::size_t i = 0; i < shares.size(); ++i) {
            for (const share& each : shares[i]) {
                std::size_t& sole = sole_connection[each.part];
                sole = sole == none || sole == i ? i : many;
            }
        }
        for (std::size_t i = 0; i < shares.size(); ++i) {
            joined_connection& of = made[i].told;
            std::vector<std::size_t> from;
            for (const share& each : shares[i]) from.push_back(each.part);
            std::ranges::sort(from);
            from.erase(std::unique(from.begin(), from.end()), from.end());
            of.parts = static_cast<std::uint32_t>(from.size());
            const bool whole = from.size() == 1 && sole_connection[from[0]] == i;
            for (const direction direction : {direction::client_to_server, direction::server_to_client}) {
                retransmission_bounds& bounds = of.retransmissions(direction);
                const std::uint64_t counted = of.statistics(direction).retransmissions;
                bounds = {.at_least = counted, .at_most = counted};
                if (!whole) bounds = bound(direction, shares[i], of, parts[0].low);
                if (!bounds.exact()) of.doubts |= join_doubt::retransmissions;
            }
        }
    }

    [[nodiscard]] retransmission_bounds bound(direction direction, std::span<const share> entries, const connection& of,
                                              const endpoint& low) const {
        retransmission_bounds bounds;
        const direction_statistics& counted = of.statistics(direction);
        bool apart = true; // one table saw all of this direction
        std::size_t seen_by = none;
        for (const share& each : entries) {
            if (way_of(each.entry->from_lower, of, low) != direction) continue;
            if (seen_by == none) seen_by = each.part;
            apart = apart && seen_by == each.part;
            bounds.at_least += each.entry->certain_retransmissions;
            bounds.at_most += each.entry->doubtful;
        }
        switch (options_.rules) {
        case detail::joined_rules::evidence: break;
        case detail::joined_rules::repeated_sequence:
            return {.at_least = counted.retransmissions,
                    .at_most = apart ? counted.retransmissions : counted.data_packets};
        case detail::joined_rules::other:
            return {.at_least = 0, .at_most = counted.data_packets + counted.syn + counted.fin};
        }
        // A SYN-ACK that answers the first of several SYNs was sent before, though no other was captured.
        if (counted.syn_ack > 0 && of.statistics(opposite(direction)).syn > 1) ++bounds.at_most;
        if (apart) return bounds;
        for (const share& each : entries) {
            if (way_of(each.entry->from_lower, of, low) != direction) continue;
            bounds.at_most += std::min<std::uint64_t>(each.entry->fresh, each.overlap);
        }
        return bounds;
    }

    /// For each entry (by entry_index): how many sequence numbers, from where its first fresh segment begins, its sender may have
    /// used before its end in segments of the same connection that other tables saw.
    [[nodiscard]] static std::vector<std::uint32_t> find_overlaps(std::span<const happening> all, const telling& told) {
        /// The furthest that two tables saw.
        struct furthest {
            std::array<std::size_t, 2> part{none, none};
            std::array<sequence_number, 2> reached{};

            void take(std::size_t of, sequence_number at) noexcept {
                const std::size_t own = part[0] == of || part[0] == none ? 0 : 1;
                // One table's go on, however far. Of two that cannot be compared the later counts.
                if (part[own] == none || part[own] == of || before(reached[own], at) ||
                    detail::beyond_max_window(reached[own], at)) {
                    part[own] = of;
                    reached[own] = at;
                }
                if (own == 1 && before(reached[0], reached[1])) {
                    std::swap(part[0], part[1]);
                    std::swap(reached[0], reached[1]);
                }
            }
        };
        std::vector<std::array<furthest, 2>> seen(told.connections.size());
        std::vector<std::uint32_t> overlaps(all.size());
        for (std::size_t i = 0; i < all.size(); ++i) {
            const detail::trace_entry& entry = *all[i].entry;
            const std::uint32_t to = told.went_to[all[i].first];
            furthest& most = seen[to][entry.from_lower];
            if (all[i].first == i && entry.reached_any) most.take(all[i].part, entry.reached);
            if (all[i].half == detail::trace_replay::half::first && entry.counted.packets > 1) continue;
            const std::size_t other = most.part[0] == all[i].part ? 1 : 0;
            if (entry.fresh == 0 || most.part[other] == none) continue;
            overlaps[all[i].first] =
                static_cast<std::uint32_t>((std::max)(0, distance(entry.first_fresh, most.reached[other])));
        }
        return overlaps;
    }

    /// Marks what comes out otherwise when packets whose moment is not known are put as early as they may have been.
    static void find_doubts(std::span<const happening> all, const part& of, const telling& told,
                            detail::trace_replay& replay, std::span<joined> made) {
        for (const auto early : {detail::trace_replay::early_senders{.lower = true, .higher = true},
                                 detail::trace_replay::early_senders{.lower = true, .higher = false},
                                 detail::trace_replay::early_senders{.lower = false, .higher = true}}) {
            const telling other = follow(all, of, replay, early);
            for (std::size_t i = 0; i < made.size(); ++i) {
                if (i >= other.connections.size()) {
                    made[i].told.doubts |= join_doubt::incarnations;
                    continue;
                }
                const connection& a = told.connections[i];
                const connection& b = other.connections[i];
                if (std::tie(a.client, a.server, a.role_basis, a.handshake, a.close_reason, a.closed, a.closed_by) !=
                    std::tie(b.client, b.server, b.role_basis, b.handshake, b.close_reason, b.closed, b.closed_by)) {
                    made[i].told.doubts |= join_doubt::order;
                }
            }
            for (std::size_t i = 0; i < all.size(); ++i) {
                if (told.went_to[i] != other.went_to[i]) made[told.went_to[i]].told.doubts |= join_doubt::incarnations;
            }
        }
        // An entry whose first segment is of one connection and its last of another: the rest may be of any between.
        std::vector<std::int64_t> spanning(made.size() + 1);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto [from, to] = std::minmax(told.went_to[all[i].first], told.went_to[i]);
            if (from == to) continue;
            ++spanning[from];
            --spanning[to + 1];
        }
        std::int64_t spans = 0;
        for (std::size_t i = 0; i < made.size(); ++i) {
            spans += spanning[i];
            if (spans > 0) made[i].told.doubts |= join_doubt::incarnations;
        }
        // A FIN amid data of its own sender that another table saw: where neither early nor late makes it a close, something
        // between may have.
        std::vector<const happening*> open;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i].first != i) std::erase(open, &all[all[i].first]);
            else if (all[i].entry->counted.packets > 2) open.push_back(&all[i]);
            joined_connection& fins = made[told.went_to[i]].told;
            if (all[i].first != i || !all[i].entry->flags.fin() || fins.close_reason == close_reason::normal) continue;
            const bool amid = std::ranges::any_of(open, [&](const happening* each) {
                return each->part != all[i].part && each->entry->from_lower == all[i].entry->from_lower;
            });
            if (amid) fins.doubts |= join_doubt::order;
        }
    }

    static constexpr std::size_t none = (std::numeric_limits<std::size_t>::max)();

    join_options options_;
    std::vector<part> parts_{};
    std::vector<detail::trace_entry> entries_{};
};

/// The connections of two joiners, as if they had been added to one.
[[nodiscard]] inline connection_joiner merge(connection_joiner a, const connection_joiner& b) {
    a.merge(b);
    return a;
}

/// Joins the connections of several tables, or of other ranges of them.
template <std::ranges::input_range Tables>
requires std::ranges::input_range<std::ranges::range_reference_t<Tables>>
[[nodiscard]] std::vector<joined_connection> merge_connections(Tables&& tables, const join_options& options = {}) {
    connection_joiner joiner{options};
    for (auto&& each : tables) joiner.add_all(each);
    return joiner.join();
}

} // namespace tcplens::inline v0
