// SPDX-License-Identifier: MIT
// render_graph: a connection as a picture.

#include "answers.hpp"
#include "picture_as_png.hpp"

#include "../graph/graphs.hpp"
#include "../graph/trace_observer.hpp"
#include "../rule_sets.hpp"
#include "../text.hpp"

#include <tcplens/tcplens.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace program::context_server {

namespace {

std::string draw(const std::string& kind, const graphs::trace& of, std::size_t most) {
    const graphs::picture_options bounded{.most_bytes = most};
    if (kind == "round-trip") return graphs::round_trips(of, bounded);
    if (kind == "in-flight") return graphs::in_flight(of, bounded);
    if (kind == "throughput") return graphs::throughput(of, bounded);
    if (kind == "ladder") return graphs::ladder(of, graphs::ladder_rows::first, bounded);
    return graphs::time_sequence(of, bounded);
}

} // namespace

tool_answer render_graph(workshop& with, arguments& given, job& work) {
    const auto capture = capture_of(with, given, work);
    const tcplens::detailed_connection& of = connection_of(*capture, given);
    const std::string kind =
        given.choice("kind", {"time-sequence", "round-trip", "in-flight", "throughput", "ladder"}, "time-sequence");
    const std::string format = given.choice("format", {"svg", "png"}, "svg");
    constexpr std::uint64_t least_bytes = 16'000;
    const auto limit = given.maybe_number("limit", least_bytes, most_bytes);
    given.finish();
    const std::size_t room = (limit ? static_cast<std::size_t>(*limit) : most_default_bytes) - bytes_around;

    constexpr std::size_t steps_of_ladder = 60; // as in the subcommand graph
    const auto writer =
        std::make_unique<graphs::trace_writer>(of.number, graphs::trace_options{.steps = steps_of_ladder});
    with_rules(with.captures.rules(), [&]<class Rules>(const Rules& chosen) {
        tcplens::basic_connection_table<Rules, graphs::trace_observer> table{tcplens::table_options{}, chosen,
                                                                             graphs::trace_observer{{&writer, 1}}};
        with.captures.read_again(*capture, work, [&](const tcplens::packet& next) {
            table.add(next);
            return next.number < of.last_packet;
        });
    });
    const graphs::trace drawn = writer->finish(of);
    if (drawn.packets == 0) {
        throw tool_failure{"There is nothing to draw: all packets of connection " + std::to_string(of.number) +
                           " are samples."};
    }

    tool_answer answer = begin_answer(*capture);
    json& out = answer.structured;
    const std::string uri = uri_of(*capture, "graph", of.number);
    out["resource"] = uri;
    out["connection"] = of.number;
    out["kind"] = kind;
    out["packets_drawn"] = drawn.packets;
    answer.text += "connection " + std::to_string(of.number) + ", " + kind + ", " +
                   counted(drawn.packets, "packet", "packets") + ", packets " + grouped(of.first_packet) + " to " +
                   grouped(of.last_packet) + ".";
    if (format == "png") {
        constexpr std::size_t most_picture = 500'000; // bytes of SVG, which nobody is sent
        const std::string picture = as_png(draw(kind, drawn, most_picture), room);
        out["format"] = "png";
        out["bytes"] = picture.size();
        answer.further_content.push_back({{"type", "image"}, {"data", picture}, {"mimeType", "image/png"}});
    } else {
        // A message has a '\' before each '"' of the picture: a tenth of its bytes and more.
        std::size_t most = room * 4 / 5;
        std::string picture = draw(kind, drawn, most);
        for (; size_of(json(picture)) > room && most > least_bytes / 4; picture = draw(kind, drawn, most))
            most = most * 4 / 5;
        out["format"] = "svg";
        out["bytes"] = picture.size();
        answer.further_content.push_back(
            {{"type", "resource"}, {"resource", {{"uri", uri}, {"mimeType", "image/svg+xml"}, {"text", picture}}}});
    }
    return answer;
}

} // namespace program::context_server
