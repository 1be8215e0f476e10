// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../base/timestamp.hpp"
#include "../connection.hpp"
#include "../end_reason.hpp"
#include "../idle_class.hpp"
#include "connection_counters.hpp"
#include "idle_queues.hpp"
#include "idle_timeouts.hpp"
#include "record_store.hpp"
#include "table_clock.hpp"
#include "table_options.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <vector>

namespace tcplens::inline v1::detail {

/// Says which connections of a table leave it and when: for silence, or to make room. It keeps the clock of the table, a queue of
/// connections for each idle_class, ordered by when they were last heard, and the counters.
template <class Record>
class expiry {
public:
    static constexpr std::uint32_t none = Record::none;
    /// The largest number of connections that end for silence with one packet: a bound for the time that the packet takes.
    static constexpr std::size_t most_ended_at_once = 16;

    explicit expiry(const table_options& options) noexcept
        : timeouts_(options.timeouts), max_connections_(options.max_connections), full_policy_(options.full_policy) {}

    [[nodiscard]] const connection_counters& counters() const noexcept { return counters_; }
    [[nodiscard]] std::size_t open() const noexcept { return static_cast<std::size_t>(counters_.open); }

    [[nodiscard]] std::uint32_t ticks() const noexcept { return clock_.ticks(); }
    void advance(timestamp now) noexcept { clock_.advance(now); }
    void reach(timestamp now) noexcept { clock_.reach(now); }

    /// Makes room in the queues for records in slots below `slots`.
    void reserve(std::size_t slots) { queues_.resize(slots); }
    /// As reserve(), if there are queues already.
    void grow(std::size_t slots) {
        if (keeps_queues_) queues_.resize(slots);
    }

    /// Queues are needed only where connections end: they are kept from the first call with an `on_end` on.
    void keep_queues(const record_store<Record>& records) {
        if (!keeps_queues_) [[unlikely]]
            begin_queues(records);
    }

    /// Counts a connection that begins, and puts it into its queue.
    void begin(Record& record) noexcept {
        record.number = counters_.begun++;
        record.connection.number = next_number_++;
        ++counters_.open;
        put_last(record, record.stage);
    }

    /// The connection that begins next gets this number.
    void number_from(std::uint64_t next) noexcept { next_number_ = next; }

    /// The connection was heard, or its stage may have changed: puts it at the end of the queue of its stage.
    TCPLENS_NOINLINE void hear(Record& record) noexcept {
        const idle_class stage = record.machine.stage(record.connection);
        if (stage == record.stage && (stage == idle_class::attempt || record.listed_at == clock_.ticks())) return;
        move_last(record, stage);
    }

    /// Whether some connections may be due that were not at the last packet.
    [[nodiscard]] bool needs_sweep() const noexcept { return swept_at_ != clock_.ticks(); }

    [[nodiscard]] bool is_due(const Record& record) const noexcept { return is_silent(record) && !was_heard(record); }

    /// Ends up to `most` connections that were silent for too long, by `end(record, reason)`. @pre queues are kept
    template <class End>
    void end_silent(record_store<Record>& records, std::size_t most, End& end) {
        for (std::size_t queue = 0; queue < idle_class_count; ++queue) {
            for (std::uint32_t first = queues_.front(queue); first != none && is_silent(records.at(first));
                 first = queues_.front(queue), --most) {
                Record& record = records.at(first);
                if (most == 0) return; // the next packet goes on
                if (was_heard(record)) move_last(record, record.stage);
                else end(record, reason_of_silence(record.connection));
            }
        }
        swept_at_ = clock_.ticks();
    }

    /// Why a connection ends that is silent.
    [[nodiscard]] static end_reason reason_of_silence(const connection& silent) noexcept {
        if (!silent.closed) return end_reason::idle;
        return silent.close_reason == close_reason::reset ? end_reason::reset : end_reason::closed;
    }

    [[nodiscard]] bool is_full() const noexcept { return max_connections_ != 0 && counters_.open >= max_connections_; }

    /// The slot of the connection that leaves so that another can begin, or `none`. @pre queues are kept
    [[nodiscard]] std::uint32_t first_to_leave(const record_store<Record>& records) const noexcept {
        using enum idle_class;
        if (full_policy_ == full_policy::refuse) return longest_silent(records, {closed});
        const std::uint32_t slot = longest_silent(records, {closed, one_sided, attempt, opening});
        return slot != none ? slot : longest_silent(records, {established, half_closed});
    }
    [[nodiscard]] static end_reason reason_to_leave(const Record& record) noexcept {
        return record.stage == idle_class::closed ? reason_of_silence(record.connection) : end_reason::evicted;
    }

    /// The slot behind another in its queue, or `none`.
    [[nodiscard]] std::uint32_t after(std::uint32_t slot) const noexcept { return queues_.after(slot); }
    TCPLENS_ALWAYS_INLINE void prefetch_links(std::uint32_t slot) const noexcept { queues_.prefetch(slot); }

    /// Takes a connection that ends out of its queue.
    void remove(const Record& record) noexcept {
        if (keeps_queues_) queues_.remove(queue_of(record.stage), record.slot);
    }
    void count_end(end_reason reason) noexcept {
        --counters_.open;
        ++counters_.ended_by[static_cast<std::size_t>(reason)];
    }
    void count_refused() noexcept { ++counters_.refused; }

    /// The archive list. The queues are made anew from the records: see restore_queues().
    friend void archive(auto& ar, expiry& of) {
        [[maybe_unused]] auto& [timeouts, max_connections, policy, counters, queues, keeps_queues, listings, clock,
                                swept_at, next_number] = of;
        ar(counters, listings, clock, swept_at);
        ar.require(listings < std::uint64_t{1} << 63); // so that the count never overflows
    }
    void restore_queues(auto& ar, const record_store<Record>& records) {
        grow(records.capacity());
        next_number_ = counters_.begun;
        std::uint64_t last = 0;
        for (const auto [listed, slot] : by_listing(records)) {
            ar.require(last < listed && listed <= listings_);
            last = listed;
            if (keeps_queues_) queues_.push_back(queue_of(records.at(slot).stage), slot);
        }
    }

private:
    struct listed_slot {
        std::uint64_t listed = 0;
        std::uint32_t slot = 0;
    };

    [[nodiscard]] static std::size_t queue_of(idle_class stage) noexcept { return static_cast<std::size_t>(stage); }

    void move_last(Record& record, idle_class stage) noexcept {
        remove(record);
        put_last(record, stage);
    }
    void put_last(Record& record, idle_class stage) noexcept {
        record.stage = stage;
        record.listed_at = clock_.ticks();
        record.listed = ++listings_;
        if (keeps_queues_) queues_.push_back(queue_of(stage), record.slot);
    }

    TCPLENS_NOINLINE void begin_queues(const record_store<Record>& records) {
        const std::vector<listed_slot> order = by_listing(records);
        queues_.resize(records.capacity());
        keeps_queues_ = true;
        for (const auto [listed, slot] : order) queues_.push_back(queue_of(records.at(slot).stage), slot);
    }
    /// All connections, in the order in which they went to the end of a queue.
    [[nodiscard]] std::vector<listed_slot> by_listing(const record_store<Record>& records) const {
        std::vector<listed_slot> order;
        order.reserve(records.used());
        for (std::uint32_t slot = records.next_used(0); slot < records.slots(); slot = records.next_used(slot + 1)) {
            order.push_back({records.at(slot).listed, slot});
        }
        std::ranges::sort(order, {}, &listed_slot::listed);
        return order;
    }

    [[nodiscard]] bool is_silent(const Record& record) const noexcept {
        return clock_.ticks() - record.listed_at >= table_clock::ticks_of(timeouts_.of(record.stage));
    }
    /// Whether the connection is silent only by ticks: the first packet after a long time is followed before its time is believed.
    [[nodiscard]] TCPLENS_NOINLINE bool was_heard(const Record& record) const noexcept {
        const timestamp heard =
            record.stage == idle_class::attempt ? record.connection.first_time : record.connection.last_time;
        return heard <= clock_.latest() &&
               table_clock::ticks_of(clock_.latest() - heard) < table_clock::ticks_of(timeouts_.of(record.stage));
    }

    /// The slot of the connection in one of these stages that was silent for longest, or `none`.
    [[nodiscard]] std::uint32_t longest_silent(const record_store<Record>& records,
                                               std::initializer_list<idle_class> stages) const noexcept {
        std::uint32_t longest = none;
        for (const idle_class stage : stages) {
            const std::uint32_t first = queues_.front(queue_of(stage));
            if (first != none && (longest == none || records.at(first).listed < records.at(longest).listed))
                longest = first;
        }
        return longest;
    }

    idle_timeouts timeouts_;
    std::size_t max_connections_;
    full_policy full_policy_;
    connection_counters counters_{};
    idle_queues<idle_class_count> queues_{};
    bool keeps_queues_ = false;
    std::uint64_t listings_ = 0; ///< how often a connection went to the end of a queue
    table_clock clock_{};
    std::uint32_t swept_at_ = 0; ///< the tick at which no connection was due any more
    std::uint64_t next_number_ = 0;
};

} // namespace tcplens::inline v1::detail
