// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/compiler.hpp"
#include "../checksum_state.hpp"
#include "../frame_view.hpp"
#include "../ip_payload.hpp"
#include "../ip_protocol.hpp"
#include "../network_payload.hpp"
#include "internet_checksum.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v1::detail {

/// Verifies the checksum of an IPv4 header (RFC 791 section 3.1). A wrong field of 0 means that the network adapter is to fill
/// it in.
/// @pre `header` is the whole header.
[[nodiscard]] constexpr checksum_state ipv4_header_checksum(std::span<const std::byte> header) noexcept {
    if (ones_complement_sum{}.add(header).verifies()) return checksum_state::good;
    return load_big<std::uint16_t>(header.data() + 10) == 0 ? checksum_state::offloaded : checksum_state::bad;
}

/// Verifies the checksum of a TCP segment (RFC 9293 section 3.1). With a routing header it covers the final destination (RFC 8200
/// section 8.1). `suspect` says that there are other signs of offload: then a field of 0 is a sign as well.
/// @pre The content is TCP with its fixed header captured.
[[nodiscard]] constexpr checksum_state tcp_checksum(const ip_payload& carries, bool suspect) noexcept {
    const frame_view& content = carries.content;
    if (content.bytes.size() < content.wire_length) return checksum_state::not_verified;
    ones_complement_sum pseudo_header;
    for (const address& end : {carries.source, carries.destination}) {
        pseudo_header.add(std::span<const std::byte>{end.bytes()}.subspan(end.is_v4() ? 12 : 0));
    }
    pseudo_header.add(static_cast<std::uint32_t>(ip_protocol::tcp));
    const ones_complement_sum without_length = pseudo_header;
    const auto length = static_cast<std::uint32_t>(content.wire_length);
    pseudo_header.add(length);
    if (ones_complement_sum{pseudo_header}.add(content.bytes).verifies()) return checksum_state::good;

    // A field that the adapter is to complete holds the sum of the pseudo header without complement. For a segment that the
    // adapter cuts up, some hosts leave out the length, which will change (Linux: CHECKSUM_PARTIAL; Windows: Large Send
    // Offload).
    const auto field = load_big<std::uint16_t>(content.bytes.data() + 16);
    if (field == pseudo_header.folded() || field == without_length.folded()) return checksum_state::offloaded;
    return field == 0 && suspect ? checksum_state::offloaded : checksum_state::bad;
}

/// Verifies the checksums of the IP packet `network` and of the TCP segment in it; the worse result counts.
/// @pre `carries` is what `network` carries, and is TCP with its fixed header captured.
[[nodiscard]] TCPLENS_NOINLINE constexpr checksum_state verify_checksums(const network_payload& network,
                                                                         const ip_payload& carries) noexcept {
    constexpr std::uint32_t ethernet_payload =
        1500; // IEEE 802.3 section 3.2.7; longer packets are still to be segmented
    bool suspect = carries.length > ethernet_payload;
    checksum_state header = checksum_state::good;
    if (network.type == ether_type::ipv4) {
        const std::byte* bytes = network.content.bytes.data();
        header = ipv4_header_checksum(network.content.bytes.first((std::to_integer<std::size_t>(bytes[0]) & 0xf) * 4));
        if (header == checksum_state::bad) return header;
        suspect = suspect || header == checksum_state::offloaded || load_big<std::uint16_t>(bytes + 2) == 0;
    }
    const checksum_state tcp = tcp_checksum(carries, suspect);
    return tcp == checksum_state::good ? header : tcp;
}

} // namespace tcplens::inline v1::detail
