// SPDX-License-Identifier: MIT
#pragma once

// A page in one file: it is HTML and well-formed XML at once, loads nothing, and its Content-Security-Policy allows its own script
// and style only.

#include <string>
#include <string_view>

namespace program::html {

/// \param body the elements of the body, whose text is escaped: graphs::xml_escaped()
[[nodiscard]] std::string page(std::string_view title, std::string_view body);
/// "<p>words</p>", with the words escaped; of any element without attributes.
[[nodiscard]] std::string element(std::string_view name, std::string_view words);

} // namespace program::html
