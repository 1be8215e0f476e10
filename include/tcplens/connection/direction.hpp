// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace tcplens::inline v0 {

/// Which way a segment went.
enum class direction : std::uint8_t { client_to_server, server_to_client };

[[nodiscard]] constexpr direction opposite(direction direction) noexcept {
    return direction == direction::client_to_server ? direction::server_to_client : direction::client_to_server;
}

[[nodiscard]] constexpr std::string_view to_string(direction direction) noexcept {
    return direction == direction::client_to_server ? "client_to_server" : "server_to_client";
}

} // namespace tcplens::inline v0
