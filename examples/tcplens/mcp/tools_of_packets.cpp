// SPDX-License-Identifier: MIT
// The tools that read a capture once more: segments one by one, and what went on in each interval of time.

#include "answers.hpp"

#include "../rule_sets.hpp"
#include "../sequence_bases.hpp"
#include "../text.hpp"

#include <tcplens/connection/observers/time_series_observer.hpp>
#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program::context_server {

namespace {

/// "retransmission,zero_window" as a list.
json list_of(const std::string& names) {
    json list = json::array();
    for (std::size_t begin = 0; begin < names.size();) {
        const std::size_t end = std::min(names.find(',', begin), names.size());
        list.push_back(names.substr(begin, end - begin));
        begin = end + 1;
    }
    return list;
}

std::string flags_of(const tcplens::segment& sent) {
    std::string text;
    const auto add = [&](bool is_set, std::string_view name) {
        if (is_set) text.append(text.empty() ? "" : " ").append(name);
    };
    add(sent.flags.syn(), "SYN");
    add(sent.flags.fin(), "FIN");
    add(sent.flags.rst(), "RST");
    add(sent.flags.psh(), "PSH");
    add(sent.flags.ack(), "ACK");
    add(sent.flags.urg(), "URG");
    return text;
}

/// What is told of one segment. Of its data only the length.
json segment_json(const tcplens::segment& sent, const tcplens::add_result<>& added, tcplens::timestamp begin,
                  sequence_bases::relative numbers) {
    const tcplens::verdict& said = added.verdict;
    json row = {{"packet", sent.packet_number},
                {"time_ns", (sent.time - begin).count()},
                {"from", added.direction == tcplens::direction::client_to_server ? "client" : "server"},
                {"flags", flags_of(sent)},
                {"seq", numbers.sequence},
                {"ack", sent.flags.ack() ? json(numbers.acknowledgment) : json()},
                {"length", sent.payload_length},
                {"window", sent.window},
                {"verdict", list_of(to_string(said.kinds))},
                {"certainty", to_string(said.certainty)}};
    if (said.evidence != tcplens::evidence_set::none) row["evidence"] = list_of(to_string(said.evidence));
    if (!said.is_certain()) row["alternatives"] = list_of(to_string(said.alternatives));
    if (said.earlier_packet != 0) {
        row["earlier_packet"] = said.earlier_packet;
        row["elapsed_ns"] = said.elapsed.count();
    }
    return row;
}

bool is_noted(const tcplens::verdict& said) {
    return said.kinds != tcplens::verdict_kinds::none || !said.is_certain();
}

json bin_json(const tcplens::time_series::direction_bin& bin) {
    const auto round_trip = bin.mean_rtt();
    return {{"packets", bin.packets},
            {"wire_bytes", bin.wire_bytes},
            {"payload_bytes", bin.payload_bytes},
            {"new_bytes", bin.new_bytes},
            {"retransmissions", bin.retransmissions},
            {"most_in_flight_bytes", bin.most_in_flight},
            {"mean_rtt_ns", round_trip ? json(round_trip->count()) : json()}};
}

} // namespace

tool_answer get_segments(workshop& with, arguments& given, job& work) {
    const auto capture = capture_of(with, given, work);
    const tcplens::detailed_connection& of = connection_of(*capture, given);
    const std::string only = given.choice("only", {"all", "noted"}, "all");
    constexpr std::size_t default_rows = 50;
    constexpr std::size_t most_rows = 1000;
    const page wanted{given, *capture, "segments|" + std::to_string(of.number) + "|" + only, default_rows, most_rows};
    given.finish();

    sequence_bases bases;
    std::vector<json> rows;
    std::size_t total = 0;
    std::uint64_t noted = 0;
    const auto tell = [&](const tcplens::segment& sent, const auto& added) {
        if (added.connection == nullptr || added.connection->number != of.number) return;
        const auto numbers = bases.numbers(sent, added);
        noted += is_noted(added.verdict);
        if (only == "noted" && !is_noted(added.verdict)) return;
        const std::size_t place = total++;
        if (place < wanted.offset() || rows.size() >= wanted.limit()) return;
        rows.push_back(segment_json(sent, added, added.connection->first_time, numbers));
    };
    with_rules(with.captures.rules(), [&]<class Rules>(const Rules&) {
        tcplens::basic_connection_table<Rules> table;
        with.captures.read_again(*capture, work, [&](const tcplens::packet& next) {
            table.add_each(next, tell);
            return next.number < of.last_packet;
        });
    });

    tool_answer answer = begin_answer(*capture);
    answer.structured["connection"] = of.number;
    answer.structured["client"] = to_string(of.client);
    answer.structured["server"] = to_string(of.server);
    answer.structured["first_time_ns"] = of.first_time.time_since_epoch().count();
    answer.structured["noted_total"] = noted;
    wanted.add_rows(answer.structured, "segments", total, [&](std::size_t i) { return rows[i - wanted.offset()]; });
    answer.text += "connection " + std::to_string(of.number) + ", " + to_string(of.client) + " > " +
                   to_string(of.server) + ": " + counted(noted, "segment is", "segments are") +
                   " more than new data or an acknowledgment in order. Times count from its first packet, numbers from "
                   "the first of their side; of data only the length is told.";
    constexpr std::size_t most_told = 6;
    std::size_t told = 0;
    for (const json& each : answer.structured["segments"]) {
        if (each["verdict"].empty() || told++ == most_told) continue;
        if (told > most_told) break;
        answer.text += "\n- packet " + each["packet"].dump() + " from the " + each["from"].get<std::string>() + ": ";
        for (std::size_t i = 0; i < each["verdict"].size(); ++i)
            answer.text += (i == 0 ? "" : ", ") + each["verdict"][i].get<std::string>();
        answer.text += " (" + each["certainty"].get<std::string>() + ")";
    }
    say_what_was_left_out(answer, "segments", only == "noted" ? "such segments are" : "segments are");
    return answer;
}

tool_answer get_time_series(workshop& with, arguments& given, job& work) {
    const auto capture = capture_of(with, given, work);
    const std::optional<std::uint64_t> number = maybe_connection_of(*capture, given);
    constexpr std::uint64_t default_interval = 1000;
    constexpr std::uint64_t longest_interval = 1'000'000'000;
    const auto interval = given.maybe_number("interval_ms", 1, longest_interval).value_or(default_interval);
    constexpr std::size_t default_rows = 40;
    constexpr std::size_t most_rows = 500;
    const page wanted{given, *capture,
                      "series|" + (number ? std::to_string(*number) : std::string{}) + "|" + std::to_string(interval),
                      default_rows, most_rows};
    given.finish();

    std::vector<tcplens::time_series::time_bin> bins(most_rows);
    const std::chrono::milliseconds step{static_cast<std::int64_t>(interval)};
    std::uint64_t outside = 0;
    const tcplens::time_series series = with_rules(with.captures.rules(), [&]<class Rules>(const Rules& chosen) {
        tcplens::basic_connection_table<Rules, tcplens::time_series_observer> table{
            tcplens::table_options{}, chosen,
            tcplens::time_series_observer{bins, {.interval = step, .connection = number}}};
        with.captures.read_again(*capture, work, [&](const tcplens::packet& next) {
            table.add(next);
            return true;
        });
        const auto& observed = table.template observer<tcplens::time_series_observer>();
        outside = observed.outside();
        return observed.series();
    });

    tool_answer answer = begin_answer(*capture);
    json& out = answer.structured;
    out["connection"] = number ? json(*number) : json();
    out["interval_ms"] = interval;
    const auto width = series.size() > 1 ? series.begin_of(1) - series.begin_of(0)
                                         : std::chrono::nanoseconds{std::chrono::milliseconds{interval}};
    out["interval_used_ms"] = width.count() / 1'000'000;
    out["first_time_ns"] = series.size() > 0 ? json(series.begin_of(0).time_since_epoch().count()) : json();
    out["packets_outside"] = outside;
    wanted.add_rows(out, "intervals", series.size(), [&](std::size_t i) {
        return json{{"begin_ns", (series.begin_of(i) - series.begin_of(0)).count()},
                    {"to_server", bin_json(series[i].client_to_server)},
                    {"to_client", bin_json(series[i].server_to_client)}};
    });

    std::uint64_t most = 0;
    std::size_t busiest = 0;
    std::uint64_t retransmissions = 0;
    for (std::size_t i = 0; i < series.size(); ++i) {
        const auto& up = series[i].client_to_server;
        const auto& down = series[i].server_to_client;
        retransmissions += up.retransmissions + down.retransmissions;
        if (up.wire_bytes + down.wire_bytes <= most) continue;
        most = up.wire_bytes + down.wire_bytes;
        busiest = i;
    }
    answer.text += (number ? "connection " + std::to_string(*number) : escaped(capture->shown)) + ": " +
                   counted(series.size(), "interval", "intervals") + " of " + duration_text(width) + ", " +
                   counted(retransmissions, "retransmission", "retransmissions") + " in all.";
    if (series.size() > 0) {
        answer.text += " Most bytes on the wire: " + bytes_text(most) + " in the interval that begins after " +
                       duration_text(series.begin_of(busiest) - series.begin_of(0)) + ".";
    }
    if (width > std::chrono::milliseconds{interval})
        answer.text += " The interval was doubled until there were no more than " + std::to_string(most_rows) + ".";
    say_what_was_left_out(answer, "intervals", "intervals are");
    return answer;
}

} // namespace program::context_server
