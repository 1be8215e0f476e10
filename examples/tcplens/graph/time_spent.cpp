// SPDX-License-Identifier: MIT
#include "time_spent.hpp"

#include "../connections_facts.hpp"
#include "../text.hpp"

#include <tcplens/connection/observers/time_observer.hpp>
#include <tcplens/connection/table/basic_connection_table.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace program::graphs {

namespace {

constexpr std::array<std::string_view, time_parts.size()> part_css{
    "fill-sack", "fill-data", "fill-resent", "fill-window", "fill-late", "fill-copy", "fill-ack"};

constexpr double label_x = 370;
constexpr double right = 980;
constexpr double row_height = 24;
constexpr double bar_height = 14;

} // namespace

std::string_view css_of_part(std::size_t place) {
    return part_css[std::min(place, part_css.size() - 1)];
}

void slowest_connections::add(const tcplens::connection& next, const tcplens::time_attribution& time) {
    ++total_;
    const auto goes_before = [&](const spent_time& other) {
        return time.duration != other.time.duration ? time.duration > other.time.duration
                                                    : next.number < other.connection.number;
    };
    if (found_.size() == most_ && (most_ == 0 || !goes_before(found_.back()))) return;
    if (found_.size() == most_) found_.pop_back();
    found_.insert(std::ranges::find_if(found_, goes_before), spent_time{next, time});
}

slowest_connections collect_slowest(captures& from, const tcplens::decode_options& decoding, rule_set rules,
                                    std::size_t most, std::optional<std::uint64_t> only) {
    return with_rules(rules, [&]<class Rules>(const Rules&) {
        tcplens::basic_connection_table<Rules, tcplens::time_observer> table{{.decoding = decoding}};
        from.add_to(table);
        slowest_connections found{most};
        if (!only) {
            for (const auto& each : table) found.add(each, each.time);
        } else {
            for (const auto& each :
                 table) { // a choice of packets may leave connections out, but not change their numbers
                if (each.number == *only) found.add(each, each.time);
            }
            found.count_others(table.size() - found.total());
        }
        return found;
    });
}

std::string time_spent(std::span<const spent_time> connections, std::uint64_t total, const picture_options& options) {
    constexpr std::size_t bytes_of_row = 2000; // at most
    connections = connections.first(std::min(connections.size(), options.most_bytes / bytes_of_row));
    std::string subtitle = connections.size() == total ? "all " + counted(total, "connection", "connections")
                                                       : "the " + grouped(connections.size()) + " longest of " +
                                                             counted(total, "connection", "connections");
    if (connections.size() == 1) subtitle = "one of " + counted(total, "connection", "connections");
    picture to{"Where the time went", subtitle, options};
    std::vector<legend_entry> entries;
    for (std::size_t i = 0; i < time_parts.size(); ++i) {
        entries.push_back({std::string{part_css[i]}, "M-6-6H6V6H-6Z",
                           std::string{time_parts[i].label} + ": " + std::string{time_parts[i].meaning}});
    }
    double y = 66;
    y += to.legend(y, entries) + 26;
    std::chrono::nanoseconds longest{1};
    for (const spent_time& each : connections) longest = std::max(longest, each.time.duration);
    const double bottom = y + row_height * static_cast<double>(std::max<std::size_t>(connections.size(), 1));
    const axis x{0, static_cast<double>(longest.count()) * 1.02, label_x, right};
    const tick_list ticks = round_ticks(x, quantity::time, 8);
    std::string grid;
    for (const tick& each : ticks.ticks) {
        grid += "M" + coordinate(x.at(each.value)) + " " + coordinate(y - 8) + "V" + coordinate(bottom);
        to.text(x.at(each.value), bottom + 15, "soft", each.label, "middle");
    }
    to.line("grid", grid);
    to.text((label_x + right) / 2, bottom + 32, "soft", "duration [" + ticks.unit + "]", "middle");
    for (const spent_time& each : connections) {
        const tcplens::connection& of = each.connection;
        constexpr std::size_t label_columns = 52;
        to.text(label_x - 8, y + 9, "",
                cut_to("#" + std::to_string(of.number) + " " + to_string(of.client) +
                           (of.role_guessed() ? " ? " : " > ") + to_string(of.server),
                       label_columns),
                "end");
        std::chrono::nanoseconds begin{0};
        for (std::size_t i = 0; i < time_parts.size(); ++i) {
            const std::chrono::nanoseconds part = each.time.*time_parts[i].member;
            if (part.count() <= 0) continue;
            const double from = x.at(static_cast<double>(begin.count()));
            begin += part;
            const double end = std::max(x.at(static_cast<double>(begin.count())), from + 0.5);
            to.begin_mark("connection " + std::to_string(of.number) + ", packets " + std::to_string(of.first_packet) +
                              " to " + std::to_string(of.last_packet) + ": " + std::string{time_parts[i].label} + " " +
                              duration_text(part) + ", " + percentage(share(time_parts[i], each.time), 0) + " of " +
                              duration_text(each.time.duration),
                          " data-connection=\"" + std::to_string(of.number) + "\" data-part=\"" +
                              std::string{time_parts[i].name} + "\"");
            to.line(part_css[i], "M" + coordinate(from) + " " + coordinate(y) + "H" + coordinate(end) + "v" +
                                     coordinate(bar_height) + "H" + coordinate(from) + "Z");
            to.end_mark();
        }
        y += row_height;
    }
    if (connections.empty()) to.text(label_x, y + 9, "soft", "There is no connection.");
    return std::move(to).finish(bottom + 44);
}

} // namespace program::graphs
