// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// Files that people take for captures that are read here: captures of other formats, compressed ones and archives, told by their
/// first bytes.
namespace tcplens::inline v1::detail {

/// Whether `bytes` has these characters at an offset.
[[nodiscard]] constexpr bool has_at(std::span<const std::byte> bytes, std::size_t offset,
                                    std::string_view characters) noexcept {
    if (bytes.size() < offset + characters.size()) return false;
    for (std::size_t i = 0; i < characters.size(); ++i) {
        if (static_cast<unsigned char>(characters[i]) != std::to_integer<unsigned char>(bytes[offset + i]))
            return false;
    }
    return true;
}

/// What a file with this magic at this offset is.
struct signature {
    std::string_view name;
    std::string_view magic;
    std::size_t offset = 0;
};

template <class Signatures>
[[nodiscard]] constexpr std::string_view find_signature(const Signatures& known,
                                                        std::span<const std::byte> bytes) noexcept {
    for (const auto& [name, magic, offset] : known) {
        if (has_at(bytes, offset, magic)) return name;
    }
    return {};
}

/// Whether this is the header of a tar archive from before POSIX, which has no magic: the octal sum of its bytes is right.
[[nodiscard]] constexpr bool is_old_tar(std::span<const std::byte> bytes) noexcept {
    constexpr std::size_t length = 512;
    constexpr std::size_t sum_at = 148;
    constexpr std::size_t sum_length = 8;
    if (bytes.size() < length || bytes[0] == std::byte{0}) return false;
    std::uint32_t sum = 0;
    std::uint32_t claimed = 0;
    bool has_digits = false;
    for (std::size_t i = 0; i < length; ++i) {
        const auto value = std::to_integer<std::uint32_t>(bytes[i]);
        const bool in_sum = i >= sum_at && i < sum_at + sum_length;
        sum += in_sum ? 0x20u : value;
        if (!in_sum || value < '0' || value > '7') continue;
        claimed = claimed * 8 + (value - '0');
        has_digits = true;
    }
    return has_digits && sum == claimed;
}

/// Whether this is the header of an .lzma file: properties of lc, lp and pb, a dictionary size of 2^n or 3 * 2^n, and a length that is
/// unknown or below 256 GiB (what xz believes).
[[nodiscard]] constexpr bool is_lzma(std::span<const std::byte> bytes) noexcept {
    constexpr std::size_t length = 13;
    constexpr std::uint64_t largest = std::uint64_t{1} << 38;
    if (bytes.size() <= length || std::to_integer<unsigned>(bytes[0]) >= 225 || bytes[length] != std::byte{0})
        return false;
    const auto dictionary = load_little<std::uint32_t>(bytes.data() + 1);
    const auto unpacked = load_little<std::uint64_t>(bytes.data() + 5);
    const bool right_size =
        dictionary >= 4096 && std::popcount(dictionary) <= 2 &&
        (dictionary & (dictionary << 1)) == (std::popcount(dictionary) == 2 ? std::bit_floor(dictionary) : 0);
    return right_size && (unpacked == ~std::uint64_t{0} || (unpacked != 0 && unpacked < largest));
}

/// The compression behind skippable frames, which zstd and lz4 share (RFC 8878 section 3.1.2); empty if there are none.
[[nodiscard]] constexpr std::string_view name_behind_skippable_frames(std::span<const std::byte> bytes) noexcept {
    const auto is_skippable = [](std::span<const std::byte> at) {
        constexpr std::uint32_t magic = 0x184d2a50;
        return at.size() >= 8 && (load_little<std::uint32_t>(at.data()) & ~15u) == magic;
    };
    using namespace std::string_view_literals;
    if (!is_skippable(bytes)) return {};
    while (is_skippable(bytes)) {
        const std::uint64_t length = std::uint64_t{8} + load_little<std::uint32_t>(bytes.data() + 4);
        if (length > bytes.size()) return "zstd"sv;
        bytes = bytes.subspan(static_cast<std::size_t>(length));
    }
    return has_at(bytes, 0, "\x04\x22\x4d\x18"sv) ? "lz4"sv : "zstd"sv;
}

/// The kind of compression, or of archive, by what few other bytes look like; empty if it is none that is known.
[[nodiscard]] constexpr std::string_view name_of_certain_compression(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    // Magic numbers: gzip RFC 1952, zstd RFC 8878, xz, lzip and 7z from their specifications, the others from file(1)'s descriptions.
    constexpr std::array known{
        signature{"gzip"sv, "\x1f\x8b\x08"sv}, // with its only method, deflate
        signature{"zstd"sv, "\x28\xb5\x2f\xfd"sv},
        signature{"xz"sv, "\xfd\x37zXZ\0"sv},
        signature{"bzip2"sv, "BZh"sv},
        signature{"lz4"sv, "\x04\x22\x4d\x18"sv},
        signature{"lz4"sv, "\x02\x21\x4c\x18"sv}, // the legacy format
        signature{"lzip"sv, "LZIP"sv},
        signature{"lzop"sv, "\x89LZO\0\r\n\x1a\n"sv},
        signature{"snappy"sv, "\xff\x06\0\0sNaPpY"sv},
        signature{"zip"sv, "PK\x03\x04"sv},
        signature{"zip"sv, "PK\x05\x06"sv},
        signature{"zip"sv, "PK\x07\x08"sv},
        signature{"7z"sv, "7z\xbc\xaf\x27\x1c"sv},
        signature{"rar"sv, "Rar!\x1a\x07"sv},
        signature{"rar"sv, "RE~^"sv},
        signature{"cab"sv, "MSCF\0\0\0\0"sv},
        signature{"lrzip"sv, "LRZI"sv},
        signature{"wim"sv, "MSWIM\0\0\0"sv},
        signature{"cpio"sv, "070701"sv},
        signature{"cpio"sv, "070702"sv},
        signature{"cpio"sv, "070707"sv},
        signature{"ar"sv, "!<arch>\n"sv},
        signature{"tar"sv, "ustar"sv, 257},
    };
    if (const auto name = find_signature(known, bytes); !name.empty()) return name;
    if (const auto name = name_behind_skippable_frames(bytes); !name.empty()) return name;
    // zstd before its format was fixed: versions 0.1 to 0.7
    if (has_at(bytes, 1, "\xb5\x2f\xfd"sv) && bytes[0] >= std::byte{0x22} && bytes[0] <= std::byte{0x28})
        return "zstd"sv;
    return {};
}

/// The kind of compression, or of archive, of a file with this beginning; empty if it is none that is known.
[[nodiscard]] constexpr std::string_view name_of_compression(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    if (const auto name = name_of_certain_compression(bytes); !name.empty()) return name;
    constexpr std::array known{
        signature{"gzip"sv, "\x1f\x8b"sv}, signature{"compress"sv, "\x1f\x9d"sv}, signature{"compress"sv, "\x1f\xa0"sv},
        signature{"pack"sv, "\x1f\x1e"sv}, signature{"lzh"sv, "-lh"sv, 2},
    };
    if (const auto name = find_signature(known, bytes); !name.empty()) return name;
    if (is_old_tar(bytes)) return "tar"sv;
    if (is_lzma(bytes)) return "lzma"sv;
    return {};
}

/// LANalyzer: records of a type and a length, the first of which is a header.
[[nodiscard]] constexpr bool is_lanalyzer(std::span<const std::byte> bytes) noexcept {
    if (bytes.size() < 4) return false;
    const auto type = load_little<std::uint16_t>(bytes.data());
    const auto length = load_little<std::uint16_t>(bytes.data() + 2);
    constexpr std::uint16_t header = 0x1001;
    constexpr std::uint16_t cyclic_header = 0x1007;
    return (type == header || type == cyclic_header) && length >= 2 && length < 512;
}

/// CommView (NCF): no magic, but a record begins with its lengths, a version of 0, and a date in fields.
[[nodiscard]] constexpr bool is_commview(std::span<const std::byte> bytes) noexcept {
    constexpr std::size_t length = 24;
    if (bytes.size() < length) return false;
    const auto value = [&](std::size_t at) { return std::to_integer<unsigned>(bytes[at]); };
    const auto data = load_little<std::uint16_t>(bytes.data());
    const auto source = load_little<std::uint16_t>(bytes.data() + 2);
    const auto year = load_little<std::uint16_t>(bytes.data() + 5);
    const auto microseconds = load_little<std::uint32_t>(bytes.data() + 12);
    return data != 0 && (source == data || source == 0) && value(4) == 0 && year >= 1990 && year < 2100 &&
           value(7) >= 1 && value(7) <= 12 && value(8) >= 1 && value(8) <= 31 && value(9) < 24 && value(10) < 60 &&
           value(11) < 61 && microseconds < 1'000'000;
}

/// CommView (NCFX): a record of a length of 32 bits, a header of 20 bytes, and a date in fields.
[[nodiscard]] constexpr bool is_commview_ncfx(std::span<const std::byte> bytes) noexcept {
    constexpr std::size_t length = 20;
    if (bytes.size() < length) return false;
    const auto value = [&](std::size_t at) { return std::to_integer<unsigned>(bytes[at]); };
    const auto data = load_little<std::uint32_t>(bytes.data());
    const auto year = load_little<std::uint16_t>(bytes.data() + 4);
    const auto microseconds = load_little<std::uint32_t>(bytes.data() + 11);
    return data > length && data < 262'144 && year >= 1990 && year < 2100 && value(6) >= 1 && value(6) <= 12 &&
           value(7) >= 1 && value(7) <= 31 && value(8) < 24 && value(9) < 60 && value(10) < 61 &&
           microseconds < 1'000'000;
}

/// A trace of Windows (netsh trace, pktmon, logman): no magic. The first buffer is a header of 72 bytes that begins with its size, and
/// the first event in it is that of the trace itself, with its marker.
[[nodiscard]] constexpr bool is_windows_trace(std::span<const std::byte> bytes) noexcept {
    constexpr std::size_t header_length = 72;
    if (bytes.size() < header_length + 8) return false;
    const auto size = load_little<std::uint32_t>(bytes.data());
    const auto used = load_little<std::uint32_t>(bytes.data() + 4);
    const auto marker = load_little<std::uint32_t>(bytes.data() + header_length);
    constexpr std::uint32_t system_header_32 = 0xc001'0002;
    constexpr std::uint32_t system_header_64 = 0xc002'0002;
    return size >= 1024 && size % 1024 == 0 && size <= 16u * 1024 * 1024 && used <= size &&
           (marker == system_header_32 || marker == system_header_64);
}

/// AiroPeek and EtherPeek before their files had tags: a version from 5 to 9 and a status.
[[nodiscard]] constexpr bool is_old_etherpeek(std::span<const std::byte> bytes) noexcept {
    constexpr std::size_t length = 128;
    if (bytes.size() < length || (bytes[0] & std::byte{0x7f}) < std::byte{5} ||
        (bytes[0] & std::byte{0x7f}) > std::byte{7}) {
        return false;
    }
    // the length of the file, the number of packets, and a date in seconds since 1904, most significant byte first
    const auto packets = load_big<std::uint32_t>(bytes.data() + 6);
    const auto date = load_big<std::uint32_t>(bytes.data() + 10);
    constexpr std::uint32_t year_1990 = 2'713'996'800;
    return bytes[1] == std::byte{0} && packets != 0 && packets < 0x1000'0000 && date > year_1990;
}

/// What a file is that is no capture, by the magics of frequent files (file(1)'s descriptions); empty if it is none that is known.
[[nodiscard]] constexpr std::string_view name_of_other_file(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    constexpr std::array known{
        signature{"a PNG picture"sv, "\x89PNG\r\n\x1a\n"sv},
        signature{"a JPEG picture"sv, "\xff\xd8\xff"sv},
        signature{"a GIF picture"sv, "GIF8"sv},
        signature{"a PDF document"sv, "%PDF-"sv},
        signature{"a program (ELF)"sv, "\x7f"
                                       "ELF"sv},
        signature{"a program of Windows"sv, "MZ\x90\0"sv},
        signature{"an event log of Windows"sv, "ElfFile\0"sv},
        signature{"a document of Microsoft Office"sv, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv},
        signature{"an SQLite database"sv, "SQLite format 3\0"sv},
        signature{"a Parquet table"sv, "PAR1"sv},
        signature{"an Ogg file"sv, "OggS\0"sv},
        signature{"an MPEG-4 file"sv, "ftyp"sv, 4},
        signature{"an RPM package"sv, "\xed\xab\xee\xdb"sv},
        signature{"encrypted (OpenSSL)"sv, "Salted__"sv},
        signature{"encrypted (age)"sv, "age-encryption.org/"sv},
        signature{"encrypted (PGP)"sv, "-----BEGIN PGP MESSAGE"sv},
        signature{"encrypted (LUKS)"sv, "LUKS\xba\xbe"sv},
        signature{"compressed data (zlib)"sv, "\x78\x01"sv},
        signature{"compressed data (zlib)"sv, "x^"sv},
        signature{"compressed data (zlib)"sv, "\x78\x9c"sv},
        signature{"compressed data (zlib)"sv, "\x78\xda"sv},
        signature{"an archive (cpio)"sv, "\xc7\x71"sv},
        signature{"an archive (cpio)"sv, "\x71\xc7"sv},
        signature{"a file of flows (nfdump)"sv, "\x0c\xa5"sv},
        signature{"a file of flows (nfdump)"sv, "\xa5\x0c"sv},
    };
    return find_signature(known, bytes);
}

/// The name of a capture format that is not read, by what few other bytes look like; empty if it is none that is known.
[[nodiscard]] constexpr std::string_view name_of_certain_other_format(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    // Magic numbers from the formats' descriptions, and from files that editcap 4.0.17 writes.
    constexpr std::array known{
        signature{"snoop"sv, "snoop\0\0\0"sv}, // of a version or link layer that is not read
        signature{"btsnoop (Bluetooth)"sv, "btsnoop\0"sv},
        signature{"Microsoft Network Monitor 1"sv, "RTSS"sv},
        signature{"Microsoft Network Monitor 2"sv, "GMBU"sv},
        signature{"Sniffer (DOS)"sv, "TRSNIFF data"sv},
        signature{"Sniffer (Windows, NetXRay)"sv, "XCP\0"sv},
        signature{"Sniffer (Windows, NetXRay)"sv, "VL\0\0"sv},
        signature{"Network Instruments Observer"sv, "ObserverPktBuffe"sv},
        signature{"HP-UX nettl"sv, "\x54\x52\x00"sv},
        signature{"Visual Networks"sv, "\x05VNF"sv},
        signature{"AIX iptrace"sv, "iptrace "sv},
        signature{"RADCOM"sv, "\x42\xd2\x00\x34\x12\x66\x22\x88"sv},
        signature{"EyeSDN"sv, "EyeSDN"sv},
        signature{"Tektronix K12"sv, "\0\0\x02\0\x12\x05\0\x10"sv},
        signature{"Tektronix K12 text"sv, "+---------+---------------+"sv},
        signature{"EtherPeek or OmniPeek"sv, "\x7fver"sv},
        signature{"Citrix NetScaler"sv, "NetScaler"sv, 4},
        signature{"Citrix NetScaler"sv, "NetScaler"sv, 12},
        signature{"DBS Etherwatch"sv, "ETHERWATCH "sv},
        signature{"Catapult DCT2000"sv, "Session Transcript"sv},
        signature{"Toshiba ISDN"sv, "T O S H I B A"sv},
        signature{"systemd journal"sv, "LPKSHHRH"sv},
        signature{"Daintree SNA"sv, "#Format=4"sv},
        signature{"Vector BLF"sv, "LOGG"sv},
        signature{"Aethra"sv, "V0208\0"sv},
    };
    if (const auto name = find_signature(known, bytes); !name.empty()) return name;
    if (is_windows_trace(bytes)) return "Windows event trace (.etl)"sv;
    return {};
}

/// The name of a capture format that is not read, of a file with this beginning; empty if it is none that is known.
[[nodiscard]] constexpr std::string_view name_of_other_format(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    if (const auto name = name_of_certain_other_format(bytes); !name.empty()) return name;
    if (has_at(bytes, 0, "\xaa\xaa\xaa\xaa"sv)) return "InfoVista 5View"sv;
    if (is_lanalyzer(bytes)) return "LANalyzer"sv;
    if (is_commview(bytes) || is_commview_ncfx(bytes)) return "CommView"sv;
    if (is_old_etherpeek(bytes)) return "EtherPeek"sv;
    return {};
}

} // namespace tcplens::inline v1::detail
