// SPDX-License-Identifier: MIT
#pragma once

// The transport stdio: a message a line, on standard input and standard output.

#include "server.hpp"

namespace program::context_server {

/// Answers what comes in until its end. Returns whether all answers could be written.
///
/// One thread reads, so that a cancellation is heard at once; another one answers, one request after the other. What waits takes
/// bounded memory: beyond that, reading waits.
[[nodiscard]] bool serve_standard_streams(server& with);

} // namespace program::context_server
