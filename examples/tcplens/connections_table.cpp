// SPDX-License-Identifier: MIT
#include "connections_table.hpp"

#include "connections_facts.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace program {

namespace {

using row = tcplens::detailed_connection;
using rows = std::span<const row* const>;

constexpr std::string_view absent = "-";

std::string most_time(const row& of) {
    const time_part* const part = longest_part(of.time);
    if (part == nullptr) return std::string{absent};
    return std::string{part->label} + ' ' + percentage(share(*part, of.time), 0);
}

template <std::size_t Part>
std::string part_text(const row& of, tcplens::timestamp) {
    return duration_text(of.time.*time_parts[Part].member);
}

struct table_column {
    std::string_view title;
    std::string_view order; ///< by which it stays; empty if by none
    int priority;           ///< the lowest is left out last; the columns of `only_by_order` are shown by their order only
    bool is_number;
    std::string_view part_of; ///< the title of the column that has the sum of this one and another; empty if there is none
    std::string (*text)(const row& of, tcplens::timestamp capture_begins);
};

constexpr int always = 0;
constexpr int only_by_order = 100;

/// In the order in which they are shown.
constexpr table_column columns_of_table[]{
    {"#", "number", always, true, "", [](const row& of, tcplens::timestamp) { return std::to_string(of.number); }},
    {"client", "", always, false, "", [](const row& of, tcplens::timestamp) { return to_string(of.client); }},
    {"", "", always, false, "",
     [](const row& of, tcplens::timestamp) { return std::string{of.role_guessed() ? "?" : ">"}; }},
    {"server", "", always, false, "", [](const row& of, tcplens::timestamp) { return to_string(of.server); }},
    {"state", "", 5, false, "", [](const row& of, tcplens::timestamp) { return std::string{state_of(of)}; }},
    {"start", "start", 9, true, "",
     [](const row& of, tcplens::timestamp begin) { return duration_text(of.first_time - begin); }},
    {"duration", "duration", 1, true, "", [](const row& of, tcplens::timestamp) { return duration_text(of.time.duration); }},
    {"packets", "packets", 7, true, "", [](const row& of, tcplens::timestamp) { return grouped(packets_of(of)); }},
    {">", "", 12, true, "packets", [](const row& of, tcplens::timestamp) { return grouped(of.client_to_server.packets); }},
    {"<", "", 12, true, "packets", [](const row& of, tcplens::timestamp) { return grouped(of.server_to_client.packets); }},
    {"bytes", "bytes", 2, true, "", [](const row& of, tcplens::timestamp) { return bytes_text(wire_bytes_of(of)); }},
    {">", "", 10, true, "bytes", [](const row& of, tcplens::timestamp) { return bytes_text(of.client_to_server.wire_bytes); }},
    {"<", "", 10, true, "bytes", [](const row& of, tcplens::timestamp) { return bytes_text(of.server_to_client.wire_bytes); }},
    {"data", "data", only_by_order, true, "",
     [](const row& of, tcplens::timestamp) { return bytes_text(unique_bytes_of(of)); }},
    {"retr", "retransmissions", 3, true, "",
     [](const row& of, tcplens::timestamp) { return grouped(retransmissions_of(of)); }},
    {"retr/packet", "retransmission_rate", only_by_order, true, "",
     [](const row& of, tcplens::timestamp) {
         return percentage(static_cast<double>(retransmissions_of(of)) / static_cast<double>(packets_of(of)), 1);
     }},
    {"rtt", "rtt", 6, true, "",
     [](const row& of, tcplens::timestamp) {
         const auto rtt = round_trip_of(of);
         return rtt ? duration_text(*rtt) : std::string{absent};
     }},
    {"throughput", "throughput", 8, true, "",
     [](const row& of, tcplens::timestamp) {
         const auto goodput = goodput_of(of);
         return goodput ? rate_text(*goodput) : std::string{absent};
     }},
    {"handshake", "handshake", only_by_order, true, "", part_text<0>},
    {"path", "path", only_by_order, true, "", part_text<1>},
    {"loss", "loss", only_by_order, true, "", part_text<2>},
    {"window", "window", only_by_order, true, "", part_text<3>},
    {"server", "server", only_by_order, true, "", part_text<4>},
    {"idle", "idle", only_by_order, true, "", part_text<5>},
    {"most time in", "", 4, false, "", [](const row& of, tcplens::timestamp) { return most_time(of); }},
};

constexpr std::size_t column_count = std::size(columns_of_table);
constexpr std::size_t client_column = 1;
constexpr std::size_t server_column = 3;
constexpr std::size_t least_endpoint = 8; // "~" and a port

/// The columns that are shown, and how wide they are: 0 if one is left out.
using widths = std::array<std::size_t, column_count>;

widths natural_widths(rows connections, tcplens::timestamp capture_begins) {
    widths all{};
    for (std::size_t i = 0; i < column_count; ++i) {
        all[i] = columns_of_table[i].title.size();
        for (const row* each : connections) {
            all[i] = std::max(all[i], columns_of_table[i].text(*each, capture_begins).size());
        }
    }
    return all;
}

std::size_t sum(const widths& all) {
    std::size_t total = 0;
    for (const std::size_t each : all) total += each == 0 ? 0 : each + 1; // a space between two
    return total == 0 ? 0 : total - 1;
}

/// The columns that there is room for.
widths fitting_widths(const widths& natural, std::size_t room, const connection_order& by) {
    // What the addresses get at least, if other columns need the room: with 80 columns, what leaves the time's place in the table.
    const std::size_t cap = std::max(least_endpoint, room * 22 / 100);
    widths chosen{};
    const auto priority_of = [&](std::size_t i) {
        return columns_of_table[i].order == by.name ? always : columns_of_table[i].priority;
    };
    const auto has_sum = [&](std::size_t i) {
        const std::string_view sum = columns_of_table[i].part_of;
        const auto column = std::ranges::find(columns_of_table, sum, &table_column::title);
        return sum.empty() || chosen[static_cast<std::size_t>(column - std::begin(columns_of_table))] > 0;
    };
    for (int priority = always; priority < only_by_order; ++priority) {
        widths with = chosen; // columns of one priority come together, or not at all
        for (std::size_t i = 0; i < column_count; ++i) {
            if (priority_of(i) != priority || !has_sum(i)) continue;
            with[i] = i == client_column || i == server_column ? std::min(natural[i], cap) : natural[i];
        }
        if (priority == always || sum(with) <= room) chosen = with;
    }
    // What is left goes to the addresses; what is too much they give.
    std::size_t total = sum(chosen);
    for (const std::size_t i : {client_column, server_column}) {
        if (total > room) {
            const std::size_t least = std::min(chosen[i], least_endpoint);
            const std::size_t given = std::min(chosen[i] - least, total - room);
            chosen[i] -= given;
            total -= given;
        } else {
            const std::size_t taken = std::min(natural[i] - chosen[i], room - total);
            chosen[i] += taken;
            total += taken;
        }
    }
    return chosen;
}

/// The end of an endpoint, which has its port.
std::string last_of(const std::string& endpoint, std::size_t width) {
    if (endpoint.size() <= width) return endpoint;
    return '~' + endpoint.substr(endpoint.size() - width + 1);
}

} // namespace

void print_table(std::ostream& out, const terminal& screen, rows connections, const connection_order& by,
                 tcplens::timestamp capture_begins) {
    const widths chosen = fitting_widths(natural_widths(connections, capture_begins), screen.width(), by);
    const auto line_of = [&](auto text_of) {
        std::string line;
        for (std::size_t i = 0; i < column_count; ++i) {
            if (chosen[i] == 0) continue;
            if (!line.empty()) line += ' ';
            line += padded(text_of(i), chosen[i], columns_of_table[i].is_number);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        return cut_to(line, screen.width());
    };
    out << screen.painted(style::bold, line_of([](std::size_t i) { return std::string{columns_of_table[i].title}; }))
        << '\n';
    for (const row* each : connections) {
        out << line_of([&](std::size_t i) {
            const std::string text = columns_of_table[i].text(*each, capture_begins);
            return i == client_column || i == server_column ? last_of(text, chosen[i]) : text;
        }) << '\n';
    }
}

} // namespace program
