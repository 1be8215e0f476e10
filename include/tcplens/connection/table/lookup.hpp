// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/choose.hpp"
#include "../../base/compiler.hpp"
#include "../../base/prefetch.hpp"
#include "../../wire/endpoint.hpp"
#include "../../wire/segment.hpp"
#include "../connection.hpp"
#include "../direction.hpp"
#include "../direction_statistics.hpp"
#include "../rules/segment_rules.hpp"
#include "../side.hpp"
#include "connection_index.hpp"
#include "record_store.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Not a side: the segment is of another connection, or its side is not known.
inline constexpr side neither{2};

/// Which side of a connection sent `next`, or `neither` if that is of other endpoints.
template <class Record>
[[nodiscard]] TCPLENS_NOINLINE side sender_by_address(const Record& record, const segment& next) noexcept {
    const connection& known = record.connection;
    if (known.network != next.network) return neither;
    const bool from_client = known.client == next.source && known.server == next.destination;
    if (!from_client && !(known.server == next.source && known.client == next.destination)) return neither;
    if (next.source == next.destination) return side::first; // the sides cannot be told apart
    return record.machine.sender_of(from_client ? direction::client_to_server : direction::server_to_client);
}
template <class Record>
[[nodiscard]] TCPLENS_ALWAYS_INLINE side sender_in(const Record& record, const segment& next) noexcept {
    const connection& known = record.connection;
    if (known.client.port == known.server.port) return sender_by_address(record, next);
    // The direction of the next packet cannot be predicted, so it is computed without a branch.
    const bool from_client = known.client.port == next.source.port;
    const endpoint& source = choose_object(from_client, known.client, known.server);
    const endpoint& destination = choose_object(from_client, known.server, known.client);
    const bool same_source = source == next.source;
    const bool same_destination = destination == next.destination;
    if (!(same_source & same_destination) || known.network != next.network) return neither;
    return record.machine.sender_of(from_client ? direction::client_to_server : direction::server_to_client);
}

/// connection::statistics() without a branch.
template <class Connection>
[[nodiscard]] TCPLENS_ALWAYS_INLINE auto& statistics_of(Connection& of, direction way) noexcept {
    return choose_object(way == direction::client_to_server, of.client_to_server, of.server_to_client);
}

/// Finds the latest connection of two endpoints, and fetches what its next segment touches.
///
/// Segments are looked up in batches. First prefetch() is called for all of a batch, which fetches the index; then
/// prefetch_connection(), which fetches what every segment of a connection touches; then prefetch_side(), which fetches what those
/// of one side touch.
template <class Record>
class connection_lookup {
    using rules_type = typename Record::rules_type;

public:
    static constexpr std::uint32_t none = Record::none;

    /// A guess at the connection of a segment, and at the side that sent it, or `neither`. `{}` is no guess. Without initializers, so
    /// that an array of them costs nothing.
    struct likely_connection {
        Record* record;
        side sender;
    };
    /// The connection of a segment, and the side that sent it. `record` is null if there is none.
    struct found_connection {
        Record* record = nullptr;
        side sender = side::first;
    };

    [[nodiscard]] connection_index& index() noexcept { return index_; }

    TCPLENS_ALWAYS_INLINE void prefetch(std::uint32_t hash) const noexcept { index_.prefetch(hash); }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE likely_connection prefetch_connection(record_store<Record>& records,
                                                                              std::uint32_t hash) const noexcept {
        const std::uint32_t slot = index_.first_with(hash);
        if (slot == none) return {};
        Record& record = records.at(slot);
        fetch(record);
        return {&record, neither};
    }
    /// @pre prefetch_connection() returned `likely` for this segment
    TCPLENS_ALWAYS_INLINE static void prefetch_side(const rules_type& rules, const segment& next,
                                                    likely_connection& likely) noexcept {
        if (likely.record == nullptr) return;
        likely.sender = sender_in(*likely.record, next);
        if (likely.sender != neither) fetch_side(rules, *likely.record, likely.sender);
    }
    /// Whether what segments touch of the records probably stays in the processor's caches by itself: then prefetch_side() gains nothing.
    /// A guess, since neither the size of the caches is known nor what else is in them.
    [[nodiscard]] static bool stays_cached(const record_store<Record>& records) noexcept {
        constexpr std::size_t cached = std::size_t{8} * 1024 * 1024;
        return records.slots() <= cached / Record::touched_bytes();
    }

    [[nodiscard]] TCPLENS_ALWAYS_INLINE found_connection find(record_store<Record>& records, const rules_type& rules,
                                                              const segment& next, std::uint32_t hash) const noexcept {
        const bool fetches =
            !stays_cached(records); // all at once, instead of one line after the other when it is needed
        side sender = side::first;
        const std::uint32_t slot = index_.find(hash, [&](std::uint32_t candidate) {
            if (fetches) fetch(records.at(candidate));
            sender = sender_in(records.at(candidate), next);
            return sender != neither;
        });
        if (slot == none) return {};
        if (fetches) fetch_side(rules, records.at(slot), sender);
        return {&records.at(slot), sender};
    }

private:
    TCPLENS_ALWAYS_INLINE static void fetch(const Record& record) noexcept {
        detail::prefetch<1>(&record);
        detail::prefetch<1>(&record.listed_at);
        detail::prefetch<1>(&record.listed); // on the next line
        if constexpr (has_hook<rules_type, rule_hooks::prefetch>) rules_type::prefetch(record.rules);
        else detail::prefetch<sizeof record.rules>(&record.rules);
        record.prefetch_observed();
    }
    TCPLENS_ALWAYS_INLINE static void fetch_side(const rules_type& rules, const Record& record, side sender) noexcept {
        detail::prefetch<sizeof(direction_statistics)>(
            &statistics_of(record.connection, record.machine.way_of(sender)));
        if constexpr (has_hook<rules_type, rule_hooks::prefetch_side>) rules.prefetch_side(record.rules, sender);
    }

    connection_index index_{};
};

} // namespace tcplens::inline v1::detail
