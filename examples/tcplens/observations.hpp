// SPDX-License-Identifier: MIT
#pragma once

// What deserves a look, as report and observations show it.

#include "json_writer.hpp"
#include "session.hpp"

#include <tcplens/analysis/analyze_observations.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace program {

/// How many observations a report shows.
inline constexpr std::size_t most_reported_observations = 12;

/// The places of the first `most` observations: the first of each kind, then the second of each, and so on; in the report's order.
[[nodiscard]] std::vector<std::size_t> chosen_observations(const tcplens::observation_report& from, std::size_t most);
/// "port_scan: …; packets 1 2 3".
[[nodiscard]] std::string observation_sentence(const tcplens::observation& of);
/// One observation as a small object.
[[nodiscard]] json_value observation_json(const tcplens::observation& from);
/// `{"items": […], "total": n, "left_out": n}`, with the first `most` of them: one of each kind before a second of any.
void write_observations_json(json_writer& out, const tcplens::observation_report& from, std::size_t most);
/// The same as text, which says how many were left out.
void write_observations_text(session& with, const tcplens::observation_report& from, std::size_t most);

} // namespace program
