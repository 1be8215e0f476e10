// SPDX-License-Identifier: MIT
#include "resources.hpp"

#include "../command_line.hpp"
#include "../text.hpp"
#include "answers.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace program::context_server {

namespace {

constexpr std::string_view scheme = "tcplens://capture/";

[[noreturn]] void refuse(const std::string& uri) {
    throw request_failure{error_code::invalid_params,
                          "There is no resource of this name: it is tcplens://capture/ID, and behind it nothing, "
                          "/connection/NUMBER or /graph/NUMBER.",
                          {{"uri", escaped(uri.substr(0, 200))}}};
}

/// The answer of a tool to a question about a resource.
tool_answer ask(tool_answer (*tool)(workshop&, arguments&, job&), workshop& with, const json& question, job& work) {
    arguments given{question};
    return tool(with, given, work);
}

} // namespace

json resources_list(const workshop& with, const std::string& cursor) {
    constexpr std::size_t most_listed = 1000;
    constexpr std::size_t page_size = 50;
    const std::vector<found_file> found = with.captures.folders().captures(most_listed);
    std::size_t begin = 0;
    if (!cursor.empty()) {
        const auto place = parse_number<std::size_t>(cursor);
        if (!place || *place > most_listed) {
            throw request_failure{error_code::invalid_params, "This cursor is none of resources/list."};
        }
        begin = std::min(*place, found.size());
    }
    const std::size_t end = std::min(begin + page_size, found.size());
    json list = json::array();
    for (std::size_t i = begin; i < end; ++i) {
        const found_file& each = found[i];
        list.push_back({{"uri", std::string{scheme} + id_of(each.root, each.path)},
                        {"name", escaped(each.path)},
                        {"mimeType", "application/json"},
                        {"description", "capture of " + bytes_text(each.size)}});
    }
    json page = {{"resources", std::move(list)}};
    if (end < found.size()) page["nextCursor"] = std::to_string(end);
    return page;
}

json resource_templates() {
    return {{"resourceTemplates",
             {{{"uriTemplate", "tcplens://capture/{id}"},
               {"name", "capture"},
               {"description", "what describe_capture says"},
               {"mimeType", "application/json"}},
              {{"uriTemplate", "tcplens://capture/{id}/connection/{n}"},
               {"name", "connection"},
               {"description", "what get_connection says"},
               {"mimeType", "application/json"}},
              {{"uriTemplate", "tcplens://capture/{id}/graph/{n}"},
               {"name", "graph"},
               {"description", "a connection over time"},
               {"mimeType", "image/svg+xml"}}}}};
}

json read_resource(workshop& with, const std::string& uri, job& work) {
    if (!uri.starts_with(scheme)) refuse(uri);
    const std::string_view rest = std::string_view{uri}.substr(scheme.size());
    const std::string_view id = rest.substr(0, rest.find('/'));
    if (!with.captures.knows(id)) refuse(uri);
    json question = {{"pcap_file", std::string{scheme} + std::string{id}}};
    const auto contents = [&](const char* type, std::string text) {
        return json{{"contents", {{{"uri", uri}, {"mimeType", type}, {"text", std::move(text)}}}}};
    };
    const auto as_json = [&](tool_answer answer) {
        return contents("application/json", answer.structured.dump(-1, ' ', false, json::error_handler_t::replace));
    };
    if (id.size() == rest.size()) return as_json(ask(describe_capture, with, question, work));
    const std::string_view part = rest.substr(id.size() + 1);
    const std::size_t slash = part.find('/');
    const auto number =
        slash == std::string_view::npos ? std::nullopt : parse_number<std::uint64_t>(part.substr(slash + 1));
    if (!number) refuse(uri);
    question["connection"] = *number;
    if (part.substr(0, slash) == "connection") return as_json(ask(get_connection, with, question, work));
    if (part.substr(0, slash) != "graph") refuse(uri);
    question["limit"] = most_bytes;
    for (const json& each : ask(render_graph, with, question, work).further_content) {
        if (each["type"] == "resource") return contents("image/svg+xml", each["resource"]["text"].get<std::string>());
    }
    throw tool_failure{"The graph has more bytes than the server sends."};
}

} // namespace program::context_server
