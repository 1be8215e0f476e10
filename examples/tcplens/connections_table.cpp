// SPDX-License-Identifier: MIT
#include "connections_table.hpp"

#include "connections_facts.hpp"
#include "table_layout.hpp"
#include "text.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program {

namespace {

using row = tcplens::detailed_connection;

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
    int priority; ///< the lowest is left out last; the columns of `only_by_order` are shown by their order only
    bool is_number;
    std::string_view
        part_of; ///< the title of the column that has the sum of this one and another; empty if there is none
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
    {"duration", "duration", 1, true, "",
     [](const row& of, tcplens::timestamp) { return duration_text(of.time.duration); }},
    {"packets", "packets", 7, true, "", [](const row& of, tcplens::timestamp) { return grouped(packets_of(of)); }},
    {">", "", 12, true, "packets",
     [](const row& of, tcplens::timestamp) { return grouped(of.client_to_server.packets); }},
    {"<", "", 12, true, "packets",
     [](const row& of, tcplens::timestamp) { return grouped(of.server_to_client.packets); }},
    {"bytes", "bytes", 2, true, "", [](const row& of, tcplens::timestamp) { return bytes_text(wire_bytes_of(of)); }},
    {">", "", 10, true, "bytes",
     [](const row& of, tcplens::timestamp) { return bytes_text(of.client_to_server.wire_bytes); }},
    {"<", "", 10, true, "bytes",
     [](const row& of, tcplens::timestamp) { return bytes_text(of.server_to_client.wire_bytes); }},
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

} // namespace

void print_table(std::ostream& out, const terminal& screen, const connection_listing& connections,
                 const connection_order& by, tcplens::timestamp capture_begins) {
    std::vector<const table_column*> chosen;
    std::vector<layout_column> columns;
    for (const table_column& each : columns_of_table) {
        const bool is_asked_for = each.order == by.name;
        if (each.priority == only_by_order && !is_asked_for) continue;
        chosen.push_back(&each);
        columns.push_back({.title = each.title,
                           .priority = is_asked_for ? always : each.priority,
                           .is_number = each.is_number,
                           .is_endpoint = each.title == "client" || (each.title == "server" && !each.is_number),
                           .part_of = each.part_of});
    }
    table_layout layout{std::move(columns), screen.width()};
    const auto texts_of = [&](const row& of) {
        return [&](std::size_t i) { return chosen[i]->text(of, capture_begins); };
    };
    connections.for_each([&](const row& each) { layout.measure(texts_of(each)); });
    layout.fit();
    out << screen.painted(style::bold, layout.header()) << '\n';
    connections.for_each([&](const row& each) { out << layout.line(texts_of(each)) << '\n'; });
}

} // namespace program
