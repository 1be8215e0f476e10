// SPDX-License-Identifier: MIT
// A row for each connection, in the order that is asked for.

#include "connections_columns.hpp"
#include "connections_order.hpp"
#include "connections_table.hpp"
#include "rule_sets.hpp"
#include "subcommands.hpp"
#include "text.hpp"

#include <tcplens/analysis/terms/server_filter.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace program {

namespace {

enum class row_format { table, csv, json };

using listed = std::span<const tcplens::detailed_connection* const>;

struct options {
    std::vector<std::string> files{};
    const connection_order* by = &connection_orders().front();
    bool reverse = false;
    std::size_t top = 20;
    bool all = false;
    row_format format = row_format::table;
    std::optional<tcplens::address> server_ip{};
    std::optional<std::uint16_t> server_port{};
    rule_set rules = rule_set::evidence;
};

void declare(command_line& line, options& given) {
    std::vector<std::pair<std::string, const connection_order*>> orders;
    for (const connection_order& each : connection_orders()) orders.emplace_back(each.name, &each);
    line.choice<const connection_order*>("--sort", std::move(orders), "what comes first: see below (bytes)", given.by);
    line.flag("--reverse", "the other way round; connections without a value stay last", given.reverse);
    line.number<std::size_t>("--top", "N", 1, 1'000'000'000, "at most so many connections (20)", given.top);
    line.flag("--all", "all connections", given.all);
    line.choice<row_format>(
        "--format", {{"table", row_format::table}, {"csv", row_format::csv}, {"json", row_format::json}},
        "a table for people (the default), or all columns as csv with a header, or as JSON, an object a line", given.format);
    line.server_filter(given.server_ip, given.server_port);
    declare_rules(line, given.rules);
    line.captures(given.files);
}

// --- csv

void append_number(std::string& to, auto value) {
    std::array<char, 64> digits{};
    to.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

/// As RFC 4180 has it, but lines end with a line feed alone.
void append_csv(std::string& to, const cell& from) {
    const auto append = [&to](const auto& value) {
        using type = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<type, bool>) {
            to += value ? "true" : "false";
        } else if constexpr (std::is_same_v<type, std::string>) {
            const bool quoted = value.find_first_of(",\"\r\n") != std::string::npos;
            if (quoted) to += '"';
            for (const char each : value) to.append(each == '"' ? 2 : 1, each);
            if (quoted) to += '"';
        } else if constexpr (!std::is_same_v<type, std::monostate>) {
            append_number(to, value);
        }
    };
    std::visit(append, from.value());
}

void print_csv(std::ostream& out, listed connections, tcplens::timestamp capture_begins) {
    std::string line;
    const auto comma = [&line] { line += line.empty() ? "" : ","; };
    for_each_column_name([&](std::string_view name) {
        comma();
        line += name;
    });
    out << line << '\n';
    for (const tcplens::detailed_connection* each : connections) {
        line.clear();
        bool first = true;
        for_each_cell(*each, capture_begins, [&](std::string_view, const cell& value) {
            if (!std::exchange(first, false)) line += ',';
            append_csv(line, value);
        });
        out << line << '\n';
    }
}

// --- json

nlohmann::ordered_json json_of(const cell& from) {
    return std::visit(
        [](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) return nlohmann::ordered_json();
            else return nlohmann::ordered_json(value);
        },
        from.value());
}

void print_json(std::ostream& out, listed connections, tcplens::timestamp capture_begins) {
    for (const tcplens::detailed_connection* each : connections) {
        nlohmann::ordered_json row = nlohmann::ordered_json::object();
        for_each_cell(*each, capture_begins,
                      [&](std::string_view name, const cell& value) { row[std::string{name}] = json_of(value); });
        out << row.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
    }
}

// --- text

void print_text(const options& given, session& with, listed connections, std::uint64_t matching, std::uint64_t packets,
                tcplens::timestamp capture_begins) {
    const auto print_sentence = [&](const std::string& sentence) {
        with.out << wrapped(sentence, with.screen.width()) << '\n';
    };
    if (connections.empty()) {
        const bool filtered = given.server_ip || given.server_port;
        print_sentence("There is no TCP connection" + std::string{filtered ? " of that server" : ""} + " in " +
                       counted(packets, "packet", "packets") + ". `tcplens report` says what else is in them.");
        return;
    }
    print_table(with.out, with.screen, connections, *given.by, capture_begins);
    bool guessed = false;
    for (const tcplens::detailed_connection* each : connections) guessed = guessed || each->role_guessed();
    with.out << '\n';
    if (connections.size() < matching) {
        print_sentence(grouped(connections.size()) + " of " + counted(matching, "connection", "connections") + ", " +
                       std::string{given.by->meaning} + " first" + (given.reverse ? ", the other way round" : "") +
                       "; --all shows all.");
    }
    print_sentence("> to the server, < to the client." +
                   std::string{guessed ? " ? no SYN was captured: which end is the client is a guess." : ""});
    print_sentence("`tcplens connection N FILE` tells one of them whole.");
}

exit_status run(const options& given, session& with) {
    captures input{given.files};
    with_rules(given.rules, [&]<class Rules>(const Rules&) {
        tcplens::basic_detailed_connection_table<Rules> table;
        tcplens::timestamp capture_begins{};
        if (const tcplens::packet* const first = input.next()) {
            capture_begins = first->time;
            table.add(*first);
        }
        table.add_all(input);

        first_connections chosen{{.by = given.by, .reverse = given.reverse},
                                 given.all ? first_connections::unlimited : given.top};
        const tcplens::server_filter server{.address = given.server_ip, .port = given.server_port};
        tcplens::detail::for_each_selected(table, server, [&](const auto& each) { chosen.add(each); });
        const listed connections = chosen.sorted();
        switch (given.format) {
        case row_format::table:
            print_text(given, with, connections, chosen.seen(), table.statistics().packets, capture_begins);
            return;
        case row_format::csv: print_csv(with.out, connections, capture_begins); break;
        case row_format::json: print_json(with.out, connections, capture_begins); break;
        }
        if (connections.size() < chosen.seen() && standard_error_is_terminal()) {
            with.complain(grouped(connections.size()) + " of " + grouped(chosen.seen()) +
                          " connections are listed; --all lists all.");
        }
    });
    return with.conclude(input);
}

} // namespace

const subcommand connections{
    .name = "connections",
    .summary = "a row for each connection, sorted: bytes, times, retransmissions, round trip, …",
    .description =
        "Lists the connections of a capture, the first 20 by what --sort names: both ends, state, duration, bytes, packets, "
        "retransmissions, round trip, throughput, and where most of the time went. The table has the columns that the width has room "
        "for, and always the one that it is sorted by. csv and json have all columns, with plain numbers; docs/program.md lists them.\n\n"
        "Orders: bytes (most bytes on the wire first), data (of data, each byte once), duration, packets, retransmissions, "
        "retransmission_rate, rtt, throughput, start (first to begin), number; and by the time that was spent on a part: handshake, "
        "path (data was under way), loss, window (the receiver had no room), server (no answer yet), idle.",
    .examples = {{"tcplens connections --sort duration trace.pcap", "the longest ones, and where most of their time went"},
                 {"tcplens connections --sort retransmissions --top 5 trace.pcap", "the five with the most retransmissions"},
                 {"tcplens connections --server-port 443 --all --format csv trace.pcap", "all of one service, for a spreadsheet"},
                 {"tcplens connections --all --format json trace.pcap | jq .rtt_ns", "one field of all"}},
    .prepare = prepare<options, declare, run>,
};

} // namespace program
