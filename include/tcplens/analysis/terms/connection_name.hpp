// SPDX-License-Identifier: MIT
#pragma once

#include "../../connection/connection.hpp"
#include "../../wire/endpoint.hpp"

#include <compare>
#include <cstdint>
#include <string>

namespace tcplens::inline v1 {

/// Identifies a connection in the result of an analysis.
struct connection_name {
    endpoint client{};        ///< As connection::client, after a server_filter corrected guessed roles.
    endpoint server{};        ///< As connection::server, likewise.
    std::uint64_t number = 0; ///< connection::number, which tells apart connections with the same endpoints.
    tcplens::role_basis role_basis = tcplens::role_basis::first_packet; ///< connection::role_basis

    /// The name of a connection.
    [[nodiscard]] static constexpr connection_name of(const connection& named) noexcept {
        return {.client = named.client, .server = named.server, .number = named.number, .role_basis = named.role_basis};
    }

    /// Whether the roles of client and server are a guess: connection::role_guessed().
    [[nodiscard]] constexpr bool role_guessed() const noexcept { return role_basis < role_basis::syn_ack; }

    /// Whether endpoints, number and role_basis are equal. Connections of different tables may have the same number.
    [[nodiscard]] friend constexpr bool operator==(const connection_name&, const connection_name&) noexcept = default;
    /// The order of the clients, then that of the servers, then that of the numbers.
    [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const connection_name&,
                                                                    const connection_name&) noexcept = default;
};

/// The endpoints as text: `192.0.2.1:49152 -> 198.51.100.7:80`, client first; with ` (roles guessed)` behind it if the roles are a
/// guess. Allocates the string.
[[nodiscard]] inline std::string to_string(const connection_name& name) {
    return to_string(name.client) + " -> " + to_string(name.server) + (name.role_guessed() ? " (roles guessed)" : "");
}

} // namespace tcplens::inline v1
