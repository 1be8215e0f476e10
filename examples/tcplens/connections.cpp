// SPDX-License-Identifier: MIT
// A row for each connection, in the order that is asked for.

#include "connections_columns.hpp"
#include "connections_order.hpp"
#include "connections_table.hpp"
#include "rows.hpp"
#include "subcommands.hpp"
#include "tables.hpp"
#include "text.hpp"

#include <tcplens/analysis/terms/server_filter.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program {

namespace {

struct connections_options {
    capture_list files{};
    tcplens::decode_options decoding{};
    const connection_order* by = &connection_orders().front();
    bool reverse = false;
    std::size_t top = 20;
    bool all = false;
    row_format format = row_format::table;
    std::optional<tcplens::address> server_ip{};
    std::optional<std::uint16_t> server_port{};
};

void declare(command_line& line, connections_options& given) {
    std::vector<std::string> names;
    std::string phrase;
    for (const connection_order& each : connection_orders()) {
        phrase += (names.empty() ? "one of " : ", ") + std::string{each.name};
        names.emplace_back(each.name);
    }
    line.option({.names = "--sort",
                 .value = "ORDER",
                 .needs = phrase,
                 .meaning = "what comes first: " + phrase + " (bytes)",
                 .choices = std::move(names)},
                [&given](std::string_view value) {
                    const auto found = std::ranges::find(connection_orders(), value, &connection_order::name);
                    if (found == connection_orders().end()) return false;
                    given.by = &*found;
                    return true;
                });
    line.flag("--reverse", "the other way round; connections without a value stay last", given.reverse);
    line.number<std::size_t>("--top", "N", 1, 1'000'000'000, "at most so many connections (20)", given.top);
    line.flag("--all", "all connections", given.all);
    declare_format(line, given.format);
    line.server_filter(given.server_ip, given.server_port);
    line.captures(given.files, given.decoding);
}

void print_rows(session& with, row_format format, const connection_listing& listed, tcplens::timestamp capture_begins) {
    row_writer rows{with, format, all_columns()};
    listed.for_each([&](const tcplens::detailed_connection& each) { rows.write(cells_of(each, capture_begins)); });
    rows.finish();
}

void print_text(const connections_options& given, session& with, const connection_listing& listed,
                std::uint64_t matching, std::uint64_t packets, tcplens::timestamp capture_begins) {
    const auto print_sentence = [&](const std::string& sentence) {
        with.out << wrapped(sentence, with.screen.width()) << '\n';
    };
    const std::size_t shown = listed.connections.size();
    if (packets == 0 && !given.files.choice.chooses_all()) {
        print_sentence("The options choose no packet.");
        return;
    }
    if (shown == 0) {
        print_sentence("There is no TCP connection" +
                       std::string{listed.server.selects_all() ? "" : " of that server"} + " in " +
                       counted(packets, "packet", "packets") + ". `tcplens report` says what else is in them.");
        return;
    }
    print_table(with.out, with.screen, listed, *given.by, capture_begins);
    const bool guessed = std::ranges::any_of(listed.connections, [](const auto* each) { return each->role_guessed(); });
    with.out << '\n';
    if (shown < matching) {
        print_sentence(grouped(shown) + " of " + counted(matching, "connection", "connections") + ", " +
                       std::string{given.by->meaning} + " first" + (given.reverse ? ", the other way round" : "") +
                       "; --all shows all.");
    }
    print_sentence("> to the server, < to the client." +
                   std::string{guessed ? " ? no SYN was captured: which end is the client is a guess." : ""});
    print_sentence("`tcplens connection N FILE` tells one of them whole.");
}

exit_status run(const connections_options& given, session& with) {
    captures input{given.files};
    tcplens::detailed_connection_table table{{.decoding = given.decoding}};
    read(input, table);
    const tcplens::timestamp capture_begins = input.first_time().value_or(tcplens::timestamp{});

    first_connections chosen{{.by = given.by, .reverse = given.reverse},
                             given.all ? first_connections::unlimited : given.top};
    const tcplens::server_filter server{.address = given.server_ip, .port = given.server_port};
    for (const tcplens::detailed_connection& each : table) {
        if (connection_listing::selects(server, each)) chosen.add(each); // no order depends on the roles
    }
    const connection_listing listed{.connections = chosen.sorted(), .server = server};
    const bool is_unread = input.packets() == 0 && !input.problems().empty();
    if (given.format == row_format::table) {
        if (is_unread) return with.conclude(input);
        print_text(given, with, listed, chosen.seen(), input.packets(), capture_begins);
        return with.conclude(input);
    }
    print_rows(with, given.format, listed, capture_begins);
    if (listed.connections.size() < chosen.seen() && standard_error_is_terminal()) {
        with.complain(grouped(listed.connections.size()) + " of " + grouped(chosen.seen()) +
                      " connections are listed; --all lists all.");
    }
    return with.conclude(input);
}

} // namespace

const subcommand subcommands::connections{
    .name = "connections",
    .summary = "a row for each connection, sorted: bytes, times, retransmissions, round trip, …",
    .description = "Lists the connections of a capture, the first 20 by what --sort names: both ends, state, duration, "
                   "bytes, packets, "
                   "retransmissions, round trip, throughput, and where most of the time went. The table has the "
                   "columns that the width has room "
                   "for, and always the one that it is sorted by. csv and json have all columns, with plain numbers; "
                   "docs/program.md lists them.\n\n"
                   "Orders: bytes (most bytes on the wire first), data (of data, each byte once), duration, packets, "
                   "retransmissions, "
                   "retransmission_rate, rtt, throughput, start (first to begin), number; and by the time that was "
                   "spent on a part: handshake, "
                   "path (data was under way), loss, window (the receiver had no room), server (no answer yet), idle.",
    .examples = {{"tcplens connections --sort duration trace.pcap",
                  "the longest ones, and where most of their time went"},
                 {"tcplens connections --sort retransmissions --top 5 trace.pcap",
                  "the five with the most retransmissions"},
                 {"tcplens connections --server-port 443 --all --format csv trace.pcap",
                  "all of one service, for a spreadsheet"},
                 {"tcplens connections --all --format json trace.pcap | jq .rtt_ns", "one field of all"}},
    .prepare = prepare<connections_options, declare, run>,
};

} // namespace program
