// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace program::context_server {

/// A picture in SVG as PNG in Base64, made by the program rsvg-convert (Debian: librsvg2-bin): in as many pixels as fit that many
/// bytes. \throws tool_failure if the program is not there, or fails
[[nodiscard]] std::string as_png(const std::string& svg, std::size_t most_bytes);

} // namespace program::context_server
