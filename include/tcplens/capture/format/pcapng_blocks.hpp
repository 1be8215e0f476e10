// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/compiler.hpp"
#include "../limits.hpp"
#include "../packet_options.hpp"
#include "../pcapng_options.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

/// The blocks of pcapng: their numbers and lengths, and what is read of one without the reader's state.
namespace tcplens::inline v1::detail::pcapng {

// block types (draft-ietf-opsawg-pcapng 10.1)
inline constexpr std::uint32_t interface_description = 1;
inline constexpr std::uint32_t obsolete_packet = 2;
inline constexpr std::uint32_t simple_packet = 3;
inline constexpr std::uint32_t interface_statistics_block = 5;
inline constexpr std::uint32_t enhanced_packet = 6;
inline constexpr std::uint32_t journal_export = 9;
inline constexpr std::uint32_t sysdig_event = 0x204;
inline constexpr std::uint32_t sysdig_event_2 = 0x216;
inline constexpr std::uint32_t sysdig_event_2_large = 0x221;
inline constexpr std::uint32_t custom = 0x0bad;
inline constexpr std::uint32_t custom_not_to_copy = 0x4000'0bad;

// bytes before the body's variable part; behind it come four, the length again
inline constexpr std::uint32_t smallest_block = 12;
inline constexpr std::uint32_t trailer_length = 4;
inline constexpr std::uint32_t packet_header_length = 28;
inline constexpr std::uint32_t smallest_packet_block = packet_header_length + trailer_length;
inline constexpr std::uint32_t simple_packet_header_length = 12;
inline constexpr std::uint32_t interface_header_length = 16;
inline constexpr std::uint32_t section_header_length = 24;
inline constexpr std::uint32_t statistics_header_length = 20;

/// To a multiple of four. @pre not above 2^32 - 4
[[nodiscard]] constexpr std::uint32_t rounded_up(std::uint32_t length) noexcept {
    return (length + 3) & ~std::uint32_t{3};
}

/// Whether Wireshark numbers blocks of this type like packets, though they are none.
[[nodiscard]] constexpr bool is_numbered(std::uint32_t type) noexcept {
    switch (type) {
    case journal_export:
    case sysdig_event:
    case sysdig_event_2:
    case sysdig_event_2_large:
    case custom:
    case custom_not_to_copy: return true;
    default: return false;
    }
}

/// The options of a whole block that stand behind a header of this length.
[[nodiscard]] constexpr std::span<const std::byte> options_behind(std::span<const std::byte> block,
                                                                  std::size_t header_length) noexcept {
    return block.subspan(header_length, block.size() - header_length - trailer_length);
}

/// The length of an enhanced packet block in the order of this machine that is all there, with nothing to complain of as far as the
/// block tells; otherwise 0. @pre rest.size() >= smallest_packet_block
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::uint32_t
length_of_sound_packet_block(std::span<const std::byte> rest) noexcept {
    const auto field = [&](std::size_t at) { return load<std::uint32_t>(rest.data() + at, std::endian::native); };
    if (field(0) != enhanced_packet) return 0;
    const std::uint32_t length = field(4);
    if (length < smallest_packet_block || length > capture_limits::max_record_length) return 0;
    const std::uint32_t whole = rounded_up(length);
    if (rest.size() < whole || field(whole - trailer_length) != length) return 0;
    return field(20) > whole - smallest_packet_block ? 0 : whole;
}

/// The options of an enhanced packet block, or of an obsolete one. `bytes` are those of its packet. @pre The block is sound.
[[nodiscard]] constexpr packet_options options_of_packet(std::span<const std::byte> bytes, std::endian order) noexcept {
    const std::byte* const block = bytes.data() - packet_header_length;
    const std::uint32_t length = rounded_up(load<std::uint32_t>(block + 4, order));
    const std::uint32_t at = packet_header_length + rounded_up(static_cast<std::uint32_t>(bytes.size()));
    option_list list;
    if (at + trailer_length <= length) list = {{block + at, length - trailer_length - at}, order};
    constexpr std::uint16_t unknown = 0xffff;
    if (load<std::uint32_t>(block, order) == obsolete_packet) {
        if (const auto drops = load<std::uint16_t>(block + 10, order); drops != unknown)
            return packet_options{list, drops};
    }
    return packet_options{list};
}

/// The options of an interface that tell how its clock goes: if_tsresol and if_tsoffset.
struct clock_options {
    std::uint8_t resolution = 6; ///< microseconds
    std::int64_t offset = 0;     ///< seconds
    std::uint64_t bad = 0;       ///< options of a wrong length, which are ignored
};

[[nodiscard]] constexpr clock_options read_clock(const option_list& options) noexcept {
    constexpr std::uint16_t if_tsresol = 9;
    constexpr std::uint16_t if_tsoffset = 14;
    clock_options clock;
    for (const option_list::option& each : options) {
        if (each.code == if_tsresol) {
            if (const auto value = each.number<std::uint8_t>()) clock.resolution = *value;
            else ++clock.bad;
        } else if (each.code == if_tsoffset) {
            if (const auto value = each.number<std::uint64_t>()) clock.offset = static_cast<std::int64_t>(*value);
            else ++clock.bad;
        }
    }
    return clock;
}

} // namespace tcplens::inline v1::detail::pcapng
