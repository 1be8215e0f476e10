// SPDX-License-Identifier: MIT
#pragma once

#include "decoding.hpp"

#include <tcplens/wire/link/link_layers.hpp>

#include <doctest/doctest.h>

#include <cstddef>

/// A header of a link layer, byte by byte, and what must become of IP packets behind it.
struct link_header {
    tcplens::link_type link;
    packet_builder::byte_vector bytes;
    bool in_bundle = false; ///< the packet is one of several
};

/// From 192.0.2.1:40000 to 198.51.100.1:443, a byte of data.
inline const packet_builder::byte_vector v4 = packet_builder::hex(
    "4500 0029 0000 4000 40 06 0000  c0000201 c6336401  9c40 01bb 00000000 00000000 50 10 2000 0000 0000  61");
/// From [2001:db8::1]:40000 to [2001:db8::2]:443, a byte of data.
inline const packet_builder::byte_vector v6 =
    packet_builder::hex("60000000 0015 06 40  20010db8 00000000 00000000 00000001  20010db8 00000000 00000000 00000002"
                        "9c40 01bb 00000000 00000000 50 10 2000 0000 0000  61");

/// Behind the header, v4 or v6 is found, wherever the capture cut the frame.
inline void check_found(const link_header& header, const packet_builder::byte_vector& content) {
    using namespace tcplens;
    using namespace tcplens::detail;
    CAPTURE(static_cast<unsigned>(header.link));
    CAPTURE(header.bytes.size());
    const auto frame = packet_builder::join({header.bytes, content});
    const segment found = segment_of(frame, header.link);
    CHECK(found.source == packet_builder::at(content == v4 ? "192.0.2.1" : "2001:db8::1", 40000));
    CHECK(found.destination == packet_builder::at(content == v4 ? "198.51.100.1" : "2001:db8::2", 443));
    CHECK(found.payload_length == 1);
    CHECK(found.wire_length == (header.in_bundle ? content.size() + 22 : frame.size())); // and LLC

    const std::size_t tcp = header.bytes.size() + (content == v4 ? 20 : 40);
    check_snapshots(frame, header.link, tcp + 20, packet_outcome::tcp);
}

/// Likewise, and wherever the frame itself ends.
inline void check_header(const link_header& header, const packet_builder::byte_vector& content) {
    using namespace tcplens;
    using namespace tcplens::detail;
    check_found(header, content);
    const auto frame = packet_builder::join({header.bytes, content});
    const std::size_t tcp = header.bytes.size() + (content == v4 ? 20 : 40);
    check_ends({frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(tcp - 1)}, header.link, tcp,
               packet_outcome::tcp);
}

/// The header says what v4 behind it is not read for. It takes the first `needed` of its bytes to know that.
inline void check_other(const link_header& header, std::size_t needed,
                        tcplens::packet_outcome expected = tcplens::packet_outcome::not_tcp) {
    CAPTURE(static_cast<unsigned>(header.link));
    CAPTURE(header.bytes.size());
    const auto frame = packet_builder::join({header.bytes, v4});
    check_snapshots(frame, header.link, needed, expected);
    check_ends(frame, header.link, needed, expected);
}

/// A header of a packet that is not IP: it is read whole, and no further.
inline void check_other(const link_header& header) {
    check_other(header, header.bytes.size());
}

/// Behind the header is what `type` names, for others to read. It takes the first `needed` of its bytes to know that.
inline void check_carries(const link_header& header, tcplens::ether_type type, std::size_t needed) {
    using namespace tcplens;
    using namespace tcplens::detail;
    CAPTURE(static_cast<unsigned>(header.link));
    CAPTURE(header.bytes.size());
    const auto frame = packet_builder::join({header.bytes, v4});
    for (std::size_t length = 0; length <= frame.size(); ++length) {
        CAPTURE(length);
        const packet_builder::captured_packet captured{frame, {.snapshot_length = length}};
        const auto found = link_layers::payload(header.link, {captured->bytes, frame.size()});
        REQUIRE(static_cast<bool>(found) == (length >= needed));
        if (!found) {
            CHECK(found.error() == packet_outcome::truncated);
            continue;
        }
        CHECK(found->type == type);
        CHECK(found->content.wire_length == v4.size() + header.bytes.size() - needed);
        CHECK(found->content.bytes.data() == captured->bytes.data() + needed);
    }
}
inline void check_carries(const link_header& header, tcplens::ether_type type) {
    check_carries(header, type, header.bytes.size());
}
