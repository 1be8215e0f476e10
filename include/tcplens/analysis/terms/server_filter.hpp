// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/address.hpp"
#include "../../wire/endpoint.hpp"

#include <cstdint>
#include <optional>

namespace tcplens::inline v1 {

/// The servers whose connections an analysis counts. A filter without an address and without a port selects all connections.
///
/// If the roles of a connection are a guess (connection::role_guessed()) and the filter matches only its client, the analysis counts
/// the connection with client and server swapped.
/// Each analysis has such a filter in its options: `analyze_connections(table, {.server = {.port = 443}})`.
struct server_filter {
    std::optional<tcplens::address> address{}; ///< Address of the server; nullopt selects every address.
    std::optional<std::uint16_t> port{};       ///< Port of the server; nullopt selects every port.

    /// Whether the filter selects all connections.
    [[nodiscard]] constexpr bool selects_all() const noexcept { return !address && !port; }

    /// Whether the filter selects the connections of this server.
    [[nodiscard]] constexpr bool matches(const endpoint& server) const noexcept {
        return (!address || *address == server.address) && (!port || *port == server.port);
    }

    /// Whether both filters select the same address and port.
    [[nodiscard]] friend constexpr bool operator==(const server_filter&, const server_filter&) noexcept = default;
};

} // namespace tcplens::inline v1
