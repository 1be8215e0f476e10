// SPDX-License-Identifier: MIT
// What deserves a look: scans, floods, services that are not reached, and more, with the packets that show it.

#include "observations.hpp"

#include "subcommands.hpp"
#include "text.hpp"

#include <tcplens/connection/observers/irregularity_observer.hpp>
#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace program {

namespace {

enum class observations_format { text, json };

struct options {
    capture_list files{};
    tcplens::decode_options decoding{};
    observations_format format = observations_format::text;
    bool all = false;
};

void declare(command_line& line, options& given) {
    line.choice<observations_format>("--format",
                                     {{"text", observations_format::text}, {"json", observations_format::json}},
                                     "text for people (the default), or one JSON object", given.format);
    line.flag("--all", "all observations, not only the 10 highest of each kind", given.all);
    line.captures(given.files, given.decoding);
}

exit_status run(const options& given, session& with) {
    captures input{given.files};
    tcplens::basic_connection_table<tcplens::evidence_rules, tcplens::irregularity_observer> table{
        {.decoding = given.decoding}};
    input.add_to(table);
    constexpr std::size_t no_bound = std::numeric_limits<std::size_t>::max();
    tcplens::observation_options options;
    if (given.all) options.per_kind = no_bound;
    const tcplens::observation_report found = tcplens::analyze_observations(table, options);
    if (given.format == observations_format::json) {
        json_writer out{with.out};
        out.begin_object();
        out.key("observations");
        write_observations_json(out, found, no_bound);
        out.end();
        with.out << '\n';
    } else if (input.packets() > 0 || input.problems().empty()) {
        write_observations_text(with, found, no_bound);
    }
    return with.conclude(input);
}

} // namespace

std::vector<std::size_t> chosen_observations(const tcplens::observation_report& from, std::size_t most) {
    std::vector<std::pair<std::size_t, std::size_t>> ranked; // rank within its kind, place
    std::size_t rank = 0;
    for (std::size_t i = 0; i < from.items.size(); ++i) {
        rank = i > 0 && from.items[i].kind == from.items[i - 1].kind ? rank + 1 : 0;
        ranked.emplace_back(rank, i);
    }
    std::ranges::sort(ranked);
    if (ranked.size() > most) ranked.resize(most);
    std::vector<std::size_t> places;
    for (const auto& [ignored, place] : ranked) places.push_back(place);
    std::ranges::sort(places);
    return places;
}

std::string observation_sentence(const tcplens::observation& of) {
    std::string sentence = std::string{to_string(of.kind)} + ": " + of.text + " Packets";
    for (const std::uint64_t packet : of.packets) sentence += ' ' + std::to_string(packet);
    return sentence + '.';
}

json_value observation_json(const tcplens::observation& from) {
    json_value subject = json_value::object();
    if (from.subject.source) subject["source"] = to_string(*from.subject.source);
    if (from.subject.target) subject["target"] = to_string(*from.subject.target);
    if (from.subject.port) subject["port"] = *from.subject.port;
    if (from.subject.connection) subject["connection"] = *from.subject.connection;
    json_value counts = json_value::object();
    for (const auto& [name, value] : from.counts) counts[std::string{name}] = value;
    return {{"kind", to_string(from.kind)},
            {"category", to_string(from.category)},
            {"subject", subject},
            {"value", from.value},
            {"threshold", from.threshold},
            {"threshold_source", from.threshold_source},
            {"counts", counts},
            {"first_time_ns", from.first_time.time_since_epoch().count()},
            {"last_time_ns", from.last_time.time_since_epoch().count()},
            {"packets", from.packets},
            {"limits", from.limits},
            {"text", from.text}};
}

void write_observations_json(json_writer& out, const tcplens::observation_report& from, std::size_t most) {
    const std::vector<std::size_t> places = chosen_observations(from, most);
    out.begin_object();
    out.key("items");
    out.begin_array();
    for (const std::size_t place : places) out.value(observation_json(from.items[place]));
    out.end();
    out.member("total", from.total);
    out.member("left_out", from.total - places.size());
    if (from.sampled_one_in > 1) out.member("sampled_one_in", from.sampled_one_in);
    out.end();
}

void write_observations_text(session& with, const tcplens::observation_report& from, std::size_t most) {
    const std::vector<std::size_t> places = chosen_observations(from, most);
    const std::size_t width = with.screen.width();
    if (places.empty()) with.out << "Nothing deserves a look.\n";
    for (const std::size_t place : places) {
        const tcplens::observation& each = from.items[place];
        with.out << with.screen.painted(style::bold, to_string(each.kind)) << '\n'
                 << wrapped(each.text, width, 2) << '\n';
        std::string evidence = "packets";
        for (const std::uint64_t packet : each.packets) evidence += ' ' + std::to_string(packet);
        evidence += "; " + time_text(each.first_time) + " and " + duration_text(each.last_time - each.first_time);
        with.out << wrapped(evidence, width, 2) << '\n' << wrapped(each.limits, width, 2) << '\n';
    }
    if (const std::uint64_t others = from.total - places.size(); others > 0) {
        with.out << wrapped(counted(others, "more observation", "more observations") + ": --all shows them.", width)
                 << '\n';
    }
    if (from.sampled_one_in > 1) {
        with.out << wrapped("There were more connections than are kept for this: one in " +
                                grouped(from.sampled_one_in) + " was looked at, and counts are estimates.",
                            width)
                 << '\n';
    }
}

const subcommand subcommands::observations{
    .name = "observations",
    .summary = "what deserves a look: scans, floods, blocked services, forged resets",
    .description = "Prints what stands out in the connections: port and address scans, probes, floods, backscatter, "
                   "services that are "
                   "not reached, RSTs that do not fit, one-sided or lossy paths. Each observation is a count with its "
                   "threshold, where "
                   "that comes from, up to eight packets to look at, and what the capture cannot show about it. It is "
                   "no diagnosis.",
    .examples = {{"tcplens observations trace.pcap", "what deserves a look"},
                 {"tcplens observations --format json --all trace.pcap", "all of it, for programs"}},
    .prepare = prepare<options, declare, run>,
};

} // namespace program
