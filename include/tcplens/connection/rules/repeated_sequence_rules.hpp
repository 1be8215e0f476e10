// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/hash_key.hpp"
#include "recent_number_set.hpp"
#include "segment_rules.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v0 {

/// The simplest rule: a segment with payload is a retransmission if its sender used its sequence number before in this
/// connection, for whatever. So the first data after a handshake is one too, since the ACK before it bore that number, and
/// data sent again with other boundaries is none. It is the rule of mcpcap, kept to the letter for those who compare.
///
/// "Before" reaches back over at least the last `memory` segments of the whole table; more are forgotten. That takes up to 32
/// bytes for each (128 MiB by default): as they come, or all at once where a table reserves.
class repeated_sequence_rules {
public:
    struct connection_state {};

    static constexpr std::string_view saved_as = "repeated_sequence_rules";

    static constexpr std::size_t default_memory = std::size_t{1} << 22;

    explicit repeated_sequence_rules(std::size_t memory = default_memory, const hash_key& key = hash_key::random())
        : seen_(memory, key) {}

    /// However many connections there are: its memory is of segments.
    void reserve(std::size_t) { seen_.reserve(); }

    [[nodiscard]] verdict judge(const rule_input& next, connection_state&) {
        const std::uint64_t who = (next.connection_number << 1 | static_cast<std::uint64_t>(next.sender)) & 0x7fff'ffff;
        const bool seen = seen_.insert(who << 32 | next.segment.sequence.value);
        if (!seen || next.segment.payload_length == 0) return {};
        return {.kinds = verdict_kinds::retransmission, .evidence = evidence_set::sequence_number_seen};
    }

private:
    friend void archive(auto& ar, repeated_sequence_rules& of) {
        auto& [seen] = of;
        ar(seen);
    }

    detail::recent_number_set seen_;
};

static_assert(segment_rules<repeated_sequence_rules>);

} // namespace tcplens::inline v0
