// SPDX-License-Identifier: MIT
// The packets that the relay carries, and what segmentation offload does to them: large segments are cut before the
// path (TSO), and segments that follow each other are merged behind it (GRO).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace lab {

constexpr unsigned tcp_fin = 0x01, tcp_syn = 0x02, tcp_rst = 0x04, tcp_psh = 0x08, tcp_cwr = 0x80;

/// An IP packet without IPv6 extension headers. The members that read TCP fields need a TCP segment.
class packet {
public:
    std::vector<unsigned char> bytes;

    [[nodiscard]] bool is_v4() const { return bytes[0] >> 4 == 4; }
    [[nodiscard]] bool is_tcp() const {
        return bytes.size() >= tcp_begin() + 20 && (is_v4() ? bytes[9] : bytes[6]) == 6;
    }
    [[nodiscard]] std::size_t addresses_begin() const { return is_v4() ? 12 : 8; }
    [[nodiscard]] std::size_t tcp_begin() const { return is_v4() ? (bytes[0] & 15U) * std::size_t{4} : 40; }
    [[nodiscard]] std::size_t payload_begin() const {
        return tcp_begin() + (bytes[tcp_begin() + 12] >> 4U) * std::size_t{4};
    }
    [[nodiscard]] std::size_t payload_size() const { return bytes.size() - payload_begin(); }
    [[nodiscard]] std::uint32_t sequence() const { return read32(tcp_begin() + 4); }
    [[nodiscard]] std::uint32_t acknowledgment() const { return read32(tcp_begin() + 8); }
    [[nodiscard]] unsigned flags() const { return bytes[tcp_begin() + 13]; }

    /// The sequence numbers that the segment occupies: payload, SYN and FIN. A reset occupies none besides its payload.
    [[nodiscard]] std::size_t sequence_length() const {
        const auto has = [&](unsigned flag) { return std::size_t{(flags() & flag) != 0}; };
        return payload_size() + (has(tcp_rst) != 0 ? 0 : has(tcp_syn) + has(tcp_fin));
    }

    /// Marks a packet of an ECN-capable sender: congestion experienced (RFC 3168 section 5). Others stay as they are.
    void mark_congestion() {
        unsigned char& byte = bytes[1]; // IPv4: the type of service; IPv6: its lower half in the upper four bits
        const int shift = is_v4() ? 0 : 4;
        if ((byte >> shift & 3) == 0) return;
        byte = static_cast<unsigned char>(byte | 3 << shift);
        write_ip_checksum();
    }

    /// The packet with one bit of its data wrong, and the checksum of all right. `place`: from 0 to 1. @pre payload_size() > 0
    [[nodiscard]] packet corrupted(double place) const {
        packet result = *this;
        const double offset = place * static_cast<double>(payload_size() - 1);
        result.bytes[payload_begin() + static_cast<std::size_t>(offset)] ^= 0x10;
        return result;
    }

    /// A segment with the headers of this one and `count` bytes of its payload, `offset` bytes in; the `place`-th part.
    [[nodiscard]] packet part(std::size_t offset, std::size_t count, unsigned place) const {
        const auto begin = bytes.begin(), payload = begin + static_cast<std::ptrdiff_t>(payload_begin() + offset);
        packet result{{begin, begin + static_cast<std::ptrdiff_t>(payload_begin())}};
        result.bytes.insert(result.bytes.end(), payload, payload + static_cast<std::ptrdiff_t>(count));
        result.write_ip_length();
        if (is_v4()) result.write16(4, read16(4) + place); // Identification
        result.write32(tcp_begin() + 4, sequence() + static_cast<std::uint32_t>(offset));
        unsigned char& flags = result.bytes[tcp_begin() + 13];
        if (offset + count < payload_size()) flags &= static_cast<unsigned char>(~(tcp_fin | tcp_psh));
        if (place != 0) flags &= static_cast<unsigned char>(~tcp_cwr);
        result.write_checksums();
        return result;
    }

    /// Appends the payload of the segment that follows in sequence.
    void append(const packet& next) {
        bytes.insert(bytes.end(), next.bytes.begin() + static_cast<std::ptrdiff_t>(next.payload_begin()),
                     next.bytes.end());
        bytes[tcp_begin() + 13] |= static_cast<unsigned char>(next.flags() & tcp_psh);
        write_ip_length();
        write_ip_checksum();
    }

    /// Leaves the TCP checksum to whom the packet is given: only the pseudo header is summed up.
    void write_partial_checksum() { write16(tcp_begin() + 16, fold(sum_of_pseudo_header())); }

private:
    [[nodiscard]] std::uint32_t read16(std::size_t at) const { return std::uint32_t{bytes[at]} << 8 | bytes[at + 1]; }
    [[nodiscard]] std::uint32_t read32(std::size_t at) const { return read16(at) << 16 | read16(at + 2); }
    void write16(std::size_t at, std::uint32_t value) {
        bytes[at] = static_cast<unsigned char>(value >> 8);
        bytes[at + 1] = static_cast<unsigned char>(value);
    }
    void write32(std::size_t at, std::uint32_t value) {
        write16(at, value >> 16);
        write16(at + 2, value);
    }
    void write_ip_length() {
        if (is_v4()) write16(2, static_cast<std::uint32_t>(bytes.size()));
        else write16(4, static_cast<std::uint32_t>(bytes.size() - 40));
    }

    // The Internet checksum (RFC 1071).
    [[nodiscard]] static std::uint32_t fold(std::uint64_t sum) {
        while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
        return static_cast<std::uint32_t>(sum);
    }
    [[nodiscard]] std::uint64_t sum(std::size_t from, std::size_t to) const {
        std::uint64_t result = 0;
        for (std::size_t i = from; i < to; ++i) result += (i - from) % 2 == 0 ? bytes[i] * 256U : bytes[i];
        return result;
    }
    [[nodiscard]] std::uint64_t sum_of_pseudo_header() const {
        return sum(addresses_begin(), is_v4() ? 20 : 40) + 6 + (bytes.size() - tcp_begin());
    }
    void write_ip_checksum() {
        if (!is_v4()) return;
        write16(10, 0);
        write16(10, ~fold(sum(0, tcp_begin())));
    }
    void write_checksums() {
        write_ip_checksum();
        write16(tcp_begin() + 16, 0);
        write16(tcp_begin() + 16, ~fold(sum_of_pseudo_header() + sum(tcp_begin(), bytes.size())));
    }
};

/// Cuts a segment that the host left to its adapter into segments of at most `segment_size` bytes of payload.
inline std::vector<packet> cut(const packet& large, std::size_t segment_size) {
    std::vector<packet> parts;
    std::size_t offset = 0;
    do {
        const std::size_t count = std::min(segment_size, large.payload_size() - offset);
        parts.push_back(large.part(offset, count, static_cast<unsigned>(parts.size())));
        offset += count;
    } while (offset < large.payload_size());
    return parts;
}

/// What a TUN device with IFF_VNET_HDR has before each packet: struct virtio_net_hdr of linux/virtio_net.h, which C++
/// cannot include.
struct virtio_header {
    static constexpr unsigned char needs_checksum = 1, ecn = 0x80;
    enum kinds : unsigned char { not_merged = 0, tcp_v4 = 1, tcp_v6 = 4 };

    unsigned char flags = 0;
    unsigned char kind = not_merged; // `ecn` may be added
    std::uint16_t header_length = 0;
    std::uint16_t segment_size = 0; // payload of each segment
    std::uint16_t checksum_begin = 0;
    std::uint16_t checksum_offset = 0;
};

/// A packet as a host receives it: one of the path, or several merged.
class received {
public:
    received(packet first, std::size_t id) : packet_{std::move(first)}, ids_{id} {
        if (packet_.is_tcp()) segment_size_ = packet_.payload_size();
        closed_ = segment_size_ == 0 || (packet_.flags() & (tcp_syn | tcp_fin | tcp_rst | tcp_psh)) != 0;
    }

    /// The packets of the path that this one consists of.
    [[nodiscard]] const std::vector<std::size_t>& ids() const { return ids_; }

    /// Whether both are TCP segments of one direction of one connection.
    [[nodiscard]] bool same_flow(const packet& other) const {
        const packet& own = packet_;
        if (!own.is_tcp() || !other.is_tcp() || own.bytes[0] != other.bytes[0]) return false;
        return equal(other, own.addresses_begin(), own.tcp_begin() + 4);
    }

    /// Merges a segment of the same flow into this one. Returns false if it does not follow, or differs otherwise.
    bool merge(const packet& next, std::size_t id) {
        const std::size_t tcp = packet_.tcp_begin();
        const bool follows = !closed_ && next.payload_size() > 0 && next.payload_size() <= segment_size_ &&
                             packet_.bytes.size() + next.payload_size() < 65000 &&
                             next.sequence() == packet_.sequence() + packet_.payload_size();
        const bool alike = (next.flags() & ~tcp_psh) == (packet_.flags() & ~tcp_psh) &&
                           next.payload_begin() == packet_.payload_begin() && next.bytes[1] == packet_.bytes[1] &&
                           next.acknowledgment() == packet_.acknowledgment();
        // The options: a new timestamp begins a new segment.
        if (!follows || !alike || !equal(next, tcp + 20, packet_.payload_begin())) return false;
        closed_ = next.payload_size() < segment_size_ || (next.flags() & tcp_psh) != 0;
        packet_.append(next);
        ids_.push_back(id);
        return true;
    }

    /// The bytes for the device, with a virtio header if it has that before each packet.
    [[nodiscard]] std::vector<unsigned char> take(bool virtio) {
        if (!virtio) return std::move(packet_.bytes);
        virtio_header header;
        if (ids_.size() > 1) {
            packet_.write_partial_checksum();
            header = {.flags = virtio_header::needs_checksum,
                      .kind = packet_.is_v4() ? virtio_header::tcp_v4 : virtio_header::tcp_v6,
                      .header_length = static_cast<std::uint16_t>(packet_.payload_begin()),
                      .segment_size = static_cast<std::uint16_t>(segment_size_),
                      .checksum_begin = static_cast<std::uint16_t>(packet_.tcp_begin()),
                      .checksum_offset = 16};
        }
        std::vector<unsigned char> result(sizeof header);
        std::memcpy(result.data(), &header, sizeof header);
        result.insert(result.end(), packet_.bytes.begin(), packet_.bytes.end());
        return result;
    }

    /// Whether nothing can be merged into it any more.
    [[nodiscard]] bool closed() const { return closed_; }

private:
    [[nodiscard]] bool equal(const packet& other, std::size_t from, std::size_t to) const {
        const auto begin = packet_.bytes.begin();
        return std::equal(begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(to),
                          other.bytes.begin() + static_cast<std::ptrdiff_t>(from));
    }

    packet packet_;
    std::vector<std::size_t> ids_;
    std::size_t segment_size_ = 0;
    bool closed_ = false;
};

} // namespace lab
