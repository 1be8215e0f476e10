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

namespace tcplens::inline v0::detail {

/// Follows traces as a table follows segments: with segments that move a connection on as those did of which a trace is left.
class trace_replay {
public:
    enum class half : std::uint8_t { first, rest };

    /// Whose plain segments are taken to be as early as they may have been: after the first of their entry, in the place of the last.
    struct early_senders {
        bool lower = false;
        bool higher = false;
    };

    explicit trace_replay(bool split_incarnations) : split_incarnations_(split_incarnations) {}

    /// Begins with other endpoints.
    void begin(const endpoint& low, const endpoint& high, std::uint32_t network, early_senders early) {
        // A table has room for many connections, so it serves for many endpoints; the same ones come in a network of their own.
        if (!table_ || table_->size() >= most_connections) {
            table_.emplace(table_options{.split_incarnations = split_incarnations_, .hash_key = key_});
            times_ = 0;
        }
        ++times_;
        low_ = low;
        high_ = high;
        network_ = network;
        early_ = early;
        first_number_ = table_->size();
    }

    /// Follows one half of an entry. What it returns is the place of its connection among connections().
    std::uint32_t follow(const trace_entry& entry, half which) {
        const bool early = entry.from_lower ? early_.lower : early_.higher;
        const std::uint64_t others = entry.counted.packets - 1;
        if (which == half::first) {
            const std::uint32_t to =
                say(entry, which, entry.sequence, entry.payload_length,
                    entry.flags.ack() ? std::optional{entry.acknowledgment} : std::nullopt, entry.flags);
            if (early && others > 1 && !entry.repeats) go_on(entry, which, entry.highest_acknowledgment);
            return to;
        }
        if (entry.repeats) {
            std::uint32_t to = 0;
            for (std::uint64_t i = 0; i < std::min<std::uint64_t>(others, 3); ++i) {
                to = say(entry, which, entry.furthest, entry.payload_length, entry.highest_acknowledgment, entry.flags);
            }
            return to;
        }
        if (others == 1) {
            const bool data = entry.furthest_length > 0;
            return say(entry, which, data ? entry.furthest : place_of_bare(entry), entry.furthest_length,
                       entry.highest_acknowledgment, plain);
        }
        if (!early) go_on(entry, which, entry.furthest_acknowledgment);
        return bare(entry, which);
    }

    /// Those of the present endpoints.
    [[nodiscard]] std::vector<connection> connections() const {
        std::vector<connection> found{std::next(table_->begin(), static_cast<std::ptrdiff_t>(first_number_)),
                                      table_->end()};
        for (connection& each : found) each.network = network_;
        return found;
    }

    /// A total order of all that an entry can be.
    [[nodiscard]] static std::strong_ordering compare(const trace_entry& a, const trace_entry& b) noexcept;

private:
    /// No rules: what each segment was has been said.
    struct silent_rules {
        struct connection_state {};
        [[nodiscard]] static verdict judge(const rule_input&, connection_state&) noexcept { return {}; }
    };

    static constexpr tcp_flags plain{0x010};
    static constexpr std::size_t most_connections = 64;

    /// The segments after the first of an entry but for the last: as far as they went, in steps that can be compared, and as
    /// many as count: a connection that is picked up midstream counts as open from its fourth packet on.
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
            say(entry, which, data ? from + (i * step - 1) : place_of_bare(entry), data,
                further / step >= i ? entry.acknowledgment + i * step : entry.acknowledgment, plain);
        }
        if (entry.furthest_length > 0) {
            say(entry, which, entry.furthest, entry.furthest_length, acknowledgment, plain);
        } else {
            bare(entry, which);
        }
        if (others > 2) bare(entry, which);
    }

    std::uint32_t bare(const trace_entry& entry, half which) {
        return say(entry, which, place_of_bare(entry), 0, entry.highest_acknowledgment, plain);
    }

    [[nodiscard]] static sequence_number place_of_bare(const trace_entry& entry) noexcept {
        return entry.reached_any ? entry.reached : entry.sequence;
    }

    std::uint32_t say(const trace_entry& entry, half which, sequence_number sequence, std::uint32_t length,
                      std::optional<sequence_number> acknowledgment, tcp_flags flags) {
        segment said;
        said.time = which == half::first ? entry.first_time : entry.last_time;
        said.packet_number = which == half::first ? entry.first_packet : entry.last_packet;
        said.source = entry.from_lower ? low_ : high_;
        said.destination = entry.from_lower ? high_ : low_;
        said.network = times_;
        said.sequence = sequence;
        said.payload_length = length;
        said.acknowledgment = acknowledgment.value_or(sequence_number{});
        said.flags = flags;
        return static_cast<std::uint32_t>(table_->add(said).connection->number - first_number_);
    }

    bool split_incarnations_;
    std::optional<basic_connection_table<silent_rules>> table_{};
    endpoint low_{};
    endpoint high_{};
    std::uint32_t network_ = 0;
    std::uint32_t times_ = 0; ///< how often its table was begun with
    hash_key key_ = hash_key::random();
    early_senders early_{};
    std::size_t first_number_ = 0;
};

inline std::strong_ordering trace_replay::compare(const trace_entry& a, const trace_entry& b) noexcept {
    const auto numbers = [](const trace_entry& of) {
        const direction_statistics& n = of.counted;
        return std::array<std::uint64_t, 34>{
            static_cast<std::uint64_t>(of.first_time.time_since_epoch().count()) ^ 1ull << 63,
            of.first_packet,
            of.first_position,
            of.sequence.value,
            of.acknowledgment.value,
            of.payload_length,
            of.flags.bits,
            of.repeats,
            of.from_lower,
            static_cast<std::uint64_t>(of.last_time.time_since_epoch().count()) ^ 1ull << 63,
            of.last_packet,
            of.last_position,
            of.furthest.value,
            of.furthest_acknowledgment.value,
            of.furthest_length,
            of.highest_acknowledgment.value,
            of.went_on,
            of.acknowledged,
            of.reached_any,
            of.reached.value,
            of.certain_retransmissions,
            of.fresh,
            of.doubtful,
            of.first_fresh.value,
            n.packets,
            n.wire_bytes,
            n.payload_bytes,
            n.data_packets,
            n.syn,
            n.syn_ack,
            n.ack,
            n.rst,
            n.fin,
            n.retransmissions,
        };
    };
    const auto of_a = numbers(a), of_b = numbers(b); // arrays have no <=> in libc++ 16
    const auto [in_a, in_b] = std::ranges::mismatch(of_a, of_b);
    return in_a == of_a.end() ? std::strong_ordering::equal : *in_a <=> *in_b;
}

} // namespace tcplens::inline v0::detail
