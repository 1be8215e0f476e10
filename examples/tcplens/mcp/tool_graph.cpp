// SPDX-License-Identifier: MIT
// render_graph: a connection as a picture.

#include "answers.hpp"
#include "picture_as_png.hpp"

#include "../graph/graphs.hpp"
#include "../text.hpp"

#include <tcplens/connection/observers/connection_observer.hpp>
#include <tcplens/tcplens.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace program::context_server {

namespace {

/// Hands the segments of one connection to its writer.
class trace_observer {
public:
    /// Adds nothing to the connections of the table.
    struct facts {
        void swap_roles() noexcept {}
        [[nodiscard]] bool operator==(const facts&) const noexcept = default;
    };
    struct connection_state {};

    trace_observer() = default;
    /// The writer outlives it.
    explicit trace_observer(graphs::trace_writer& writer) : writer_(&writer) {}

    void observe(const tcplens::observer_input& input, connection_state&, facts&) const {
        if (input.connection.number == writer_->number()) writer_->add(input);
    }

private:
    graphs::trace_writer* writer_ = nullptr;
};

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
    graphs::trace_writer writer{of.number, {.steps = steps_of_ladder}};
    tcplens::basic_connection_table<tcplens::evidence_rules, trace_observer> table{
        tcplens::table_options{}, tcplens::evidence_rules{}, trace_observer{writer}};
    with.captures.read_again(*capture, work, [&](const tcplens::packet& next) {
        table.add(next);
        return next.number < of.last_packet;
    });
    graphs::trace drawn = writer.finish();
    if (drawn.packets == 0) {
        throw tool_failure{"There is nothing to draw: all packets of connection " + std::to_string(of.number) +
                           " are samples."};
    }
    drawn.roles_guessed = of.role_guessed();
    drawn.has_samples = of.sampled;

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
