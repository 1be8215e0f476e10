// SPDX-License-Identifier: MIT
#pragma once

// The transport Streamable HTTP: each message is a POST to /mcp, by cpp-httplib (Debian: libcpp-httplib-dev).

#include "server.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace program::context_server {

struct http_options {
    std::string host{"127.0.0.1"}; ///< the address to listen at
    std::uint16_t port = 0;        ///< 0: any free one
    std::string token{};           ///< that each request must carry; may be empty on loopback only
};

/// Whether this build has the transport.
[[nodiscard]] bool has_http() noexcept;
/// Whether an address is one of the machine itself.
[[nodiscard]] bool is_loopback(const std::string& host) noexcept;

/// Answers until the program is ended. `listening(url)` is called once it can be reached. Returns false if it cannot listen.
/// @pre has_http(), and a token unless is_loopback(host)
[[nodiscard]] bool serve_http(server& with, const http_options& given,
                              const std::function<void(const std::string& url)>& listening);

} // namespace program::context_server
