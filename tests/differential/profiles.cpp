// SPDX-License-Identifier: MIT
// Prints the profile of each direction of each connection of a capture, as tab-separated values with a line of names, for
// tcptrace.py. Nothing is forgotten here: there is room for more than any capture of a test needs.
//
// Options make it count as tcptrace does where that is known to be wrong, so that tcptrace.py can tell by what name a difference
// goes: --rst-acknowledges takes what RSTs acknowledge, --probe-by-window calls all data a zero window probe that is captured
// while the peer's last window is 0, --count-copies counts what is a duplicate as if it had been sent.

#include <tcplens/capture.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/observers/profile_observer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

bool rst_acknowledges = false;
bool probe_by_window = false;
bool count_copies = false;

using exact_observer = basic_profile_observer<512, 2048>;

/// What tcptrace counts by rules of its own.
struct otherwise {
    std::uint64_t same_acks = 0; ///< the same number and window once more without data, whatever is outstanding
    std::uint64_t triple_same_acks = 0;
    /// In flight by the numbers of each packet alone, less the peer's last acknowledgment, and one more. It may be less than
    /// nothing.
    std::uint64_t packet_flight_greatest = 0;
    std::uint64_t packet_flight_total = 0;
    std::uint64_t packet_flight_samples = 0;
    std::optional<timestamp> last_time{};
    std::uint64_t cut_otherwise = 0;           ///< packets whose data was sent before, but between other numbers
    std::optional<std::uint32_t> rst_offset{}; ///< of its last RST, from where the stream begins
    [[nodiscard, maybe_unused]] friend constexpr bool operator==(const otherwise&, const otherwise&) noexcept = default;
};

struct otherwise_facts {
    std::array<otherwise, 2> ways{};
    constexpr void swap_roles() noexcept { std::swap(ways[0], ways[1]); }
    [[nodiscard]] otherwise& of(direction direction) { return ways[static_cast<std::size_t>(direction)]; }
    [[nodiscard]] const otherwise& of(direction direction) const { return ways[static_cast<std::size_t>(direction)]; }
    [[nodiscard, maybe_unused]] friend constexpr bool operator==(const otherwise_facts&,
                                                                 const otherwise_facts&) noexcept = default;
};

struct all_facts : profile_observer::facts, otherwise_facts {
    constexpr void swap_roles() noexcept {
        profile_observer::facts::swap_roles();
        otherwise_facts::swap_roles();
    }
    [[nodiscard, maybe_unused]] friend constexpr bool operator==(const all_facts&, const all_facts&) noexcept = default;
};

class observer {
public:
    using facts = all_facts;
    struct side_state {
        std::optional<std::uint16_t> window_field{};
        std::optional<sequence_number> acknowledged{}; ///< by its last packet
        std::optional<sequence_number> initial{};
        std::uint32_t window = 0;
        unsigned same_acks = 0;
        std::set<std::uint32_t> edges{}; ///< of all of its packets with data
    };
    struct connection_state {
        exact_observer::connection_state exact{};
        tcplens::per_side<side_state> sides{};
    };

    static void observe(const observer_input& next, connection_state& of, facts& told) {
        side_state& sender = of.sides[next.sender];
        const side_state& receiver = of.sides[opposite(next.sender)];
        segment sent = next.segment;
        verdict said = next.verdict;
        if (count_copies && said.has(verdict_kinds::duplicate)) said = {};
        if (probe_by_window && receiver.window_field == 0 && !sent.flags.syn() && sent.sequence_length() > 0) {
            said.kinds = verdict_kinds::zero_window_probe;
        }
        otherwise& own = told.of(next.direction);
        own.last_time = sent.time;
        if (sent.flags.syn()) sender.initial = sent.sequence;
        if (sent.flags.rst() && sender.initial) own.rst_offset = sent.sequence.value - sender.initial->value - 1;
        if (!sent.flags.rst()) sender.window_field = sent.window;
        if (rst_acknowledges && sent.flags.rst() && sent.flags.ack()) {
            sent.flags.bits = 0x10;
            sent.payload_length = 0;
        }

        const std::uint64_t resent = told.profile[next.direction].retransmitted_packets;
        const std::uint64_t samples = told.profile[next.direction].in_flight.samples;
        exact_observer{}.observe({.segment = sent,
                                  .verdict = said,
                                  .connection = next.connection,
                                  .ends = next.ends,
                                  .sender = next.sender,
                                  .direction = next.direction,
                                  .begins_connection = next.begins_connection},
                                 of.exact, told);
        const direction_profile& made = told.profile[next.direction];
        const bool sampled =
            made.in_flight.samples > samples || (probe_by_window && said.has(verdict_kinds::zero_window_probe));
        if (sampled && receiver.acknowledged && !next.segment.flags.rst()) {
            const auto end = sent.payload_begin() + sent.payload_length;
            const auto flight = static_cast<std::uint64_t>(std::int64_t{distance(*receiver.acknowledged, end)} + 1);
            own.packet_flight_total += flight;
            ++own.packet_flight_samples;
            own.packet_flight_greatest = std::max(own.packet_flight_greatest, flight);
        }
        if (sent.payload_length > 0) {
            const std::uint32_t begin = sent.payload_begin().value;
            const auto inside = [&](std::uint32_t edge) { return edge - begin - 1 < sent.payload_length - 1; };
            const bool both = sender.edges.contains(begin) && sender.edges.contains(begin + sent.payload_length);
            const bool cut = !both || std::ranges::any_of(sender.edges, inside);
            own.cut_otherwise += made.retransmitted_packets > resent && cut;
            sender.edges.insert({begin, begin + sent.payload_length});
        }
        if (sent.flags.ack() && !sent.flags.rst()) {
            const auto& space = of.exact.sides[opposite(next.sender)].space;
            const unsigned shift = sent.flags.syn() ? 0u : space.window_shift().value_or(0);
            const std::uint32_t window = std::uint32_t{sent.window} << shift;
            if (sender.acknowledged == sent.acknowledgment && sent.payload_length == 0 && sender.window == window &&
                of.exact.sides[opposite(next.sender)].heard) {
                otherwise& others = told.of(opposite(next.direction));
                ++others.same_acks;
                if (++sender.same_acks == 3) ++others.triple_same_acks;
            } else {
                sender.same_acks = 0;
            }
            sender.acknowledged = sent.acknowledgment;
            sender.window = window;
        }
    }
};

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

void print(bool names, const table_type::connection_type& of, direction direction, timestamp end) {
    const bool up = direction == direction::client_to_server;
    const direction_profile& told = of.profile[direction];
    const direction_statistics& counted = of.statistics(direction);
    const std::chrono::nanoseconds elapsed = of.last_time - of.first_time;
    const auto length = told.stream_length();
    const otherwise& apart = of.of(direction);
    row{names}
        .put("connection", of.number)
        .put("source", to_string(up ? of.client : of.server))
        .put("destination", to_string(up ? of.server : of.client))
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
        .put("silence_at_end_ns", apart.last_time ? end - *apart.last_time : std::chrono::nanoseconds{})
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
        .put("same_acks", apart.same_acks)
        .put("triple_same_acks", apart.triple_same_acks)
        .put("packet_flight_greatest", apart.packet_flight_greatest)
        .put("packet_flight_samples", apart.packet_flight_samples)
        .put("cut_otherwise", apart.cut_otherwise)
        .put("packet_flight_total", apart.packet_flight_total)
        .put("rst_offset", apart.rst_offset ? std::to_string(*apart.rst_offset) : "NA")
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
    int at = 1;
    for (; at < argc - 1; ++at) {
        const std::string_view option = argv[at];
        if (option == "--rst-acknowledges") rst_acknowledges = true;
        else if (option == "--probe-by-window") probe_by_window = true;
        else if (option == "--count-copies") count_copies = true;
        else break;
    }
    if (at != argc - 1) {
        std::cerr << "usage: profiles [--rst-acknowledges] [--probe-by-window] [--count-copies] FILE\n";
        return 2;
    }
    capture_file capture{argv[at]};
    table_type table;
    timestamp end{};
    for (const packet& each : capture) {
        table.add(each);
        end = each.time;
    }
    print(true, {}, direction::client_to_server, end);
    for (const auto& each : table) {
        print(false, each, direction::client_to_server, end);
        print(false, each, direction::server_to_client, end);
    }
    return capture.error() ? 1 : 0;
}
