// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>

namespace tcplens::inline v1 {

class evidence_rules;
class repeated_sequence_rules;

namespace detail {

/// The rules of a table, as far as they bound the retransmissions that no table saw as such.
enum class joined_rules : std::uint8_t { evidence, repeated_sequence, other };

template <class Rules>
inline constexpr joined_rules joined_rules_of =
    std::same_as<Rules, evidence_rules>            ? joined_rules::evidence
    : std::same_as<Rules, repeated_sequence_rules> ? joined_rules::repeated_sequence
                                                   : joined_rules::other;

/// The rules by which a range of connections was judged: those of a table; `Otherwise` of any other range.
template <class Connections, class Otherwise>
struct rules_of_range {
    using type = Otherwise;
};
template <class Connections, class Otherwise>
requires requires {
    typename Connections::rules_type;
}
struct rules_of_range<Connections, Otherwise> {
    using type = typename Connections::rules_type;
};

} // namespace detail

} // namespace tcplens::inline v1
