// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../base/prefetch.hpp"
#include "../../base/timestamp.hpp"
#include "../../wire/decode_statistics.hpp"
#include "../../wire/icmp_notice.hpp"
#include "../../wire/packet_outcome.hpp"
#include "../../wire/segment.hpp"
#include "../../wire/segment_with_payload.hpp"
#include "../connection.hpp"
#include "../direction.hpp"
#include "../end_reason.hpp"
#include "../idle_class.hpp"
#include "../observers/connection_observer.hpp"
#include "../rules/segment_rules.hpp"
#include "../side.hpp"
#include "../tracking/count_segment.hpp"
#include "../verdict.hpp"
#include "add_result.hpp"
#include "expiry.hpp"
#include "incarnations.hpp"
#include "lookup.hpp"
#include "record_store.hpp"
#include "table_options.hpp"
#include "tuple_hash.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tcplens::inline v1::detail {

/// The callback of a table without one: no connection ends.
struct no_sink {
    void operator()(const connection&, end_reason) const noexcept {}
};

/// What basic_connection_table does with a segment once it is decoded: finds its connection, begins and ends connections, asks the
/// rules, and calls the observers.
template <class Rules, class... Observers>
class segment_follower {
protected:
    using record = connection_record<Rules, Observers...>;
    using lookup = connection_lookup<record>;
    using found_connection = typename lookup::found_connection;
    using likely_connection = typename lookup::likely_connection;
    using result_type = add_result<typename record::connection_type>;

    /// For how many segments at a time memory is fetched before they are followed.
    static constexpr std::size_t batch_size = 32;

    /// Whether an observer needs the data of segments: then every segment that is followed is a segment_with_payload.
    static constexpr bool takes_payload = (wants_payload<Observers> || ...);
    using held_segment = std::conditional_t<takes_payload, segment_with_payload, segment>;

    template <class OnEnd>
    static constexpr bool ends_connections = !std::same_as<std::remove_cvref_t<OnEnd>, detail::no_sink>;

    segment_follower(const table_options& options, Rules rules, Observers... observers)
        : options_(options), rules_(std::move(rules)), observers_(std::move(observers)...), expiry_(options) {}
    segment_follower(const table_options& options, Rules rules) requires(sizeof...(Observers) > 0)
        : options_(options), rules_(std::move(rules)), expiry_(options) {}

    /// How a connection begins with a segment.
    struct beginning {
        bool begins = false;
        bool reuses_ports = false;
        bool after_end = false; ///< see rule_input
        bool over_open = false; ///< see observer_input::previous_is_open
    };

    /// The latest connection of the endpoints of a segment. Without a callback no connection has left since `likely` was prefetched,
    /// so its sender still holds.
    template <class OnEnd>
    [[nodiscard]] TCPLENS_ALWAYS_INLINE found_connection find(const segment& next, std::uint32_t hash,
                                                              const likely_connection& likely) noexcept {
        if (likely.record != nullptr && likely.record->is_latest) {
            side sender = ends_connections<OnEnd> ? neither : likely.sender;
            if (sender == neither) sender = sender_in(*likely.record, next);
            if (sender != neither) return {likely.record, sender};
        }
        return find(next, hash);
    }
    [[nodiscard]] TCPLENS_NOINLINE found_connection find(const segment& next, std::uint32_t hash) noexcept {
        return lookup_.find(records_, rules_, next, hash);
    }

    /// Adds segments whose index entries are being fetched: `batch` has size() up to batch_size, segment_at() and hash_at().
    /// `on_added(i, result)` gets each result.
    template <class Batch, class OnEnd, class OnAdded>
    TCPLENS_NOINLINE void add_batch(Batch batch, OnEnd& on_end, const OnAdded& on_added) {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): all that are read are assigned first
        std::array<likely_connection, batch_size> likely;
        const std::size_t count = batch.size();
        statistics_.count_tcp(count);
        for (std::size_t i = 0; i < count; ++i) likely[i] = lookup_.prefetch_connection(records_, batch.hash_at(i));
        if (!lookup::stays_cached(records_)) {
            for (std::size_t i = 0; i < count; ++i) lookup::prefetch_side(rules_, batch.segment_at(i), likely[i]);
        }
        for (std::size_t i = 0; i < count; ++i) {
            on_added(i, follow<false>(batch.segment_at(i), batch.hash_at(i), likely[i], on_end));
        }
    }

    // From here to take_in() all is inlined, so that where the result is not used, as in add_all(), it is not made.
    /// Follows a segment. `Sampled`: the segments around it were not captured, so rules and observers do not get it.
    template <bool Sampled, class OnEnd>
    TCPLENS_ALWAYS_INLINE result_type follow(const segment& next, std::uint32_t hash, const likely_connection& likely,
                                             OnEnd& on_end) {
        expiry_.advance(next.time);
        if constexpr (ends_connections<OnEnd>) {
            expiry_.keep_queues(records_);
            if (expiry_.needs_sweep()) end_silent(expiry_.most_ended_at_once, on_end);
        }
        found_connection found = find<OnEnd>(next, hash, likely);
        if constexpr (ends_connections<OnEnd>) {
            for (; found.record != nullptr && expiry_.is_due(*found.record); found = find(next, hash)) {
                end_silent(*found.record, on_end);
            }
        }

        const bool goes_on = found.record != nullptr && !rules_decide<record> && !next.flags.syn() &&
                             found.record->previous == record::none;
        if (!goes_on) return begin_or_follow<Sampled>(next, hash, found, on_end);
        return take_in<Sampled, false>(next, *found.record, found.sender);
    }

    /// Follows a segment that may begin a connection, or belong to one before the latest of its endpoints.
    template <bool Sampled, class OnEnd>
    TCPLENS_NOINLINE result_type begin_or_follow(const segment& next, std::uint32_t hash, found_connection found,
                                                 OnEnd& on_end) {
        if (found.record == nullptr) {
            if (!make_room(on_end)) return refuse();
            record& begun = begin_connection(next, hash);
            lookup_.index().insert(hash, begun.slot);
            return take_in_any<Sampled>(next, begun, side::first, {.begins = true});
        }
        record& latest = *found.record;
        if (options_.split_incarnations && begins_another(rules_, next, found.sender, latest)) {
            return begin_another<Sampled>(next, hash, latest, on_end);
        }
        if (latest.previous != record::none && !continues_latest(next, found.sender, latest)) {
            if (record* const previous = previous_of(latest, on_end);
                previous != nullptr && belongs_to_previous(next, found.sender, latest, *previous)) {
                const bool after_end = !latest.to_overtake && previous->machine.ended(previous->connection);
                return take_in_any<Sampled>(next, *previous, sender_in(*previous, next), {.after_end = after_end});
            }
        }
        return take_in_any<Sampled>(next, latest, found.sender);
    }

    /// Follows a SYN that is not of the latest connection of its endpoints.
    template <bool Sampled, class OnEnd>
    [[nodiscard]] TCPLENS_ALWAYS_INLINE result_type begin_another(const segment& next, std::uint32_t hash,
                                                                  record& latest, OnEnd& on_end) {
        if (record* const previous = previous_of(latest, on_end);
            !rules_decide<record> && previous != nullptr &&
            previous->machine.has_initial(next, sender_in(*previous, next))) {
            return take_in_any<Sampled>(next, *previous, sender_in(*previous, next)); // its SYN, captured late
        }
        if (!make_room(on_end)) return refuse();
        record* const before = find(next, hash).record; // null if it made room
        const bool over_open = before != nullptr && before->connection.handshake == handshake_state::completed &&
                               !before->machine.ended(before->connection);
        record& begun = begin_connection(next, hash);
        if (before == nullptr) {
            lookup_.index().insert(hash, begun.slot);
        } else {
            lookup_.index().replace(hash, before->slot, begun.slot);
            if (put_behind(records_, begun, *before)) overtake(*before);
        }
        return take_in_any<Sampled>(next, begun, side::first,
                                    {.begins = true, .reuses_ports = true, .over_open = over_open});
    }

    template <bool Sampled>
    TCPLENS_NOINLINE result_type take_in_any(const segment& next, record& into, side sender,
                                             const beginning& how = {}) {
        return take_in<Sampled, true>(next, into, sender, how);
    }

    /// Follows a segment of a connection that is known. `AnySegment`: it may be a SYN.
    template <bool Sampled, bool AnySegment>
    TCPLENS_ALWAYS_INLINE result_type take_in(const segment& next, record& into, side sender,
                                              const beginning& how = {}) {
        if (into.machine.follow(next, sender, into.connection)) {
            if constexpr (sizeof...(Observers) > 0) into.connection.swap_roles_of_facts();
        }
        if (into.to_overtake && !into.machine.is_unanswered()) {
            into.to_overtake = false;
            overtake(records_.at(into.previous));
        }
        const bool still_established = into.machine.is_plain() && into.stage == idle_class::established;
        if (!still_established || into.listed_at != expiry_.ticks()) expiry_.hear(into);
        verdict judged{};
        if constexpr (Sampled) {
            into.connection.sampled = true;
        } else {
            judged = rules_.judge({.segment = next,
                                   .sender = sender,
                                   .connection_number = into.number,
                                   .reuses_ports = how.reuses_ports,
                                   .after_end = how.after_end},
                                  into.rules);
        }
        if (how.reuses_ports && !rules_decide<record>) judged.kinds |= verdict_kinds::reused_ports;
        const direction direction = into.machine.way_of(sender);
        count_segment(next, judged, statistics_of(into.connection, direction));
        if constexpr (sizeof...(Observers) > 0) {
            if constexpr (!Sampled) {
                observer_input seen{.segment = next,
                                    .verdict = judged,
                                    .connection = into.connection,
                                    .ends = into.machine.ends(),
                                    .sender = sender,
                                    .direction = direction,
                                    .begins_connection = how.begins,
                                    .previous_is_open = how.over_open};
                if constexpr (takes_payload) { // then all segments have it
                    const auto& whole = static_cast<const segment_with_payload&>(next);
                    seen.payload = whole.payload;
                    seen.urgent_pointer = whole.urgent_pointer;
                }
                observe<AnySegment>(seen, into);
            }
        }
        return {.outcome = packet_outcome::tcp,
                .connection = &into.connection,
                .direction = direction,
                .verdict = judged,
                .begins_connection = how.begins};
    }

    template <bool AnySegment>
    TCPLENS_ALWAYS_INLINE void observe(const observer_input& next, record& into) noexcept {
        observe_by<AnySegment>(next, into, std::index_sequence_for<Observers...>{});
    }
    // No lambda: g++ 12 does not inline those, and what they need of the segment would be written to memory first.
    template <bool AnySegment, std::size_t... Places>
    TCPLENS_ALWAYS_INLINE void observe_by(const observer_input& next, record& into,
                                          std::index_sequence<Places...>) noexcept {
        (observe_by_one<AnySegment>(std::get<Places>(observers_), next, into), ...);
    }
    template <bool AnySegment, class Observer>
    TCPLENS_ALWAYS_INLINE static void observe_by_one(Observer& observer, const observer_input& next,
                                                     record& into) noexcept {
        auto& state = into.observed.template get<typename Observer::connection_state>();
        if constexpr (passes_ordinary<Observer>) {
            if (AnySegment && next.segment.flags.syn()) {
                if (observer.pass_syn(next, state, static_cast<typename Observer::facts&>(into.connection))) return;
            } else {
                if (state.pass_ordinary(next)) return;
            }
            observe_aside(observer, next.segment, into, next.verdict.kinds, next.verdict.evidence, next.sender,
                          next.previous_is_open);
        } else {
            observer.observe(next, state, static_cast<typename Observer::facts&>(into.connection));
        }
    }
    // The arguments are at hand: others would be computed for every segment. Both functions have the same, so the second call costs nothing.
    template <class Observer>
    TCPLENS_NOINLINE static void observe_aside(Observer& observer, const segment& next, record& into,
                                               verdict_kinds kinds, evidence_set evidence, side sender,
                                               bool previous_is_open) noexcept {
        auto& state = into.observed.template get<typename Observer::connection_state>();
        if (state.pass_ack_or_fin(seen_by_observers(next, into, kinds, evidence, sender, previous_is_open))) return;
        observe_rare(observer, next, into, kinds, evidence, sender, previous_is_open);
    }
    template <class Observer>
    TCPLENS_NOINLINE static void observe_rare(Observer& observer, const segment& next, record& into,
                                              verdict_kinds kinds, evidence_set evidence, side sender,
                                              bool previous_is_open) noexcept {
        observer.observe_rare(seen_by_observers(next, into, kinds, evidence, sender, previous_is_open),
                              into.observed.template get<typename Observer::connection_state>(),
                              static_cast<typename Observer::facts&>(into.connection));
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static seen_segment seen_by_observers(const segment& next, const record& into,
                                                                              verdict_kinds kinds,
                                                                              evidence_set evidence, side sender,
                                                                              bool previous_is_open) noexcept {
        return {.segment = next,
                .connection = into.connection,
                .ends = into.machine.ends(),
                .kinds = kinds,
                .evidence = evidence,
                .sender = sender,
                .direction = into.machine.way_of(sender),
                .previous_is_open = previous_is_open};
    }

    /// Hands a notice to the observers of the latest connection of the endpoints that it quotes, if there is one.
    void take_notice(const icmp_notice& notice) {
        if constexpr ((has_hook<Observers, observer_hooks::notices> || ...)) {
            const segment quoted = segment_quoted_by(notice);
            const found_connection found = find(quoted, segment_hash(quoted, options_.hash_key));
            if (found.record == nullptr) return;
            record& of = *found.record;
            const observer_input::notice next{.error = notice,
                                              .connection = of.connection,
                                              .quoted_sender = found.sender,
                                              .quoted_direction = of.machine.way_of(found.sender),
                                              .ends = of.machine.ends()};
            const auto tell = [&]<class Observer>(Observer& observer) {
                if constexpr (has_hook<Observer, observer_hooks::notices>) {
                    observer.take_notice(next, of.observed.template get<typename Observer::connection_state>(),
                                         static_cast<typename Observer::facts&>(of.connection));
                }
            };
            std::apply([&](Observers&... observers) { (tell(observers), ...); }, observers_);
        }
    }

    /// Tells those observers that want to know that a connection leaves.
    void finish_observers(record& ended, end_reason reason) {
        const auto finish_one = [&]<class Observer>(Observer& observer) {
            if constexpr (has_hook<Observer, observer_hooks::finish>) {
                observer.finish(std::as_const(ended.connection), reason,
                                ended.observed.template get<typename Observer::connection_state>(),
                                static_cast<typename Observer::facts&>(ended.connection));
            }
        };
        std::apply([&](Observers&... observers) { (finish_one(observers), ...); }, observers_);
    }

    [[nodiscard]] record& begin_connection(const segment& first, std::uint32_t hash) {
        if (!records_.has_room()) {
            records_.reserve(std::size_t{records_.slots()} + 1);
            expiry_.grow(records_.capacity());
        }
        record& begun = records_.take();
        begun.is_latest = true;
        begun.hash = hash;
        begun.connection.network = first.network;
        begun.machine.begin(first, begun.connection, !roles_by_first_packet<Rules>);
        expiry_.begin(begun);
        return begun;
    }

    void overtake(record& over) noexcept {
        over.machine.overtake(over.connection);
        expiry_.hear(over);
    }

    /// The connection that had the endpoints of `latest` before, if it is still in the table.
    template <class OnEnd>
    [[nodiscard]] record* previous_of(const record& latest, OnEnd& on_end) {
        if constexpr (ends_connections<OnEnd>) {
            if (latest.previous != record::none && expiry_.is_due(records_.at(latest.previous)))
                end_silent(records_.at(latest.previous), on_end);
        }
        return latest.previous == record::none ? nullptr : &records_.at(latest.previous);
    }

    template <class OnEnd>
    TCPLENS_NOINLINE void end_silent(std::size_t most, OnEnd& on_end) {
        const auto end_one = [&](record& silent, end_reason reason) { end_connection(silent, reason, on_end); };
        expiry_.end_silent(records_, most, end_one);
    }
    template <class OnEnd>
    TCPLENS_NOINLINE void end_silent(record& silent, OnEnd& on_end) {
        end_connection(silent, expiry_.reason_of_silence(silent.connection), on_end);
    }

    /// Whether there is room for another connection now.
    template <class OnEnd>
    [[nodiscard]] bool make_room(OnEnd& on_end) {
        if (!expiry_.is_full()) return true;
        if constexpr (!ends_connections<OnEnd>) {
            return false;
        } else {
            const std::uint32_t leaves = expiry_.first_to_leave(records_);
            if (leaves == record::none) return false;
            fetch_next_to_leave(leaves);
            end_connection(records_.at(leaves), expiry_.reason_to_leave(records_.at(leaves)), on_end);
            return true;
        }
    }
    /// Connections that make room were silent for long, so they are in no cache. What the end of the next two touches is fetched while
    /// this one leaves: first the record, and then, by the hash in it, the index.
    TCPLENS_ALWAYS_INLINE void fetch_next_to_leave(std::uint32_t leaves) noexcept {
        const std::uint32_t next = expiry_.after(leaves);
        if (next == record::none) return;
        lookup_.prefetch(records_.at(next).hash);
        const std::uint32_t later = expiry_.after(next);
        if (later == record::none) return;
        prefetch<sizeof(record)>(&records_.at(later)); // all of it: another connection begins in its place
        expiry_.prefetch_links(later);
    }

    result_type refuse() noexcept {
        expiry_.count_refused();
        return {.outcome = packet_outcome::tcp};
    }

    template <class OnEnd>
    void end_connection(record& ended, end_reason reason, OnEnd& on_end) {
        finish_observers(ended, reason);
        on_end(std::as_const(ended.connection), reason);
        expiry_.remove(ended);
        unlink(records_, lookup_.index(), ended);
        if constexpr (has_hook<Rules, rule_hooks::forget>) rules_.forget(ended.rules);
        records_.give_back(ended);
        expiry_.count_end(reason);
    }
    table_options options_;
    Rules rules_;
    [[no_unique_address]] std::tuple<Observers...> observers_{};
    decode_statistics statistics_{};
    lookup lookup_{};
    record_store<record> records_{};
    expiry<record> expiry_;
};

} // namespace tcplens::inline v1::detail
