// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/compiler.hpp"
#include "../frame_view.hpp"
#include "../header_limits.hpp"
#include "../ip_payload.hpp"
#include "../ip_protocol.hpp"
#include "../parse_result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tcplens::inline v1::detail {

/// The fixed IPv6 header (RFC 8200 section 3), captured whole, and what follows it.
class ipv6_header {
public:
    static constexpr std::size_t length = 40;

    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr parse_result<ipv6_header>
    parse(const frame_view& packet) noexcept {
        if (!packet.has(length)) return packet.truncation_error(length);
        ipv6_header header{packet};
        if (header.version() != 6) return packet_outcome::malformed;
        return header;
    }

    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr unsigned version() const noexcept { return byte(0) >> 4; }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint8_t ecn() const noexcept { return (byte(1) >> 4) & 3; }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint16_t payload_length() const noexcept {
        return load_big<std::uint16_t>(at(4));
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr ip_protocol next_header() const noexcept {
        return ip_protocol{byte(6)};
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint8_t hop_limit() const noexcept { return byte(7); }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr address source() const noexcept {
        return address::v6(packet_.bytes.subspan<8, 16>());
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr address destination() const noexcept {
        return address::v6(packet_.bytes.subspan<24, 16>());
    }

    /// What the packet carries behind its extension headers.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr parse_result<ip_payload> payload() const noexcept {
        return read<true>();
    }
    /// What follows the fixed header.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr parse_result<ip_payload> content() const noexcept {
        return read<false>();
    }

    /// As content(), except for jumbograms, whose length is in the hop-by-hop header (RFC 2675 section 3).
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr ip_payload plain_content() const noexcept {
        frame_view behind = packet_.subview(length);
        // A payload length of 0 in any other packet: the network adapter is to segment it, as with IPv4.
        if (payload_length() != 0) behind = behind.limited_to(payload_length());
        return {.source = source(),
                .destination = destination(),
                .protocol = next_header(),
                .length = static_cast<std::uint32_t>(length + behind.wire_length),
                .hop_limit = hop_limit(),
                .ecn = ecn(),
                .content = behind};
    }

    /// Skips extension headers up to a fragment header or to what the packet carries. With a source route, the destination
    /// becomes the final one.
    [[nodiscard]] TCPLENS_NOINLINE static constexpr parse_result<ip_payload>
    before_fragment(ip_payload found) noexcept {
        for (int headers = 0; headers <= max_repeats; ++headers) {
            std::size_t unit = 8; // RFC 8200 section 4: a length counts units of eight bytes after the first eight
            switch (found.protocol) {
            case ip_protocol::hop_by_hop:
            case ip_protocol::routing:
            case ip_protocol::destination_options:
            case ip_protocol::mobility:
            case ip_protocol::host_identity:
            case ip_protocol::shim6: break;
            case ip_protocol::authentication: unit = 4; break; // RFC 4302 section 2.2
            default: return found;
            }
            if (!found.content.has(8)) return found.content.truncation_error(8);
            const std::byte* header = found.content.bytes.data();
            const std::size_t header_length = 8 + unit * std::to_integer<std::size_t>(header[1]);
            if (!found.content.has(header_length)) return found.content.truncation_error(header_length);
            if (found.protocol == ip_protocol::routing) {
                if (const auto last = last_of_route(found.content.bytes.first(header_length)))
                    found.destination = *last;
            }
            if (found.protocol == ip_protocol::destination_options) {
                if (const auto home = home_address(found.content.bytes.first(header_length))) found.source = *home;
            }
            found.protocol = ip_protocol{std::to_integer<std::uint8_t>(header[0])};
            found.content = found.content.subview(header_length);
        }
        return packet_outcome::not_tcp;
    }

    /// Skips all extension headers. Behind the header of a later fragment it stops: what follows is not a header.
    [[nodiscard]] TCPLENS_NOINLINE static constexpr parse_result<ip_payload>
    behind_extension_headers(ip_payload found) noexcept {
        for (int fragments = 0; fragments <= max_repeats; ++fragments) {
            const auto passed = before_fragment(found);
            if (!passed || passed->protocol != ip_protocol::fragment) return passed;
            found = *passed;
            if (!found.content.has(8)) return found.content.truncation_error(8);
            const std::byte* header = found.content.bytes.data();
            // RFC 6946: a fragment that is the whole packet does not count as one.
            const auto offset_and_more = load_big<std::uint16_t>(header + 2);
            found.fragment = found.fragment || (offset_and_more & 0xfff9) != 0;
            found.protocol = ip_protocol{std::to_integer<std::uint8_t>(header[0])};
            found.content = found.content.subview(8);
            if ((offset_and_more & 0xfff8) != 0) return found;
        }
        return packet_outcome::not_tcp;
    }

private:
    /// Far more than any host sends (Linux: 512 KiB), and too little to disturb the order of sequence numbers.
    static constexpr std::uint32_t largest_jumbogram = 1u << 24;

    friend parse_result<ipv6_header>;
    constexpr ipv6_header() noexcept = default;
    constexpr explicit ipv6_header(const frame_view& packet) noexcept : packet_(packet) {}
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr const std::byte* at(std::size_t offset) const noexcept {
        return packet_.bytes.data() + offset;
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint8_t byte(std::size_t offset) const noexcept {
        return std::to_integer<std::uint8_t>(*at(offset));
    }

    template <bool BehindExtensions>
    [[nodiscard]] constexpr parse_result<ip_payload> read() const noexcept {
        ip_payload found = plain_content();
        if (payload_length() == 0) {
            if (const auto jumbo = jumbo_length(found)) {
                if (*jumbo > largest_jumbogram) return packet_outcome::malformed;
                found.content = found.content.limited_to(*jumbo);
                found.length = static_cast<std::uint32_t>(length + *jumbo);
            }
        }
        if (!BehindExtensions || found.protocol == ip_protocol::tcp) return found;
        return behind_extension_headers(found);
    }

    /// The home address of a mobile node (RFC 6275 section 6.3).
    [[nodiscard]] static constexpr std::optional<address> home_address(std::span<const std::byte> header) noexcept {
        std::size_t at = 2;
        for (int options = 0; at + 1 < header.size() && options < max_repeats; ++options) {
            if (header[at] == std::byte{0}) { // Pad1 (RFC 8200 section 4.2)
                ++at;
                continue;
            }
            const auto rest = std::to_integer<std::size_t>(header[at + 1]);
            if (at + 2 + rest > header.size()) break;
            if (header[at] == std::byte{0xc9} && rest == 16) return address::v6(header.subspan(at + 2).first<16>());
            at += 2 + rest;
        }
        return std::nullopt;
    }

    /// The last address of a routing header with segments left.
    [[nodiscard]] static constexpr std::optional<address> last_of_route(std::span<const std::byte> header) noexcept {
        if (header[3] == std::byte{0} || header.size() < 24) return std::nullopt;
        switch (std::to_integer<unsigned>(header[2])) {
        case 0:                                              // RFC 2460 section 4.4
        case 2: return address::v6(header.last<16>());       // RFC 6275 section 6.4
        case 4: return address::v6(header.subspan<8, 16>()); // RFC 8754 section 2: segments are in reverse order
        default: return std::nullopt;
        }
    }

    /// The length in a Jumbo Payload option. Only the first option is looked at: no sender puts another one before it.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr std::optional<std::uint32_t>
    jumbo_length(const ip_payload& packet) noexcept {
        if (packet.protocol != ip_protocol::hop_by_hop || !packet.content.has(8)) return std::nullopt;
        const std::byte* option = packet.content.bytes.data() + 2;
        if (option[0] != std::byte{0xc2} || option[1] != std::byte{4}) return std::nullopt;
        return load_big<std::uint32_t>(option + 2);
    }

    frame_view packet_{};
};

} // namespace tcplens::inline v1::detail
