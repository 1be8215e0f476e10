// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/byte_order.hpp"
#include "layer.hpp"
#include "sequence_number.hpp"
#include "tcp_flags.hpp"
#include "tcp_options.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// A TCP header (RFC 9293 3.1) of which at least the fixed 20 bytes were captured, and the data behind it.
class tcp_header {
public:
    static constexpr std::size_t min_length = 20;

    [[nodiscard]] static constexpr parsed<tcp_header> parse(const layer& packet) noexcept {
        if (!packet.has(min_length)) return packet.shortfall(min_length);
        const tcp_header header{packet};
        if (header.length() < min_length || header.length() > packet.wire_length) return packet_outcome::malformed;
        return header;
    }

    [[nodiscard]] constexpr std::uint16_t source_port() const noexcept { return load_big<std::uint16_t>(at(0)); }
    [[nodiscard]] constexpr std::uint16_t destination_port() const noexcept { return load_big<std::uint16_t>(at(2)); }
    [[nodiscard]] constexpr sequence_number sequence() const noexcept { return {load_big<std::uint32_t>(at(4))}; }
    [[nodiscard]] constexpr sequence_number acknowledgment() const noexcept { return {load_big<std::uint32_t>(at(8))}; }
    /// Fixed part and options, in bytes.
    [[nodiscard]] constexpr std::size_t length() const noexcept {
        return (std::to_integer<std::size_t>(*at(12)) >> 4) * 4;
    }
    [[nodiscard]] constexpr tcp_flags flags() const noexcept {
        return {static_cast<std::uint16_t>(load_big<std::uint16_t>(at(12)) & 0x1ff)};
    }
    [[nodiscard]] constexpr std::uint16_t window() const noexcept { return load_big<std::uint16_t>(at(14)); }
    /// On the wire, whatever was captured of it.
    [[nodiscard]] constexpr std::size_t payload_length() const noexcept { return packet_.wire_length - length(); }
    /// How much of that was captured.
    [[nodiscard]] constexpr std::size_t captured_payload() const noexcept {
        return packet_.bytes.size() - std::min(packet_.bytes.size(), length());
    }
    /// How much of that the frame had no room for.
    [[nodiscard]] constexpr std::size_t payload_beyond_frame() const noexcept {
        return std::min(payload_length(), packet_.beyond_frame);
    }

    [[nodiscard]] constexpr tcp_options options() const noexcept {
        const std::size_t captured = std::min(packet_.bytes.size(), length());
        return tcp_options::parse(packet_.bytes.subspan(min_length, captured - min_length), captured < length());
    }

private:
    constexpr explicit tcp_header(const layer& packet) noexcept : packet_(packet) {}
    [[nodiscard]] constexpr const std::byte* at(std::size_t offset) const noexcept {
        return packet_.bytes.data() + offset;
    }

    layer packet_;
};

} // namespace tcplens
