// SPDX-License-Identifier: MIT
// The four tools of mcpcap: the answers of `tcplens report --format json`, each by itself and in pages.

#include "answers.hpp"

#include "../json_answers.hpp"
#include "../json_facts.hpp"
#include "../text.hpp"

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

namespace program::context_server {

namespace {

constexpr std::size_t rows_by_default = 10; // as in report
constexpr std::size_t rows_at_most = 1000;

void add_packet_counts(json& into, const loaded_capture& capture) {
    const tcplens::decode_statistics& packets = capture.summary.packets;
    into["total_packets"] = packets.packets;
    into["tcp_packets_found"] = packets.tcp + packets.additional_segments;
}

/// "in trace.pcap, of server 192.0.2.1"
std::string place(const loaded_capture& capture, const tcplens::server_filter& server) {
    std::string text = escaped(capture.shown);
    if (!server.selects_all()) {
        text += ", server " + (server.address ? to_string(*server.address) : std::string{"any address"}) + " port " +
                (server.port ? std::to_string(*server.port) : std::string{"any"});
    }
    return text;
}

std::string question(std::string_view tool, const tcplens::server_filter& server, std::string_view more = {}) {
    return std::string{tool} + filter_json(server).dump() + std::string{more};
}

std::string percent(double ratio) {
    return percentage(ratio, 2);
}

/// An answer whose lists are shortened until it has no more than that many bytes.
template <class Make>
void fit(tool_answer& answer, std::size_t limit, std::size_t bytes, Make make) {
    for (;; limit /= 2) {
        json tried = answer.structured;
        make(tried, limit);
        if (limit > 0 && size_of(tried) > bytes) continue;
        answer.structured = std::move(tried);
        return;
    }
}

/// What a row says of a connection, and with `detailed` all facts.
json row_of(const loaded_capture& capture, const tcplens::connections_report::row& brief,
            const tcplens::server_filter& server, bool detailed) {
    const auto number = static_cast<std::size_t>(brief.number);
    json row = brief;
    row["number"] = brief.number;
    row["first_packet"] = capture.brief[number].first_packet;
    row["last_packet"] = capture.brief[number].last_packet;
    row["packets"] = evidence_of(capture.evidence[number]);
    if (detailed) {
        const std::span<const tcplens::detailed_connection> one{&capture.connections[number], 1};
        tcplens::detail::for_each_selected(
            one, server, [&](const tcplens::detailed_connection& selected) { row.update(facts_json(selected)); });
    }
    return row;
}

} // namespace

tool_answer analyze_tcp_connections(workshop& with, arguments& given, job& work) {
    const auto capture = capture_of(with, given, work);
    const tcplens::server_filter server = given.server();
    const bool detailed = given.flag("detailed", false);
    const page wanted{given, *capture, question("connections", server, detailed ? "+" : ""), rows_by_default,
                      rows_at_most};
    given.finish();

    const tcplens::connections_report report =
        tcplens::analyze_connections(capture->brief, {.server = server, .limit = wanted.offset() + wanted.limit()});
    tool_answer answer = begin_answer(*capture);
    json& out = answer.structured;
    add_packet_counts(out, *capture);
    out["filter"] = filter_json(server);
    out["summary"] = report.summary;
    out["issues"] = report.issues;
    out["evidence_packets"] = evidence_of(*capture, server);
    wanted.add_rows(out, "connections", report.connections.total,
                    [&](std::size_t i) { return row_of(*capture, report.connections.items[i], server, detailed); });

    const tcplens::connections_report::totals& counts = report.summary;
    answer.text += place(*capture, server) + ": " + counted(counts.total_connections, "connection", "connections") +
                   " in " + counted(capture->summary.packets.packets, "packet", "packets") +
                   ". Handshakes: " + grouped(counts.successful_handshakes) + " completed, " +
                   grouped(counts.failed_handshakes) + " failed, " + grouped(counts.incomplete_handshakes) +
                   " not captured. Ended: " + grouped(counts.normal_close) + " by FINs, " +
                   grouped(counts.reset_connections) + " by RST; " + grouped(counts.active_connections) + " not ended.";
    for (const std::string& issue : report.issues) answer.text += "\n- " + issue;
    say_what_was_left_out(answer, "connections", "connections, first to begin first, are");
    return answer;
}

tool_answer analyze_tcp_anomalies(workshop& with, arguments& given, job& work) {
    const auto capture = capture_of(with, given, work);
    const tcplens::server_filter server = given.server();
    const page wanted{given, *capture, question("anomalies", server), rows_by_default, rows_at_most};
    given.finish();
    if (wanted.offset() > 0) throw tool_failure{"analyze_tcp_anomalies has no pages: a larger limit lists more."};

    tool_answer answer = begin_answer(*capture);
    add_packet_counts(answer.structured, *capture);
    answer.structured["filter"] = filter_json(server);
    answer.structured["evidence_packets"] = evidence_of(*capture, server);
    fit(answer, wanted.limit(), wanted.bytes(), [&](json& out, std::size_t limit) {
        out.update(json(tcplens::analyze_anomalies(capture->brief, {.server = server, .limit = limit})));
    });

    const json& patterns = answer.structured["patterns"];
    answer.text += place(*capture, server) + ": " + counted(patterns.size(), "pattern", "patterns") + ".";
    for (const json& each : patterns) {
        answer.text += "\n- " + each["pattern"].get<std::string>() + ": " + each["description"].get<std::string>();
    }
    answer.text += "\nCounts, not causes. Lists have *_total and *_left_out beside them; a larger limit lists more.";
    return answer;
}

tool_answer analyze_tcp_retransmissions(workshop& with, arguments& given, job& work) {
    const auto capture = capture_of(with, given, work);
    const tcplens::server_filter server{.address = given.maybe_address("server_ip")};
    constexpr double default_threshold = 0.02; // mcpcap's
    const double threshold = given.rate("threshold", default_threshold);
    const page wanted{given, *capture, question("retransmissions", server), rows_by_default, rows_at_most};
    given.finish();

    const tcplens::retransmission_report report = tcplens::analyze_retransmissions(
        capture->brief, {.server = server, .threshold = threshold, .limit = wanted.offset() + wanted.limit()});
    tool_answer answer = begin_answer(*capture);
    json& out = answer.structured;
    out["filter"] = filter_json(server);
    out.update(json(report));
    out["by_connection"] = json::array();
    out["evidence_packets"] = evidence_of(*capture, server);
    wanted.add_rows(out, "by_connection", report.by_connection.total, [&](std::size_t i) {
        const tcplens::connection_retransmissions& each = report.by_connection.items[i];
        json row = each;
        row["number"] = each.connection.number;
        row["packets"] = capture->evidence[static_cast<std::size_t>(each.connection.number)].retransmission.numbers();
        return row;
    });

    answer.text +=
        place(*capture, server) + ": " + counted(report.total_retransmissions, "retransmission", "retransmissions") +
        " in " + counted(report.total_packets, "TCP packet", "TCP packets") + ", " +
        percent(report.retransmission_rate) + (report.exceeds_threshold ? ", above" : ", not above") +
        " the threshold of " + percent(threshold) + "; " +
        counted(report.summary.connections_above_threshold, "connection is", "connections are") + " above it.";
    if (report.summary.worst_connection) {
        answer.text += " Worst: connection " + std::to_string(report.summary.worst_connection->number) + " (" +
                       to_string(*report.summary.worst_connection) + "), " +
                       percent(report.summary.worst_retransmission_rate) + ".";
    }
    say_what_was_left_out(answer, "by_connection", "connections with retransmissions, worst first, are");
    return answer;
}

tool_answer analyze_traffic_flow(workshop& with, arguments& given, job& work) {
    const auto capture = capture_of(with, given, work);
    const tcplens::server_filter server = given.server();
    given.finish();
    if (!server.address) throw tool_failure{"The argument server_ip is missing: whose traffic is asked for?"};

    const tcplens::traffic_flow_report report = tcplens::analyze_traffic_flow(capture->brief, {.server = server});
    tool_answer answer = begin_answer(*capture);
    answer.structured["server"] =
        to_string(*server.address) + ":" + (server.port ? std::to_string(*server.port) : std::string{"any"});
    answer.structured.update(json(report));
    answer.structured["evidence_packets"] = evidence_of(*capture, server);

    const auto way = [](std::string_view name, const tcplens::traffic_flow_report::direction_totals& of) {
        return std::string{name} + " " + counted(of.packets, "packet", "packets") + ", " + bytes_text(of.wire_bytes) +
               ", " + grouped(of.retransmissions) + " sent again, " + grouped(of.flags.rst) + " RST";
    };
    answer.text += place(*capture, server) + ": " + way("to the server", report.client_to_server) + "; " +
                   way("to clients", report.server_to_client) + ". " + report.analysis.interpretation;
    return answer;
}

} // namespace program::context_server
