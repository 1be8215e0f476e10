// SPDX-License-Identifier: MIT
#pragma once

#include "svg.hpp"
#include "trace.hpp"

#include <string>

namespace program::graphs {

/// The time-sequence graph of both directions: data, what was acknowledged, where the window ended, SACK blocks, holes, closed windows,
/// and each segment with a verdict or with SYN, FIN or RST.
///
/// Each mark has a tooltip that names its packet, and the attribute `data-packet`; those of segments with a verdict have
/// `data-verdict` with the names that `segments` prints, and `data-flags` names SYN, FIN and RST. Neighbours without a verdict become
/// one mark where they are too many; those with the same verdict only where the picture has no room for each. A mark of several
/// packets has `data-last-packet` and `data-count`, too, and its tooltip names the packets.
[[nodiscard]] std::string time_sequence(const trace& of, const picture_options& options = {});

} // namespace program::graphs
