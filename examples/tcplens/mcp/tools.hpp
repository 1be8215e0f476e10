// SPDX-License-Identifier: MIT
#pragma once

// The tools that clients call. Each is a function from arguments to an answer, and a text that describes it to a model.

#include "arguments.hpp"
#include "capture_store.hpp"
#include "job.hpp"
#include "roots.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace program::context_server {

/// What tools work with.
struct workshop {
    capture_store& captures;
    const writable_folder* written = nullptr; ///< null: nothing is written
};

/// What a tool says.
struct tool_answer {
    json structured = json::object();
    std::string text{};                  ///< the same in short, for people and for models that get no more
    std::vector<json> further_content{}; ///< links and pictures
};

struct tool {
    std::string_view name;
    std::string_view title;
    std::string_view description;
    std::string_view input;  ///< the properties of its arguments, as JSON Schema: `"pcap_file":{"type":"string"}, …`
    std::string_view needed; ///< those that must be there: `"pcap_file","server_ip"`
    std::string_view output; ///< the properties of its structured answer
    tool_answer (*call)(workshop&, arguments&, job&);
    bool writes = false;
};

/// All, in the order in which they are listed.
[[nodiscard]] std::span<const tool> all_tools();
/// How a tool is told to clients. `fetches`: captures may be those of other machines.
[[nodiscard]] json description_of(const tool& one, bool fetches);

// --- the four of mcpcap, under their names
[[nodiscard]] tool_answer analyze_tcp_connections(workshop& with, arguments& given, job& work);
[[nodiscard]] tool_answer analyze_tcp_anomalies(workshop& with, arguments& given, job& work);
[[nodiscard]] tool_answer analyze_tcp_retransmissions(workshop& with, arguments& given, job& work);
[[nodiscard]] tool_answer analyze_traffic_flow(workshop& with, arguments& given, job& work);

// --- from memory
[[nodiscard]] tool_answer describe_capture(workshop& with, arguments& given, job& work);
[[nodiscard]] tool_answer list_connections(workshop& with, arguments& given, job& work);
[[nodiscard]] tool_answer get_connection(workshop& with, arguments& given, job& work);
[[nodiscard]] tool_answer find_observations(workshop& with, arguments& given, job& work);

// --- which read the capture once more
[[nodiscard]] tool_answer get_segments(workshop& with, arguments& given, job& work);
[[nodiscard]] tool_answer get_time_series(workshop& with, arguments& given, job& work);
[[nodiscard]] tool_answer render_graph(workshop& with, arguments& given, job& work);
[[nodiscard]] tool_answer export_connection(workshop& with, arguments& given, job& work);

} // namespace program::context_server
