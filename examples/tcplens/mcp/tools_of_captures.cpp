// SPDX-License-Identifier: MIT
// describe_capture: what a capture is, what it lacks, and from where it was taken.

#include "answers.hpp"

#include "../capture_json.hpp"
#include "../json_facts.hpp"
#include "../text.hpp"

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace program::context_server {

namespace {

constexpr std::size_t most_listed = 8; ///< sections, interfaces and the like

std::string_view name_of(tcplens::capture_format format) {
    switch (format) {
    case tcplens::capture_format::pcap: return "pcap";
    case tcplens::capture_format::pcapng: return "pcapng";
    case tcplens::capture_format::snoop: return "snoop";
    case tcplens::capture_format::erf: return "ERF";
    case tcplens::capture_format::unknown: break;
    }
    return "unknown";
}

/// Adds a string that a capture has, if it has one.
void add_text(json& into, const char* name, std::string_view text) {
    if (!text.empty()) into[name] = from_capture(text);
}

void add_comments(json& into, const std::vector<std::string>& comments) {
    if (comments.empty()) return;
    into["first_comment"] = from_capture(comments.front());
    into["comments_total"] = comments.size();
}

json section_json(const tcplens::capture_section& of) {
    json told = {{"format", name_of(of.format)},
                 {"byte_order", of.byte_order == std::endian::little ? "little" : "big"},
                 {"version", std::to_string(of.major_version) + "." + std::to_string(of.minor_version)}};
    add_text(told, "hardware", of.hardware);
    add_text(told, "operating_system", of.operating_system);
    add_text(told, "application", of.application);
    add_comments(told, of.comments);
    return told;
}

json interface_json(const tcplens::capture_interface& of, std::size_t number) {
    json told = {{"number", number},
                 {"link_type", static_cast<std::uint32_t>(of.link)},
                 {"link_type_name", to_string(of.link)},
                 {"snapshot_length", of.snapshot_length}};
    add_text(told, "name", of.name);
    add_text(told, "description", of.description);
    add_text(told, "filter", of.filter);
    add_text(told, "hardware", of.hardware);
    add_text(told, "operating_system", of.operating_system);
    add_comments(told, of.comments);
    const tcplens::capture_interface::interface_statistics& said = of.statistics;
    if (said.received) told["packets_received"] = *said.received;
    if (said.dropped_by_interface) told["dropped_by_interface"] = *said.dropped_by_interface;
    if (said.dropped_by_system) told["dropped_by_system"] = *said.dropped_by_system;
    return told;
}

template <class Item, class Make>
void add_first(json& into, const std::string& name, const std::vector<Item>& items, Make make) {
    json list = json::array();
    for (std::size_t i = 0; i < std::min(most_listed, items.size()); ++i) list.push_back(make(items[i], i));
    into[name + "_left_out"] = items.size() - list.size();
    into[name + "_total"] = items.size();
    into[name] = std::move(list);
}

/// Where the capture was taken, as its round trips tell: the side whose answers come at once is the one beside it.
struct vantage {
    std::uint64_t beside_client = 0;
    std::uint64_t beside_server = 0;
    std::uint64_t between = 0;

    void add(const tcplens::detailed_connection& of) {
        const auto& to_server = of.opening.times.to_server;
        const auto& to_client = of.opening.times.to_client;
        if (!to_server || !to_client) return;
        const auto far_end = to_server->rtt();
        const auto near_end = to_client->rtt();
        if (!far_end || !near_end || far_end->count() < 0 || near_end->count() < 0) return;
        // A host answers within a tenth of the way to the other host, or the capture is on the way.
        constexpr int much_less = 10;
        if (*near_end * much_less < *far_end) ++beside_client;
        else if (*far_end * much_less < *near_end) ++beside_server;
        else ++between;
    }
    [[nodiscard]] std::uint64_t measured() const { return beside_client + beside_server + between; }
    [[nodiscard]] std::string_view verdict() const {
        if (measured() == 0) return "unknown";
        const std::uint64_t most = std::max({beside_client, beside_server, between});
        if (most * 10 < measured() * 8) return "mixed"; // eight of ten agree
        return most == beside_client ? "client" : most == beside_server ? "server" : "between";
    }
};

} // namespace

tool_answer describe_capture(workshop& with, arguments& given, job& work) {
    const auto capture = capture_of(with, given, work);
    given.finish();
    tool_answer answer = begin_answer(*capture);
    json& out = answer.structured;
    out["bytes"] = capture->identity.size;
    add_first(out, "sections", capture->sections,
              [](const tcplens::capture_section& each, std::size_t) { return section_json(each); });
    add_first(out, "interfaces", capture->interfaces,
              [](const tcplens::capture_interface& each, std::size_t i) { return interface_json(each, i); });
    out["first_time_ns"] = tcplens::nanoseconds_or_null(capture->first_time);
    out["last_time_ns"] = tcplens::nanoseconds_or_null(capture->last_time);
    out["times_run_back"] = {{"count", capture->times_run_back}, {"first_packet", capture->first_run_back}};
    out["captured_bytes"] = capture->captured_bytes;
    out["wire_bytes"] = capture->wire_bytes;
    out["cut_packets"] = capture->cut_packets;
    out["connections_total"] = capture->connections.size();
    out["capture"] = capture_json(capture->summary, most_listed);

    vantage from;
    for (const tcplens::detailed_connection& each : capture->connections) from.add(each);
    out["vantage"] = {{"beside", from.verdict()},
                      {"beside_client", from.beside_client},
                      {"beside_server", from.beside_server},
                      {"between", from.between},
                      {"connections_measured", from.measured()}};
    out["direction_skew"] = capture->skew;
    json limits = json::array();
    for (const tcplens::observation& each : capture->observations.items) {
        if (each.kind != tcplens::observation_kind::capture_limits) continue;
        limits.push_back({{"text", each.text}, {"packets", each.packets}});
    }
    out["limits"] = std::move(limits);

    const tcplens::decode_statistics& packets = capture->summary.packets;
    std::string format = capture->sections.empty() ? "capture" : std::string{name_of(capture->sections.front().format)};
    answer.text += escaped(capture->shown) + ": " + format + ", " + counted(packets.packets, "packet", "packets") +
                   ", " + grouped(packets.tcp) + " of TCP, in " +
                   counted(capture->connections.size(), "connection", "connections") + ".";
    if (capture->first_time) {
        answer.text += " From " + time_text(*capture->first_time) + " UTC, for " +
                       duration_text(*capture->last_time - *capture->first_time) + ".";
    }
    answer.text += " The capture says that it dropped " + counted(capture->summary.dropped, "packet", "packets") +
                   "; " + grouped(packets.packets - packets.tcp) + " packets were not understood as TCP.";
    if (capture->cut_packets > 0)
        answer.text += " " + counted(capture->cut_packets, "packet is", "packets are") + " cut by the snapshot length.";
    answer.text += " Taken beside: " + std::string{from.verdict()} + " (by the round trips of " +
                   counted(from.measured(), "handshake", "handshakes") + ").";
    answer.further_content.push_back(resource_link(uri_of(*capture), escaped(capture->shown), "application/json"));
    return answer;
}

} // namespace program::context_server
