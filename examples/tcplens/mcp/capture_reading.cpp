// SPDX-License-Identifier: MIT
#include "capture_reading.hpp"

#include "../not_understood.hpp"
#include "../text.hpp"

#include <cstddef>
#include <utility>

namespace program::context_server {

namespace {

/// The first observations of each kind that are kept; find_observations counts the others.
constexpr std::size_t most_of_a_kind = 200;

} // namespace

void count_packet(loaded_capture& into, const tcplens::packet& next) {
    into.captured_bytes += next.bytes.size();
    into.wire_bytes += next.wire_length;
    into.cut_packets += next.bytes.size() < next.wire_length;
    if (!next.has_time) return;
    const tcplens::timestamp time = tcplens::detail::clamp_for_arithmetic(next.time);
    if (into.last_time && time < *into.last_time) {
        if (into.times_run_back++ == 0) into.first_run_back = next.number;
    }
    if (!into.first_time || time < *into.first_time) into.first_time = time;
    if (!into.last_time || time > *into.last_time) into.last_time = time;
}

file_problem too_many_connections(const opened_file& file, std::uint64_t packet, const bounds& most) {
    return {file.shown,
            "Reading ended at packet " + grouped(packet) + ", since there are more than " + grouped(most.connections) +
                " connections: the answers are for the packets before. Start the server "
                "with a larger --max-connections, or cut the capture into parts.",
            {}};
}

void finish_reading(loaded_capture& made, const input_file& input, const tcplens::decode_statistics& packets,
                    std::optional<file_problem> problem) {
    if (!problem) problem = input.problem(made.shown);
    if (problem && input.packets() == 0) {
        throw tool_failure{escaped(made.shown) + ": " + problem->sentence +
                           " No packet could be read; resources/list lists the captures that there are."};
    }
    tcplens::observation_accumulator observations{{.per_kind = most_of_a_kind}};
    for (const tcplens::detailed_connection& each : made.connections) {
        observations.add(each);
        made.skew.add(each.skew);
    }
    made.observations = observations.result();
    made.evidence.resize(made.connections.size());
    made.sections = input.sections();
    made.interfaces = input.interfaces();
    made.summary = {.files = {made.shown},
                    .packets = packets,
                    .dropped = dropped(input),
                    .skipped = input.skipped(),
                    .problems = {}};
    if (problem) made.summary.problems.push_back(*std::move(problem));
}

} // namespace program::context_server
