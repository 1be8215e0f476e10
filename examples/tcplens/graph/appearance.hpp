// SPDX-License-Identifier: MIT
#pragma once

// How segments look in pictures: a glyph and a colour for each kind of verdict, so that no picture rests on colours alone.

#include "trace.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace program::graphs {

struct appearance {
    std::string_view css;   ///< of graph_style()
    std::string_view glyph; ///< a path around 0 0
    std::string_view name;  ///< that of the verdict, or of the flag
};

/// That of a class of segments: of several verdicts the one that tells most.
[[nodiscard]] appearance appearance_of(const mark_class& of);

/// Verdicts that tell of what a segment acknowledges or offers; they are drawn where the data that it acknowledges is.
inline constexpr tcplens::verdict_kinds acknowledgment_kinds =
    tcplens::verdict_kinds::duplicate_ack | tcplens::verdict_kinds::zero_window |
    tcplens::verdict_kinds::window_update | tcplens::verdict_kinds::keep_alive_ack |
    tcplens::verdict_kinds::zero_window_probe_ack | tcplens::verdict_kinds::ack_lost_segment;

/// "SYN, ACK" is "SYN" here; "FIN,RST".
[[nodiscard]] std::string flags_text(std::uint16_t ends);
/// The names of the verdict and the flags, "retransmission, FIN"; "data" or "ACK" where there is none.
[[nodiscard]] std::string words_of(const mark_class& of);
/// " data-verdict=\"retransmission\" data-flags=\"FIN\"", as far as there is any.
[[nodiscard]] std::string attributes_of(const mark_class& of);
/// " data-packet=\"7\"", or with the last packet and the count of a group.
[[nodiscard]] std::string attributes_of(const packet_group& of);
/// "packet 7, 1.234 ms" or "12 packets from 7 to 30, 1.234 ms to 2.345 ms"; or, if they are known, "packets 7-9 12".
[[nodiscard]] std::string packets_text(const trace& in, const packet_group& of,
                                       const std::vector<std::uint64_t>& numbers = {});
/// "client" or "server".
[[nodiscard]] std::string_view role_of(const trace& in, tcplens::side of);
/// "1,461 to 2,921"
[[nodiscard]] std::string range_text(const value_range& of);

} // namespace program::graphs
