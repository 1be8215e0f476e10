// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/hash_key.hpp"
#include "recent_number_set.hpp"
#include "segment_rules.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1 {

/// The simplest rule set: a segment with payload is a retransmission if its sender used its sequence number before in the connection,
/// in any segment.
///
/// So the first data after a handshake is called a retransmission, since the ACK before it has that number, and data sent again with
/// other boundaries is not. This is the rule of mcpcap, to the letter, for comparisons.
///
/// The rules remember at least the last `memory` segments of the whole table and forget older ones. They take up to 32 bytes for each
/// (128 MiB by default): as segments come, or all at once if the table reserves.
class repeated_sequence_rules {
public:
    /// Nothing is remembered of one connection alone.
    struct connection_state {};

    /// The optional members that tables use.
    static constexpr auto hooks = rule_hooks::reserve | rule_hooks::saving;
    /// Results for a connection depend on no other connection, so parallel tables take it.
    static constexpr bool per_connection = true;
    /// Where no handshake was captured, the side that was heard first is the client, as in mcpcap.
    static constexpr bool roles_by_first_packet = true;
    /// Identifies the rule set in a saved table.
    static constexpr std::string_view saved_as = "repeated_sequence_rules";

    /// Segments that are remembered by default: 4,194,304.
    static constexpr std::size_t default_memory = std::size_t{1} << 22;

    /// `memory`: how many segments of the whole table are remembered. `key`: the secret of the hash; no result depends on it.
    TCPLENS_CONSTEXPR_VECTOR explicit repeated_sequence_rules(std::size_t memory = default_memory,
                                                              const hash_key& key = hash_key::random())
        : seen_(memory, key) {}

    /// Takes all memory at once, however many connections there will be.
    TCPLENS_CONSTEXPR_VECTOR void reserve(std::size_t) { seen_.reserve(); }

    /// The verdict on the next segment of a connection.
    [[nodiscard]] TCPLENS_CONSTEXPR_VECTOR verdict judge(const rule_input& next, connection_state&) {
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

static_assert(check_rules<repeated_sequence_rules>());

} // namespace tcplens::inline v1
