// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v1 {

/// Counts of one direction of a connection. Packets are counted as captured, retransmissions and copies included.
struct direction_statistics {
    std::uint64_t packets = 0;         ///< packets
    std::uint64_t wire_bytes = 0;      ///< bytes of whole packets on the wire, link layer included
    std::uint64_t payload_bytes = 0;   ///< bytes of TCP data on the wire, retransmitted data included
    std::uint64_t data_packets = 0;    ///< packets with TCP data
    std::uint64_t ack = 0;             ///< packets with the flag ACK, whatever other flags they have
    std::uint64_t retransmissions = 0; ///< packets that the rules of the table call retransmissions
    std::uint64_t syn = 0;             ///< packets with the flag SYN, with or without ACK
    std::uint64_t syn_ack = 0;         ///< packets with the flags SYN and ACK
    std::uint64_t rst = 0;             ///< packets with the flag RST
    std::uint64_t fin = 0;             ///< packets with the flag FIN

    /// Adds counts of other packets.
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
};

} // namespace tcplens::inline v1
