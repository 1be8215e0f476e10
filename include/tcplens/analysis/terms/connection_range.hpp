// SPDX-License-Identifier: MIT
#pragma once

#include "../../connection/connection.hpp"
#include "server_filter.hpp"

#include <concepts>
#include <ranges>
#include <type_traits>
#include <utility>

namespace tcplens::inline v0 {

/// A range of connections, as every analysis takes it: a table, or connections that were merged, stored or made by hand.
///
/// An analysis reads the range once, from begin to end, and keeps no reference to it.
template <class Range>
concept connection_range =
    std::ranges::input_range<Range> && std::convertible_to < std::ranges::range_reference_t<Range>,
const connection& > ;

namespace detail {

/// Calls `use(connection)` for each connection whose server the filter matches. If the roles of a connection are a guess and only
/// its client matches, `use` gets a copy with swapped roles.
template <connection_range Connections, class Use>
constexpr void for_each_selected(Connections&& connections, const server_filter& filter, Use&& use) {
    // A connection with observers' facts keeps them in the copy.
    using element = std::remove_cvref_t<std::ranges::range_reference_t<Connections>>;
    using selected = std::conditional_t<std::derived_from<element, connection>, element, connection>;
    for (const selected& each : connections) {
        if (filter.matches(each.server)) {
            use(each);
        } else if (each.role_guessed() && filter.matches(each.client)) {
            selected swapped = each;
            swapped.swap_roles();
            use(swapped);
        }
    }
}

/// Passes the selected connections to an accumulator, which has `add(connection)` and `result() &&`, and returns its result.
/// Each analysis is such an accumulator.
template <connection_range Connections, class Accumulator>
[[nodiscard]] constexpr auto accumulate(Connections&& connections, const server_filter& filter,
                                        Accumulator accumulator) {
    for_each_selected(connections, filter, [&](const connection& each) { accumulator.add(each); });
    return std::move(accumulator).result();
}

} // namespace detail

} // namespace tcplens::inline v0
