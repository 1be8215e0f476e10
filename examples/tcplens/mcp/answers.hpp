// SPDX-License-Identifier: MIT
#pragma once

// Parts that the answers of several tools have.

#include "paging.hpp"
#include "tools.hpp"

#include <tcplens/analysis/terms/server_filter.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace program::context_server {

/// The capture that `pcap_file` names.
[[nodiscard]] std::shared_ptr<const loaded_capture> capture_of(workshop& with, arguments& given, job& work);
/// The connection that `connection` names. \throws tool_failure if there is none of that number
[[nodiscard]] const tcplens::detailed_connection& connection_of(const loaded_capture& capture, arguments& given);
/// Its number; nothing if the argument is absent. \throws tool_failure if there is none of that number
[[nodiscard]] std::optional<std::uint64_t> maybe_connection_of(const loaded_capture& capture, arguments& given);

/// An answer about a capture: which one it is, and what is wrong with it, if anything.
[[nodiscard]] tool_answer begin_answer(const loaded_capture& capture);
/// A link to a resource, for tool_answer::further_content.
[[nodiscard]] json resource_link(const std::string& uri, const std::string& name, std::string_view mime_type);

[[nodiscard]] std::string uri_of(const loaded_capture& capture);
[[nodiscard]] std::string uri_of(const loaded_capture& capture, std::string_view part, std::uint64_t connection);

/// The numbers of packets that show what was counted in the connections of a server: a few of each kind.
[[nodiscard]] json evidence_of(const loaded_capture& capture, const tcplens::server_filter& server);
/// The same of one connection.
[[nodiscard]] json evidence_of(const packet_evidence& of);

/// A string that came out of a capture: marked as such, without control characters, not longer than anybody reads.
[[nodiscard]] json from_capture(std::string_view text);

/// "192.0.2.1:80", "192.0.2.1:any", or null of no filter.
[[nodiscard]] json filter_json(const tcplens::server_filter& server);

/// Says in the text how to get the rows that were left out.
void say_what_was_left_out(tool_answer& answer, const std::string& list, std::string_view rows);

} // namespace program::context_server
