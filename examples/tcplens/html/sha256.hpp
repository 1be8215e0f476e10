// SPDX-License-Identifier: MIT
#pragma once

// SHA-256 (FIPS 180-4), by which the Content-Security-Policy of a page names the script that it allows.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace program::html {

/// The digest of some bytes.
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view bytes);
/// "sha256-…", as a source of a Content-Security-Policy (CSP Level 3, section 2.3.1).
[[nodiscard]] std::string policy_source(std::string_view text);

} // namespace program::html
