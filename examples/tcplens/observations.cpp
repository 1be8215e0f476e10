// SPDX-License-Identifier: MIT
// What deserves a look: scans, floods, services that are not reached, and more, with the packets that show it.

#include "observations.hpp"

#include "subcommands.hpp"
#include "text.hpp"

#include <tcplens/analysis/timeline.hpp>
#include <tcplens/connection/observers/content_irregularity_observer.hpp>
#include <tcplens/connection/observers/profile_observer.hpp>
#include <tcplens/connection/observers/skew_observer.hpp>
#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program {

namespace {

/// How many events of a timeline are printed without --all.
constexpr std::size_t most_events = 100;

enum class observations_format { text, json };

struct observations_options {
    capture_list files{};
    tcplens::decode_options decoding{};
    observations_format format = observations_format::text;
    bool all = false;
    tcplens::observation::subject_type subject{}; ///< whose timeline is printed, too

    [[nodiscard]] bool wants_timeline() const { return subject.source || subject.target; }
};

/// Reads an address and a port. False if `value` is none.
bool take_service(std::string_view value, tcplens::observation::subject_type& subject) {
    const std::size_t colon = value.rfind(':');
    if (colon == std::string_view::npos) return false;
    std::string_view host = value.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    subject.target = tcplens::address::parse(host);
    subject.port = parse_number<std::uint16_t>(value.substr(colon + 1));
    return subject.target && subject.port && (bracketed || host.find(':') == std::string_view::npos);
}

void declare(command_line& line, observations_options& given) {
    line.choice<observations_format>("--format",
                                     {{"text", observations_format::text}, {"json", observations_format::json}},
                                     "text for people (the default), or one JSON object", given.format);
    line.flag("--all", "all observations, not only the 10 highest of each kind, and all events", given.all);
    line.option({.names = "--source",
                 .value = "A",
                 .needs = "an IPv4 or IPv6 address",
                 .meaning = "the timeline of what this host did, too"},
                [&given](std::string_view value) {
                    given.subject.source = tcplens::address::parse(value);
                    return given.subject.source.has_value();
                });
    line.option({.names = "--service",
                 .value = "A:P",
                 .needs = "an address and a port, such as 192.0.2.1:80 or [2001:db8::1]:80",
                 .meaning = "the timeline of what was done to this service, too"},
                [&given](std::string_view value) { return take_service(value, given.subject); });
    line.captures(given.files, given.decoding);
}

/// What happens in a timeline, e.g. "rst_in_window".
std::string_view event_name(const tcplens::timeline_report::event& of) {
    using kind_type = tcplens::timeline_report::event::kind_type;
    return of.kind == kind_type::irregularity ? to_string(of.found) : to_string(of.kind);
}

void write_timeline_json(json_writer& out, const tcplens::timeline_report& from) {
    out.begin_object();
    out.key("events");
    out.begin_array();
    for (const tcplens::timeline_report::event& each : from.events) {
        const json_value told = {{"packet", each.packet},
                                 {"event", event_name(each)},
                                 {"connection", each.connection},
                                 {"client", to_string(each.client)},
                                 {"server", to_string(each.server)},
                                 {"time_ns", each.time.time_since_epoch().count()}};
        out.value(told);
    }
    out.end();
    out.member("total", from.total);
    out.member("left_out", from.left_out);
    out.end();
}

void write_timeline_text(session& with, const tcplens::timeline_report& from) {
    with.out << '\n' << with.screen.painted(style::bold, "What happened") << '\n';
    for (const tcplens::timeline_report::event& each : from.events) {
        std::string line = "packet " + std::to_string(each.packet) + ": " + std::string{event_name(each)} +
                           ", connection " + std::to_string(each.connection) + ", " + to_string(each.client) + " to " +
                           to_string(each.server) + ", " + time_text(each.time);
        with.out << wrapped(line, with.screen.width(), 2) << '\n';
    }
    if (from.left_out > 0) {
        with.out << wrapped(counted(from.left_out, "later event was left out.", "later events were left out."),
                            with.screen.width())
                 << '\n';
    }
}

exit_status run(const observations_options& given, session& with) {
    captures input{given.files};
    tcplens::basic_connection_table<tcplens::evidence_rules, tcplens::profile_observer, tcplens::skew_observer,
                                    tcplens::content_irregularity_observer>
        table{{.decoding = given.decoding}};
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
        if (given.wants_timeline()) {
            out.key("timeline");
            write_timeline_json(out, tcplens::timeline(table, given.subject, given.all ? no_bound : most_events));
        }
        out.end();
        with.out << '\n';
    } else if (input.packets() > 0 || input.problems().empty()) {
        write_observations_text(with, found, no_bound);
        if (given.wants_timeline()) {
            write_timeline_text(with, tcplens::timeline(table, given.subject, given.all ? no_bound : most_events));
        }
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
                 {"tcplens observations --format json --all trace.pcap", "all of it, for programs"},
                 {"tcplens observations --source 192.0.2.7 trace.pcap",
                  "the same, and what that host did packet by packet"}},
    .prepare = prepare<observations_options, declare, run>,
};

} // namespace program
