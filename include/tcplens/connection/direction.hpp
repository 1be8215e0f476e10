// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace tcplens::inline v1 {

/// The direction of a segment, by the roles of its connection.
enum class direction : std::uint8_t {
    client_to_server, ///< the client sent it
    server_to_client, ///< the server sent it
};

/// The greatest value that archives accept.
[[nodiscard]] constexpr direction tcplens_archive_limit(direction) noexcept {
    return direction::server_to_client;
}

/// The other direction.
[[nodiscard]] constexpr direction opposite(direction direction) noexcept {
    return direction == direction::client_to_server ? direction::server_to_client : direction::client_to_server;
}

/// "client_to_server" or "server_to_client".
[[nodiscard]] constexpr std::string_view to_string(direction direction) noexcept {
    return direction == direction::client_to_server ? "client_to_server" : "server_to_client";
}

} // namespace tcplens::inline v1
