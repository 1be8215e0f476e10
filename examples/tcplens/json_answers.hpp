// SPDX-License-Identifier: MIT
#pragma once

// The four answers as JSON, under the names that mcpcap gave their fields.

#include "json_writer.hpp"
#include "not_understood.hpp"

#include <tcplens/tcplens.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

// nlohmann-json finds these by the namespace of the types.
namespace tcplens::inline v1 {

using json = nlohmann::ordered_json;

inline void to_json(json& out, const decode_statistics& from) {
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

inline void to_json(json& out, const undecoded_counts::kind& from) {
    out = {{"packets", from.packets},
           {"outcome", to_string(from.outcome)},
           {"link_type", static_cast<std::uint32_t>(from.link)},
           {"reason", program::describe(from)}};
}

inline void to_json(json& out, const skipped_parts& from) {
    out = {{"sections", from.sections},
           {"numbered_blocks", from.numbered_blocks},
           {"bad_options", from.bad_options},
           {"descriptions", from.descriptions},
           {"corrected_clocks", from.corrected_clocks}};
}

// A connection by one name, the same for both directions and for all of its incarnations.
inline std::string name_of(const connection_name& from) {
    const auto key = [](const endpoint& end) { return std::tuple{to_string(end.address), end.port}; };
    const bool ordered = key(from.client) <= key(from.server);
    return to_string(ordered ? from.client : from.server) + " <-> " + to_string(ordered ? from.server : from.client);
}

inline void to_json(json& out, const connection_name& from) {
    out = name_of(from);
}

// Adds a list under its name, and beside it how many items there are in all, and how many of them are left out.
inline void add_list(json& out, const std::string& name, json items, std::uint64_t total, std::uint64_t left_out) {
    out[name] = std::move(items);
    out[name + "_total"] = total;
    out[name + "_left_out"] = left_out;
}
template <class Item>
void add_list(json& out, const std::string& name, const bounded_list<Item>& from) {
    add_list(out, name, from.items, from.total, from.left_out());
}

// Counts by name: one object.
inline json by_name(const bounded_list<connection_retransmissions>& from) {
    std::map<std::string, std::uint64_t> counts;
    for (const connection_retransmissions& each : from) counts[name_of(each.connection)] += each.retransmissions;
    return counts;
}

inline void add_counts(json& out, const std::string& name, const bounded_list<connection_retransmissions>& from) {
    add_list(out, name, by_name(from), from.total, from.left_out());
}

// The kinds of packets without TCP, the most frequent first.
inline void add_not_understood(json& out, const undecoded_counts& from, std::size_t limit) {
    std::vector<undecoded_counts::kind> kinds(from.kinds().begin(), from.kinds().end());
    std::ranges::stable_sort(kinds, std::ranges::greater{}, &undecoded_counts::kind::packets);
    const std::size_t total = kinds.size();
    kinds.resize(std::min(limit, total));
    add_list(out, "not_understood", kinds, total, total - kinds.size());
}

// --- connections

inline void to_json(json& out, const connections_report::totals& from) {
    out = {{"total_connections", from.total_connections},
           {"successful_handshakes", from.successful_handshakes},
           {"failed_handshakes", from.failed_handshakes},
           {"incomplete_handshakes", from.incomplete_handshakes},
           {"established_connections", from.established_connections},
           {"reset_connections", from.reset_connections},
           {"normal_close", from.normal_close},
           {"active_connections", from.active_connections},
           {"guessed_roles", from.guessed_roles}};
}

inline void to_json(json& out, const connections_report::row& from) {
    out = {{"client", to_string(from.client)},
           {"server", to_string(from.server)},
           {"role_basis", to_string(from.role_basis)},
           {"role_guessed", from.role_guessed()},
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

inline void to_json(json& out, const connections_report& from) {
    out = {{"summary", from.summary}};
    add_list(out, "connections", from.connections);
    out["issues"] = from.issues;
}

// --- anomalies

inline void to_json(json& out, const anomaly_statistics::reset_distribution& from) {
    std::map<std::string, std::uint64_t> by_source;
    std::map<std::string, std::uint64_t> at_least;
    for (const anomaly_statistics::address_resets& each : from.by_source) {
        by_source[to_string(each.address)] = each.rst;
        if (each.rst_at_least < each.rst) at_least[to_string(each.address)] = each.rst_at_least;
    }
    add_list(out, "by_source", by_source, from.by_source.total, from.by_source.left_out());
    out["by_source_exact"] = from.by_source_exact;
    if (!from.by_source_exact) { // the counts and totals are limits
        out["by_source_at_least"] = at_least;
        out["by_source_total_at_most"] = from.sources_at_most;
        out["untracked_source_at_most"] = from.untracked_at_most;
    }
    out["by_direction"] = {{"to_server", from.by_direction.to_server},
                           {"from_server", from.by_direction.from_server},
                           {"unknown", from.by_direction.unknown}};
    add_list(out, "connections_with_rst", from.connections_with_rst);
}

inline void to_json(json& out, const anomaly_statistics& from) {
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
           {"rst_distribution", from.rst_distribution},
           {"retransmissions", {{"total", from.total_retransmissions}, {"rate", from.retransmission_rate}}},
           {"connection_states",
            {{"established", from.connection_states.established},
             {"reset", from.connection_states.reset},
             {"closed", from.connection_states.closed},
             {"unknown", from.connection_states.unknown}}}};
    add_counts(out["retransmissions"], "by_connection", from.retransmissions_by_connection);
}

// The name of a field of a pattern: of some it is longer in C++.
inline std::string_view json_name(std::string_view field) {
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

inline json details_of(const auto& pattern) {
    json fields = json::object();
    pattern.for_each_field([&](std::string_view name, const auto& value) {
        const std::string field{json_name(name)};
        if constexpr (requires { add_counts(fields, field, value); }) add_counts(fields, field, value);
        else if constexpr (requires { add_list(fields, field, value); }) add_list(fields, field, value);
        else fields[field] = value;
    });
    return fields;
}

inline void to_json(json& out, const anomaly_pattern& from) {
    out = {{"pattern", from.name},
           {"category", to_string(from.category)},
           {"observations", std::visit([](const auto& pattern) { return details_of(pattern); }, from.details)},
           {"description", from.description}};
}

inline void to_json(json& out, const anomaly_report::overview& from) {
    json by_category = json::object();
    for (const auto& [category, count] : from.by_category) by_category[std::string{to_string(category)}] = count;
    json notable = json::array();
    for (const auto& [name, detail] : from.notable_observations) {
        notable.push_back({{"type", name}, {"detail", detail}});
    }
    out = {{"total_patterns", from.total_patterns}, {"by_category", by_category}, {"notable_observations", notable}};
}

inline void to_json(json& out, const anomaly_report& from) {
    out = {{"statistics", from.statistics}, {"patterns", from.patterns}, {"summary", from.summary}};
}

// --- retransmissions

inline void to_json(json& out, const connection_retransmissions& from) {
    out = {{"connection", from.connection},
           {"retrans_count", from.retransmissions},
           {"total_packets", from.packets},
           {"retrans_rate", from.retransmission_rate}};
}

inline void to_json(json& out, const retransmission_report& from) {
    const std::optional<connection_name>& worst = from.summary.worst_connection;
    out = {{"total_packets", from.total_packets},
           {"total_retransmissions", from.total_retransmissions},
           {"retransmission_rate", from.retransmission_rate},
           {"threshold", from.threshold},
           {"exceeds_threshold", from.exceeds_threshold}};
    add_list(out, "by_connection", from.by_connection);
    out["summary"] = {{"worst_connection", worst ? name_of(*worst) : ""},
                      {"worst_retrans_rate", from.summary.worst_retransmission_rate},
                      {"connections_above_threshold", from.summary.connections_above_threshold}};
}

// --- traffic flow

inline void to_json(json& out, const traffic_flow_report::direction_totals& from) {
    out = {{"packet_count", from.packets},
           {"byte_count", from.wire_bytes},
           {"syn_count", from.flags.syn},
           {"rst_count", from.flags.rst},
           {"fin_count", from.flags.fin},
           {"data_packets", from.data_packets},
           {"retransmissions", from.retransmissions}};
}

inline void to_json(json& out, const traffic_flow_report& from) {
    out = {{"client_to_server", from.client_to_server},
           {"server_to_client", from.server_to_client},
           {"guessed_connections", from.guessed_connections},
           {"analysis",
            {{"asymmetry_ratio", from.analysis.asymmetry_ratio},
             {"primary_rst_source", to_string(from.analysis.primary_rst_source)},
             {"data_flow_direction", to_string(from.analysis.data_flow_direction)},
             {"interpretation", from.analysis.interpretation}}}};
}

} // namespace tcplens::inline v1
