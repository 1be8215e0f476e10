// SPDX-License-Identifier: MIT
#include "tools.hpp"

#include <array>
#include <string>

namespace program::context_server {

namespace {

// The texts are short, since a model reads all of them with each conversation.
constexpr std::string_view page_arguments = R"(,"limit":{"type":"integer"},"cursor":{"type":"string"})";
constexpr std::string_view of_server =
    R"("pcap_file":{"type":"string"},"server_ip":{"type":"string"},"server_port":{"type":"integer"})";

constexpr std::array<tool, 12> tools{{
    {"analyze_tcp_connections", "TCP connections: states and ends",
     "Counts handshakes and ends of TCP connections and lists them with packet numbers. detailed: all facts of each "
     "row.",
     R"("detailed":{"type":"boolean","default":false})", R"("pcap_file")",
     R"("summary":{"type":"object"},"connections":{"type":"array","items":{"type":"object"}},"connections_total":{"type":"integer"},"connections_left_out":{"type":"integer"},"issues":{"type":"array","items":{"type":"string"}},"evidence_packets":{"type":"object"},"next_cursor":{"type":"string"})",
     analyze_tcp_connections},
    {"analyze_tcp_anomalies", "TCP patterns out of the ordinary",
     "Statistics of handshakes, flags, RSTs and retransmissions, and the patterns in them. Counts, no causes.", "",
     R"("pcap_file")",
     R"("statistics":{"type":"object"},"patterns":{"type":"array","items":{"type":"object"}},"summary":{"type":"object"},"evidence_packets":{"type":"object"})",
     analyze_tcp_anomalies},
    {"analyze_tcp_retransmissions", "TCP retransmissions",
     "Retransmission rates, in all and by connection, worst first, with packet numbers.",
     R"("threshold":{"type":"number","default":0.02})", R"("pcap_file")",
     R"("total_packets":{"type":"integer"},"total_retransmissions":{"type":"integer"},"retransmission_rate":{"type":"number"},"threshold":{"type":"number"},"exceeds_threshold":{"type":"boolean"},"by_connection":{"type":"array","items":{"type":"object"}},"by_connection_left_out":{"type":"integer"},"summary":{"type":"object"},"next_cursor":{"type":"string"})",
     analyze_tcp_retransmissions},
    {"analyze_traffic_flow", "Traffic to and from a server",
     "Packets, bytes, RSTs and retransmissions of each direction of a server's connections, and their balance.", "",
     R"("pcap_file","server_ip")",
     R"("server":{"type":"string"},"client_to_server":{"type":"object"},"server_to_client":{"type":"object"},"analysis":{"type":"object"},"evidence_packets":{"type":"object"})",
     analyze_traffic_flow},
    {"describe_capture", "What a capture is",
     "Call first. Format, interfaces, times, drops, damage, what was not understood, where it was taken (vantage), "
     "skew of "
     "the directions.",
     "", R"("pcap_file")",
     R"("resource":{"type":"string"},"sections":{"type":"array"},"interfaces":{"type":"array"},"capture":{"type":"object"},"connections_total":{"type":"integer"},"vantage":{"type":"object"},"direction_skew":{"type":"object"},"limits":{"type":"array"})",
     describe_capture},
    {"list_connections", "List of connections",
     "A row for each connection: ends, state, bytes, times, retransmissions, round trip, packet numbers; filtered and "
     "ordered.",
     R"("client_ip":{"type":"string"},"state":{"enum":["closed","reset","refused","aborted","unanswered","half_open","unsolicited","replaced","half_closed","established","midstream"]},"min_retransmissions":{"type":"integer"},"order":{"enum":["number","start","bytes","data","duration","packets","retransmissions","retransmission_rate","rtt","throughput","handshake","path","loss","window","server","idle"]},"reverse":{"type":"boolean"})",
     R"("pcap_file")",
     R"("connections":{"type":"array","items":{"type":"object"}},"connections_total":{"type":"integer"},"connections_left_out":{"type":"integer"},"next_cursor":{"type":"string"})",
     list_connections},
    {"get_connection", "All facts of one connection",
     "How one connection was opened and closed, options, round trips, windows, losses, and where its time went. "
     "connection: "
     "its number.",
     R"("connection":{"type":"integer"})", R"("pcap_file","connection")",
     R"("connection":{"type":"object"},"facts":{"type":"object"},"observations":{"type":"array","items":{"type":"object"}})",
     get_connection},
    {"get_segments", "Segments of one connection",
     "What each segment was (retransmission, out of order, …), how certain that is, and the evidence. only noted: "
     "those with "
     "a verdict.",
     R"("connection":{"type":"integer"},"only":{"enum":["all","noted"]})", R"("pcap_file","connection")",
     R"("segments":{"type":"array","items":{"type":"object"}},"segments_total":{"type":"integer"},"segments_left_out":{"type":"integer"},"noted_total":{"type":"integer"},"next_cursor":{"type":"string"})",
     get_segments},
    {"find_observations", "What deserves a look",
     "Scans, floods, blocked services, forged RSTs, exfiltration signs, path trouble: counts with thresholds, packets, "
     "and "
     "what the capture cannot show.",
     R"("kind":{"enum":["port_scan","address_scan","sequential_test","stealth_probe","syn_flood","backscatter","connection_flood","blocked_service","reset_out_of_place","takeover_signs","asymmetric_transfer","regular_contact","covert_field_use","path_trouble","capture_limits"]},"category":{"enum":["reconnaissance","flood","interference","transfer","path","capture"]},"connection":{"type":"integer"})",
     R"("pcap_file")",
     R"("by_kind":{"type":"object"},"observations":{"type":"array","items":{"type":"object"}},"observations_total":{"type":"integer"},"observations_left_out":{"type":"integer"},"next_cursor":{"type":"string"})",
     find_observations},
    {"get_time_series", "Traffic over time",
     "Packets, bytes, retransmissions, flight and round trip in each interval, of the capture or one connection.",
     R"("connection":{"type":"integer"},"interval_ms":{"type":"integer","default":1000})", R"("pcap_file")",
     R"("interval_used_ms":{"type":"integer"},"intervals":{"type":"array","items":{"type":"object"}},"intervals_total":{"type":"integer"},"intervals_left_out":{"type":"integer"},"next_cursor":{"type":"string"})",
     get_time_series},
    {"render_graph", "Graph of one connection", "Draws one connection over time, as an SVG resource or a PNG picture.",
     R"("connection":{"type":"integer"},"kind":{"enum":["time-sequence","round-trip","in-flight","throughput","ladder"]},"format":{"enum":["svg","png"]},"limit":{"type":"integer"})",
     R"("pcap_file","connection")", R"("resource":{"type":"string"},"bytes":{"type":"integer"})", render_graph},
    {"export_connection", "Write one connection to a file",
     "Writes the packets of one connection to a new pcapng file in the server's folder. headers_only: without data.",
     R"("connection":{"type":"integer"},"name":{"type":"string"},"headers_only":{"type":"boolean"})",
     R"("pcap_file","connection","name")",
     R"("written":{"type":"string"},"packets_written":{"type":"integer"},"bytes":{"type":"integer"})",
     export_connection, true},
}};

bool has_pages(const tool& one) {
    return one.output.find("next_cursor") != std::string_view::npos;
}

/// All arguments of a tool, as JSON Schema.
std::string properties_of(const tool& one) {
    const bool takes_port = one.call == analyze_tcp_connections || one.call == analyze_tcp_anomalies ||
                            one.call == analyze_traffic_flow || one.call == list_connections;
    const bool takes_address = takes_port || one.call == analyze_tcp_retransmissions;
    std::string all{R"("pcap_file":{"type":"string"})"};
    if (takes_port) all = of_server;
    else if (takes_address) all += R"(,"server_ip":{"type":"string"})";
    if (!one.input.empty()) all.append(",").append(one.input);
    if (has_pages(one)) all += page_arguments;
    else if (one.call == analyze_tcp_anomalies) all += R"(,"limit":{"type":"integer"})";
    return all;
}

} // namespace

std::span<const tool> all_tools() {
    return tools;
}

json description_of(const tool& one, bool fetches) {
    const std::string input = R"({"type":"object","properties":{)" + properties_of(one) + R"(},"required":[)" +
                              std::string{one.needed} + "]}";
    const std::string output = R"({"type":"object","properties":{)" + std::string{one.output} + "}}";
    return {{"name", one.name},
            {"title", one.title},
            {"description", one.description},
            {"inputSchema", json::parse(input)},
            {"outputSchema", json::parse(output)},
            {"annotations",
             {{"readOnlyHint", !one.writes},
              {"destructiveHint", false},
              {"idempotentHint", !one.writes},
              {"openWorldHint", fetches}}}};
}

} // namespace program::context_server
