// SPDX-License-Identifier: MIT
// Prints a table with tabs between, a line for every interval: when it began, in seconds since the first interval
// began, and for each direction packets, bytes on the wire, of payload, and of that new, retransmissions, the most in
// flight, and the mean round trip in milliseconds. The width of the intervals doubles when there would be more than
// 1,000 of them.

#include "command_line.hpp"

#include <tcplens/connection/observers/time_series_observer.hpp>

namespace {

void print(const tcplens::time_series::direction_bin& bin) {
    std::cout << '\t' << bin.packets << '\t' << bin.wire_bytes << '\t' << bin.payload_bytes << '\t' << bin.new_bytes
              << '\t' << bin.retransmissions << '\t' << bin.most_in_flight << '\t';
    if (const auto rtt = bin.mean_rtt()) std::cout << std::chrono::duration<double, std::milli>{*rtt}.count();
    else std::cout << '-';
}

void print_names(std::string_view way) {
    for (const std::string_view name :
         {"packets", "wire_bytes", "payload_bytes", "new_bytes", "retransmissions", "most_in_flight", "mean_rtt_ms"}) {
        std::cout << '\t' << way << '_' << name;
    }
}

} // namespace

int main(int argc, char** argv) {
    using namespace example;
    const arguments given = parse(argc, argv, {&connection, &interval});
    series captures = open(given);

    std::vector<tcplens::time_series::time_bin> bins(1000);
    tcplens::basic_connection_table table{
        tcplens::table_options{}, tcplens::evidence_rules{},
        tcplens::time_series_observer{bins, {.interval = given.interval, .connection = given.connection}}};
    read(captures, table);

    std::cout << "seconds";
    print_names("to_server");
    print_names("to_client");
    std::cout << '\n';
    const auto& observed = table.observer<tcplens::time_series_observer>();
    const tcplens::time_series& series = observed.series();
    for (std::size_t i = 0; i < series.size(); ++i) {
        std::cout << std::chrono::duration<double>{series.begin_of(i) - series.begin_of(0)}.count();
        print(series[i].client_to_server);
        print(series[i].server_to_client);
        std::cout << '\n';
    }
    if (observed.outside() > 0) {
        std::cerr << given.program << ": " << observed.outside() << " packets have times that are far from the rest.\n";
    }
    return static_cast<int>(conclude(given, captures));
}
