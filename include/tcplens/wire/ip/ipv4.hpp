// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/compiler.hpp"
#include "../frame_view.hpp"
#include "../ip_payload.hpp"
#include "../ip_protocol.hpp"
#include "../parse_result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v1::detail {

/// An IPv4 header (RFC 791 section 3.1), of which all 20 to 60 bytes were captured, and what follows it.
class ipv4_header {
public:
    static constexpr std::size_t min_length = 20;

    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr parse_result<ipv4_header>
    parse(const frame_view& packet) noexcept {
        if (!packet.has(min_length)) return packet.truncation_error(min_length);
        ipv4_header header{packet};
        if (header.version() != 4 || header.length() < min_length) return packet_outcome::malformed;
        if (!packet.has(header.length())) return packet.truncation_error(header.length());
        if (header.total_length() < header.length()) return packet_outcome::malformed;
        return header;
    }

    /// Whether it begins as nearly all headers do: with version 4, and a length without options.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr bool begins_plainly(const frame_view& packet) noexcept {
        return packet.has(min_length) && packet.bytes[0] == std::byte{0x45};
    }

    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr unsigned version() const noexcept { return byte(0) >> 4; }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::size_t length() const noexcept {
        return std::size_t{byte(0) & 0xfu} * 4;
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool has_options() const noexcept { return length() != min_length; }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint8_t ecn() const noexcept { return byte(1) & 3; }
    /// Bytes of header and payload. A field of 0 means that the network adapter is to segment the packet: then the length is
    /// that of the frame.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::size_t total_length() const noexcept {
        const auto field = load_big<std::uint16_t>(at(2));
        return field != 0 ? field : packet_.wire_length;
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint16_t id() const noexcept {
        return load_big<std::uint16_t>(at(4));
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool more_fragments() const noexcept { return (byte(6) & 0x20) != 0; }
    /// Units of eight bytes.
    [[nodiscard]] constexpr std::uint16_t fragment_offset() const noexcept {
        return load_big<std::uint16_t>(at(6)) & 0x1fff;
    }
    /// Whether this is only a part of the sender's packet.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool fragment() const noexcept {
        return (load_big<std::uint16_t>(at(6)) & 0x3fff) != 0;
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint8_t time_to_live() const noexcept { return byte(8); }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr ip_protocol protocol() const noexcept { return ip_protocol{byte(9)}; }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr address source() const noexcept {
        return address::v4(packet_.bytes.subspan<12, 4>());
    }
    /// The next destination: the final one, unless a source route has others before it.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr address destination() const noexcept {
        return address::v4(packet_.bytes.subspan<16, 4>());
    }
    /// The last address of a source route (RFC 791 section 3.1) that is not completed; otherwise destination().
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr address final_destination() const noexcept {
        return has_options() ? end_of_route(packet_.bytes.first(length())) : destination();
    }

    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr ip_payload payload() const noexcept {
        return {.source = source(),
                .destination = final_destination(),
                .protocol = protocol(),
                .fragment = fragment(),
                .length = static_cast<std::uint32_t>(total_length()),
                .hop_limit = time_to_live(),
                .ecn = ecn(),
                .has_id = true,
                .id = id(),
                .content = packet_.limited_to(total_length()).subview(length())};
    }

private:
    /// @pre `header` is the whole header.
    [[nodiscard]] TCPLENS_NOINLINE static constexpr address end_of_route(std::span<const std::byte> header) noexcept {
        const auto byte = [&](std::size_t offset) { return std::to_integer<std::uint8_t>(header[offset]); };
        enum option : std::uint8_t { end = 0, no_operation = 1, loose_source_route = 131, strict_source_route = 137 };
        for (std::size_t at = min_length; at + 1 < header.size();) {
            if (byte(at) == end) break;
            if (byte(at) == no_operation) {
                ++at;
                continue;
            }
            const std::size_t option_length = byte(at + 1);
            if (option_length < 2 || at + option_length > header.size()) break;
            if ((byte(at) == loose_source_route || byte(at) == strict_source_route) && option_length >= 7) {
                const std::size_t pointer = byte(at + 2); // counted from 1; beyond the end of a completed route
                if (pointer + 3 > option_length) break;
                return address::v4(header.subspan(at + option_length - 4).first<4>());
            }
            at += option_length;
        }
        return address::v4(header.subspan<16, 4>());
    }

    friend parse_result<ipv4_header>;
    constexpr ipv4_header() noexcept = default;
    constexpr explicit ipv4_header(const frame_view& packet) noexcept : packet_(packet) {}
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr const std::byte* at(std::size_t offset) const noexcept {
        return packet_.bytes.data() + offset;
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint8_t byte(std::size_t offset) const noexcept {
        return std::to_integer<std::uint8_t>(*at(offset));
    }

    frame_view packet_{};
};

} // namespace tcplens::inline v1::detail
