// SPDX-License-Identifier: MIT
#pragma once

#include "../connection/connection.hpp"
#include "../wire/address.hpp"
#include "../wire/endpoint.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>

namespace tcplens::inline v0 {

/// What the analyses take: a table, or connections that were merged, stored or made by hand.
template <class Range>
concept connection_range =
    std::ranges::input_range<Range> && std::convertible_to < std::ranges::range_reference_t<Range>,
const connection& > ;

/// Which server's connections an analysis is about; an empty filter means all.
struct server_filter {
    std::optional<address> server_address{};
    std::optional<std::uint16_t> server_port{};

    [[nodiscard]] constexpr bool matches(const endpoint& server) const noexcept {
        return (!server_address || *server_address == server.address) && (!server_port || *server_port == server.port);
    }
};

namespace detail {

/// Calls `use(connection)` for each connection whose server `filter` matches. Where the roles of a connection are a guess
/// and the filter knows better, it is told with its roles swapped.
template <connection_range Connections, class Use>
constexpr void for_each_selected(Connections&& connections, const server_filter& filter, Use&& use) {
    // With the facts of its observers, where it has some.
    using element = std::remove_cvref_t<std::ranges::range_reference_t<Connections>>;
    using told = std::conditional_t<std::derived_from<element, connection>, element, connection>;
    for (const told& each : connections) {
        if (filter.matches(each.server)) {
            use(each);
        } else if (each.role_guessed() && filter.matches(each.client)) {
            told swapped = each;
            swapped.swap_roles();
            use(swapped);
        }
    }
}

} // namespace detail

/// Names a connection in an answer.
struct connection_name {
    endpoint client{};
    endpoint server{};
    std::uint64_t number = 0; ///< its `connection::number`, which tells incarnations apart

    [[nodiscard]] static constexpr connection_name of(const connection& named) noexcept {
        return {.client = named.client, .server = named.server, .number = named.number};
    }
    [[nodiscard]] friend constexpr bool operator==(const connection_name&, const connection_name&) noexcept = default;
};

/// `192.0.2.1:49152 -> 198.51.100.7:80`
[[nodiscard]] inline std::string to_string(const connection_name& of) {
    return to_string(of.client) + " -> " + to_string(of.server);
}

namespace detail {

/// `part` of `whole`, 0 where there is nothing of the whole.
[[nodiscard]] constexpr double ratio(std::uint64_t part, std::uint64_t whole) noexcept {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

} // namespace detail

} // namespace tcplens::inline v0
