// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/byte_order.hpp"
#include "../capture/out_of_line.hpp"
#include "ip_payload.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens {

/// An IPv4 header (RFC 791 3.1) of which all 20 to 60 bytes were captured, and what follows it.
class ipv4_header {
public:
    static constexpr std::size_t min_length = 20;

    [[nodiscard]] static constexpr parsed<ipv4_header> parse(const layer& packet) noexcept {
        if (!packet.has(min_length)) return packet.shortfall(min_length);
        const ipv4_header header{packet};
        if (header.version() != 4 || header.length() < min_length) return packet_outcome::malformed;
        if (!packet.has(header.length())) return packet.shortfall(header.length());
        if (header.total_length() < header.length()) return packet_outcome::malformed;
        return header;
    }

    [[nodiscard]] constexpr unsigned version() const noexcept { return byte(0) >> 4; }
    [[nodiscard]] constexpr std::size_t length() const noexcept { return std::size_t{byte(0) & 0xfu} * 4; }
    [[nodiscard]] constexpr std::uint8_t ecn() const noexcept { return byte(1) & 3; }
    /// Header and payload. A field of 0 means that the sending host left the packet to its network adapter to be cut up
    /// (segmentation offload): then the length is the frame's.
    [[nodiscard]] constexpr std::size_t total_length() const noexcept {
        const auto field = load_big<std::uint16_t>(at(2));
        return field != 0 ? field : packet_.wire_length;
    }
    [[nodiscard]] constexpr std::uint16_t id() const noexcept { return load_big<std::uint16_t>(at(4)); }
    [[nodiscard]] constexpr bool more_fragments() const noexcept { return (byte(6) & 0x20) != 0; }
    /// In units of eight bytes.
    [[nodiscard]] constexpr std::uint16_t fragment_offset() const noexcept {
        return load_big<std::uint16_t>(at(6)) & 0x1fff;
    }
    [[nodiscard]] constexpr std::uint8_t time_to_live() const noexcept { return byte(8); }
    [[nodiscard]] constexpr ip_protocol protocol() const noexcept { return ip_protocol{byte(9)}; }
    [[nodiscard]] constexpr address source() const noexcept { return address::v4(packet_.bytes.subspan<12, 4>()); }
    /// Where the packet goes next: to its final destination, unless a source route has others before that.
    [[nodiscard]] constexpr address destination() const noexcept { return address::v4(packet_.bytes.subspan<16, 4>()); }
    /// The last address of a source route (RFC 791 3.1) that it has not passed to its end; else destination().
    [[nodiscard]] TCPLENS_OUT_OF_LINE constexpr address final_destination() const noexcept {
        enum option : std::uint8_t { end = 0, no_operation = 1, loose_source_route = 131, strict_source_route = 137 };
        for (std::size_t at = min_length; at + 1 < length();) {
            if (byte(at) == end) break;
            if (byte(at) == no_operation) {
                ++at;
                continue;
            }
            const std::size_t option_length = byte(at + 1);
            if (option_length < 2 || at + option_length > length()) break;
            if ((byte(at) == loose_source_route || byte(at) == strict_source_route) && option_length >= 7) {
                const std::size_t pointer = byte(at + 2); // counted from 1; beyond the end once it has passed all
                if (pointer + 3 > option_length) break;
                return address::v4(packet_.bytes.subspan(at + option_length - 4).first<4>());
            }
            at += option_length;
        }
        return destination();
    }

    [[nodiscard]] constexpr ip_payload payload() const noexcept {
        return {.source = source(),
                .destination = length() == min_length ? destination() : final_destination(),
                .protocol = protocol(),
                .fragment = more_fragments() || fragment_offset() != 0,
                .length = static_cast<std::uint32_t>(total_length()),
                .hop_limit = time_to_live(),
                .ecn = ecn(),
                .id = id(),
                .content = packet_.with_length(total_length()).after(length())};
    }

private:
    constexpr explicit ipv4_header(const layer& packet) noexcept : packet_(packet) {}
    [[nodiscard]] constexpr const std::byte* at(std::size_t offset) const noexcept {
        return packet_.bytes.data() + offset;
    }
    [[nodiscard]] constexpr std::uint8_t byte(std::size_t offset) const noexcept {
        return std::to_integer<std::uint8_t>(*at(offset));
    }

    layer packet_;
};

} // namespace tcplens
