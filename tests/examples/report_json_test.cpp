// SPDX-License-Identifier: MIT
#include "../../examples/tcplens/json_facts.hpp"
#include "../support/capture_writer.hpp"
#include "../support/packet_builder.hpp"
#include "../support/story.hpp"
#include "running.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using enum tcplens::verdict_kinds;
using json = nlohmann::ordered_json;

namespace {

json answers(const std::string& arguments, int status = 0) {
    const run_result ran = run(example("tcplens report --format json") + " " + arguments);
    CAPTURE(ran.err);
    CHECK(ran.status == status);
    CHECK(ran.err.empty() == (status == 0));
    REQUIRE(json::accept(ran.out));
    return json::parse(ran.out);
}

std::vector<std::string> keys(const json& of) {
    std::vector<std::string> names;
    for (const auto& item : of.items()) names.push_back(item.key());
    return names;
}

using names = std::vector<std::string>;

// Answered, closed by both; sent again and reset by the server; never answered.
std::vector<std::byte> three_connections(story& s) {
    auto [closing, closing_server] = s.established();
    closing.fins();
    closing_server.fins();
    closing.acks(2);
    auto [resent, resent_server] = s.established({.client_port = 40001});
    resent.sends(1, 100);
    s.after(300ms);
    resent.sends(1, 100).expect(retransmission);
    resent_server.resets();
    s.hosts({.client_port = 40002}).client.syn();
    return s.capture();
}

} // namespace

TEST_CASE("the JSON of report says what was not understood") {
    using namespace capture_writer;
    const temporary_folder folder;
    pcapng_writer capture;
    capture.interface({.link = 195}).enhanced(0, 1, counting(20)).block(0x0bad, counting(4));
    capture.statistics(0, 6, capture.option(7, std::uint64_t{42}));
    const json all = answers(folder.write("foreign.pcapng", capture.bytes()));
    CHECK(all["capture"] == json::parse(R"({
        "packets": 1, "tcp_packets": 0,
        "decode": {"packets": 1, "tcp": 0, "not_tcp": 0, "fragments": 0, "truncated": 0, "malformed": 0,
                   "unsupported_link": 1, "additional_segments": 0, "packets_with_several_segments": 0, "icmp_notices": 0},
        "not_understood": [{"packets": 1, "outcome": "unsupported_link", "link_type": 195,
                            "reason": "link type IEEE802_15_4_WITHFCS (195) is not supported"}],
        "not_understood_total": 1, "not_understood_left_out": 0,
        "not_told_apart": 0, "dropped": 42,
        "skipped": {"sections": 0, "numbered_blocks": 1, "bad_options": 0, "descriptions": 0, "corrected_clocks": 0},
        "error": null,
        "direction_skew": {"connections": 0, "skewed": 0, "varying": 0, "at_least_us": null, "at_most_us": null}})"));
}

TEST_CASE("where the time went, as JSON") {
    tcplens::time_attribution time;
    time.duration = 1501ns;
    time.path = 1501ns;
    time.client_to_server = {.busy = 1500ns, .receiver_limited = 250ns, .send_buffer_limited = 125ns};
    const json told = time;
    CHECK(keys(told) == names{"duration_ns", "handshake_ns", "sender_application_ns", "receiver_window_ns",
                              "loss_recovery_ns", "retransmission_timeout_ns", "path_ns", "receiver_application_ns",
                              "teardown_ns"});
    CHECK(told["duration_ns"] == 1501);
    CHECK(told["path_ns"] == 1501);
    CHECK(told["teardown_ns"] == 0);
    json direction{{"payload_bytes", 7}};
    add_to_direction(direction, time.client_to_server);
    CHECK(
        direction ==
        json{{"payload_bytes", 7}, {"busy_us", 1.5}, {"receiver_limited_us", 0.25}, {"send_buffer_limited_us", 0.125}});
}

TEST_CASE("report --format json gives each answer under its names") {
    const temporary_folder folder;
    story s;
    const std::string file = folder.write("three.pcap", three_connections(s));
    const std::string client = to_string(s.connections().at(1).client);
    const std::string server = to_string(s.connections().at(1).server);
    const std::string server_ip = to_string(s.connections().at(1).server.address);
    const json all = answers("--server-ip " + server_ip + " " + file);

    CHECK(keys(all) == names{"capture", "connections", "anomalies", "retransmissions", "traffic_flow", "observations"});
    CHECK(all["capture"] == json::parse(R"({
        "packets": 13, "tcp_packets": 13,
        "decode": {"packets": 13, "tcp": 13, "not_tcp": 0, "fragments": 0, "truncated": 0, "malformed": 0,
                   "unsupported_link": 0, "additional_segments": 0, "packets_with_several_segments": 0, "icmp_notices": 0},
        "not_understood": [], "not_understood_total": 0, "not_understood_left_out": 0,
        "not_told_apart": 0, "dropped": 0,
        "skipped": {"sections": 0, "numbered_blocks": 0, "bad_options": 0, "descriptions": 0, "corrected_clocks": 0},
        "error": null,
        "direction_skew": {"connections": 2, "skewed": 0, "varying": 0, "at_least_us": null, "at_most_us": null}})"));

    const json& connections = all["connections"];
    CHECK(keys(connections) == names{"summary", "connections", "connections_total", "connections_left_out", "issues",
                                     "total_packets", "tcp_packets_found"});
    CHECK(connections["summary"] == json::parse(R"({
        "total_connections": 3, "successful_handshakes": 2, "failed_handshakes": 1, "incomplete_handshakes": 0,
        "established_connections": 2, "reset_connections": 1, "normal_close": 1, "active_connections": 1,
        "guessed_roles": 0})"));
    CHECK(connections["connections"].size() == 3);
    json second = json::parse(R"({
        "client": "", "server": "", "role_basis": "syn", "role_guessed": false, "state": "closed", "handshake_completed": true, "syn_count": 2,
        "syn_ack_count": 1, "ack_count": 4, "rst_count": 1, "fin_count": 0, "data_packets": 2, "retransmissions": 1,
        "close_reason": "reset", "packet_count": 6})");
    second["client"] = client;
    second["server"] = server;
    second["ack_count"] = connections["connections"][1]["ack_count"]; // with or without that of the RST
    CHECK(connections["connections"][1] == second);
    CHECK(connections["issues"] ==
          json{"1 connections terminated by RST", "1 retransmissions detected", "1 failed handshakes"});

    const json& anomalies = all["anomalies"];
    CHECK(keys(anomalies) == names{"statistics", "patterns", "summary"});
    const json& statistics = anomalies["statistics"];
    CHECK(keys(statistics) == names{"total_connections", "total_packets", "handshake", "flags", "rst_distribution",
                                    "retransmissions", "connection_states"});
    CHECK(statistics["handshake"] == json::parse(R"({"successful": 2, "failed": 1, "incomplete": 0})"));
    CHECK(statistics["flags"]["syn"] == 5);
    CHECK(statistics["flags"]["syn_ack"] == 2);
    CHECK(statistics["rst_distribution"]["by_source"] == json{{server_ip, 1}});
    CHECK(statistics["rst_distribution"]["by_direction"] ==
          json::parse(R"({"to_server": 0, "from_server": 1, "unknown": 0})"));
    const std::string both = s.connections().at(1).client < s.connections().at(1).server ? client + " <-> " + server
                                                                                         : server + " <-> " + client;
    CHECK(statistics["rst_distribution"]["connections_with_rst"] == json::array({both}));
    CHECK(keys(statistics["rst_distribution"]) == names{"by_source", "by_source_total", "by_source_left_out",
                                                        "by_source_exact", "by_direction", "connections_with_rst",
                                                        "connections_with_rst_total", "connections_with_rst_left_out"});
    CHECK(statistics["retransmissions"]["total"] == 1);
    CHECK(statistics["retransmissions"]["by_connection"] == json{{both, 1}});
    CHECK(statistics["connection_states"] ==
          json::parse(R"({"established": 0, "reset": 1, "closed": 1, "unknown": 1})"));

    names patterns;
    for (const json& each : anomalies["patterns"]) {
        CHECK(keys(each) == names{"pattern", "category", "observations", "description"});
        patterns.push_back(each["pattern"]);
    }
    CHECK(patterns ==
          names{"rst_directional_asymmetry", "packet_retransmission", "handshake_completion", "abnormal_termination"});
    CHECK(keys(anomalies["patterns"][0]["observations"]) == names{"rst_to_server", "rst_from_server", "ratio",
                                                                  "affected_connections", "affected_connections_total",
                                                                  "affected_connections_left_out"});
    CHECK(keys(anomalies["patterns"][1]["observations"]) == names{"total_retransmissions", "total_packets", "rate",
                                                                  "threshold", "exceeds_threshold", "by_connection",
                                                                  "by_connection_total", "by_connection_left_out"});
    CHECK(keys(anomalies["patterns"][2]["observations"]) == names{"successful", "failed", "failure_rate"});
    CHECK(keys(anomalies["patterns"][3]["observations"]) ==
          names{"reset_count", "normal_close", "total_connections", "reset_rate"});
    CHECK(anomalies["summary"]["total_patterns"] == 4);
    CHECK(anomalies["summary"]["by_category"] ==
          json::parse(R"({"connection_termination": 1, "reliability": 1, "connection_establishment": 1,
                          "connection_lifecycle": 1})"));
    CHECK(anomalies["summary"]["notable_observations"].size() == 2);
    CHECK(anomalies["summary"]["notable_observations"][0]["type"] == "strong_rst_asymmetry");
    CHECK(anomalies["summary"]["notable_observations"][1]["type"] == "high_retransmission");

    const json& retransmissions = all["retransmissions"];
    CHECK(keys(retransmissions) == names{"total_packets", "total_retransmissions", "retransmission_rate", "threshold",
                                         "exceeds_threshold", "by_connection", "by_connection_total",
                                         "by_connection_left_out", "summary"});
    CHECK(retransmissions["total_packets"] == 13);
    CHECK(retransmissions["threshold"] == 0.02);
    CHECK(retransmissions["exceeds_threshold"] == true);
    CHECK(retransmissions["by_connection"].size() == 3);
    CHECK(keys(retransmissions["by_connection"][0]) ==
          names{"connection", "retrans_count", "total_packets", "retrans_rate"});
    CHECK(retransmissions["summary"]["worst_connection"] == both);
    CHECK(retransmissions["summary"]["connections_above_threshold"] == 1);

    const json& flow = all["traffic_flow"];
    CHECK(keys(flow) == names{"client_to_server", "server_to_client", "guessed_connections", "analysis"});
    const names counts{"packet_count", "byte_count",   "syn_count",      "rst_count",
                       "fin_count",    "data_packets", "retransmissions"};
    CHECK(keys(flow["client_to_server"]) == counts);
    CHECK(keys(flow["server_to_client"]) == counts);
    CHECK(flow["client_to_server"]["packet_count"] == 9);
    CHECK(flow["client_to_server"]["retransmissions"] == 1);
    CHECK(flow["server_to_client"]["packet_count"] == 4);
    CHECK(flow["server_to_client"]["rst_count"] == 1);
    CHECK(keys(flow["analysis"]) ==
          names{"asymmetry_ratio", "primary_rst_source", "data_flow_direction", "interpretation"});
    CHECK(flow["analysis"]["asymmetry_ratio"] == 2.25);
    CHECK(flow["analysis"]["primary_rst_source"] == "server");
    CHECK(flow["analysis"]["data_flow_direction"] == "client_heavy");
}

TEST_CASE("the JSON of report heeds its options") {
    const temporary_folder folder;
    story s;
    const std::string file = folder.write("three.pcap", three_connections(s));
    CHECK_FALSE(answers(file).contains("traffic_flow"));
    CHECK(answers("--server-port 80 " + file)["connections"]["summary"]["total_connections"] == 0);
    CHECK(answers("--threshold 0.5 " + file)["retransmissions"]["exceeds_threshold"] == false);
    CHECK(answers("--threshold 0.5 " + file)["anomalies"]["patterns"][1]["observations"]["threshold"] == 0.5);
    // The ACK of the handshake bore the sequence number of the first data.
    CHECK(answers("--rules repeated_sequence " + file)["retransmissions"]["total_retransmissions"] == 2);
    CHECK(answers("- < " + file) == answers(file));
}

TEST_CASE("the JSON of report lists ten of each kind and says how many are left out; with --detailed it lists all") {
    const temporary_folder folder;
    story s;
    for (std::uint16_t i = 0; i < 12; ++i) {
        auto [client, server] = s.established({.client_port = static_cast<std::uint16_t>(40000 + i)});
        client.sends(1, 100);
        s.after(300ms);
        client.sends(1, 100).expect(retransmission);
        server.resets();
    }
    const std::string file = folder.write("twelve.pcap", s.capture());
    const auto sizes = [](const json& all) {
        const json& anomalies = all["anomalies"]["statistics"];
        return std::vector{all["connections"]["connections"].size(), all["retransmissions"]["by_connection"].size(),
                           anomalies["rst_distribution"]["connections_with_rst"].size(),
                           anomalies["retransmissions"]["by_connection"].size(),
                           all["anomalies"]["patterns"][0]["observations"]["affected_connections"].size()};
    };
    const json brief = answers(file);
    CHECK(sizes(brief) == std::vector<std::size_t>(5, 10));
    CHECK(brief["connections"]["connections_total"] == 12);
    CHECK(brief["connections"]["connections_left_out"] == 2);
    CHECK(brief["anomalies"]["statistics"]["rst_distribution"]["connections_with_rst_left_out"] == 2);
    CHECK(brief["anomalies"]["patterns"][0]["observations"]["affected_connections_total"] == 12);
    const json detailed = answers("--detailed " + file);
    CHECK(sizes(detailed) == std::vector<std::size_t>(5, 12));
    CHECK(detailed["connections"]["connections_left_out"] == 0);
    CHECK(detailed["connections"]["connections"][11]["first_time_ns"] >
          detailed["connections"]["connections"][0]["first_time_ns"]);
}

TEST_CASE("the JSON of report counts the sources of 3,000 RSTs within limits, and says so") {
    const temporary_folder folder;
    capture_writer::pcap_writer capture;
    for (int i = 0; i < 3000; ++i) {
        const std::string from = "10.0." + std::to_string(i / 200) + '.' + std::to_string(i % 200 + 1);
        capture.record(0, 0,
                       packet_builder::tcp_packet({.source = packet_builder::at(from, 1000),
                                                   .destination = packet_builder::at("192.0.2.1", 80),
                                                   .flags = packet_builder::flags::rst}));
    }
    const std::string file = folder.write("resets.pcap", capture.bytes());
    const run_result ran = run(example("tcplens report --format json") + " " + file);
    CHECK(ran.out.size() <= 24'576);
    const json resets = json::parse(ran.out)["anomalies"]["statistics"]["rst_distribution"];
    CHECK(resets["by_source"].size() == 10);
    CHECK(resets["by_source_exact"] == false);
    CHECK(resets["by_source_total"] >= 1025);
    CHECK(resets["by_source_total_at_most"] >= 3000);
    CHECK(resets["untracked_source_at_most"] >= 1);
    const json exact = answers("--detailed " + file)["anomalies"]["statistics"]["rst_distribution"];
    CHECK(exact["by_source"].size() == 3000);
    CHECK(exact["by_source_exact"] == true);
}

TEST_CASE("the JSON of report marks roles that are a guess") {
    const temporary_folder folder;
    story s;
    s.midstream({.server_port = 80}).server.sends(1, 100);
    s.midstream({.client_port = 40001, .server_port = 4433}).server.sends(1, 100);
    const json all = answers(folder.write("midstream.pcap", s.capture()))["connections"];
    CHECK(all["summary"]["guessed_roles"] == 2);
    CHECK(all["connections"][0]["role_basis"] == "port");
    CHECK(all["connections"][0]["role_guessed"] == true);
    CHECK(all["connections"][1]["role_basis"] == "first_packet");
}

TEST_CASE("two incarnations under one name add up") {
    const temporary_folder folder;
    story s;
    for (const std::uint32_t ahead : {0u, 1'000'000u}) {
        auto [client, server] = s.hosts({.client_ahead = ahead, .server_ahead = ahead});
        client.syn().expect(ahead == 0 ? none : reused_ports);
        server.syn_ack();
        client.acks(1);
        client.sends(1, 100);
        s.after(300ms);
        client.sends(1, 100).expect(retransmission);
        client.resets();
        s.after(1s);
    }
    const json all = answers(folder.write("reused.pcap", s.capture()));
    CHECK(all["connections"]["summary"]["total_connections"] == 2);
    const json& by_connection = all["anomalies"]["statistics"]["retransmissions"]["by_connection"];
    REQUIRE(by_connection.size() == 1);
    CHECK(by_connection.begin().value() == 2);
}

TEST_CASE("an IPv6 address stands in brackets, and the endpoint that sorts first by its address comes first") {
    using namespace packet_builder;
    capture_writer::pcap_writer capture;
    capture.record(0, 0, tcp_packet({.source = at("2001:db8::2", 40000), .destination = at("2001:db8::1", 443)}));
    capture.record(0, 0, tcp_packet({.source = at("10.0.0.9", 9), .destination = at("10.0.0.10", 443)}));
    capture.record(0, 0, tcp_packet({.source = at("10.0.0.1", 1000), .destination = at("10.0.0.1", 999)}));
    const temporary_folder folder;
    const json all = answers(folder.write("ipv6.pcap", capture.bytes()));
    CHECK(all["connections"]["connections"][0]["client"] == "[2001:db8::2]:40000");
    CHECK(all["connections"]["connections"][0]["server"] == "[2001:db8::1]:443");
    names connections;
    for (const json& each : all["retransmissions"]["by_connection"]) connections.push_back(each["connection"]);
    CHECK(connections == names{"[2001:db8::1]:443 <-> [2001:db8::2]:40000", "10.0.0.10:443 <-> 10.0.0.9:9",
                               "10.0.0.1:999 <-> 10.0.0.1:1000"});
}

TEST_CASE("whatever is wrong with the capture, report prints JSON that says so") {
    const temporary_folder folder;
    story s;
    std::vector<std::byte> capture = three_connections(s);
    capture.resize(capture.size() - 1);
    const std::string cut = folder.write("cut.pcap", capture);
    const std::string text = folder.write("text.pcap", std::as_bytes(std::span{"no capture"}));

    const json truncated = answers(cut, 1);
    CHECK(truncated["capture"]["packets"] == 12);
    CHECK(truncated["connections"]["summary"]["total_connections"] == 2);
    const json& error = truncated["capture"]["error"];
    CHECK(keys(error) == names{"code", "offset", "packet", "message"});
    CHECK(error["code"] == "truncated");
    CHECK(error["packet"] == 13);
    CHECK(error["offset"].get<std::size_t>() < capture.size());

    const std::string whole = folder.write("whole.pcap", s.capture());
    const json several = answers(cut + " " + text + " " + whole, 1);
    CHECK(several["capture"]["packets"] == 12 + 13);
    CHECK(several["capture"]["error"] == error);
    CHECK(several["capture"]["files"] == json{cut, text, whole});
    REQUIRE(several["capture"]["errors"].size() == 2);
    CHECK(several["capture"]["errors"][0]["file"] == cut);
    CHECK(several["capture"]["errors"][0]["code"] == "truncated");
    CHECK(several["capture"]["errors"][1]["file"] == text);
    CHECK(several["capture"]["errors"][1]["code"] == "not_a_capture");
    CHECK_FALSE(truncated["capture"].contains("files"));

    CHECK(answers(folder.file("missing.pcap"), 1)["capture"]["error"]["code"] == "file_not_found");
    CHECK(answers(folder.file(""), 1)["capture"]["error"]["code"] == "is_a_directory");
    CHECK(answers("- < /dev/null", 1)["capture"]["error"]["code"] == "empty");
    const json none = answers(text, 1);
    CHECK(none["capture"]["error"]["code"] == "not_a_capture");
    CHECK(none["retransmissions"]["summary"]["worst_connection"] == "");
    CHECK(none["anomalies"]["patterns"] == json::array());
    CHECK(none["anomalies"]["summary"]["by_category"] == json::object());
}

TEST_CASE("the JSON of report refuses a command line that makes no sense") {
    for (const char* line : {"", "a ''", "--rules guess a", "--server-port 65536 a"}) {
        CAPTURE(line);
        const run_result ran = run(example("tcplens report --format json") + " " + line);
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK(ran.err.find("\ntcplens: See `tcplens report --help`.\n") != std::string::npos);
    }
}
