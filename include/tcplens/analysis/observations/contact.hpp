// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/compiler.hpp"
#include "../../base/timestamp.hpp"
#include "../../connection/connection.hpp"
#include "../../connection/observers/connection_irregularities.hpp"
#include "../../wire/endpoint.hpp"
#include "../../wire/segment.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>

namespace tcplens::inline v1::detail::observing {

/// How one connection came out for its source.
enum class outcome : std::uint8_t {
    answered,         ///< data, or an established connection that ended normally
    idle,             ///< established, and no data
    midstream,        ///< picked up after its handshake
    ignored,          ///< SYN without any answer
    refused,          ///< RST instead of a SYN-ACK
    unreachable,      ///< an ICMP error instead of a SYN-ACK
    half_open,        ///< SYN-ACK, and nothing from the source after it
    half_open_reset,  ///< SYN-ACK, answered with a RST
    reset_at_once,    ///< established, and reset before any data
    reset_after_data, ///< established, and reset after the source's data alone
    odd_probe,        ///< no SYN, RST or ACK: NULL, FIN, Xmas; or SYN with FIN
    ack_probe,        ///< ACKs alone, answered by a RST or by nothing
    fin_probe, ///< one FIN with ACK, answered by a RST alone: a Maimon probe, or the close of a connection long forgotten
    unsolicited, ///< SYN-ACKs or RSTs alone, or SYN-ACKs that RSTs answer; the source is who sent them
    stalled,     ///< established, and the source's data was sent again and never answered
};

constexpr std::size_t outcomes = static_cast<std::size_t>(outcome::stalled) + 1;

/// Some of the ways in which a connection can come out.
class outcome_set {
public:
    constexpr outcome_set() noexcept = default;
    constexpr outcome_set(std::initializer_list<outcome> of) noexcept {
        for (const outcome each : of) bits_ |= bit(each);
    }
    [[nodiscard]] constexpr bool has(outcome of) const noexcept { return (bits_ & bit(of)) != 0; }
    [[nodiscard]] constexpr bool is_same(outcome_set other) const noexcept { return bits_ == other.bits_; }
    /// Those of both sets.
    [[nodiscard]] friend constexpr outcome_set operator|(outcome_set a, const outcome_set& b) noexcept {
        a.bits_ |= b.bits_;
        return a;
    }
    /// Those of the first set alone.
    [[nodiscard]] friend constexpr outcome_set operator-(outcome_set a, const outcome_set& b) noexcept {
        a.bits_ &= ~b.bits_;
        return a;
    }
    /// All there are.
    [[nodiscard]] static constexpr outcome_set all() noexcept {
        outcome_set made{};
        made.bits_ = (1U << outcomes) - 1;
        return made;
    }

private:
    [[nodiscard]] static constexpr std::uint32_t bit(outcome of) noexcept { return 1U << static_cast<unsigned>(of); }

    std::uint32_t bits_ = 0;
};

/// The source did not get what it asked for: no answer, refused, or reset without data.
constexpr outcome_set failures{outcome::ignored,         outcome::refused,       outcome::unreachable,
                               outcome::half_open_reset, outcome::reset_at_once, outcome::reset_after_data,
                               outcome::odd_probe,       outcome::ack_probe,     outcome::fin_probe};

/// All that this side sent were SYN-ACKs and RSTs.
[[nodiscard]] constexpr bool sent_answers_alone(const direction_statistics& side) noexcept {
    return side.packets > 0 && side.payload_bytes == 0 && side.packets == side.syn_ack + side.rst;
}

/// Data packets that were sent again: SYNs are no data.
[[nodiscard]] constexpr std::uint64_t data_sent_again(const direction_statistics& of) noexcept {
    const std::uint64_t syn_copies = of.syn > 1 ? of.syn - 1 : 0;
    return of.retransmissions > syn_copies ? of.retransmissions - syn_copies : 0;
}

[[nodiscard]] constexpr outcome outcome_of_attempt(const direction_statistics& up,
                                                   const direction_statistics& down) noexcept {
    if (up.fin > 0 && up.packets == up.syn && up.fin == up.syn) return outcome::odd_probe; // SYN with FIN
    if (down.syn_ack > 0) return up.rst > 0 || down.rst > 0 ? outcome::half_open_reset : outcome::half_open;
    return down.rst > 0 ? outcome::refused : outcome::ignored;
}

[[nodiscard]] constexpr outcome outcome_of_midstream(const direction_statistics& up,
                                                     const direction_statistics& down) noexcept {
    constexpr std::uint64_t most_probes = 3; // nmap sends a probe at most so often by default
    const bool answered = down.packets > down.rst;
    if (answered || up.packets > most_probes || up.payload_bytes > 0 || up.rst > 0) return outcome::midstream;
    if (up.ack == 0) return outcome::odd_probe;
    if (up.fin > 0 && up.fin == up.packets && down.rst > 0) return outcome::fin_probe;
    return up.fin == 0 && up.ack == up.packets ? outcome::ack_probe : outcome::midstream;
}

/// Whether the side that ports make the server probed the other: it alone sent something, without payload, that is no RST. The
/// prober chooses the source port, so the port of a server says little there (role_basis::port).
[[nodiscard]] constexpr bool server_probes(const connection& of) noexcept {
    const direction_statistics& up = of.client_to_server;
    const direction_statistics& down = of.server_to_client;
    return of.role_basis == role_basis::port && up.packets == up.rst && down.packets > down.rst &&
           down.payload_bytes == 0;
}

/// Whether all that was captured are SYN-ACKs of the server and RSTs, those too with which a host refuses what it did not ask for.
[[nodiscard]] constexpr bool refuses_answers(const connection& of) noexcept {
    const direction_statistics& up = of.client_to_server;
    const direction_statistics& down = of.server_to_client;
    return of.handshake == handshake_state::incomplete && down.syn_ack > 0 && sent_answers_alone(down) &&
           up.packets == up.rst;
}

[[nodiscard]] constexpr outcome outcome_of(const connection& of, const direction_statistics& up,
                                           const direction_statistics& down) noexcept {
    const bool alone = up.packets == 0 || down.packets == 0;
    if (alone && (sent_answers_alone(up) || sent_answers_alone(down))) return outcome::unsolicited;
    if (refuses_answers(of)) return outcome::unsolicited;
    if (of.handshake == handshake_state::failed) return outcome_of_attempt(up, down);
    if (of.handshake == handshake_state::incomplete) return outcome_of_midstream(up, down);
    // A server that took more than a request was reached, even if it sent no data.
    constexpr std::uint64_t most_of_a_request = 3; // data packets
    const bool took_more = up.data_packets > up.retransmissions + most_of_a_request;
    if (of.close_reason == close_reason::reset && down.payload_bytes == 0 && !took_more) {
        return up.payload_bytes == 0 ? outcome::reset_at_once : outcome::reset_after_data;
    }
    constexpr std::uint64_t least_copies = 2; // of a request that nobody answers; one may have been lost
    if (down.payload_bytes + down.fin == 0 && up.payload_bytes > 0 && !took_more &&
        data_sent_again(up) >= least_copies) {
        return outcome::stalled;
    }
    return up.payload_bytes + down.payload_bytes == 0 && of.close_reason != close_reason::normal ? outcome::idle
                                                                                                 : outcome::answered;
}

/// A count in fewer bits, which stops at their greatest value.
template <class Narrow>
[[nodiscard]] constexpr Narrow narrowed(std::uint64_t count) noexcept {
    constexpr Narrow most = (std::numeric_limits<Narrow>::max)();
    return count < most ? static_cast<Narrow>(count) : most;
}

/// The numbers of a connection by the ways of a contact, and how it came out.
struct contact_ways {
    const direction_statistics& up;   ///< from the client; from who probed, if ports make that the server
    const direction_statistics& down; ///< the other one
    outcome came_out;
    bool alone;  ///< only the answers of one side were captured, but for RSTs that refuse them: that side is the source
    bool turned; ///< the source is the server

    TCPLENS_ALWAYS_INLINE constexpr explicit contact_ways(const connection& of, bool probed) noexcept
        : up(probed ? of.server_to_client : of.client_to_server),
          down(probed ? of.client_to_server : of.server_to_client), came_out(outcome_of(of, up, down)),
          alone(came_out == outcome::unsolicited && (up.packets == 0 || refuses_answers(of))), turned(alone != probed) {
    }
};

/// What of a connection the observations need.
struct contact {
    endpoint source{};
    endpoint target{};
    segment::network_id network{};
    outcome came_out{};
    bool one_sided = false; ///< one direction alone was captured, though the other must have sent something
    timestamp first{};
    timestamp last{};
    std::uint64_t first_packet = 0;
    std::uint64_t number = 0;
    std::uint64_t bytes_out = 0; ///< payload from the source
    std::uint64_t bytes_in = 0;
    std::uint64_t signs = 0; ///< a bit for each irregularity that occurred
    std::uint32_t packets_out = 0;
    std::uint32_t data_packets = 0;     ///< of both directions
    std::uint32_t retransmissions = 0;  ///< of data, in both directions
    std::uint32_t initial_sequence = 0; ///< of the source's SYN, if has_initial
    std::uint16_t initial_id = 0;       ///< the Identification of that SYN; 0 for IPv6
    std::uint16_t timeouts = 0;         ///< in both directions; stops at 65,535, as the next three
    std::uint16_t marks = 0;            ///< packets with CE
    std::uint16_t zero_windows = 0;
    std::uint16_t inflation = 0; ///< tenths: the 95th percentile of its round trips by the least; 0 if not measured
    bool has_initial = false;
    bool sampled = false;   ///< some segments were samples
    bool lost = false;      ///< the capture lost some of its segments
    std::uint64_t hash = 0; ///< decides whether a sample keeps it

    constexpr contact() noexcept = default;
    /// The contact that a connection was, as far as every connection tells.
    TCPLENS_ALWAYS_INLINE constexpr contact(const connection& of, const contact_ways& ways,
                                            std::uint64_t hash_of_it) noexcept
        : source(ways.turned ? of.server : of.client), target(ways.turned ? of.client : of.server), network(of.network),
          came_out(ways.came_out), one_sided((ways.up.packets == 0 || ways.down.packets == 0) &&
                                             ways.up.payload_bytes + ways.down.payload_bytes > 0),
          first(of.first_time), last(of.last_time), first_packet(of.first_packet), number(of.number),
          bytes_out((ways.alone ? ways.down : ways.up).payload_bytes),
          bytes_in((ways.alone ? ways.up : ways.down).payload_bytes),
          packets_out(narrowed<std::uint32_t>((ways.alone ? ways.down : ways.up).packets)),
          data_packets(narrowed<std::uint32_t>(ways.up.data_packets + ways.down.data_packets)),
          retransmissions(narrowed<std::uint32_t>(data_sent_again(ways.up) + data_sent_again(ways.down))),
          sampled(of.sampled), hash(hash_of_it) {}

    /// Contacts in the order of time; the rest makes the order complete.
    [[nodiscard]] friend constexpr bool operator<(const contact& a, const contact& b) noexcept {
        if (a.first != b.first) return a.first < b.first;
        if (a.first_packet != b.first_packet) return a.first_packet < b.first_packet;
        if (a.source != b.source) return a.source < b.source;
        if (a.target != b.target) return a.target < b.target;
        if (a.network != b.network) return a.network < b.network;
        return a.number < b.number;
    }
};

/// A contact with signs, and the packets that show them.
struct signed_contact : contact {
    static constexpr std::size_t most_sign_packets = 12;
    std::array<std::uint64_t, most_sign_packets> sign_packets{}; ///< where signs first occurred; 0 at the end
    std::array<std::uint64_t, most_sign_packets> signs_there{};  ///< the signs of each of these packets

    constexpr signed_contact() noexcept = default;
    constexpr signed_contact(const connection& of, const contact_ways& ways, std::uint64_t hash_of_it) noexcept
        : contact(of, ways, hash_of_it) {}
};

[[nodiscard]] constexpr std::uint64_t sign_bit(irregularity of) noexcept {
    return std::uint64_t{1} << static_cast<unsigned>(of);
}
[[nodiscard]] constexpr std::uint64_t sign_bits(std::initializer_list<irregularity> of) noexcept {
    std::uint64_t bits = 0;
    for (const irregularity each : of) bits |= sign_bit(each);
    return bits;
}

/// A RST that does not fit the side that it claims to come from.
constexpr std::uint64_t reset_signs = sign_bits({irregularity::rst_in_window, irregularity::rst_acknowledges_nothing,
                                                 irregularity::sent_after_rst, irregularity::rst_hop_limit});
/// What one ordinary RST may show: the answer to late data has an old number, some stacks count its Identification apart, and a program
/// may close at any time.
constexpr std::uint64_t weak_reset_signs =
    sign_bits({irregularity::rst_outside_window, irregularity::rst_ip_id, irregularity::rst_too_soon});
/// A third party may write into the connection.
constexpr std::uint64_t takeover_signs = sign_bits(
    {irregularity::second_syn_ack, irregularity::syn_while_open, irregularity::ack_storm, irregularity::bytes_changed});
/// What goes with these, and alone has ordinary reasons.
constexpr std::uint64_t weak_takeover_signs =
    sign_bits({irregularity::challenge_ack, irregularity::hop_limit_changed, irregularity::clock_changed});
constexpr std::uint64_t covert_signs = sign_bits({irregularity::number_without_ack, irregularity::reserved_bits,
                                                  irregularity::urgent_pointer, irregularity::tiny_fragment});
/// What the path does to a connection.
constexpr std::uint64_t path_signs =
    sign_bits({irregularity::timeout, irregularity::congestion_experienced, irregularity::zero_window,
               irregularity::large_segment_lost, irregularity::icmp_packet_too_big});
constexpr std::uint64_t unreachable_signs =
    sign_bits({irregularity::icmp_unreachable, irregularity::icmp_time_exceeded, irregularity::icmp_other});
constexpr std::uint64_t used_signs = reset_signs | weak_reset_signs | takeover_signs | weak_takeover_signs |
                                     covert_signs | path_signs | unreachable_signs;

/// Notes which irregularities a connection has.
constexpr void add_signs(contact& to, const connection_irregularities& found, direction out) noexcept {
    to.signs = found.bits();
    if (const auto initial = found.initial_sequence(out)) {
        to.has_initial = true;
        to.initial_sequence = *initial;
        to.initial_id = found.initial_ip_id(out);
    }
    if ((to.signs & (path_signs | unreachable_signs)) == 0) return;
    if (to.came_out == outcome::ignored && (to.signs & unreachable_signs) != 0) to.came_out = outcome::unreachable;
    to.timeouts = narrowed<std::uint16_t>(found.count(irregularity::timeout));
    to.marks = narrowed<std::uint16_t>(found.count(irregularity::congestion_experienced));
    to.zero_windows = narrowed<std::uint16_t>(found.count(irregularity::zero_window));
}

/// Notes where the signs of a contact are.
constexpr void add_sign_packets(signed_contact& to, const connection_irregularities& found) noexcept {
    std::size_t used = 0;
    // In the order of kinds: evidence is the same however they were found.
    for (std::uint64_t left = to.signs & used_signs; left != 0; left &= left - 1) {
        const auto kind = static_cast<irregularity>(std::countr_zero(left));
        for (const std::uint64_t packet : found.packets(kind)) {
            if (packet == 0) continue;
            const auto end = to.sign_packets.begin() + static_cast<std::ptrdiff_t>(used);
            const auto at =
                static_cast<std::size_t>(std::find(to.sign_packets.begin(), end, packet) - to.sign_packets.begin());
            if (at == signed_contact::most_sign_packets) continue;
            if (at == used) to.sign_packets[used++] = packet;
            to.signs_there[at] |= sign_bit(kind);
        }
    }
}

/// Notes what the profiles of a connection tell of its path and its capture: how far its round trips grew, and what was not captured.
template <class Profiles>
constexpr void add_profile(contact& to, const Profiles& profile) noexcept {
    constexpr std::uint64_t least_samples = 20; // fewer have no 95th percentile
    // Beside an end the least is that of the end alone, and answers wait for more data up to 200 ms in most stacks.
    constexpr std::chrono::milliseconds least_path{1};
    constexpr std::chrono::milliseconds delayed_answer{200};
    for (const auto* way : {&profile.client_to_server, &profile.server_to_client}) {
        const auto& times = way->round_trip;
        to.lost |= way->stream_begins && way->stream_ends && way->missed_bytes() > 0;
        if (times.count < least_samples || times.least < least_path) continue;
        std::uint64_t above = times.count / 20;
        std::size_t bucket = times.histogram.size - 1;
        for (; bucket > 0 && times.histogram.counts[bucket] <= above; --bucket) above -= times.histogram.counts[bucket];
        const auto high = times.histogram.lower_bound(bucket);
        if (high <= delayed_answer) continue;
        const auto tenths = static_cast<std::uint64_t>(high * 10 / times.least);
        to.inflation = (std::max)(to.inflation, narrowed<std::uint16_t>(tenths));
    }
}

} // namespace tcplens::inline v1::detail::observing
