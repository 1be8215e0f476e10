// SPDX-License-Identifier: MIT
#include "answers.hpp"

#include "../capture_json.hpp"
#include "../text.hpp"

#include <tcplens/analysis/terms/connection_range.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

namespace program::context_server {

std::shared_ptr<const loaded_capture> capture_of(workshop& with, arguments& given, job& work) {
    return with.captures.get(given.text("pcap_file"), work);
}

std::optional<std::uint64_t> maybe_connection_of(const loaded_capture& capture, arguments& given) {
    constexpr std::uint64_t most = 1'000'000'000'000;
    const std::optional<std::uint64_t> named = given.maybe_number("connection", 0, most);
    if (!named || *named < capture.connections.size()) return named;
    const std::uint64_t number = *named;
    throw tool_failure{"There is no connection " + std::to_string(number) + " in " + escaped(capture.shown) + ": " +
                       (capture.connections.empty()
                            ? std::string{"there is none at all."}
                            : "their numbers are 0 to " + std::to_string(capture.connections.size() - 1) +
                                  ". list_connections lists them.")};
}

const tcplens::detailed_connection& connection_of(const loaded_capture& capture, arguments& given) {
    const std::optional<std::uint64_t> number = maybe_connection_of(capture, given);
    if (!number) throw tool_failure{"The argument connection is missing: the number of a connection, from 0 on."};
    return capture.connections[static_cast<std::size_t>(*number)];
}

std::string uri_of(const loaded_capture& capture) {
    return "tcplens://capture/" + capture.id;
}

std::string uri_of(const loaded_capture& capture, std::string_view part, std::uint64_t connection) {
    return uri_of(capture) + "/" + std::string{part} + "/" + std::to_string(connection);
}

tool_answer begin_answer(const loaded_capture& capture) {
    tool_answer answer;
    answer.structured["file"] = escaped(capture.shown);
    answer.structured["resource"] = uri_of(capture);
    if (!capture.rules.empty()) answer.structured["rules"] = capture.rules;
    for (const file_problem& each : capture.summary.problems) {
        answer.structured["capture_problem"] = error_json(each);
        answer.text += "The answer is for a part of the capture: " + each.sentence + "\n";
    }
    return answer;
}

json resource_link(const std::string& uri, const std::string& name, std::string_view mime_type) {
    return {{"type", "resource_link"}, {"uri", uri}, {"name", name}, {"mimeType", mime_type}};
}

json evidence_of(const packet_evidence& of) {
    json packets = json::object();
    of.for_each([&](const char* name, std::span<const std::uint64_t> numbers) { packets[name] = numbers; });
    return packets;
}

json evidence_of(const loaded_capture& capture, const tcplens::server_filter& server) {
    constexpr std::size_t most_of_a_kind = 8; // as in observations
    std::map<std::string, std::vector<std::uint64_t>> found;
    tcplens::detail::for_each_selected(capture.brief, server, [&](const tcplens::connection& each) {
        const packet_evidence& of = capture.evidence[static_cast<std::size_t>(each.number)];
        of.for_each([&](const char* name, std::span<const std::uint64_t> numbers) {
            std::vector<std::uint64_t>& kept = found[name];
            for (const std::uint64_t number : numbers) {
                if (kept.size() < most_of_a_kind) kept.push_back(number);
            }
        });
    });
    json packets = json::object();
    for (auto& [name, numbers] : found) {
        std::ranges::sort(numbers);
        packets[name] = numbers;
    }
    return packets;
}

json from_capture(std::string_view text) {
    constexpr std::size_t most_bytes_shown = 160;
    const bool is_cut = text.size() > most_bytes_shown;
    json marked = {{"text_from_capture", escaped(text.substr(0, most_bytes_shown))}};
    if (is_cut) marked["bytes_left_out"] = text.size() - most_bytes_shown;
    return marked;
}

json filter_json(const tcplens::server_filter& server) {
    return {{"server_ip", server.address ? json(to_string(*server.address)) : json()},
            {"server_port", server.port ? json(*server.port) : json()}};
}

void say_what_was_left_out(tool_answer& answer, const std::string& list, std::string_view rows) {
    const std::uint64_t total = answer.structured.value(list + "_total", std::uint64_t{0});
    const std::uint64_t left_out = answer.structured.value(list + "_left_out", std::uint64_t{0});
    const std::size_t shown = answer.structured[list].size();
    answer.text += "\n" + grouped(shown) + " of " + grouped(total) + " " + std::string{rows} + " listed";
    answer.text += left_out == 0 ? "." : "; " + grouped(left_out) + " more follow: pass next_cursor as cursor.";
}

} // namespace program::context_server
