// SPDX-License-Identifier: MIT
#pragma once

#include "../direction.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace tcplens::inline v1 {

/// What a segment can show that ordinary stacks and paths seldom do. None of it proves an intention.
enum class irregularity : std::uint8_t {
    rst_in_window, ///< a RST above the next number, inside the receiver's window (RFC 5961 section 3.2: not believed)
    rst_outside_window,       ///< a RST outside of the window, or with number 0 where another was due
    rst_acknowledges_nothing, ///< a RST with an acknowledgment of what the peer did not send
    rst_after_fin,            ///< a RST behind the FIN of its sender
    rst_repeated,             ///< another RST of a side that sent one
    sent_after_rst,           ///< data, a SYN or a SYN-ACK from a side that had sent a RST
    rst_hop_limit,            ///< a RST whose hop limit differs from those of its sender's other segments
    rst_ip_id,                ///< a RST whose IPv4 Identification is far from those of a sender that counts
    second_syn_ack,           ///< a SYN-ACK with another sequence number than the side's first
    syn_while_open,           ///< a SYN on a connection whose handshake was completed
    challenge_ack,            ///< an ACK without news straight after a RST or SYN that did not fit (RFC 5961)
    ack_storm,                ///< an ACK without data in a run of 16 or more that alternate between the sides
    data_beyond_window,       ///< more data than the receiver's window has room for, by more than one byte
    odd_flags,                ///< no flag of ACK, SYN and RST; SYN with FIN or RST (NULL, FIN, Xmas probes)
    number_without_ack,       ///< an acknowledgment number without the flag ACK, on a SYN or data segment
    hop_limit_changed,        ///< another hop limit than that of its sender's segment before, RSTs left out
    bad_checksum,             ///< checksum_state::bad; only with decode_options::verify_checksums
    congestion_experienced,   ///< CE in the IP header (RFC 3168 section 5)
    ece,                      ///< ECE on a segment without SYN (RFC 3168 section 6.1)
    cwr,                      ///< CWR on a segment without SYN (RFC 3168 section 6.1)
};

/// The name of the enumerator, e.g. "rst_in_window".
[[nodiscard]] constexpr std::string_view to_string(irregularity of) noexcept {
    constexpr std::string_view names[]{"rst_in_window",
                                       "rst_outside_window",
                                       "rst_acknowledges_nothing",
                                       "rst_after_fin",
                                       "rst_repeated",
                                       "sent_after_rst",
                                       "rst_hop_limit",
                                       "rst_ip_id",
                                       "second_syn_ack",
                                       "syn_while_open",
                                       "challenge_ack",
                                       "ack_storm",
                                       "data_beyond_window",
                                       "odd_flags",
                                       "number_without_ack",
                                       "hop_limit_changed",
                                       "bad_checksum",
                                       "congestion_experienced",
                                       "ece",
                                       "cwr"};
    return names[static_cast<unsigned>(of)];
}

/// The irregularities of one connection, counted by kind and direction, with the packets in which each kind came first.
class connection_irregularities {
public:
    /// How many kinds there are.
    static constexpr std::size_t kinds = static_cast<std::size_t>(irregularity::cwr) + 1;
    /// How many packets are kept of each kind, of both directions together.
    static constexpr std::size_t kept_packets = 2;

    /// How often it occurred in a direction. Stops at 65,535.
    [[nodiscard]] constexpr std::uint16_t count(irregularity kind, direction in) const noexcept {
        return (in == direction::client_to_server ? client_ : server_)[static_cast<std::size_t>(kind)];
    }
    /// How often it occurred in both directions. Up to 131,070.
    [[nodiscard]] constexpr std::uint32_t count(irregularity kind) const noexcept {
        return std::uint32_t{client_[static_cast<std::size_t>(kind)]} + server_[static_cast<std::size_t>(kind)];
    }
    /// Whether it occurred.
    [[nodiscard]] constexpr bool has(irregularity kind) const noexcept { return count(kind) > 0; }
    /// Whether nothing occurred.
    [[nodiscard]] constexpr bool none() const noexcept { return *this == connection_irregularities{}; }
    /// packet::number of the first occurrences, in the order of capture; 0 where there was none.
    [[nodiscard]] constexpr const std::array<std::uint64_t, kept_packets>& packets(irregularity kind) const noexcept {
        return packets_[static_cast<std::size_t>(kind)];
    }

    /// Counts an occurrence.
    constexpr void add(irregularity kind, direction in, std::uint64_t packet) noexcept {
        const auto index = static_cast<std::size_t>(kind);
        std::uint16_t& counted = (in == direction::client_to_server ? client_ : server_)[index];
        if (counted != UINT16_MAX) ++counted;
        for (std::uint64_t& kept : packets_[index]) {
            if (kept == packet) return;
            if (kept == 0) {
                kept = packet;
                return;
            }
        }
    }

    /// Exchanges client and server.
    constexpr void swap_roles() noexcept { std::swap(client_, server_); }

    /// Whether all counts and packets are equal.
    [[nodiscard]] friend constexpr bool operator==(const connection_irregularities&,
                                                   const connection_irregularities&) noexcept = default;

private:
    friend constexpr void archive(auto& ar, connection_irregularities& value) {
        ar(value.client_, value.server_, value.packets_);
    }

    std::array<std::uint16_t, kinds> client_{};
    std::array<std::uint16_t, kinds> server_{};
    std::array<std::array<std::uint64_t, kept_packets>, kinds> packets_{};
};

} // namespace tcplens::inline v1
