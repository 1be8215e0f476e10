// SPDX-License-Identifier: MIT
// Answers the four questions as one JSON object.

#include "command_line.hpp"
#include "json_facts.hpp"
#include "not_understood.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

using json = nlohmann::ordered_json;

// nlohmann-json finds these by the namespace of the types.
namespace tcplens::inline v0 {

void to_json(json& out, const decode_statistics& from) {
    out = {{"packets", from.packets},
           {"tcp", from.tcp},
           {"not_tcp", from.not_tcp},
           {"fragments", from.fragments},
           {"truncated", from.truncated},
           {"malformed", from.malformed},
           {"unsupported_link", from.unsupported_link},
           {"additional_segments", from.additional_segments},
           {"packets_with_several_segments", from.packets_with_several_segments},
           {"icmp_notices", from.icmp_notices}};
}

void to_json(json& out, const undecoded_counts::kind& from) {
    out = {{"packets", from.packets},
           {"outcome", to_string(from.outcome)},
           {"link_type", static_cast<std::uint32_t>(from.link)},
           {"reason", example::describe(from)}};
}

void to_json(json& out, const skipped_parts& from) {
    out = {{"sections", from.sections},
           {"numbered_blocks", from.numbered_blocks},
           {"bad_options", from.bad_options},
           {"descriptions", from.descriptions}};
}

void to_json(json& out, const capture_error& from) {
    out = {{"code", to_string(from.code)},
           {"offset", from.offset},
           {"packet", from.packet_number},
           {"message", to_string(from)}};
}

// A connection by one name, the same for both directions and for all of its incarnations.
std::string name_of(const connection_name& from) {
    const auto key = [](const endpoint& end) { return std::tuple{to_string(end.address), end.port}; };
    const bool ordered = key(from.client) <= key(from.server);
    return to_string(ordered ? from.client : from.server) + " <-> " + to_string(ordered ? from.server : from.client);
}

void to_json(json& out, const connection_name& from) {
    out = name_of(from);
}

// Counts by name: one object.
json by_name(const std::vector<connection_retransmissions>& from) {
    std::map<std::string, std::uint64_t> counts;
    for (const connection_retransmissions& each : from) counts[name_of(each.connection)] += each.retransmissions;
    return counts;
}

json by_name(const std::vector<anomaly_statistics::address_resets>& from) {
    std::map<std::string, std::uint64_t> counts;
    for (const auto& [address, count] : from) counts[to_string(address)] += count;
    return counts;
}

// --- connections

void to_json(json& out, const connections_report::totals& from) {
    out = {{"total_connections", from.total_connections},
           {"successful_handshakes", from.successful_handshakes},
           {"failed_handshakes", from.failed_handshakes},
           {"incomplete_handshakes", from.incomplete_handshakes},
           {"established_connections", from.established_connections},
           {"reset_connections", from.reset_connections},
           {"normal_close", from.normal_close},
           {"active_connections", from.active_connections}};
}

void to_json(json& out, const connections_report::row& from) {
    out = {{"client", to_string(from.client)},
           {"server", to_string(from.server)},
           {"state", to_string(from.status)},
           {"handshake_completed", from.handshake_completed},
           {"syn_count", from.flags.syn},
           {"syn_ack_count", from.flags.syn_ack},
           {"ack_count", from.flags.ack},
           {"rst_count", from.flags.rst},
           {"fin_count", from.flags.fin},
           {"data_packets", from.data_packets},
           {"retransmissions", from.retransmissions},
           {"close_reason", to_string(from.close_reason)},
           {"packet_count", from.packets}};
}

void to_json(json& out, const connections_report& from) {
    out = {{"summary", from.summary}, {"connections", from.connections}, {"issues", from.issues}};
}

// --- anomalies

void to_json(json& out, const anomaly_statistics& from) {
    const anomaly_statistics::reset_distribution& rst = from.rst_distribution;
    out = {{"total_connections", from.total_connections},
           {"total_packets", from.total_packets},
           {"handshake",
            {{"successful", from.successful_handshakes},
             {"failed", from.failed_handshakes},
             {"incomplete", from.incomplete_handshakes}}},
           {"flags",
            {{"syn", from.flags.syn},
             {"syn_ack", from.flags.syn_ack},
             {"rst", from.flags.rst},
             {"fin", from.flags.fin},
             {"ack", from.flags.ack}}},
           {"rst_distribution",
            {{"by_source", by_name(rst.by_source)},
             {"by_direction",
              {{"to_server", rst.by_direction.to_server},
               {"from_server", rst.by_direction.from_server},
               {"unknown", rst.by_direction.unknown}}},
             {"connections_with_rst", rst.connections_with_rst}}},
           {"retransmissions",
            {{"total", from.total_retransmissions},
             {"rate", from.retransmission_rate},
             {"by_connection", by_name(from.retransmissions_by_connection)}}},
           {"connection_states",
            {{"established", from.connection_states.established},
             {"reset", from.connection_states.reset},
             {"closed", from.connection_states.closed},
             {"unknown", from.connection_states.unknown}}}};
}

// The name of a field of a pattern: of some it is longer in C++.
std::string_view json_name(std::string_view field) {
    constexpr std::pair<std::string_view, std::string_view> shorter[]{
        {"to_server_share", "ratio"},
        {"retransmission_rate", "rate"},
        {"successful_handshakes", "successful"},
        {"failed_handshakes", "failed"},
        {"reset_connections", "reset_count"},
        {"syns_without_ack", "syn_count"},
        {"syns_answered", "syn_ack_count"},
    };
    for (const auto& [in_cpp, in_json] : shorter) {
        if (field == in_cpp) return in_json;
    }
    return field;
}

json details_of(const auto& pattern) {
    json fields = json::object();
    pattern.for_each_field([&](std::string_view name, const auto& value) {
        json& field = fields[std::string{json_name(name)}];
        if constexpr (requires { by_name(value); }) field = by_name(value);
        else field = value;
    });
    return fields;
}

void to_json(json& out, const anomaly_pattern& from) {
    out = {{"pattern", from.name},
           {"category", to_string(from.category)},
           {"observations", std::visit([](const auto& pattern) { return details_of(pattern); }, from.details)},
           {"description", from.description}};
}

void to_json(json& out, const anomaly_report::overview& from) {
    json by_category = json::object();
    for (const auto& [category, count] : from.by_category) by_category[std::string{to_string(category)}] = count;
    json notable = json::array();
    for (const auto& [name, detail] : from.notable_observations) {
        notable.push_back({{"type", name}, {"detail", detail}});
    }
    out = {{"total_patterns", from.total_patterns}, {"by_category", by_category}, {"notable_observations", notable}};
}

void to_json(json& out, const anomaly_report& from) {
    out = {{"statistics", from.statistics}, {"patterns", from.patterns}, {"summary", from.summary}};
}

// --- retransmissions

void to_json(json& out, const connection_retransmissions& from) {
    out = {{"connection", from.connection},
           {"retrans_count", from.retransmissions},
           {"total_packets", from.packets},
           {"retrans_rate", from.retransmission_rate}};
}

void to_json(json& out, const retransmission_report& from) {
    const std::optional<connection_name>& worst = from.summary.worst_connection;
    out = {{"total_packets", from.total_packets},
           {"total_retransmissions", from.total_retransmissions},
           {"retransmission_rate", from.retransmission_rate},
           {"threshold", from.threshold},
           {"exceeds_threshold", from.exceeds_threshold},
           {"by_connection", from.by_connection},
           {"summary",
            {{"worst_connection", worst ? name_of(*worst) : ""},
             {"worst_retrans_rate", from.summary.worst_retransmission_rate},
             {"connections_above_threshold", from.summary.connections_above_threshold}}}};
}

// --- traffic flow

void to_json(json& out, const traffic_flow_report::direction_totals& from) {
    out = {{"packet_count", from.packets},
           {"byte_count", from.wire_bytes},
           {"syn_count", from.flags.syn},
           {"rst_count", from.flags.rst},
           {"fin_count", from.flags.fin},
           {"data_packets", from.data_packets},
           {"retransmissions", from.retransmissions}};
}

void to_json(json& out, const traffic_flow_report& from) {
    out = {{"client_to_server", from.client_to_server},
           {"server_to_client", from.server_to_client},
           {"analysis",
            {{"asymmetry_ratio", from.analysis.asymmetry_ratio},
             {"primary_rst_source", to_string(from.analysis.primary_rst_source)},
             {"data_flow_direction", to_string(from.analysis.data_flow_direction)},
             {"interpretation", from.analysis.interpretation}}}};
}

} // namespace tcplens::inline v0

int main(int argc, char** argv) {
    using namespace example;
    const arguments given = parse(argc, argv, {&server_ip, &server_port, &threshold, &detailed, &rules});
    series captures = open(given);
    const tcplens::server_filter server{.address = given.server_ip, .port = given.server_port};

    const auto answer = [&](auto table) {
        read(captures, table);

        json answers;
        answers["capture"] = {{"packets", table.statistics().packets},
                              {"tcp_packets", table.statistics().tcp + table.statistics().additional_segments},
                              {"decode", table.statistics()},
                              {"not_understood", table.statistics().undecoded.kinds()},
                              {"not_told_apart", table.statistics().undecoded.others()},
                              {"dropped", dropped(captures)},
                              {"skipped", captures.skipped()},
                              {"error", captures.errors().empty() ? json() : json(captures.errors()[0].error)}};
        if (given.files.size() > 1) {
            answers["capture"]["files"] = file_names(given);
            json& errors = answers["capture"]["errors"] = json::array();
            for (const tcplens::series_error& each : captures.errors()) {
                errors.push_back({{"file", name_of(given.files[each.file])}});
                errors.back().update(json(each.error));
            }
        }
        answers["connections"] = tcplens::analyze_connections(table, {.server = server, .detailed = given.detailed});
        // mcpcap tells these two here, and so can who reads its answers.
        answers["connections"]["total_packets"] = table.statistics().packets;
        answers["connections"]["tcp_packets_found"] = table.statistics().tcp + table.statistics().additional_segments;
        if constexpr (requires { table[0].profile; }) {
            std::size_t next = 0; // in the same order as they were described
            tcplens::detail::for_each_selected(table, server, [&](const auto& each) {
                answers["connections"]["connections"][next++].update(facts_json(each));
            });
        }
        answers["anomalies"] =
            tcplens::analyze_anomalies(table, {.server = server, .retransmission_threshold = given.threshold});
        answers["retransmissions"] =
            tcplens::analyze_retransmissions(table, {.server = server, .threshold = given.threshold});
        if (given.server_ip) {
            answers["traffic_flow"] = tcplens::analyze_traffic_flow(table, {.server = server});
        }
        std::cout << answers.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
        return conclude(given, captures);
    };
    const exit_status status = with_rules(given.rules, [&]<class Rules>(const Rules&) {
        return given.detailed ? answer(tcplens::basic_detailed_connection_table<Rules>{})
                              : answer(tcplens::basic_connection_table<Rules>{});
    });
    return static_cast<int>(status);
}
