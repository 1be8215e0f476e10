// SPDX-License-Identifier: MIT
#pragma once

#include "capture_writer.hpp"

#include <tcplens/capture/link_type.hpp>
#include <tcplens/capture/packet.hpp>
#include <tcplens/wire/address.hpp>
#include <tcplens/wire/endpoint.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

/// Packets written byte for byte, so that a test knows what it decodes. Lengths and checksums are right.
///
///     const auto frame = tcp_packet({.sequence = 1000, .flags = flags::syn, .options = join({mss(1460), sack_permitted()})});
///     const auto frame = tcp_packet({.link = link_type::raw, .source = at("2001:db8::1", 40000), .payload_length = 100});
///     captured_packet cut{frame, {.snapshot_length = 54}};
///     table.add(*cut);
///
/// What contradicts itself is made by writing over these bytes.
namespace packet_builder {

using capture_writer::byte_vector;
using capture_writer::byte_writer;

/// Of a TCP header (RFC 9293 3.1, RFC 9768).
namespace flags {
inline constexpr std::uint16_t fin = 0x001;
inline constexpr std::uint16_t syn = 0x002;
inline constexpr std::uint16_t rst = 0x004;
inline constexpr std::uint16_t psh = 0x008;
inline constexpr std::uint16_t ack = 0x010;
inline constexpr std::uint16_t urg = 0x020;
inline constexpr std::uint16_t ece = 0x040;
inline constexpr std::uint16_t cwr = 0x080;
inline constexpr std::uint16_t ae = 0x100;
} // namespace flags

/// The address that `text` writes. @pre it does
[[nodiscard]] inline tcplens::address address_of(std::string_view text) {
    return tcplens::address::parse(text).value();
}
[[nodiscard]] inline tcplens::endpoint at(std::string_view address, std::uint16_t port) {
    return {address_of(address), port};
}

/// The bytes that hexadecimal digits write; what stands between them counts for nothing.
[[nodiscard]] inline byte_vector hex(std::string_view digits) {
    byte_vector bytes;
    unsigned value = 1;
    for (const char c : digits) {
        const std::size_t digit = std::string_view{"0123456789abcdef"}.find(c);
        if (digit == std::string_view::npos) continue;
        value = value << 4 | static_cast<unsigned>(digit);
        if (value >> 8 == 0) continue;
        bytes.push_back(static_cast<std::byte>(value & 0xff));
        value = 1;
    }
    return bytes;
}

[[nodiscard]] inline byte_vector join(std::initializer_list<byte_vector> parts) {
    byte_vector all;
    for (const byte_vector& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

// TCP options

[[nodiscard]] inline byte_vector no_operation() {
    return hex("01");
}
[[nodiscard]] inline byte_vector mss(std::uint16_t bytes) {
    return byte_writer{std::endian::big}.put(std::uint16_t{0x0204}).put(bytes).bytes();
}
[[nodiscard]] inline byte_vector window_scale(std::uint8_t shift) {
    return byte_writer{std::endian::big}.put(std::uint16_t{0x0303}).put(shift).bytes();
}
[[nodiscard]] inline byte_vector sack_permitted() {
    return hex("0402");
}
/// Blocks, each from its first number up to, not including, its second.
[[nodiscard]] inline byte_vector sack(std::initializer_list<std::pair<std::uint32_t, std::uint32_t>> blocks) {
    byte_writer option{std::endian::big};
    option.put(std::uint8_t{5}).put(static_cast<std::uint8_t>(2 + 8 * blocks.size()));
    for (const auto& [left, right] : blocks) option.put(left).put(right);
    return option.bytes();
}
[[nodiscard]] inline byte_vector timestamps(std::uint32_t value, std::uint32_t echo) {
    return byte_writer{std::endian::big}.put(std::uint16_t{0x080a}).put(value).put(echo).bytes();
}
/// TCP Fast Open (RFC 7413 4.1.1): a cookie of so many bytes, or a request for one.
[[nodiscard]] inline byte_vector fast_open(std::size_t cookie_length) {
    byte_vector option(2 + cookie_length, std::byte{0xc0});
    option[0] = std::byte{34};
    option[1] = static_cast<std::byte>(option.size());
    return option;
}

/// One IPv6 extension header: its protocol number, and its bytes without the first, the next header.
struct extension_header {
    std::uint8_t protocol = 0;
    byte_vector rest{};
};

/// Hop-by-hop options (protocol 0) or destination options (60) that are nothing but padding. @pre length is a multiple of
/// eight, from 8 to 2048
[[nodiscard]] inline extension_header padding_options(std::uint8_t protocol, std::size_t length = 8) {
    byte_vector rest(length - 1); // Pad1 is a zero (RFC 8200 4.2)
    rest[0] = static_cast<std::byte>(length / 8 - 1);
    return {.protocol = protocol, .rest = std::move(rest)};
}
/// A routing header with no segments left, of a type for experiments (RFC 4727 5).
[[nodiscard]] inline extension_header routing() {
    return {.protocol = 43, .rest = hex("00 fd 00 00000000")};
}
/// A fragment header (RFC 8200 4.5). `offset` is in units of eight bytes.
[[nodiscard]] inline extension_header fragment(std::uint16_t offset, bool more, std::uint32_t id = 0x01020304) {
    const auto offset_and_more = static_cast<std::uint16_t>(offset << 3 | (more ? 1 : 0));
    return {.protocol = 44,
            .rest = byte_writer{std::endian::big}.put(std::uint8_t{0}).put(offset_and_more).put(id).bytes()};
}
/// An authentication header (RFC 4302 2) with an integrity check value of 12 bytes.
[[nodiscard]] inline extension_header authentication() {
    return {.protocol = 51, .rest = hex("04 0000 00000100 00000001 a0a1a2a3a4a5a6a7a8a9aaab")};
}

struct vlan_tag {
    std::uint16_t ether_type = 0x8100; ///< 802.1Q; 0x88a8 is 802.1ad
    std::uint16_t control = 1;         ///< priority and identifier
};

/// IPv4 or IPv6 as the source is; both endpoints are of the same.
struct tcp_packet_options {
    tcplens::link_type link = tcplens::link_type::ethernet;
    std::vector<vlan_tag> vlan_tags{};    ///< outermost first; Ethernet and Linux cooked only
    std::size_t minimum_frame_length = 0; ///< zeros are added up to it: 60 for Ethernet

    tcplens::endpoint source = at("192.0.2.1", 40000);
    tcplens::endpoint destination = at("198.51.100.1", 443);
    std::uint8_t hop_limit = 64;
    std::uint8_t ecn = 0;
    std::uint16_t ip_id = 0; ///< IPv4 only, as the next four
    bool dont_fragment = true;
    bool more_fragments = false;
    std::uint16_t fragment_offset = 0;                 ///< in units of eight bytes
    byte_vector ip_options{};                          ///< padded to a multiple of four
    std::vector<extension_header> extension_headers{}; ///< IPv6 only

    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    std::uint16_t flags = flags::ack;
    std::uint16_t window = 8192;
    byte_vector options{}; ///< padded to a multiple of four
    std::size_t payload_length = 0;
    byte_vector payload{}; ///< what the data begins with; the rest counts
};

/// RFC 1071.
[[nodiscard]] inline std::uint16_t internet_checksum(std::span<const std::byte> bytes) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += std::to_integer<std::uint64_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
    while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
    return static_cast<std::uint16_t>(~sum);
}

inline void overwrite(byte_vector& bytes, std::size_t offset, const byte_vector& with) {
    std::ranges::copy(with, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

[[nodiscard]] inline byte_vector big_endian(std::uint16_t value) {
    return byte_writer{std::endian::big}.put(value).bytes();
}

/// The bytes of the address: four or 16.
[[nodiscard]] inline std::span<const std::byte> address_bytes(const tcplens::address& of) {
    return std::span<const std::byte>{of.bytes()}.subspan(of.is_v4() ? 12 : 0);
}

/// TCP header and data.
[[nodiscard]] inline byte_vector tcp_segment(const tcp_packet_options& of) {
    byte_vector options = of.options;
    options.resize((options.size() + 3) / 4 * 4);
    byte_vector payload = of.payload;
    const std::size_t written = payload.size();
    payload.resize(std::max(of.payload_length, written));
    for (std::size_t i = written; i < payload.size(); ++i) payload[i] = static_cast<std::byte>(i % 251);

    const auto length_and_flags = static_cast<std::uint16_t>((5 + options.size() / 4) << 12 | of.flags);
    byte_writer segment{std::endian::big};
    segment.put(of.source.port).put(of.destination.port).put(of.sequence).put(of.acknowledgment).put(length_and_flags);
    segment.put(of.window).put(std::uint32_t{0}).put(options).put(payload);

    // RFC 9293 3.1: a pseudo header counts too. The sum of IPv4's is the one of IPv6's, which has more zeros.
    byte_writer summed{std::endian::big};
    summed.put(address_bytes(of.source.address)).put(address_bytes(of.destination.address));
    summed.put(static_cast<std::uint32_t>(segment.size())).put(std::uint32_t{6}).put(segment.bytes());
    byte_vector bytes = segment.bytes();
    overwrite(bytes, 16, big_endian(internet_checksum(summed.bytes())));
    return bytes;
}

/// `content` in an IP packet. Where its length does not fit into the field, it is written as 0.
[[nodiscard]] inline byte_vector ip_packet(const tcp_packet_options& of, std::uint8_t protocol,
                                           std::span<const std::byte> content) {
    const auto length_field = [](std::size_t length) {
        return static_cast<std::uint16_t>(length > std::numeric_limits<std::uint16_t>::max() ? 0 : length);
    };
    byte_writer packet{std::endian::big};
    if (of.source.address.is_v4()) {
        byte_vector options = of.ip_options;
        options.resize((options.size() + 3) / 4 * 4);
        const std::size_t header_length = 20 + options.size();
        packet.put(static_cast<std::uint8_t>(0x40 | header_length / 4)).put(of.ecn);
        packet.put(length_field(header_length + content.size())).put(of.ip_id);
        packet.put(static_cast<std::uint16_t>((of.dont_fragment ? 0x4000 : 0) | (of.more_fragments ? 0x2000 : 0) |
                                              of.fragment_offset));
        packet.put(of.hop_limit).put(protocol).put(std::uint16_t{0});
        packet.put(address_bytes(of.source.address)).put(address_bytes(of.destination.address)).put(options);
        byte_vector header = packet.bytes();
        overwrite(header, 10, big_endian(internet_checksum(header)));
        return join({header, {content.begin(), content.end()}});
    }

    byte_writer extensions{std::endian::big};
    for (std::size_t i = 0; i < of.extension_headers.size(); ++i) {
        const bool last = i + 1 == of.extension_headers.size();
        extensions.put(last ? protocol : of.extension_headers[i + 1].protocol).put(of.extension_headers[i].rest);
    }
    packet.put(std::uint32_t{0x6000'0000} | std::uint32_t{of.ecn} << 20);
    packet.put(length_field(extensions.size() + content.size()));
    packet.put(of.extension_headers.empty() ? protocol : of.extension_headers.front().protocol).put(of.hop_limit);
    packet.put(of.source.address.bytes()).put(of.destination.address.bytes());
    packet.put(extensions.bytes()).put(content);
    return packet.bytes();
}

/// An IP packet, or whatever `ether_type` names, in a frame of the link layer.
[[nodiscard]] inline byte_vector link_frame(const tcp_packet_options& of, std::uint16_t ether_type,
                                            std::span<const std::byte> content) {
    using tcplens::link_type;
    byte_writer types{std::endian::big};
    for (const vlan_tag& tag : of.vlan_tags) types.put(tag.ether_type).put(tag.control);
    types.put(ether_type);

    const std::uint8_t family = ether_type == 0x86dd ? 30 : 2; // AF_INET6 of Darwin
    byte_writer frame{std::endian::big};
    switch (of.link) {
    case link_type::ethernet: frame.put(hex("02 00 00 00 00 02  02 00 00 00 00 01")).put(types.bytes()); break;
    case link_type::linux_sll: // sent by us, Ethernet hardware
        frame.put(hex("0004 0001 0006 02 00 00 00 00 01 0000")).put(types.bytes());
        break;
    case link_type::linux_sll2:
        frame.put(std::span{types.bytes()}.first(2)).put(hex("0000 00000002 0001 04 06 02 00 00 00 00 01 0000"));
        frame.put(std::span{types.bytes()}.subspan(2));
        break;
    case link_type::null: frame.put(family).put(hex("000000")); break; // of a little-endian machine
    case link_type::loop: frame.put(hex("000000")).put(family); break;
    default: break; // raw IP
    }
    frame.put(content);
    byte_vector bytes = frame.bytes();
    bytes.resize(std::max(bytes.size(), of.minimum_frame_length));
    return bytes;
}

// What tunnels are made of: IP packets and frames to be put into each other

/// The TCP packet from its IP header on.
[[nodiscard]] inline byte_vector tcp_ip_packet(const tcp_packet_options& of = {}) {
    return ip_packet(of, 6, tcp_segment(of));
}

/// UDP (RFC 768), without a checksum.
[[nodiscard]] inline byte_vector udp_datagram(std::uint16_t source, std::uint16_t destination,
                                              std::span<const std::byte> content) {
    byte_writer datagram{std::endian::big};
    datagram.put(source).put(destination).put(static_cast<std::uint16_t>(8 + content.size())).put(std::uint16_t{0});
    return datagram.put(content).bytes();
}

/// An Ethernet frame, or the rest of one behind a tag.
[[nodiscard]] inline byte_vector ethernet_frame(std::uint16_t ether_type, std::span<const std::byte> content) {
    return link_frame({}, ether_type, content);
}

/// Any IP packet in its frame.
[[nodiscard]] inline byte_vector framed_ip_packet(const tcp_packet_options& of, std::uint8_t protocol,
                                                  std::span<const std::byte> content) {
    return link_frame(of, of.source.address.is_v4() ? 0x0800 : 0x86dd, ip_packet(of, protocol, content));
}

/// One fragment of an IP packet in a frame: of its `content` what is from `begin` up to `end`.
[[nodiscard]] inline byte_vector framed_fragment(tcp_packet_options of, std::uint8_t protocol,
                                                 const byte_vector& content, std::size_t begin, std::size_t end,
                                                 bool more) {
    if (of.source.address.is_v4()) {
        of.dont_fragment = false;
        of.fragment_offset = static_cast<std::uint16_t>(begin / 8);
        of.more_fragments = more;
    } else {
        of.extension_headers.push_back(fragment(static_cast<std::uint16_t>(begin / 8), more, of.ip_id));
    }
    return framed_ip_packet(of, protocol, std::span{content}.subspan(begin, end - begin));
}

/// One fragment of a TCP packet, from `begin` up to `end`, or to where that ends.
[[nodiscard]] inline byte_vector framed_tcp_fragment(const tcp_packet_options& of, std::size_t begin, std::size_t end) {
    const byte_vector content = tcp_segment(of);
    return framed_fragment(of, 6, content, begin, std::min(end, content.size()), end < content.size());
}

/// A whole TCP packet, from the first byte of its link layer.
[[nodiscard]] inline byte_vector tcp_packet(const tcp_packet_options& of = {}) {
    return framed_ip_packet(of, 6, tcp_segment(of));
}

struct capture_options {
    tcplens::link_type link = tcplens::link_type::ethernet;
    std::size_t snapshot_length = std::numeric_limits<std::size_t>::max();
    tcplens::timestamp time{};
    std::uint64_t number = 1;
};

/// A packet as it was captured, in memory that ends where its bytes do: a sanitizer sees a step beyond them.
class captured_packet {
public:
    explicit captured_packet(std::span<const std::byte> frame, const capture_options& how = {})
        : size_(std::min(frame.size(), how.snapshot_length)), bytes_(std::make_unique<std::byte[]>(size_)) {
        std::ranges::copy(frame.first(size_), bytes_.get());
        view_ = {.time = how.time,
                 .bytes = {bytes_.get(), size_},
                 .wire_length = static_cast<std::uint32_t>(frame.size()),
                 .link = how.link,
                 .number = how.number};
    }

    [[nodiscard]] const tcplens::packet& operator*() const { return view_; }
    [[nodiscard]] const tcplens::packet* operator->() const { return &view_; }

private:
    std::size_t size_;
    std::unique_ptr<std::byte[]> bytes_;
    tcplens::packet view_{};
};

} // namespace packet_builder
