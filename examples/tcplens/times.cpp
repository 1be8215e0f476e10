// SPDX-License-Identifier: MIT
// Where the time of each connection went.

#include "rows.hpp"
#include "subcommands.hpp"
#include "tables.hpp"
#include "text.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace program {

namespace {

struct times_options {
    capture_list files{};
    tcplens::decode_options decoding{};
    row_format format = row_format::table;
};

void declare(command_line& line, times_options& given) {
    declare_format(line, given.format);
    line.captures(given.files, given.decoding);
}

// Titles of the table: times in milliseconds.
const std::vector<column> columns_of_times = columns_with_ends({
    {.name = "duration_ns", .title = "duration [ms]"},
    {.name = "handshake_time_ns", .title = "handshake [ms]", .dispensable = 3},
    {.name = "sender_application_time_ns", .title = "application [ms]", .dispensable = 1},
    {.name = "receiver_window_time_ns", .title = "window [ms]", .dispensable = 2},
    {.name = "loss_recovery_time_ns", .title = "loss [ms]", .dispensable = 1},
    {.name = "retransmission_timeout_time_ns", .title = "timeout [ms]", .dispensable = 4},
    {.name = "path_time_ns", .title = "path [ms]", .dispensable = 1},
    {.name = "receiver_application_time_ns", .title = "receiver [ms]", .dispensable = 3},
    {.name = "teardown_time_ns", .title = "teardown [ms]", .dispensable = 3},
    {.name = "to_server_busy_time_ns", .title = "> busy [ms]", .dispensable = 5},
    {.name = "to_server_receiver_limited_time_ns", .title = "> window [ms]", .dispensable = 6},
    {.name = "to_server_send_buffer_limited_time_ns", .title = "> buffer [ms]", .dispensable = 6},
    {.name = "to_server_kernel_least_rtt_ns", .title = "> least rtt [ms]", .dispensable = 5},
    {.name = "to_server_least_rtt_ns", .title = {}},
    {.name = "to_client_busy_time_ns", .title = "< busy [ms]", .dispensable = 5},
    {.name = "to_client_receiver_limited_time_ns", .title = "< window [ms]", .dispensable = 6},
    {.name = "to_client_send_buffer_limited_time_ns", .title = "< buffer [ms]", .dispensable = 6},
    {.name = "to_client_kernel_least_rtt_ns", .title = "< least rtt [ms]", .dispensable = 5},
    {.name = "to_client_least_rtt_ns", .title = {}},
});

void add(std::vector<cell>& cells, const tcplens::time_attribution::sending_times& times,
         const tcplens::direction_profile& profile) {
    for (const auto time : {times.busy, times.receiver_limited, times.send_buffer_limited})
        cells.push_back(cell::milliseconds(time));
    cells.push_back(cell::maybe(profile.kernel_min_rtt, cell::milliseconds));
    cells.push_back(profile.round_trip.count > 0 ? cell::milliseconds(profile.round_trip.least) : cell{});
}

exit_status run(const times_options& given, session& with) {
    captures input{given.files};
    tcplens::detailed_connection_table table{{.decoding = given.decoding}};
    read(input, table);
    row_writer rows{with, given.format, columns_of_times};
    for (const tcplens::detailed_connection& each : table) {
        const tcplens::time_attribution& time = each.time;
        std::vector<cell> cells = cell::of_ends(each);
        for (const auto part :
             {time.duration, time.handshake, time.sender_application, time.receiver_window, time.loss_recovery,
              time.retransmission_timeout, time.path, time.receiver_application, time.teardown}) {
            cells.push_back(cell::milliseconds(part));
        }
        add(cells, time.client_to_server, each.profile.client_to_server);
        add(cells, time.server_to_client, each.profile.server_to_client);
        rows.write(std::move(cells));
    }
    rows.finish();
    return with.conclude(input);
}

} // namespace

const subcommand subcommands::times{
    .name = "times",
    .summary = "where the time of each connection went: application, window, loss, path",
    .description = "Prints a row for each connection: how long it lasted, and what that time was spent on. The "
                   "handshake, the application of the "
                   "sender, the window of the receiver, the recovery from loss, the path, the application of the "
                   "receiver and the teardown sum to the "
                   "duration; what of the recovery was spent waiting for a timeout stands beside it.\n"
                   "\n"
                   "For each direction (> to the server, < to the client) it tells as Linux does in TCP_INFO how long "
                   "data was under way, how long "
                   "the receiver's window or the send buffer was the limit, and the least round trip between the "
                   "capture and the receiver.",
    .examples = {{"tcplens times trace.pcap", "what fits the width"},
                 {"tcplens times --format csv trace.pcap > times.csv", "all columns, in nanoseconds"}},
    .prepare = prepare<times_options, declare, run>,
};

} // namespace program
