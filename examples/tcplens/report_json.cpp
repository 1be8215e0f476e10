// SPDX-License-Identifier: MIT
// The answers of report as JSON, written as they come: of a million connections one is held at a time.

#include "json_answers.hpp"
#include "json_facts.hpp"
#include "json_writer.hpp"
#include "observations.hpp"
#include "report.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace program {

namespace {

/// How many items each list has at most.
std::size_t most_listed(const report_options& given) {
    constexpr std::size_t brief = 10;
    return given.detailed ? SIZE_MAX : brief;
}

json_value error_json(const file_problem& problem) {
    if (!problem.error) return {{"code", "interrupted"}, {"offset", 0}, {"packet", 0}, {"message", problem.sentence}};
    return {{"code", to_string(problem.error->code)},
            {"offset", problem.error->offset},
            {"packet", problem.error->packet_number},
            {"message", problem.sentence}};
}

json_value capture_json(const report_options& given, const capture_summary& captures) {
    const std::vector<file_problem>& problems = captures.problems;
    json_value told = {{"packets", captures.packets.packets},
                       {"tcp_packets", captures.packets.tcp + captures.packets.additional_segments},
                       {"decode", captures.packets}};
    add_not_understood(told, captures.packets.undecoded, most_listed(given));
    told["not_told_apart"] = captures.packets.undecoded.others();
    told["dropped"] = captures.dropped;
    told["skipped"] = captures.skipped;
    told["error"] = problems.empty() ? json_value() : error_json(problems[0]);
    if (captures.files.size() > 1) {
        told["files"] = captures.files;
        json_value& errors = told["errors"] = json_value::array();
        for (const file_problem& each : problems) {
            errors.push_back({{"file", each.file}});
            errors.back().update(error_json(each));
        }
    }
    return told;
}

/// What the answer says of one connection.
json_value row_json(const tcplens::connection& of) {
    return json_value(tcplens::analyze_connections(std::span{&of, 1}).connections[0]);
}

void write_connections(json_writer& out, const report_options& given, const capture_summary& captures,
                       connection_list& connections) {
    const tcplens::connections_report brief = tcplens::analyze_connections(connections, {.server = given.server()});
    out.begin_object();
    out.member("summary", brief.summary);
    out.key("connections");
    out.begin_array();
    if (!given.detailed) {
        for (const tcplens::connections_report::row& each : brief.connections) out.value(each);
    } else if (connections.has_details()) {
        for (const tcplens::connection& each : connections) {
            const auto write = [&](const tcplens::detailed_connection& selected) {
                json_value row = row_json(selected);
                row.update(facts_json(selected));
                out.value(row);
            };
            const std::span<const tcplens::detailed_connection> one{&connection_list::details(each), 1};
            tcplens::detail::for_each_selected(one, given.server(), write);
        }
    } else {
        tcplens::detail::for_each_selected(connections, given.server(),
                                           [&](const tcplens::connection& each) { out.value(row_json(each)); });
    }
    out.end();
    out.member("connections_total", brief.connections.total);
    out.member("connections_left_out", given.detailed ? 0 : brief.connections.left_out());
    out.member("issues", brief.issues);
    // mcpcap tells these two here, and so can who reads its answers.
    out.member("total_packets", captures.packets.packets);
    out.member("tcp_packets_found", captures.packets.tcp + captures.packets.additional_segments);
    out.end();
}

} // namespace

void write_report_json(session& with, const report_options& given, const capture_summary& captures,
                       connection_list& connections) {
    const tcplens::server_filter server = given.server();
    tcplens::observation_accumulator observations;
    tcplens::direction_skew::totals skew;
    if (connections.has_observations()) connections.observe(observations, skew);
    json_writer out{with.out};
    out.begin_object();
    json_value capture = capture_json(given, captures);
    if (connections.has_observations()) capture["direction_skew"] = skew;
    out.member("capture", capture);
    out.key("connections");
    write_connections(out, given, captures, connections);
    constexpr std::size_t told_apart = 1024;
    out.member("anomalies",
               tcplens::analyze_anomalies(connections, {.server = server,
                                                        .retransmission_threshold = given.threshold,
                                                        .limit = most_listed(given),
                                                        .tracked_sources = given.detailed ? SIZE_MAX : told_apart}));
    tcplens::retransmission_report::options resent{
        .server = server, .threshold = given.threshold, .limit = most_listed(given)};
    if (given.rules == rule_set::repeated_sequence) resent.minimum_packets = 0; // as in mcpcap
    out.member("retransmissions", tcplens::analyze_retransmissions(connections, resent));
    if (given.server_ip) {
        out.member("traffic_flow", tcplens::analyze_traffic_flow(connections, {.server = server}));
    }
    if (connections.has_observations() && !given.no_observations) {
        out.key("observations");
        write_observations_json(out, observations.result(), most_reported_observations);
    }
    out.end();
    with.out << '\n';
}

} // namespace program
