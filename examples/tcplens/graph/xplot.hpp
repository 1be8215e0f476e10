// SPDX-License-Identifier: MIT
#pragma once

#include "trace.hpp"

#include <string>

namespace program::graphs {

/// The time-sequence graph of what one side sent, in the format of xplot.org (xplot, jPlot and tcptrace know it). Times are those of
/// the capture, sequence numbers relative. \param sender the side whose data is drawn
[[nodiscard]] std::string xplot(const trace& of, tcplens::side sender);

} // namespace program::graphs
