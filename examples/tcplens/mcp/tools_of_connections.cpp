// SPDX-License-Identifier: MIT
// The tools that tell of connections from memory.

#include "answers.hpp"

#include "../connections_facts.hpp"
#include "../connections_order.hpp"
#include "../json_facts.hpp"
#include "../observations.hpp"
#include "../text.hpp"

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace program::context_server {

namespace {

using tcplens::detailed_connection;

/// Which connections list_connections lists.
struct selection {
    tcplens::server_filter server{};
    std::optional<tcplens::address> client{};
    std::string state{};
    std::uint64_t retransmissions = 0;

    [[nodiscard]] bool takes(const detailed_connection& of) const {
        return connection_listing::selects(server, of) && (!client || *client == of.client.address) &&
               (state.empty() || state_of(of) == state) && retransmissions_of(of) >= retransmissions;
    }
    [[nodiscard]] std::string text() const {
        return filter_json(server).dump() + (client ? to_string(*client) : std::string{}) + "|" + state + "|" +
               std::to_string(retransmissions);
    }
};

json way_json(const detailed_connection& of, tcplens::direction way) {
    const tcplens::direction_statistics& counts = of.statistics(way);
    return {{"packets", counts.packets},
            {"wire_bytes", counts.wire_bytes},
            {"unique_bytes", of.profile[way].unique_bytes},
            {"retransmissions", counts.retransmissions}};
}

json row_of(const detailed_connection& of, const packet_evidence& packets) {
    const time_part* const longest = longest_part(of.time);
    const auto round_trip = round_trip_of(of);
    return {{"number", of.number},
            {"client", to_string(of.client)},
            {"server", to_string(of.server)},
            {"role_basis", to_string(of.role_basis)},
            {"state", state_of(of)},
            {"opening", to_string(of.opening.outcome)},
            {"close_reason", to_string(of.close_reason)},
            {"closed_by", tcplens::name_or_null(of.closed_by)},
            {"first_packet", of.first_packet},
            {"last_packet", of.last_packet},
            {"first_time_ns", of.first_time.time_since_epoch().count()},
            {"duration_ns", of.time.duration.count()},
            {"to_server", way_json(of, tcplens::direction::client_to_server)},
            {"to_client", way_json(of, tcplens::direction::server_to_client)},
            {"rtt_ns", round_trip ? json(round_trip->count()) : json()},
            {"most_time_in", longest ? json(longest->name) : json()},
            {"packets", evidence_of(packets)}};
}

std::string line_of(const detailed_connection& of) {
    return "connection " + std::to_string(of.number) + ": " + to_string(of.client) + " > " + to_string(of.server) +
           " " + std::string{state_of(of)} + ", packets " + grouped(of.first_packet) + "-" + grouped(of.last_packet) +
           ", " + duration_text(of.time.duration) + ", " + bytes_text(unique_bytes_of(of)) + " of data, " +
           counted(retransmissions_of(of), "retransmission", "retransmissions");
}

/// A value by the names of its parts, shortened where that is not needed: a histogram that counted nothing, for one.
json facts_of(const detailed_connection& of) {
    json facts = facts_json(of);
    for (auto& [ignored, way] : facts["directions"].items()) {
        for (const char* const name : {"round_trip", "clock_round_trip"}) {
            if (way[name]["count"] == 0) way[name] = nullptr;
        }
    }
    return facts;
}

/// The names of all enumerators up to this one.
template <auto Last>
constexpr auto all_names() {
    std::array<std::string_view, static_cast<std::size_t>(Last) + 1> names{};
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = to_string(static_cast<decltype(Last)>(i));
    return names;
}
constexpr auto observation_kinds = all_names<tcplens::observation_kind::capture_limits>();
constexpr auto observation_categories = all_names<tcplens::observation_category::capture>();

/// Places of the observations that are asked for.
std::vector<std::size_t> chosen(const tcplens::observation_report& from, const std::string& kind,
                                const std::string& category, const std::optional<std::uint64_t>& connection) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < from.items.size(); ++i) {
        const tcplens::observation& each = from.items[i];
        if (!kind.empty() && to_string(each.kind) != kind) continue;
        if (!category.empty() && to_string(each.category) != category) continue;
        if (connection && each.subject.connection != connection) continue;
        places.push_back(i);
    }
    return places;
}

} // namespace

tool_answer list_connections(workshop& with, arguments& given, job& work) {
    const auto capture = capture_of(with, given, work);
    selection wants{.server = given.server(),
                    .client = given.maybe_address("client_ip"),
                    .state = given.choice("state",
                                          {"closed", "reset", "refused", "aborted", "unanswered", "half_open",
                                           "unsolicited", "replaced", "half_closed", "established", "midstream"},
                                          ""),
                    .retransmissions = given.maybe_number("min_retransmissions", 0, UINT64_MAX).value_or(0)};
    const std::string by =
        given.choice("order",
                     {"bytes", "data", "duration", "packets", "retransmissions", "retransmission_rate", "rtt",
                      "throughput", "start", "number", "handshake", "path", "loss", "window", "server", "idle"},
                     "number");
    const bool reverse = given.flag("reverse", false);
    constexpr std::size_t default_rows = 20;
    constexpr std::size_t most_rows = 500;
    const page wanted{given, *capture, "list|" + wants.text() + "|" + by + (reverse ? "-" : "+"), default_rows,
                      most_rows};
    given.finish();

    const auto order = std::ranges::find(connection_orders(), std::string_view{by}, &connection_order::name);
    first_connections first{{.by = &*order, .reverse = reverse}, wanted.offset() + wanted.limit()};
    for (const detailed_connection& each : capture->connections) {
        if (wants.takes(each)) first.add(each);
    }
    const auto sorted = first.sorted();
    tool_answer answer = begin_answer(*capture);
    answer.structured["order"] = by;
    answer.structured["connections_in_capture"] = capture->connections.size();
    answer.text += escaped(capture->shown) + ": " + counted(first.seen(), "connection", "connections") + " of " +
                   grouped(capture->connections.size()) + " selected, " + std::string{order->meaning} + " first" +
                   (reverse ? ", the other way round." : ".");
    std::size_t told = 0;
    constexpr std::size_t most_told = 5;
    wanted.add_rows(answer.structured, "connections", static_cast<std::size_t>(first.seen()), [&](std::size_t i) {
        json row;
        const connection_listing listed{.connections = sorted.subspan(i, 1), .server = wants.server};
        listed.for_each([&](const detailed_connection& each) {
            row = row_of(each, capture->evidence[static_cast<std::size_t>(each.number)]);
            if (told++ < most_told) answer.text += "\n- " + line_of(each);
        });
        return row;
    });
    say_what_was_left_out(answer, "connections", "connections are");
    return answer;
}

tool_answer get_connection(workshop& with, arguments& given, job& work) {
    const auto capture = capture_of(with, given, work);
    const detailed_connection& of = connection_of(*capture, given);
    given.finish();
    tool_answer answer = begin_answer(*capture);
    json& out = answer.structured;
    out["resource"] = uri_of(*capture, "connection", of.number);
    out["connection"] = row_of(of, capture->evidence[static_cast<std::size_t>(of.number)]);
    out["facts"] = facts_of(of);
    json observed = json::array();
    constexpr std::size_t most_observed = 5;
    const auto places = chosen(capture->observations, {}, {}, of.number);
    for (const std::size_t place : places) {
        if (observed.size() == most_observed) break;
        observed.push_back(observation_json(capture->observations.items[place]));
    }
    out["observations_left_out"] = places.size() - observed.size();
    out["observations"] = std::move(observed);

    answer.text += line_of(of) + ".";
    if (const time_part* const longest = longest_part(of.time)) {
        answer.text +=
            "\nFor " + percentage(share(*longest, of.time), 0) + " of the time " + std::string{longest->meaning} + ".";
    }
    if (const auto round_trip = round_trip_of(of)) answer.text += " Round trip " + duration_text(*round_trip) + ".";
    for (std::size_t i = 0; i < std::min(places.size(), most_observed); ++i)
        answer.text += "\n- " + observation_sentence(capture->observations.items[places[i]]);
    answer.text += "\nget_segments tells its segments one by one, get_time_series and render_graph when it happened.";
    answer.further_content = {resource_link(uri_of(*capture, "connection", of.number),
                                            "connection " + std::to_string(of.number), "application/json"),
                              resource_link(uri_of(*capture, "graph", of.number),
                                            "graph of connection " + std::to_string(of.number), "image/svg+xml")};
    return answer;
}

tool_answer find_observations(workshop& with, arguments& given, job& work) {
    const auto capture = capture_of(with, given, work);
    const std::string kind = given.choice("kind", observation_kinds, "");
    const std::string category = given.choice("category", observation_categories, "");
    const std::optional<std::uint64_t> connection = maybe_connection_of(*capture, given);
    constexpr std::size_t default_rows = 12; // as in report
    constexpr std::size_t most_rows = 200;
    const page wanted{given, *capture,
                      "observations|" + kind + "|" + category + "|" + (connection ? std::to_string(*connection) : ""),
                      default_rows, most_rows};
    given.finish();

    const tcplens::observation_report& from = capture->observations;
    const auto places = chosen(from, kind, category, connection);
    tool_answer answer = begin_answer(*capture);
    json by_kind = json::object();
    for (const std::size_t place : places) {
        json& count = by_kind[std::string{to_string(from.items[place].kind)}];
        count = count.is_null() ? 1 : count.get<std::uint64_t>() + 1;
    }
    answer.structured["by_kind"] = by_kind;
    answer.structured["not_kept"] = from.left_out; // of kinds with more than are kept
    if (from.sampled_one_in > 1) answer.structured["sampled_one_in"] = from.sampled_one_in;
    answer.text += escaped(capture->shown) + ": " +
                   counted(places.size(), "observation deserves", "observations deserve") +
                   " a look. Each is a count with its threshold, no diagnosis.";
    std::size_t told = 0;
    constexpr std::size_t most_told = 6;
    constexpr std::size_t most_text = 220; // bytes of each
    wanted.add_rows(answer.structured, "observations", places.size(), [&](std::size_t i) {
        const tcplens::observation& each = from.items[places[i]];
        if (told++ < most_told) answer.text += "\n- " + observation_sentence(each).substr(0, most_text);
        return observation_json(each);
    });
    say_what_was_left_out(answer, "observations", "observations are");
    if (from.left_out > 0) {
        answer.text += " " + grouped(from.left_out) + " of kinds that have more than 200 each were counted, not kept.";
    }
    return answer;
}

} // namespace program::context_server
