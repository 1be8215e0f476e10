// SPDX-License-Identifier: MIT
#pragma once

// The value of --allow-url.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace program::context_server {

namespace detail {

[[nodiscard]] constexpr char small_letter(char each) noexcept {
    return each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each;
}

} // namespace detail

/// HOST or HOST:PORT in small letters; empty if it is neither.
[[nodiscard]] inline std::string allowed_host(std::string_view value) {
    std::string host{value};
    std::ranges::transform(host, host.begin(), detail::small_letter);
    const bool in_brackets = host.starts_with('[');
    const std::size_t bracket = in_brackets ? host.find(']') : 0;
    if (bracket == std::string::npos) return {};
    const std::size_t colon = host.find(':', bracket);
    std::uint16_t port = 0;
    if (colon != std::string::npos) {
        const char* const end = host.data() + host.size();
        const auto [rest, error] = std::from_chars(host.data() + colon + 1, end, port);
        if (error != std::errc{} || rest != end || port == 0) return {};
    }
    const std::string_view name = std::string_view{host}.substr(0, colon);
    const bool is_plain = std::ranges::all_of(name, [&](char each) {
        return (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '.' || each == '-' ||
               each == '_' || (in_brackets && (each == ':' || each == '[' || each == ']'));
    });
    return name.empty() || !is_plain ? std::string{} : host;
}

} // namespace program::context_server
