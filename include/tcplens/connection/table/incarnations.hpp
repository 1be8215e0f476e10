// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../wire/segment.hpp"
#include "../rules/segment_rules.hpp"
#include "../side.hpp"
#include "connection_index.hpp"
#include "lookup.hpp"
#include "record_store.hpp"

#include <utility>

namespace tcplens::inline v1::detail {

// Connections between the same two endpoints, one after the other. Each is linked to the one before it (`previous`) and to the one
// behind it (`follower`), as long as both are in the table. The index holds the latest one.

/// Whether the rules say themselves which SYN begins another connection.
template <class Record>
inline constexpr bool rules_decide = incarnation_rules<typename Record::rules_type>;

/// Whether `next` begins another connection than `latest`, the latest one of its endpoints.
template <class Record>
[[nodiscard]] TCPLENS_ALWAYS_INLINE bool begins_another(const typename Record::rules_type& rules, const segment& next,
                                                        side sender, const Record& latest) noexcept {
    if constexpr (rules_decide<Record>) {
        return rules.begins_another({.segment = next, .sender = sender, .connection_number = latest.number},
                                    latest.rules);
    } else {
        return latest.machine.begins_another(next, sender, latest.connection);
    }
}

/// Where both fit, the previous connection must fit this many times as well. A choice.
inline constexpr std::int32_t closer_times = 8;

/// Whether the latest connection of its endpoints was answered, and `next` continues it.
template <class Record>
[[nodiscard]] bool continues_latest(const segment& next, side sender, const Record& latest) noexcept {
    if (latest.to_overtake || next.flags.syn()) return false;
    const auto steps = latest.machine.steps_to(next, sender);
    return steps && *steps == 0;
}

/// Whether `next` belongs to the connection before the latest one: the latest is only a SYN so far, or both go on at once, as the two
/// legs of a box that rewrites sequence numbers do, or a segment of the previous one comes late.
template <class Record>
[[nodiscard]] bool belongs_to_previous(const segment& next, side sender, const Record& latest,
                                       const Record& previous) noexcept {
    if (rules_decide<Record>) return false;
    const side sender_before = sender_in(previous, next);
    const bool has_ended = previous.machine.ended(previous.connection);
    if (next.flags.syn()) {
        return next.flags.ack() && !has_ended && !latest.machine.answers_syn_of(next, sender) &&
               previous.machine.answers_syn_of(next, sender_before);
    }
    if (latest.machine.is_unanswered()) {
        return !latest.machine.concerns_syn(next, sender) && previous.machine.goes_on_with(next, sender_before);
    }
    const auto to_previous = previous.machine.steps_to(next, sender_before);
    if (!to_previous) return false;
    if (const auto to_latest = latest.machine.steps_to(next, sender)) return *to_previous < *to_latest / closer_times;
    return !has_ended || previous.machine.brings_news(next, sender_before);
}

/// Links a connection that begins to the one that had its endpoints. `before` may go on until `begun` is more than a SYN: a blind
/// SYN ends nothing (RFC 5961 section 4). Returns whether `before` is over now.
template <class Record>
[[nodiscard]] bool put_behind(record_store<Record>& records, Record& begun, Record& before) noexcept {
    before.is_latest = false;
    begun.to_overtake = true;
    const bool was_blind = before.to_overtake && before.machine.is_unanswered();
    begun.previous = was_blind ? std::exchange(before.previous, Record::none) : before.slot;
    records.at(begun.previous).follower = begun.slot;
    return was_blind || rules_decide<Record>;
}

/// Takes a connection that ends out of the index and out of its links.
template <class Record>
void unlink(record_store<Record>& records, connection_index& index, const Record& ended) noexcept {
    constexpr auto none = Record::none;
    if (ended.is_latest) {
        if (ended.previous == none) {
            index.erase(ended.hash, ended.slot);
        } else {
            index.replace(ended.hash, ended.slot, ended.previous);
            records.at(ended.previous).is_latest = true;
        }
    }
    if (ended.previous != none) records.at(ended.previous).follower = ended.follower;
    if (ended.follower != none) {
        Record& follower = records.at(ended.follower);
        follower.previous = ended.previous;
        follower.to_overtake = false;
    }
}

/// Makes the links and the index entry of a restored connection. `ar.require` says whether they are possible.
template <class Record>
void restore_links(auto& ar, record_store<Record>& records, connection_index& index, Record& record,
                   const segment& of_it) {
    constexpr auto none = Record::none;
    if (record.is_latest) {
        const auto is_of_same = [&](std::uint32_t slot) { return sender_in(records.at(slot), of_it) != neither; };
        ar.require(index.find(record.hash, is_of_same) == none);
        index.insert(record.hash, record.slot);
    }
    if (record.previous == none) return;
    ar.require(record.previous < records.slots());
    if (!ar.good()) return;
    Record& previous = records.at(record.previous);
    ar.require(previous.used && !previous.is_latest && previous.follower == none &&
               sender_in(previous, of_it) != neither && previous.connection.number < record.connection.number);
    if (ar.good()) previous.follower = record.slot;
}

/// Checks what must hold of a restored connection when all links are made.
template <class Record>
void require_linked(auto& ar, const Record& record) {
    constexpr auto none = Record::none;
    // A connection with one before it is the latest one, or has one behind it.
    ar.require(record.is_latest || record.previous == none || record.follower != none);
    // A connection that is to overtake another has one before it, unless one that began later took over both.
    const bool is_found = record.is_latest || record.follower != none;
    ar.require(!record.to_overtake || record.previous != none || !is_found);
}

} // namespace tcplens::inline v1::detail
