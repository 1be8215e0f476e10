// SPDX-License-Identifier: MIT
// Prints the profile of each direction of each connection of a capture, as tab-separated values with a line of names, for
// tcptrace.py. Nothing is forgotten here: there is room for more than any capture of a test needs.

#include <tcplens/capture.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/profile_observer.hpp>

#include <chrono>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <string>
#include <type_traits>

using namespace tcplens;

namespace {

using observer = basic_profile_observer<512, 2048>;
using table_type = basic_connection_table<evidence_rules, observer>;

class row {
public:
    explicit row(bool names) : names_(names) { std::cout << std::setprecision(12); }
    ~row() { std::cout << '\n'; }
    row(const row&) = delete;
    row& operator=(const row&) = delete;

    template <class T>
    row& put(const char* name, const T& value) {
        if (!first_) std::cout << '\t';
        first_ = false;
        if (names_) std::cout << name;
        else if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) std::cout << value.count();
        else std::cout << value;
        return *this;
    }

private:
    bool names_;
    bool first_ = true;
};

void print(bool names, const table_type::connection_type& of, direction way) {
    const bool up = way == direction::client_to_server;
    const direction_profile& told = of.profile.of(way);
    const direction_statistics& counted = of.statistics(way);
    const std::chrono::nanoseconds elapsed = of.last_time - of.first_time;
    const auto length = told.stream_length();
    row{names}
        .put("connection", of.number)
        .put("source", (up ? of.client : of.server).to_string())
        .put("destination", (up ? of.server : of.client).to_string())
        .put("first_packet", of.first_packet)
        .put("first_time_ns", of.first_time.time_since_epoch())
        .put("elapsed_ns", elapsed)
        .put("packets", counted.packets)
        .put("payload_bytes", counted.payload_bytes)
        .put("data_packets", counted.data_packets)
        .put("syn", counted.syn)
        .put("ack", counted.ack)
        .put("rst", counted.rst)
        .put("fin", counted.fin)
        .put("unique_bytes", told.unique_bytes)
        .put("retransmitted_bytes", told.retransmitted_bytes)
        .put("retransmitted_packets", told.retransmitted_packets)
        .put("probe_packets", told.probe_packets)
        .put("probe_bytes", told.probe_bytes)
        .put("duplicate_packets", told.duplicate_packets)
        .put("duplicate_bytes", told.duplicate_bytes)
        .put("ignored_bytes", told.ignored_bytes)
        .put("hole_filling_packets", told.hole_filling_packets)
        .put("out_of_order_packets", told.out_of_order_packets)
        .put("pushed_packets", told.pushed_packets)
        .put("urgent_packets", told.urgent_packets)
        .put("truncated_packets", told.truncated_packets)
        .put("truncated_bytes", told.truncated_bytes)
        .put("largest_segment", told.largest_segment)
        .put("smallest_segment", told.smallest_segment)
        .put("initial_window_bytes", told.initial_window_bytes)
        .put("initial_window_packets", told.initial_window_packets)
        .put("stream_length", length ? std::to_string(*length) : "NA")
        .put("stream_bytes", told.stream_bytes)
        .put("missed_bytes", told.missed_bytes())
        .put("sequence_jumps", told.sequence_jumps)
        .put("pure_acks", told.pure_acks)
        .put("sack_packets", told.sack_packets)
        .put("dsack_packets", told.dsack_packets)
        .put("most_sack_blocks", told.most_sack_blocks)
        .put("window_least", told.window.least)
        .put("window_greatest", told.window.greatest)
        .put("window_total", told.window.total)
        .put("window_packets", told.window.packets)
        .put("window_zeros", told.window.zeros)
        .put("data_time_ns", told.data_time)
        .put("longest_silence_ns", told.longest_silence)
        .put("in_flight_least", told.in_flight.least)
        .put("in_flight_greatest", told.in_flight.greatest)
        .put("in_flight_total", told.in_flight.total)
        .put("in_flight_samples", told.in_flight.samples)
        .put("in_flight_mean_over_time", told.in_flight.mean_over_time())
        .put("goodput", told.goodput(elapsed))
        .put("rtt_count", told.round_trip.count)
        .put("rtt_least_ns", told.round_trip.least)
        .put("rtt_greatest_ns", told.round_trip.greatest)
        .put("rtt_mean_ns", told.round_trip.mean())
        .put("rtt_deviation_ns", told.round_trip.standard_deviation())
        .put("clock_rtt_count", told.clock_round_trip.count)
        .put("clock_rtt_least_ns", told.clock_round_trip.least)
        .put("clock_rtt_greatest_ns", told.clock_round_trip.greatest)
        .put("ambiguous_acks", told.ambiguous_acks)
        .put("post_loss_acks", told.post_loss_acks)
        .put("cumulative_acks", told.cumulative_acks)
        .put("duplicate_acks", told.duplicate_acks)
        .put("triple_duplicate_acks", told.triple_duplicate_acks)
        .put("most_retransmissions", told.most_retransmissions)
        .put("resent_count", told.retransmission_time.count)
        .put("resent_least_ns", told.retransmission_time.least)
        .put("resent_greatest_ns", told.retransmission_time.greatest)
        .put("resent_mean_ns", told.retransmission_time.mean())
        .put("unfollowed_sends", told.unfollowed_sends)
        .put("forgotten_ranges", told.forgotten_ranges);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: profiles FILE\n";
        return 2;
    }
    capture_file capture{argv[1]};
    table_type table;
    for (const packet& each : capture) table.add(each);
    print(true, {}, direction::client_to_server);
    for (const auto& each : table) {
        print(false, each, direction::client_to_server);
        print(false, each, direction::server_to_client);
    }
    return capture.error() ? 1 : 0;
}
