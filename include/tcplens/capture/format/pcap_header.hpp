// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/contains.hpp"
#include "../../base/maybe.hpp"
#include "../capture_format.hpp"
#include "../link_type.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

/// The header of a pcap file (draft-ietf-opsawg-pcap 4), and what it says of the records behind it.
namespace tcplens::inline v1::detail::pcap {

/// Which of the two lengths of a record stands first.
enum class length_order : std::uint8_t { captured_first, original_first, smaller_is_captured };

// bytes of a record header
inline constexpr std::size_t usual_record_header_length = 16;
inline constexpr std::size_t nokia_record_header_length = 20; ///< IPSO of Nokia: four bytes more
/// Kuznetzov's patch ss990417: interface index (4 bytes), protocol (2), packet type (1) and one to fill it up.
inline constexpr std::size_t kuznetzov_record_header_length = 24;
inline constexpr std::size_t suse_record_header_length = 28; ///< Kuznetzov's patch ss990915: two processors besides

/// Of the file header of IXIA, which ends with the number of bytes that all records have.
inline constexpr std::size_t ixia_header_length = 28;

struct header {
    std::endian order = std::endian::native;
    std::uint32_t magic = 0; ///< in the order of the file
    std::size_t length = pcap_header_length;
    std::uint16_t major_version = 0;
    std::uint16_t minor_version = 0;
    std::uint32_t snapshot_length = 0;
    link_type link{};
    std::optional<std::uint8_t> fcs_bits{};
    length_order lengths = length_order::captured_first;
    std::size_t record_header_length = usual_record_header_length;
    bool nanoseconds = false;
};

/// The magic number of a pcap file and its byte order. @pre The format of these bytes is pcap: see detect_format().
constexpr void read_magic(header& into, std::span<const std::byte> beginning) noexcept {
    const auto magic = load_big<std::uint32_t>(beginning.data());
    const bool big = contains(pcap_magics, magic);
    into.order = big ? std::endian::big : std::endian::little;
    into.magic = big ? magic : reverse_bytes(magic);
    const bool ixia = into.magic == pcap_ixia_hardware_magic || into.magic == pcap_ixia_software_magic;
    if (ixia) into.length = ixia_header_length;
    if (into.magic == pcap_kuznetzov_magic) into.record_header_length = kuznetzov_record_header_length;
    into.nanoseconds = into.magic == pcap_nanoseconds_magic;
}

/// AIX writes version 2.2 with an interface type (RFC 2863, IANAifType) for the link type, and nanoseconds. These four are what
/// Wireshark 4.0 reads as such.
[[nodiscard]] constexpr maybe<link_type> link_of_aix(std::uint32_t interface_type) noexcept {
    switch (interface_type) {
    case 6: return link_type::ethernet;
    case 9: return link_type::token_ring;
    case 15: return link_type::fddi;
    case 24: return link_type::null; // loopback
    default: return std::nullopt;
    }
}

/// The rest of a header. @pre `bytes` has `into.length` bytes, of which read_magic() has read the first four.
constexpr void read_header(header& into, std::span<const std::byte> bytes) noexcept {
    into.major_version = load<std::uint16_t>(bytes.data() + 4, into.order);
    into.minor_version = load<std::uint16_t>(bytes.data() + 6, into.order);
    into.snapshot_length = load<std::uint32_t>(bytes.data() + 16, into.order);
    // draft-ietf-opsawg-pcap 4: from the top, 4 bits of FCS length in units of 16 bits, a reserved one, whether
    // that length is there, 10 reserved ones, 16 of link type
    const std::uint32_t link = load<std::uint32_t>(bytes.data() + 20, into.order);
    into.link = static_cast<link_type>(link & 0x03ff'ffff);
    if ((link & 0x0400'0000) != 0) into.fcs_bits = static_cast<std::uint8_t>((link >> 28) * 16);

    constexpr std::uint16_t dg_ux = 543;
    if (into.major_version == dg_ux || (into.major_version == 2 && into.minor_version < 3)) {
        into.lengths = length_order::original_first;
    }
    // until version 2.3, some wrote the length on the wire first
    if (into.major_version == 2 && into.minor_version == 3) into.lengths = length_order::smaller_is_captured;
    if (into.major_version == 2 && into.minor_version == 2 && into.magic == pcap_microseconds_magic) {
        if (const auto aix = link_of_aix(link)) {
            into.link = *aix;
            into.nanoseconds = true;
            into.lengths = length_order::smaller_is_captured;
        }
    }
}

/// Whether the header of a pcap file stands here, where a record or a block could stand as well: the magic, a version that is
/// written, and the field of sigfigs, which is 0 in all files. As a record it would be of 1984, 1998 or after 2038, and empty unless
/// the header has a time zone.
[[nodiscard]] constexpr bool is_header(std::span<const std::byte> bytes) noexcept {
    constexpr std::size_t enough = 16;
    if (bytes.size() < enough || detect_format(bytes) != capture_format::pcap) return false;
    header found;
    read_magic(found, bytes);
    constexpr std::uint16_t last_minor_version = 4;
    return load<std::uint16_t>(bytes.data() + 4, found.order) == 2 &&
           load<std::uint16_t>(bytes.data() + 6, found.order) <= last_minor_version &&
           load<std::uint32_t>(bytes.data() + 12, found.order) == 0;
}

} // namespace tcplens::inline v1::detail::pcap
