// SPDX-License-Identifier: MIT
// Round trips: of the handshake of each connection, or of each segment that acknowledges another one.

#include "rows.hpp"
#include "rule_sets.hpp"
#include "subcommands.hpp"
#include "text.hpp"

#include <tcplens/connection/observers/opening_observer.hpp>
#include <tcplens/connection/observers/wireshark_round_trips.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/tcplens.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace program {

namespace {

struct rtt_options {
    capture_list files{};
    tcplens::decode_options decoding{};
    row_format format = row_format::table;
    bool acks = false;
    std::optional<rule_set> rules{}; ///< evidence, unless it is given
};

void declare(command_line& line, rtt_options& given) {
    line.flag("--acks",
              "a row for each segment that acknowledges exactly up to the end of another one, not for each connection",
              given.acks);
    line.choice<rule_set>("--rules", {{"evidence", rule_set::evidence}, {"wireshark", rule_set::wireshark}},
                          "without --acks: what tells which copies belong together: the evidence in the segments (the "
                          "default), or what Wireshark says, with its numbers of connections",
                          given.rules);
    declare_format(line, given.format);
    line.captures(given.files, given.decoding);
}

const std::vector<column> columns_of_acks{
    {.name = "frame", .title = "frame"},
    {.name = "connection", .title = "connection"},
    {.name = "acks_frame", .title = "acknowledges frame"},
    {.name = "ack_rtt_ns", .title = "round trip [ms]"},
};
const std::vector<column> columns_of_connections = columns_with_ends({
    {.name = "initial_rtt_ns", .title = "initial [ms]", .dispensable = 1},
    {.name = "handshake_rtt_ns", .title = "handshake [ms]"},
    {.name = "handshake_rtt_certain", .title = "certain", .dispensable = 2},
    {.name = "syn_retries", .title = "SYN again", .dispensable = 2},
    {.name = "syn_ack_retries", .title = "SYN-ACK again", .dispensable = 2},
    {.name = "opening", .title = "opening", .dispensable = 1, .is_text = true},
});

/// Of each acknowledgment, with Wireshark's rules, whose values they are.
void write_acks(captures& input, const rtt_options& given, row_writer& rows) {
    tcplens::basic_connection_table<tcplens::wireshark_rules, tcplens::wireshark_round_trips> table{
        {.decoding = given.decoding}};
    for (const tcplens::packet& packet : input) {
        input.number_next(table);
        const tcplens::add_result added = table.add(packet);
        if (added.connection == nullptr) continue;
        const std::uint64_t number = added.connection->number;
        const auto& last = added.connection->wireshark.last_acknowledgment;
        if (last.packet_number != packet.number) continue;
        rows.write({cell::whole(packet.number), cell::whole(number), cell::whole(last.acknowledged),
                    cell::milliseconds(last.rtt)});
    }
}

/// Of the handshakes: which copies belong together is a matter of verdicts.
template <class Rules>
void write_handshakes(captures& input, const rtt_options& given, row_writer& rows) {
    tcplens::basic_connection_table<Rules, tcplens::wireshark_round_trips, tcplens::opening_observer> table{
        {.decoding = given.decoding}};
    input.add_to(table);
    for (const auto& each : table) {
        const tcplens::connection_opening::handshake_times& times = each.opening.times;
        std::vector<cell> row = cell::of_ends(each);
        row.push_back(cell::maybe(each.wireshark.initial_rtt, cell::milliseconds));
        row.push_back(cell::maybe(times.rtt(), cell::milliseconds));
        row.push_back(cell::yes_or_no(times.certain()));
        row.push_back(cell::whole(each.opening.client.retries()));
        row.push_back(cell::whole(each.opening.server.retries()));
        row.push_back(cell::words(to_string(each.opening.outcome)));
        rows.write(std::move(row));
    }
}

exit_status run(const rtt_options& given, session& with) {
    if (given.acks && given.rules && *given.rules != rule_set::wireshark)
        throw usage_error{"--acks has Wireshark's values: --rules evidence goes without it."};
    captures input{given.files};
    row_writer rows{with, given.format, given.acks ? columns_of_acks : columns_of_connections};
    if (given.acks) write_acks(input, given, rows);
    else if (given.rules == rule_set::wireshark) write_handshakes<tcplens::wireshark_rules>(input, given, rows);
    else write_handshakes<tcplens::evidence_rules>(input, given, rows);
    rows.finish();
    return with.conclude(input);
}

} // namespace

const subcommand subcommands::rtt{
    .name = "rtt",
    .summary = "round trips of handshakes, and of each acknowledgment",
    .description = "Prints a row for each connection: Wireshark's tcp.analysis.initial_rtt, and beside it the round "
                   "trip of the handshake from copies "
                   "of SYN, SYN-ACK and ACK that belong together, whether that is certain, how often SYN and SYN-ACK "
                   "were sent again, and what became "
                   "of the opening. With --acks it prints Wireshark's tcp.analysis.ack_rtt of each segment that has "
                   "one. Other tools for round trips: "
                   "`tcplens connections --sort rtt` and `tcplens times`.",
    .examples = {{"tcplens rtt trace.pcap", "how far away the servers are"},
                 {"tcplens rtt --acks --format csv trace.pcap", "each acknowledgment, in nanoseconds"}},
    .prepare = prepare<rtt_options, declare, run>,
};

} // namespace program
