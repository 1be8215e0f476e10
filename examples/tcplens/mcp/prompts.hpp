// SPDX-License-Identifier: MIT
#pragma once

// The two prompts of mcpcap, each as a plan: which tools to call, what to say with packet numbers, what a capture cannot show.

#include "failures.hpp"

#include <string>

namespace program::context_server {

/// How prompts are told to clients.
[[nodiscard]] json prompts_list();
/// The messages of a prompt. \throws request_failure
[[nodiscard]] json prompt(const std::string& name, const json& arguments);

} // namespace program::context_server
