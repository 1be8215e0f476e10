// SPDX-License-Identifier: MIT
#pragma once

#include "../../connection/connection.hpp"
#include "../../wire/endpoint.hpp"

#include <cstdint>
#include <string>

namespace tcplens::inline v0 {

/// Identifies a connection in the result of an analysis.
struct connection_name {
    endpoint client{};        ///< As connection::client, after a server_filter corrected guessed roles.
    endpoint server{};        ///< As connection::server, likewise.
    std::uint64_t number = 0; ///< connection::number, which tells apart connections with the same endpoints.

    /// The name of a connection.
    [[nodiscard]] static constexpr connection_name of(const connection& named) noexcept {
        return {.client = named.client, .server = named.server, .number = named.number};
    }

    /// Whether endpoints and number are equal. Connections of different tables may have the same number.
    [[nodiscard]] friend constexpr bool operator==(const connection_name&, const connection_name&) noexcept = default;
};

/// The endpoints as text: `192.0.2.1:49152 -> 198.51.100.7:80`, client first. Allocates the string.
[[nodiscard]] inline std::string to_string(const connection_name& name) {
    return to_string(name.client) + " -> " + to_string(name.server);
}

} // namespace tcplens::inline v0
