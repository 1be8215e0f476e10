// SPDX-License-Identifier: MIT
#pragma once

#include "svg.hpp"
#include "trace.hpp"

#include <string>

namespace program::graphs {

/// The time-sequence graph of what one side sent, in the format of xplot.org (xplot, jPlot and tcptrace know it). Times are those of
/// the capture, sequence numbers relative. It has no more bytes than a picture: neighbours become one mark where there are too many, those
/// with a verdict last of all. \param sender the side whose data is drawn
[[nodiscard]] std::string xplot(const trace& of, tcplens::side sender, const picture_options& options = {});

} // namespace program::graphs
