// SPDX-License-Identifier: MIT
// Pictures of a connection, or of the whole capture, as SVG.

#include "graph/graphs.hpp"
#include "output_file.hpp"
#include "subcommands.hpp"
#include "text.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace program {

namespace {

enum class graph_kind { by_connection, time_sequence, round_trip, in_flight, throughput, ladder, time_spent, overview };
enum class graph_direction { more_data, to_server, to_client };

constexpr std::size_t usual_segments = 60; ///< of a ladder
constexpr std::size_t usual_bars = 20;     ///< of where the time went

struct graph_options {
    capture_list files{};
    tcplens::decode_options decoding{};
    rule_set rules = rule_set::evidence;
    std::optional<std::uint64_t> connection{};
    graph_kind kind = graph_kind::by_connection; ///< time_sequence if a connection is named, else overview
    std::string output{};
    std::size_t segments = 0; ///< 0: not given
    bool odd = false;
    std::size_t top = 0; ///< 0: not given
    bool xplot = false;
    graph_direction direction = graph_direction::more_data;
};

void declare(command_line& line, graph_options& given) {
    line.connection("draw this connection", given.connection);
    line.choice<graph_kind>("--kind",
                            {{"time-sequence", graph_kind::time_sequence},
                             {"round-trip", graph_kind::round_trip},
                             {"in-flight", graph_kind::in_flight},
                             {"throughput", graph_kind::throughput},
                             {"ladder", graph_kind::ladder},
                             {"time-spent", graph_kind::time_spent},
                             {"overview", graph_kind::overview}},
                            "what is drawn: see above (time-sequence with --connection, else overview)", given.kind);
    declare_output(line, given.output);
    line.number<std::size_t>("--segments", "N", 1, 1500, "in a ladder: so many segments (60)", given.segments);
    line.flag("--odd", "in a ladder: only segments with a verdict, or with SYN, FIN or RST", given.odd);
    line.number<std::size_t>("--top", "N", 1, 500, "in time-spent: so many connections, the longest first (20)",
                             given.top);
    line.flag("--xplot", "write the time-sequence graph of one direction as xplot.org reads it, and no SVG",
              given.xplot);
    line.choice<graph_direction>("--direction",
                                 {{"to-server", graph_direction::to_server}, {"to-client", graph_direction::to_client}},
                                 "with --xplot: which direction (the one with more data)", given.direction);
    declare_rules(line, given.rules);
    line.captures(given.files, given.decoding);
}

graph_kind kind_of(const graph_options& given) {
    if (given.kind != graph_kind::by_connection) return given.kind;
    return given.connection || given.xplot ? graph_kind::time_sequence : graph_kind::overview;
}

std::string draw(const graph_options& given, const graphs::trace& of) {
    if (given.xplot) {
        const bool to_server = given.direction == graph_direction::more_data
                                   ? of.client_side().data_bytes >= of.server_side().data_bytes
                                   : given.direction == graph_direction::to_server;
        return graphs::xplot(of, to_server ? of.client : opposite(of.client));
    }
    switch (given.kind) {
    case graph_kind::round_trip: return graphs::round_trips(of);
    case graph_kind::in_flight: return graphs::in_flight(of);
    case graph_kind::throughput: return graphs::throughput(of);
    case graph_kind::ladder:
        return graphs::ladder(of, given.odd ? graphs::ladder_rows::odd : graphs::ladder_rows::first);
    case graph_kind::by_connection:
    case graph_kind::time_sequence:
    case graph_kind::time_spent:
    case graph_kind::overview: break;
    }
    return graphs::time_sequence(of);
}

struct drawing {
    std::optional<std::string> picture{}; ///< nothing if the connection is not there
    std::uint64_t connections = 0;        ///< how many there are in all
};

drawing read_and_draw(const graph_options& given, captures& input) {
    const std::span<const std::uint64_t> numbers =
        given.connection ? std::span{&*given.connection, 1} : std::span<const std::uint64_t>{};
    if (kind_of(given) == graph_kind::time_spent) {
        const graphs::slowest_connections slowest = graphs::collect_slowest(
            input, given.decoding, given.rules, given.top == 0 ? usual_bars : given.top, given.connection);
        if (given.connection && slowest.found().empty()) return {{}, input.connections(slowest.total())};
        return {graphs::time_spent(slowest.found(), slowest.total()), slowest.total()};
    }
    graphs::capture_overview whole;
    const bool is_whole = kind_of(given) == graph_kind::overview;
    const graphs::collected found =
        graphs::collect(input, given.decoding, given.rules, numbers,
                        {.steps = given.segments == 0 ? usual_segments : given.segments}, is_whole ? &whole : nullptr);
    if (given.connection && found.traces.empty()) return {{}, found.connections};
    return {is_whole ? graphs::overview(whole, given.connection) : draw(given, found.traces[0]), found.connections};
}

/// Refuses options that say nothing of this kind of graph. \throws usage_error
void check_kind(const graph_options& given) {
    const graph_kind kind = kind_of(given);
    if (given.xplot && kind != graph_kind::time_sequence)
        throw usage_error{"--xplot writes the time-sequence graph of a connection only."};
    if ((given.segments != 0 || given.odd) && kind != graph_kind::ladder)
        throw usage_error{"--segments and --odd go with --kind ladder."};
    if (given.top != 0 && kind != graph_kind::time_spent) throw usage_error{"--top goes with --kind time-spent."};
    if (given.direction != graph_direction::more_data && !given.xplot)
        throw usage_error{"--direction goes with --xplot: the other graphs show both directions."};
}

exit_status run(const graph_options& given, session& with) {
    const bool draws_capture = kind_of(given) == graph_kind::time_spent || kind_of(given) == graph_kind::overview;
    check_kind(given);
    if (!given.connection && !draws_capture) {
        throw usage_error{"Which connection? --connection N names it; `tcplens connections` lists them."};
    }
    check_output(given.output, given.files);
    captures input{given.files};
    const drawing drawn = read_and_draw(given, input);
    if (!drawn.picture) {
        (void)with.conclude(input); // says what was wrong with the capture, which may be why
        with.complain(why_no_connection(*given.connection, drawn.connections));
        return exit_status::bad_usage;
    }
    const exit_status written = write_output(with, given.output, *drawn.picture);
    const exit_status read = with.conclude(input);
    return written == exit_status::good ? read : written;
}

} // namespace

const subcommand subcommands::graph{
    .name = "graph",
    .summary = "a connection, or the capture, as a picture (SVG)",
    .description = "Draws one picture as SVG, of 2 MB at most whatever the capture. Each mark has a tooltip that names "
                   "its packet or packets. "
                   "Where there are too many marks, neighbours without a verdict become one; those with a verdict only "
                   "where there is no "
                   "room for each, and the mark then tells how many there are and names their packets.\n"
                   "\n"
                   "--kind time-sequence: data, what was acknowledged, the end of the window, SACK blocks, holes, "
                   "closed windows, and each "
                   "segment with a verdict or with SYN, FIN or RST, for both directions. round-trip: from the capture "
                   "to the receiver and "
                   "back. in-flight: bytes that were not acknowledged, and the window. throughput: bytes of data a "
                   "second, and those of "
                   "it that were new. ladder: an arrow for each of the first segments, or of those that --odd chooses. "
                   "time-spent: where "
                   "the time of the slowest connections went, or of the one that --connection names. overview: the "
                   "connections of the "
                   "capture over time, packets and retransmissions a second, and the addresses that sent most.",
    .examples = {{"tcplens graph --connection 3 -o 3.svg trace.pcap", "the time-sequence graph of connection 3"},
                 {"tcplens graph --connection 3 --kind ladder --odd -o 3.svg trace.pcap",
                  "what was sent again, came late or twice, arrow by arrow"},
                 {"tcplens graph -o all.svg trace.pcap", "an overview of the whole capture"},
                 {"tcplens graph --connection 3 --xplot -o 3.xpl trace.pcap", "for xplot.org"}},
    .prepare = prepare<graph_options, declare, run>,
};

} // namespace program
