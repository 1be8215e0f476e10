// SPDX-License-Identifier: MIT
#pragma once

// Captures, connections and graphs as resources.

#include "tools.hpp"

#include <string>

namespace program::context_server {

/// The captures beneath the roots, a page of them.
[[nodiscard]] json resources_list(const workshop& with, const std::string& cursor);
[[nodiscard]] json resource_templates();
/// The contents of a resource. \throws request_failure with `not_found` if there is none of that name, tool_failure if it cannot be read
[[nodiscard]] json read_resource(workshop& with, const std::string& uri, job& work);

} // namespace program::context_server
