// SPDX-License-Identifier: MIT
// What went on in each interval of time, by direction.

#include "rows.hpp"
#include "subcommands.hpp"
#include "text.hpp"

#include <tcplens/connection/observers/time_series_observer.hpp>
#include <tcplens/tcplens.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace program {

namespace {

struct series_options {
    capture_list files{};
    tcplens::decode_options decoding{};
    row_format format = row_format::table;
    std::optional<std::uint64_t> connection{};
    std::uint32_t interval_ms = 1000;
};

constexpr std::size_t most_intervals = 1000;

void declare(command_line& line, series_options& given) {
    line.connection("only this connection", given.connection);
    line.number<std::uint32_t>(
        "--interval", "MS", 1, 1'000'000'000,
        "how long an interval is at first, in milliseconds (1000); it doubles where there would be "
        "more than 1,000 intervals",
        given.interval_ms);
    declare_format(line, given.format);
    line.captures(given.files, given.decoding);
}

const std::vector<column> columns_of_series{
    {.name = "begin_s", .title = "begin [s]"},
    {.name = "to_server_packets", .title = "> packets"},
    {.name = "to_server_wire_bytes", .title = "> wire [B]", .dispensable = 3},
    {.name = "to_server_payload_bytes", .title = "> payload [B]", .dispensable = 4},
    {.name = "to_server_new_bytes", .title = "> new [B]"},
    {.name = "to_server_retransmissions", .title = "> again", .dispensable = 1},
    {.name = "to_server_most_in_flight_bytes", .title = "> in flight [B]", .dispensable = 2},
    {.name = "to_server_mean_rtt_ns", .title = "> rtt [ms]", .dispensable = 1},
    {.name = "to_client_packets", .title = "< packets"},
    {.name = "to_client_wire_bytes", .title = "< wire [B]", .dispensable = 3},
    {.name = "to_client_payload_bytes", .title = "< payload [B]", .dispensable = 4},
    {.name = "to_client_new_bytes", .title = "< new [B]"},
    {.name = "to_client_retransmissions", .title = "< again", .dispensable = 1},
    {.name = "to_client_most_in_flight_bytes", .title = "< in flight [B]", .dispensable = 2},
    {.name = "to_client_mean_rtt_ns", .title = "< rtt [ms]", .dispensable = 1},
};

double seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>{time}.count();
}

void add(std::vector<cell>& cells, const tcplens::time_series::direction_bin& bin) {
    for (const std::uint64_t count :
         {bin.packets, bin.wire_bytes, bin.payload_bytes, bin.new_bytes, bin.retransmissions, bin.most_in_flight}) {
        cells.push_back(cell::whole(count));
    }
    cells.push_back(cell::maybe(bin.mean_rtt(), cell::milliseconds));
}

exit_status run(const series_options& given, session& with) {
    captures input{given.files};
    std::vector<tcplens::time_series::time_bin> bins(most_intervals);
    tcplens::basic_connection_table table{
        tcplens::table_options{.decoding = given.decoding}, tcplens::evidence_rules{},
        tcplens::time_series_observer{
            bins, {.interval = std::chrono::milliseconds{given.interval_ms}, .connection = given.connection}}};
    input.add_to(table);

    const auto& observed = table.observer<tcplens::time_series_observer>();
    const tcplens::time_series& series = observed.series();
    row_writer rows{with, given.format, columns_of_series};
    for (std::size_t i = 0; i < series.size(); ++i) {
        const double begin = seconds(series.begin_of(i) - series.begin_of(0));
        std::vector<cell> cells{{begin, fixed(begin, 3)}};
        add(cells, series[i].client_to_server);
        add(cells, series[i].server_to_client);
        rows.write(std::move(cells));
    }
    rows.finish();
    if (observed.outside() > 0) {
        with.complain(counted(observed.outside(), "packet has a time that is", "packets have times that are") +
                      " far from the rest; no interval counts " + (observed.outside() == 1 ? "it." : "them."));
    }
    const exit_status status = with.conclude(input);
    const std::uint64_t connections = input.connections(table.counters().begun);
    if (!given.connection || *given.connection < connections) return status;
    with.complain(why_no_connection(*given.connection, connections));
    return exit_status::bad_usage;
}

} // namespace

const subcommand subcommands::series{
    .name = "series",
    .summary = "traffic, retransmissions and round trips in each interval of time",
    .description = "Prints a row for each interval: when it began, in seconds since the first one began, and for each "
                   "direction (> to the server, < to "
                   "the client) packets, bytes on the wire, of payload and of payload that was new, retransmissions, "
                   "the most that was in flight, and "
                   "the mean round trip between the capture and the receiver.",
    .examples = {{"tcplens series --interval 100 trace.pcap", "ten rows a second"},
                 {"tcplens series --connection 3 --format csv trace.pcap > 3.csv",
                  "one connection, for a spreadsheet"}},
    .prepare = prepare<series_options, declare, run>,
};

} // namespace program
