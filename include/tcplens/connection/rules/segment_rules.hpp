// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/segment.hpp"
#include "../side.hpp"
#include "../verdict.hpp"

#include <concepts>
#include <cstdint>

namespace tcplens::inline v0 {

/// A segment as its rules get it: with the connection that it is of.
struct rule_input {
    const tcplens::segment& segment;
    side sender = side::first;
    std::uint64_t connection_number = 0;
    bool reuses_ports = false; ///< it begins a connection between two endpoints that had one
};

/// A rule set: what it remembers of each connection, and what it says of the next segment. A table owns one object of it, which
/// may hold what all of its connections share. What it remembers of one connection is bounded, whatever the peers send.
///
/// One that allocates for its connections may have `reserve(connections)`, after which it allocates nothing for so many, and
/// `forget(state) noexcept`, which gives back what a connection has of the memory that all share: the table calls it for a
/// connection that leaves, whose state is not used again.
/// It may have `static prefetch(const state&) noexcept`, which lets the processor fetch what any next segment of a connection will
/// most likely touch of its state; else the table fetches all of it. And `prefetch(const state&, side sender) const noexcept`,
/// which is called later, so that it may look at what was fetched, and fetches what a segment of this sender will touch besides.
/// Both call tcplens::prefetch(), and have to be inlined as it is.
template <class Rules>
concept segment_rules = std::movable<Rules> && std::default_initializable<typename Rules::connection_state> &&
    requires(Rules rules, const rule_input& next, typename Rules::connection_state& of) {
    { rules.judge(next, of) } -> std::same_as<verdict>;
};

/// A rule set that says itself which segment begins another connection between two endpoints that have one, in the place of
/// connection_state_machine::begins_another; `of` is what it remembers of the latest connection. It also says reused_ports itself, which the
/// table adds to the verdicts of other rule sets.
template <class Rules>
concept incarnation_rules = segment_rules<Rules> &&
    requires(const Rules& rules, const rule_input& next, const typename Rules::connection_state& of) {
    { rules.begins_another(next, of) } -> std::same_as<bool>;
};

} // namespace tcplens::inline v0
