// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../../connection/connection.hpp"
#include "../../connection/observers/connection_irregularities.hpp"
#include "../../wire/endpoint.hpp"
#include "../../wire/segment.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <tuple>

namespace tcplens::inline v1::detail::observing {

/// How one connection came out for its source.
enum class outcome : std::uint8_t {
    answered,         ///< data, or an established connection that ended normally
    idle,             ///< established, and no data
    midstream,        ///< picked up after its handshake
    ignored,          ///< SYN without any answer
    refused,          ///< RST instead of a SYN-ACK
    half_open,        ///< SYN-ACK, and nothing from the source after it
    half_open_reset,  ///< SYN-ACK, answered with a RST
    reset_at_once,    ///< established, and reset before any data
    reset_after_data, ///< established, and reset after the source's data alone
    odd_probe,        ///< no SYN, RST or ACK: NULL, FIN, Xmas; or SYN with FIN
    ack_probe,        ///< ACKs alone, answered by a RST or by nothing
    unsolicited,      ///< SYN-ACKs or RSTs alone; the source is who sent them
};

/// Whether the source did not get what it asked for: no answer, refused, or reset without data.
[[nodiscard]] constexpr bool is_failure(outcome of) noexcept {
    return of >= outcome::ignored && of <= outcome::ack_probe && of != outcome::half_open;
}

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
    std::uint64_t packets_out = 0;
    std::uint64_t data_packets = 0;    ///< of both directions
    std::uint64_t retransmissions = 0; ///< of data, in both directions
    std::uint32_t signs = 0;           ///< a bit for each irregularity that occurred
    static constexpr std::size_t most_sign_packets = 12;
    std::array<std::uint64_t, most_sign_packets> sign_packets{}; ///< where signs first occurred; 0 at the end
    std::array<std::uint32_t, most_sign_packets> signs_there{};  ///< the signs of each of these packets
    std::uint64_t hash = 0;                                      ///< decides whether a sample keeps it

    /// Contacts in the order of time; the rest makes the order complete.
    [[nodiscard]] friend constexpr bool operator<(const contact& a, const contact& b) noexcept {
        return std::tie(a.first, a.first_packet, a.source, a.target, a.network, a.number) <
               std::tie(b.first, b.first_packet, b.source, b.target, b.network, b.number);
    }
};

/// All that this side sent were SYN-ACKs and RSTs.
[[nodiscard]] constexpr bool sent_answers_alone(const direction_statistics& side) noexcept {
    return side.packets > 0 && side.payload_bytes == 0 && side.packets == side.syn_ack + side.rst;
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
    return up.fin == 0 && up.ack == up.packets ? outcome::ack_probe : outcome::midstream;
}

/// Whether the side that ports make the server probed the other: it alone sent something, without payload, that is no RST. Whoever
/// probes chooses the source port, so the port of a server says little there (role_basis::port).
[[nodiscard]] constexpr bool server_probes(const connection& of) noexcept {
    const direction_statistics& up = of.client_to_server;
    const direction_statistics& down = of.server_to_client;
    return of.role_basis == role_basis::port && up.packets == up.rst && down.packets > down.rst &&
           down.payload_bytes == 0;
}

[[nodiscard]] constexpr outcome outcome_of(const connection& of, const direction_statistics& up,
                                           const direction_statistics& down) noexcept {
    const bool alone = up.packets == 0 || down.packets == 0;
    if (alone && (sent_answers_alone(up) || sent_answers_alone(down))) return outcome::unsolicited;
    if (of.handshake == handshake_state::failed) return outcome_of_attempt(up, down);
    if (of.handshake == handshake_state::incomplete) return outcome_of_midstream(up, down);
    // A server that took more than a request was reached, even if it sent no data.
    constexpr std::uint64_t most_of_a_request = 3; // data packets
    const bool took_more = up.data_packets > up.retransmissions + most_of_a_request;
    if (of.close_reason == close_reason::reset && down.payload_bytes == 0 && !took_more) {
        return up.payload_bytes == 0 ? outcome::reset_at_once : outcome::reset_after_data;
    }
    return up.payload_bytes + down.payload_bytes == 0 && of.close_reason != close_reason::normal ? outcome::idle
                                                                                                 : outcome::answered;
}

/// Data packets that were sent again: SYNs are no data.
[[nodiscard]] constexpr std::uint64_t data_sent_again(const direction_statistics& of) noexcept {
    const std::uint64_t syn_copies = of.syn > 1 ? of.syn - 1 : 0;
    return of.retransmissions > syn_copies ? of.retransmissions - syn_copies : 0;
}

/// The contact that a connection was. `hash` stays 0.
[[nodiscard]] constexpr contact contact_of(const connection& of) noexcept {
    const bool probed = server_probes(of);
    const direction_statistics& up = probed ? of.server_to_client : of.client_to_server;
    const direction_statistics& down = probed ? of.client_to_server : of.server_to_client;
    const outcome came_out = outcome_of(of, up, down);
    // If only the answers of one side were captured, that side is the source.
    const bool alone = came_out == outcome::unsolicited && up.packets == 0;
    const bool turned = alone != probed;
    const direction_statistics& out = alone ? down : up;
    const direction_statistics& in = alone ? up : down;
    return {.source = turned ? of.server : of.client,
            .target = turned ? of.client : of.server,
            .network = of.network,
            .came_out = came_out,
            .one_sided = (up.packets == 0 || down.packets == 0) && up.payload_bytes + down.payload_bytes > 0,
            .first = of.first_time,
            .last = of.last_time,
            .first_packet = of.first_packet,
            .number = of.number,
            .bytes_out = out.payload_bytes,
            .bytes_in = in.payload_bytes,
            .packets_out = out.packets,
            .data_packets = up.data_packets + down.data_packets,
            .retransmissions = data_sent_again(up) + data_sent_again(down)};
}

[[nodiscard]] constexpr std::uint32_t sign_bit(irregularity of) noexcept {
    return std::uint32_t{1} << static_cast<unsigned>(of);
}
[[nodiscard]] constexpr std::uint32_t sign_bits(std::initializer_list<irregularity> of) noexcept {
    std::uint32_t bits = 0;
    for (const irregularity each : of) bits |= sign_bit(each);
    return bits;
}

/// A RST that does not fit the side that it claims to come from.
constexpr std::uint32_t reset_signs = sign_bits({irregularity::rst_in_window, irregularity::rst_acknowledges_nothing,
                                                 irregularity::sent_after_rst, irregularity::rst_hop_limit});
/// What one ordinary RST may show: the answer to late data has an old number, and some stacks count its Identification apart.
constexpr std::uint32_t weak_reset_signs = sign_bits({irregularity::rst_outside_window, irregularity::rst_ip_id});
/// A third party may write into the connection.
constexpr std::uint32_t takeover_signs =
    sign_bits({irregularity::second_syn_ack, irregularity::syn_while_open, irregularity::ack_storm});
/// What goes with these, and alone has ordinary reasons.
constexpr std::uint32_t weak_takeover_signs = sign_bits({irregularity::challenge_ack, irregularity::hop_limit_changed});
constexpr std::uint32_t covert_signs = sign_bits({irregularity::number_without_ack});

/// Notes which irregularities a connection has, and where.
constexpr void add_signs(contact& to, const connection_irregularities& found) noexcept {
    constexpr std::uint32_t used_signs =
        reset_signs | weak_reset_signs | takeover_signs | weak_takeover_signs | covert_signs;
    std::size_t used = 0;
    for (std::size_t i = 0; i < connection_irregularities::kinds; ++i) {
        const auto kind = static_cast<irregularity>(i);
        if (!found.has(kind)) continue;
        to.signs |= sign_bit(kind);
        if ((used_signs & sign_bit(kind)) == 0) continue;
        for (const std::uint64_t packet : found.packets(kind)) {
            if (packet == 0) continue;
            const auto end = to.sign_packets.begin() + static_cast<std::ptrdiff_t>(used);
            const auto at =
                static_cast<std::size_t>(std::find(to.sign_packets.begin(), end, packet) - to.sign_packets.begin());
            if (at == contact::most_sign_packets) continue;
            if (at == used) to.sign_packets[used++] = packet;
            to.signs_there[at] |= sign_bit(kind);
        }
    }
}

} // namespace tcplens::inline v1::detail::observing
