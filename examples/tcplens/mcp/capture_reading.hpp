// SPDX-License-Identifier: MIT
#pragma once

// Reading a whole capture, by the rules that were chosen. Each set of rules makes a table of its own type, compiled in its own file.

#include "capture_store.hpp"

#include "../captures.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace program::context_server {

inline constexpr std::uint32_t packets_between_looks = 1u << 13; // a look at the clock costs more than a packet

/// All of a capture but its id. \throws tool_failure if no packet can be read, request_cancelled
[[nodiscard]] std::shared_ptr<loaded_capture> read_by_evidence(const opened_file& file, const bounds& most, job& work);
[[nodiscard]] std::shared_ptr<loaded_capture> read_by_wireshark(const opened_file& file, const bounds& most, job& work);
[[nodiscard]] std::shared_ptr<loaded_capture> read_by_repeated_sequence(const opened_file& file, const bounds& most,
                                                                        job& work);

// --- what the three have in common

/// What a capture says of each packet, summed up.
void count_packet(loaded_capture& into, const tcplens::packet& next);
/// Why reading ended before the end of the file: too many connections.
[[nodiscard]] file_problem too_many_connections(const opened_file& file, std::uint64_t packet, const bounds& most);
/// What follows from the connections, once they are there. \throws tool_failure if there was no packet
void finish_reading(loaded_capture& made, const input_file& input, const tcplens::decode_statistics& packets,
                    std::optional<file_problem> problem);

} // namespace program::context_server
