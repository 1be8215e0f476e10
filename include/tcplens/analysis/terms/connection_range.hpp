// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/input_range.hpp"
#include "../../connection/connection.hpp"
#include "server_filter.hpp"

#include <concepts>
#include <type_traits>
#include <utility>

namespace tcplens::inline v1 {

/// A range of connections, as every analysis takes it: a table, or connections that were merged, stored or made by hand.
///
/// An analysis reads the range once, from begin to end, and keeps no reference to it.
template <class Range>
concept connection_range = detail::input_range<Range> && std::convertible_to < detail::range_reference<Range>,
const connection& > ;

namespace detail {

/// The element type of a range, as far as an analysis knows it: with the facts of observers if it derives from `connection`.
template <connection_range Range>
using connection_of = std::conditional_t<std::derived_from<std::remove_cvref_t<range_reference<Range>>, connection>,
                                         std::remove_cvref_t<range_reference<Range>>, connection>;

/// Calls `use(connection)` if the filter matches the connection's server. If the roles of the connection are a guess and only its client
/// matches, `use` gets a copy with swapped roles.
template <std::derived_from<connection> Connection, class Use>
constexpr void use_if_selected(const Connection& each, const server_filter& filter, Use&& use) {
    if (filter.matches(each.server)) {
        use(each);
    } else if (each.role_guessed() && filter.matches(each.client)) {
        Connection swapped = each;
        swapped.swap_roles();
        use(swapped);
    }
}

/// Calls `use(connection)` for each connection that the filter selects, see use_if_selected().
template <connection_range Connections, class Use>
constexpr void for_each_selected(Connections&& connections, const server_filter& filter, Use&& use) {
    for (const connection_of<Connections>& each : connections) use_if_selected(each, filter, use);
}

/// Adds every connection of a range to the accumulator of a report, and returns its result. Each analysis is such a loop.
template <class Report, connection_range Connections>
[[nodiscard]] constexpr Report accumulate(Connections&& connections, const typename Report::options& options) {
    typename Report::accumulator accumulator{options};
    for (const connection& each : connections) accumulator.add(each);
    return accumulator.result();
}

} // namespace detail

} // namespace tcplens::inline v1
