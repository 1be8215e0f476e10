// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/contains.hpp"
#include "../capture_format.hpp"
#include "../link_type.hpp"
#include "pcap_header.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

/// What the header of a pcap file does not say of its records, and what their bytes tell.
namespace tcplens::inline v1::detail::pcap {

/// The usual fields of a record header.
struct record_header {
    std::uint32_t seconds = 0;
    std::uint32_t fraction = 0;
    std::uint32_t captured = 0;
    std::uint32_t original = 0;
};

/// @pre usual_record_header_length bytes can be read.
[[nodiscard]] constexpr record_header read_record_header(const std::byte* at, const header& of) noexcept {
    record_header found{.seconds = load<std::uint32_t>(at, of.order),
                        .fraction = load<std::uint32_t>(at + 4, of.order),
                        .captured = load<std::uint32_t>(at + 8, of.order),
                        .original = load<std::uint32_t>(at + 12, of.order)};
    const bool swapped = of.lengths == length_order::original_first ||
                         (of.lengths == length_order::smaller_is_captured && found.captured > found.original);
    if (swapped) std::swap(found.captured, found.original);
    return found;
}

/// The largest snapshot length that tcpdump and Wireshark set, and what a packet of any usual link layer can have.
inline constexpr std::uint32_t usual_max_captured = 262'144;

/// Whether a record header is like those of real captures behind a packet of this time. For guesses only: records that are
/// not are read all the same.
[[nodiscard]] constexpr bool is_plausible(const record_header& next, std::uint32_t seconds_before) noexcept {
    constexpr std::uint32_t nanoseconds_per_second = 1'000'000'000;
    constexpr std::uint32_t longest_silence = 366 * 24 * 3600; // between two packets of one file, in seconds
    const std::uint32_t apart =
        next.seconds > seconds_before ? next.seconds - seconds_before : seconds_before - next.seconds;
    return next.captured != 0 && next.captured <= usual_max_captured && next.captured <= next.original &&
           next.original <= usual_max_captured && next.fraction < nanoseconds_per_second && apart <= longest_silence;
}

/// Whether the bytes begin like a frame of a link layer.
enum class frame_check : std::uint8_t { wrong, unknown, right };

[[nodiscard]] constexpr bool is_usual_ether_type(std::uint16_t type) noexcept {
    constexpr std::array<std::uint16_t, 12> usual{0x0800, 0x0806, 0x8035, 0x8100, 0x86dd, 0x8808,
                                                  0x8847, 0x8863, 0x8864, 0x888e, 0x88a8, 0x88cc};
    return contains(usual, type);
}

[[nodiscard]] constexpr frame_check check_ethernet(std::span<const std::byte> frame) noexcept {
    constexpr std::size_t header_length = 14;
    if (frame.size() < header_length + 3) return frame_check::unknown;
    const auto type = load_big<std::uint16_t>(frame.data() + 12);
    if (is_usual_ether_type(type)) return frame_check::right;
    // a length (IEEE 802.3), of LLC with one of the usual service access points: SNAP, spanning tree, NetBIOS, IPX, OSI
    constexpr std::array<unsigned, 6> usual_points{0xaa, 0x42, 0xf0, 0xe0, 0xfe, 0xff};
    const auto point = std::to_integer<unsigned>(frame[header_length]);
    const bool is_llc =
        type >= 3 && type <= 1500 && frame[header_length] == frame[header_length + 1] && contains(usual_points, point);
    return is_llc ? frame_check::right : frame_check::wrong;
}

[[nodiscard]] constexpr frame_check check_ip(std::span<const std::byte> frame) noexcept {
    if (frame.size() < 20) return frame_check::unknown;
    const unsigned first = std::to_integer<unsigned>(frame[0]);
    if (first >> 4 == 4) {
        const auto total = load_big<std::uint16_t>(frame.data() + 2);
        return (first & 15) >= 5 && (total >= 20 || total == 0) ? frame_check::right : frame_check::wrong;
    }
    return first >> 4 == 6 && frame.size() >= 40 ? frame_check::right : frame_check::wrong;
}

/// A short look at the first bytes of a frame, for the link layers that most captures have.
[[nodiscard]] constexpr frame_check check_frame(link_type link, std::span<const std::byte> frame) noexcept {
    const auto right_if = [](bool condition) { return condition ? frame_check::right : frame_check::wrong; };
    switch (link) {
    case link_type::ethernet: return check_ethernet(frame);
    case link_type::raw_dlt:
    case link_type::raw_bsd:
    case link_type::raw:
    case link_type::ipv4:
    case link_type::ipv6: return check_ip(frame);
    case link_type::null:
    case link_type::loop: // an address family below 256, in either byte order, and IP
        if (frame.size() < 24) return frame_check::unknown;
        return right_if(frame[1] == std::byte{0} && frame[2] == std::byte{0} &&
                        (frame[0] == std::byte{0}) != (frame[3] == std::byte{0}) &&
                        check_ip(frame.subspan(4)) != frame_check::wrong);
    case link_type::linux_sll: // packet type 0 to 4, address length, protocol
        if (frame.size() < 16) return frame_check::unknown;
        return right_if(load_big<std::uint16_t>(frame.data()) <= 4 && load_big<std::uint16_t>(frame.data() + 4) <= 32 &&
                        is_usual_ether_type(load_big<std::uint16_t>(frame.data() + 14)));
    case link_type::linux_sll2: // protocol, a reserved field, packet type, address length
        if (frame.size() < 20) return frame_check::unknown;
        return right_if(is_usual_ether_type(load_big<std::uint16_t>(frame.data())) &&
                        load_big<std::uint16_t>(frame.data() + 2) == 0 && frame[10] <= std::byte{4} &&
                        frame[11] <= std::byte{32});
    default: return frame_check::unknown;
    }
}

/// Whether the bytes behind the usual fields are what Kuznetzov's patches put there: a small interface index, and a packet type
/// from 0 to 4 (7 with loopback types).
[[nodiscard]] constexpr bool has_kuznetzov_fields(const std::byte* at, const header& of) noexcept {
    return load<std::uint32_t>(at, of.order) < 65'536 && at[6] <= std::byte{7};
}

/// Lengths of record headers; 0 behind the last one.
using record_headers = std::array<std::size_t, 4>;
inline constexpr record_headers usual_record_headers{usual_record_header_length, kuznetzov_record_header_length,
                                                     nokia_record_header_length, suse_record_header_length};
inline constexpr record_headers kuznetzov_record_headers{kuznetzov_record_header_length, suse_record_header_length,
                                                         usual_record_header_length};
inline constexpr record_headers other_record_headers{usual_record_header_length};

/// The lengths that record headers behind this magic are known to have, the one that it stands for first.
[[nodiscard]] constexpr const record_headers& possible_record_headers(std::uint32_t magic) noexcept {
    if (magic == pcap_microseconds_magic) return usual_record_headers;
    if (magic == pcap_kuznetzov_magic) return kuznetzov_record_headers;
    return other_record_headers;
}

/// Whether these bytes are a record with a header of that length, and behind it the header of a next one, or the end.
/// @pre `bytes` has the usual fields of the header, and ends behind the next header or at the end of the capture.
[[nodiscard]] constexpr bool is_record(std::span<const std::byte> bytes, std::size_t header_length,
                                       const header& of) noexcept {
    const record_header first = read_record_header(bytes.data(), of);
    const std::size_t length = header_length + first.captured;
    if (bytes.size() < length) return false;
    if (header_length != possible_record_headers(of.magic).front()) {
        const auto frame = check_frame(of.link, bytes.subspan(header_length, first.captured));
        const bool is_patched = header_length >= kuznetzov_record_header_length &&
                                has_kuznetzov_fields(bytes.data() + usual_record_header_length, of);
        if (frame == frame_check::wrong || (frame == frame_check::unknown && !is_patched)) return false;
    }
    const auto rest = bytes.subspan(length);
    if (rest.empty()) return true;
    if (rest.size() < usual_record_header_length) return false;
    if (is_plausible(read_record_header(rest.data(), of), first.seconds)) return true;
    return are_zeros(rest) || detect_format(rest) != capture_format::unknown;
}

/// Whether a record header that makes no sense is found some bytes further on, and the bytes have LFs, each of them behind a CR: a
/// transfer as text put a CR before each LF (FTP in ASCII mode, a terminal).
[[nodiscard]] constexpr bool has_crs_before_lfs(std::span<const std::byte> bytes, const header& of,
                                                std::uint32_t seconds_before) noexcept {
    constexpr std::size_t most_crs = 16; // in a record before the one where it shows
    constexpr std::byte cr{'\r'};
    constexpr std::byte lf{'\n'};
    const auto is_plausible_at = [&](std::size_t at) {
        return at + usual_record_header_length <= bytes.size() &&
               is_plausible(read_record_header(bytes.data() + at, of), seconds_before);
    };
    if (is_plausible_at(0)) return false;
    std::size_t shift = 1;
    while (shift <= most_crs && !is_plausible_at(shift)) ++shift;
    if (shift > most_crs) return false;
    bool has_lf = false;
    for (std::size_t i = 1; i < bytes.size(); ++i) {
        if (bytes[i] != lf) continue;
        if (bytes[i - 1] != cr) return false;
        has_lf = true;
    }
    return has_lf;
}

/// Whether a record header that makes no sense does so with its first bytes left out, as does the one behind it, and no CR stands before an
/// LF: a transfer as text made LF of CR LF, in the packets before and in these.
[[nodiscard]] constexpr bool has_lost_crs(std::span<const std::byte> bytes, const header& of,
                                          std::uint32_t seconds_before) noexcept {
    constexpr std::size_t most_crs = 8;           // in a record: so that the lengths are there
    constexpr std::size_t lengths_at = 8;         // in a record header
    constexpr std::uint32_t shortest_packet = 14; // of Ethernet
    for (std::size_t i = 1; i < bytes.size(); ++i) {
        if (bytes[i] == std::byte{'\n'} && bytes[i - 1] == std::byte{'\r'}) return false;
    }
    for (std::size_t lost = 1; lost <= most_crs; ++lost) {
        const std::size_t at = lengths_at - lost;
        if (bytes.size() < at + 8) return false;
        const auto captured = load<std::uint32_t>(bytes.data() + at, of.order);
        const auto original = load<std::uint32_t>(bytes.data() + at + 4, of.order);
        if (captured < shortest_packet || captured > original || original > usual_max_captured) continue;
        const std::size_t next = usual_record_header_length - lost + captured;
        for (std::size_t more = 0; more <= most_crs; ++more) {
            if (bytes.size() < next - more + usual_record_header_length) continue;
            if (is_plausible(read_record_header(bytes.data() + next - more, of), seconds_before)) return true;
        }
    }
    return false;
}

} // namespace tcplens::inline v1::detail::pcap
