// SPDX-License-Identifier: MIT
#pragma once

// What changed over the time of a connection, for both directions. Each mark has a tooltip that names its packets.

#include "svg.hpp"
#include "trace.hpp"

#include <string>

namespace program::graphs {

/// Round trips between the capture and the receiver of what was sent. Data that was sent again gives none (Karn's algorithm,
/// RFC 6298 section 3).
[[nodiscard]] std::string round_trips(const trace& of, const picture_options& options = {});
/// Bytes that were sent and not acknowledged yet, and the window that was open for them.
[[nodiscard]] std::string in_flight(const trace& of, const picture_options& options = {});
/// Bytes of data a second: all (throughput), and those that were not captured before (goodput); and where data was sent again.
[[nodiscard]] std::string throughput(const trace& of, const picture_options& options = {});

} // namespace program::graphs
