// SPDX-License-Identifier: MIT
#pragma once

// One connection told whole, as text. Each part prints lines that fit the terminal.

#include "connection_story.hpp"
#include "session.hpp"

#include <tcplens/connection/detailed/detailed_connection_table.hpp>

#include <cstddef>

namespace program {

/// Which connection it is, how it ended, when it was there, and what most of its time went to.
void print_heading(session& with, const tcplens::detailed_connection& of, tcplens::timestamp capture_begins);
/// How it was opened, with the options of both ends.
void print_opening(session& with, const tcplens::detailed_connection& of);
/// What happened, in at most about so many lines.
void print_timeline(session& with, const tcplens::detailed_connection& of, story_writer& written, std::size_t lines);
/// Both directions side by side.
void print_directions(session& with, const tcplens::detailed_connection& of);
/// Where the time went, as bars.
void print_times(session& with, const tcplens::detailed_connection& of);

} // namespace program
