// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/compiler.hpp"
#include "../../base/minimum.hpp"
#include "../frame_view.hpp"
#include "../parse_result.hpp"
#include "../segment.hpp"
#include "../sequence_number.hpp"
#include "../tcp_flags.hpp"
#include "../tcp_options.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v1::detail {

/// A TCP header (RFC 9293 section 3.1), of which at least the fixed 20 bytes were captured, and the data behind it.
class tcp_header {
public:
    static constexpr std::size_t min_length = 20;

    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr parse_result<tcp_header>
    parse(const frame_view& packet) noexcept {
        if (!packet.has(min_length)) return packet.truncation_error(min_length);
        tcp_header header{packet};
        if (header.length() < min_length || header.length() > packet.wire_length) return packet_outcome::malformed;
        return header;
    }

    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint16_t source_port() const noexcept {
        return load_big<std::uint16_t>(at(0));
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint16_t destination_port() const noexcept {
        return load_big<std::uint16_t>(at(2));
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr sequence_number sequence() const noexcept {
        return {load_big<std::uint32_t>(at(4))};
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr sequence_number acknowledgment() const noexcept {
        return {load_big<std::uint32_t>(at(8))};
    }
    /// Bytes of fixed part and options.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::size_t length() const noexcept { return length_; }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr tcp_flags flags() const noexcept {
        return {static_cast<std::uint16_t>(load_big<std::uint16_t>(at(12)) & 0x1ff)};
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint16_t window() const noexcept {
        return load_big<std::uint16_t>(at(14));
    }
    /// Bytes of data on the wire, even if the capture has fewer.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::size_t payload_length() const noexcept {
        return packet_.wire_length - length();
    }
    /// How many bytes of data were captured.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::size_t captured_payload() const noexcept {
        return packet_.bytes.size() - lesser(packet_.bytes.size(), length());
    }
    /// The captured bytes of data.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::span<const std::byte> payload() const noexcept {
        return packet_.bytes.last(captured_payload());
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint16_t urgent_pointer() const noexcept {
        return load_big<std::uint16_t>(at(18));
    }
    /// Whether a reserved bit is set, or there is an urgent pointer, which may be valid. Seldom true.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool may_be_odd() const noexcept {
        return (std::to_integer<unsigned>(*at(12)) & reserved) != 0 || urgent_pointer() != 0;
    }
    /// What is odd. Inlined: for a function of its own g++ 12 would keep each header in memory.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr segment::oddity_set oddities() const noexcept {
        auto found = segment::oddity_set::none;
        if ((std::to_integer<unsigned>(*at(12)) & reserved) != 0) found |= segment::oddity_set::reserved_bits;
        if (urgent_pointer() != 0 && !flags().urg()) found |= segment::oddity_set::urgent_pointer;
        return found;
    }
    /// How many bytes of data do not fit into the frame.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::size_t payload_beyond_frame() const noexcept {
        return lesser(payload_length(), packet_.beyond_frame);
    }

    /// The options, as far as they were captured.
    [[nodiscard]] constexpr tcp_options options() const noexcept {
        tcp_options found;
        read_options(found);
        return found;
    }
    /// As options(), into an object whose former content is replaced.
    TCPLENS_ALWAYS_INLINE constexpr void read_options(tcp_options& into) const noexcept {
        const std::size_t captured = lesser(packet_.bytes.size(), length());
        into.read(packet_.bytes.subspan(min_length, captured - min_length), captured < length());
    }

private:
    static constexpr unsigned reserved =
        0x0e; ///< in byte 12, between the data offset and AE (RFC 9293 section 3.1, RFC 9768)

    friend parse_result<tcp_header>;
    constexpr tcp_header() noexcept = default;
    TCPLENS_ALWAYS_INLINE constexpr explicit tcp_header(const frame_view& packet) noexcept
        : packet_(packet), length_((std::to_integer<std::size_t>(*at(12)) >> 4) * 4) {}
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr const std::byte* at(std::size_t offset) const noexcept {
        return packet_.bytes.data() + offset;
    }

    frame_view packet_{};
    std::size_t length_ = 0; // read once: for the compiler, any write elsewhere may change the bytes
};

} // namespace tcplens::inline v1::detail
