// SPDX-License-Identifier: MIT
#pragma once

#include "svg.hpp"
#include "trace.hpp"

#include <tcplens/connection/connection.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace program::graphs {

/// What the overview tells of a connection.
struct connection_line {
    std::uint64_t number = 0;
    tcplens::timestamp first_time{};
    tcplens::timestamp last_time{};
    std::uint64_t first_packet = 0;
    std::uint64_t last_packet = 0;
    std::string_view state{}; ///< state_of() of report_facts.hpp
};

/// What the overview tells of a capture.
struct capture_overview {
    std::vector<connection_line> connections{}; ///< in the order of their numbers
    interval_series intervals{512};             ///< of all connections; side::first is the client
    struct talker {
        std::uint64_t wire_bytes = 0; ///< sent
        std::uint64_t packets = 0;
    };
    std::map<tcplens::address, talker> talkers{};

    void add(const tcplens::connection& next);
};

/// Connections over time, coloured by state; packets and retransmissions a second; the addresses that sent most. Where there are more
/// connections than lines have room, neighbours share a line.
/// \param marked a connection that is drawn bold
[[nodiscard]] std::string overview(const capture_overview& of, std::optional<std::uint64_t> marked = {},
                                   const picture_options& options = {});

} // namespace program::graphs
