// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/hash_key.hpp"
#include "../../wire/segment.hpp"
#include "../direction_statistics.hpp"
#include "../rules/segment_rules.hpp"
#include "../table/connection_table.hpp"
#include "../verdict.hpp"
#include "connection_trace.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

namespace tcplens::inline v1::detail {

/// Follows traces as a table follows segments: makes segments that move a connection on as those did that the trace sums up.
class trace_replay {
public:
    /// The first segment of an entry, or the segments after it.
    enum class half : std::uint8_t { first, rest };

    /// The sides whose plain segments are taken to be as early as possible: right after the first of their entry, not at its last.
    struct early_senders {
        bool lower = false;
        bool higher = false;
    };

    explicit trace_replay(bool split_incarnations) : split_incarnations_(split_incarnations) {}

    /// Begins with other endpoints.
    void begin(const endpoint& low, const endpoint& high, const segment::network_id& network, early_senders early) {
        // One table serves for many endpoints, since a new one is expensive. The same endpoints come in a network of their own.
        if (!table_ || table_->size() >= max_connections) {
            table_.emplace(table_options{.split_incarnations = split_incarnations_, .hash_key = key_});
            runs_ = 0;
        }
        ++runs_;
        low_ = low;
        high_ = high;
        network_ = network;
        early_ = early;
        first_number_ = table_->size();
    }

    /// Follows one half of an entry. Returns the index of its connection in connections().
    std::uint32_t follow(const trace_entry& entry, half which) {
        const bool early = entry.from_lower ? early_.lower : early_.higher;
        const std::uint64_t others = entry.counted.packets - 1;
        if (which == half::first) {
            const std::uint32_t index =
                add(entry, which, entry.sequence, entry.payload_length,
                    entry.flags.ack() ? std::optional{entry.acknowledgment} : std::nullopt, entry.flags);
            if (early && others > 1 && !entry.repeats) go_on(entry, which, entry.highest_acknowledgment);
            return index;
        }
        if (entry.repeats) {
            std::uint32_t index = 0;
            for (std::uint64_t i = 0; i < std::min<std::uint64_t>(others, 3); ++i) {
                index =
                    add(entry, which, entry.furthest, entry.payload_length, entry.highest_acknowledgment, entry.flags);
            }
            return index;
        }
        if (others == 1) {
            const bool data = entry.furthest_length > 0;
            return add(entry, which, data ? entry.furthest : sequence_without_data(entry), entry.furthest_length,
                       entry.highest_acknowledgment, plain);
        }
        if (!early) go_on(entry, which, entry.furthest_acknowledgment);
        return add_without_data(entry, which);
    }

    /// The connections between the present endpoints.
    [[nodiscard]] std::vector<connection> connections() const {
        std::vector<connection> found{std::next(table_->begin(), static_cast<std::ptrdiff_t>(first_number_)),
                                      table_->end()};
        for (connection& made : found) made.network = network_;
        return found;
    }

    /// A total order of entries by all their members.
    [[nodiscard]] static std::strong_ordering compare(const trace_entry& a, const trace_entry& b) noexcept;

private:
    /// Judges nothing: the tables have judged each segment.
    struct silent_rules {
        struct connection_state {};
        [[nodiscard]] static verdict judge(const rule_input&, connection_state&) noexcept { return {}; }
    };

    static constexpr tcp_flags plain{0x010};
    static constexpr std::size_t max_connections = 64;

    /// Adds the segments after the first of an entry, except for the last: as far as they went, in steps that can be compared, and
    /// as many as matter. A connection that was picked up midstream counts as open from its fourth packet on.
    void go_on(const trace_entry& entry, half which, sequence_number acknowledgment) {
        const std::uint64_t others = entry.counted.packets - 1;
        constexpr std::uint32_t step = 1u << 30;
        const sequence_number from = entry.sequence + entry.payload_length;
        const std::uint32_t ahead = entry.went_on ? entry.furthest.value + entry.furthest_length - from.value : 0;
        const std::uint32_t further = entry.acknowledged && entry.flags.ack()
                                          ? entry.highest_acknowledgment.value - entry.acknowledgment.value
                                          : 0;
        for (std::uint32_t i = 1; i < 4 && (ahead / step >= i || further / step >= i); ++i) {
            const std::uint32_t data = ahead / step >= i ? 1 : 0;
            add(entry, which, data ? from + (i * step - 1) : sequence_without_data(entry), data,
                further / step >= i ? entry.acknowledgment + i * step : entry.acknowledgment, plain);
        }
        if (entry.furthest_length > 0) {
            add(entry, which, entry.furthest, entry.furthest_length, acknowledgment, plain);
        } else {
            add_without_data(entry, which);
        }
        if (others > 2) add_without_data(entry, which);
    }

    std::uint32_t add_without_data(const trace_entry& entry, half which) {
        return add(entry, which, sequence_without_data(entry), 0, entry.highest_acknowledgment, plain);
    }

    [[nodiscard]] static sequence_number sequence_without_data(const trace_entry& entry) noexcept {
        return entry.reached_any ? entry.reached : entry.sequence;
    }

    std::uint32_t add(const trace_entry& entry, half which, sequence_number sequence, std::uint32_t length,
                      std::optional<sequence_number> acknowledgment, tcp_flags flags) {
        segment made;
        made.time = which == half::first ? entry.first_time : entry.last_time;
        made.packet_number = which == half::first ? entry.first_packet : entry.last_packet;
        made.source = entry.from_lower ? low_ : high_;
        made.destination = entry.from_lower ? high_ : low_;
        made.network = {.words = {0, 0, runs_}};
        made.sequence = sequence;
        made.payload_length = length;
        made.acknowledgment = acknowledgment.value_or(sequence_number{});
        made.flags = flags;
        return static_cast<std::uint32_t>(table_->add(made).connection->number - first_number_);
    }

    bool split_incarnations_;
    std::optional<basic_connection_table<silent_rules>> table_{};
    endpoint low_{};
    endpoint high_{};
    segment::network_id network_{};
    std::uint32_t runs_ = 0; ///< how often begin() was called since the table is new
    hash_key key_ = hash_key::random();
    early_senders early_{};
    std::size_t first_number_ = 0;
};

inline std::strong_ordering trace_replay::compare(const trace_entry& a, const trace_entry& b) noexcept {
    const auto numbers = [](const trace_entry& entry) {
        const direction_statistics& counted = entry.counted;
        return std::array<std::uint64_t, 34>{
            static_cast<std::uint64_t>(entry.first_time.time_since_epoch().count()) ^ 1ull << 63,
            entry.first_packet,
            entry.first_position,
            entry.sequence.value,
            entry.acknowledgment.value,
            entry.payload_length,
            entry.flags.bits,
            entry.repeats,
            entry.from_lower,
            static_cast<std::uint64_t>(entry.last_time.time_since_epoch().count()) ^ 1ull << 63,
            entry.last_packet,
            entry.last_position,
            entry.furthest.value,
            entry.furthest_acknowledgment.value,
            entry.furthest_length,
            entry.highest_acknowledgment.value,
            entry.went_on,
            entry.acknowledged,
            entry.reached_any,
            entry.reached.value,
            entry.certain_retransmissions,
            entry.fresh,
            entry.doubtful,
            entry.first_fresh.value,
            counted.packets,
            counted.wire_bytes,
            counted.payload_bytes,
            counted.data_packets,
            counted.syn,
            counted.syn_ack,
            counted.ack,
            counted.rst,
            counted.fin,
            counted.retransmissions,
        };
    };
    const auto numbers_of_a = numbers(a), numbers_of_b = numbers(b); // arrays have no <=> in libc++ 16
    const auto [in_a, in_b] = std::ranges::mismatch(numbers_of_a, numbers_of_b);
    return in_a == numbers_of_a.end() ? std::strong_ordering::equal : *in_a <=> *in_b;
}

} // namespace tcplens::inline v1::detail
