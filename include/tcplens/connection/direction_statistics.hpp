// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v0 {

/// What went one way. Packets are counted as captured, retransmissions and all.
struct direction_statistics {
    std::uint64_t packets = 0;
    std::uint64_t wire_bytes = 0;      ///< of whole packets, link layer included
    std::uint64_t payload_bytes = 0;   ///< of TCP data on the wire, sent again or not
    std::uint64_t data_packets = 0;    ///< with payload
    std::uint64_t ack = 0;             ///< with ACK, whatever else
    std::uint64_t retransmissions = 0; ///< by the rules of the table that counted
    std::uint64_t syn = 0;             ///< with SYN, with or without ACK
    std::uint64_t syn_ack = 0;
    std::uint64_t rst = 0;
    std::uint64_t fin = 0;

    /// Adds what was counted elsewhere: of other packets.
    constexpr void add(const direction_statistics& more) noexcept {
        packets += more.packets;
        wire_bytes += more.wire_bytes;
        payload_bytes += more.payload_bytes;
        data_packets += more.data_packets;
        ack += more.ack;
        retransmissions += more.retransmissions;
        syn += more.syn;
        syn_ack += more.syn_ack;
        rst += more.rst;
        fin += more.fin;
    }

    [[nodiscard]] friend constexpr bool operator==(const direction_statistics&,
                                                   const direction_statistics&) noexcept = default;

    friend void archive(auto& ar, direction_statistics& of) {
        auto& [packets_, wire_bytes_, payload_bytes_, data_packets_, ack_, retransmissions_, syn_, syn_ack_, rst_,
               fin_] = of;
        ar(packets_, wire_bytes_, payload_bytes_, data_packets_, ack_, retransmissions_, syn_, syn_ack_, rst_, fin_);
    }
};

} // namespace tcplens::inline v0
