// SPDX-License-Identifier: MIT
// The answers of report as JSON, written as they come: of a million connections one is held at a time.

#include "capture_json.hpp"
#include "json_answers.hpp"
#include "json_facts.hpp"
#include "json_writer.hpp"
#include "observations.hpp"
#include "report.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <sstream>
#include <string>
#include <utility>

namespace program {

namespace {

/// How much the answers hold at most.
struct bounds {
    std::size_t listed = 10; ///< items of each list
    std::size_t observations = most_reported_observations;
};

/// Without --detailed the answers have at most so many bytes, which a language model and a person can read, whatever the capture.
constexpr std::size_t most_bytes = 24'576;

/// The bounds that are tried until the answers fit: long addresses and many observations may need shorter lists.
constexpr bounds brief_bounds[]{{}, {7, 10}, {5, 8}, {3, 6}, {2, 4}, {1, 2}, {0, 1}};

/// What the answer says of one connection.
json_value row_json(const tcplens::connection& of) {
    return json_value(tcplens::analyze_connections(std::span{&of, 1}).connections[0]);
}

/// The row of a connection and all facts of it as one object; where both have a member, that of the facts counts. Putting them together
/// first would copy all of them.
void write_details(json_writer& out, const json_value& row, const json_value& facts) {
    out.begin_object();
    for (const auto& [name, value] : row.items()) {
        const auto fact = facts.find(name);
        out.member(name, fact == facts.end() ? value : *fact);
    }
    for (const auto& [name, value] : facts.items()) {
        if (!row.contains(name)) out.member(name, value);
    }
    out.end();
}

void write_connections(json_writer& out, const report_options& given, const capture_summary& captures,
                       connection_list& connections, bounds most) {
    const std::size_t listed = given.detailed ? 0 : most.listed; // the details are written one at a time
    const tcplens::connections_report brief =
        tcplens::analyze_connections(connections, {.server = given.server(), .limit = listed});
    out.begin_object();
    out.member("summary", brief.summary);
    out.key("connections");
    out.begin_array();
    if (!given.detailed) {
        for (const tcplens::connections_report::row& each : brief.connections) out.value(each);
    } else if (connections.has_details()) {
        for (const tcplens::connection& each : connections) {
            const auto write = [&](const tcplens::detailed_connection& selected) {
                write_details(out, row_json(selected), facts_json(selected));
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

/// What the observers of all connections say together.
struct observed {
    tcplens::observation_report observations{};
    tcplens::direction_skew::totals skew{};
};

void write_answers(std::ostream& to, const report_options& given, const capture_summary& captures,
                   connection_list& connections, const observed& seen, bounds most) {
    const tcplens::server_filter server = given.server();
    json_writer out{to};
    out.begin_object();
    json_value capture = capture_json(captures, most.listed);
    if (connections.has_observations()) capture["direction_skew"] = seen.skew;
    out.member("capture", capture);
    out.key("connections");
    write_connections(out, given, captures, connections, most);
    tcplens::anomaly_options odd{.server = server, .retransmission_threshold = given.threshold, .limit = most.listed};
    if (given.detailed) odd.tracked_sources = SIZE_MAX;
    out.member("anomalies", tcplens::analyze_anomalies(connections, odd));
    tcplens::retransmission_report::options resent{
        .server = server, .threshold = given.threshold, .limit = most.listed};
    if (given.rules == rule_set::repeated_sequence) resent.minimum_packets = 0; // as in mcpcap
    out.member("retransmissions", tcplens::analyze_retransmissions(connections, resent));
    if (given.server_ip) {
        out.member("traffic_flow", tcplens::analyze_traffic_flow(connections, {.server = server}));
    }
    if (connections.has_observations() && !given.no_observations) {
        out.key("observations");
        write_observations_json(out, seen.observations, most.observations);
    }
    out.end();
    to << '\n';
}

} // namespace

void write_report_json(session& with, const report_options& given, const capture_summary& captures,
                       connection_list& connections) {
    observed seen;
    if (connections.has_observations()) {
        tcplens::observation_accumulator observations;
        connections.observe(given.server(), observations, seen.skew);
        seen.observations = observations.result();
    }
    if (given.detailed) {
        write_answers(with.out, given, captures, connections, seen, {.listed = SIZE_MAX});
        return;
    }
    std::string text;
    for (const bounds most : brief_bounds) {
        std::ostringstream out;
        write_answers(out, given, captures, connections, seen, most);
        text = std::move(out).str();
        if (text.size() <= most_bytes) break;
    }
    with.out << text;
}

} // namespace program
