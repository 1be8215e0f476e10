// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Captures to measure with, the same bytes on every machine: Ethernet, IPv4, TCP with the options of today, checksums right.
namespace workload {

/// What a capture consists of. A connection is a handshake, a request, rounds of two data segments and their acknowledgment, and
/// an orderly close; whose turn it is among the open ones is a matter of chance.
struct shape {
    std::uint64_t packets = 0;
    std::uint64_t connections = 0;
    std::uint64_t open = 0;                    ///< at a time
    std::uint64_t sent_again_per_thousand = 0; ///< of all packets, retransmissions
    std::uint32_t snapshot_length = 128;
};

/// 100 bulk transfers.
[[nodiscard]] constexpr shape few(std::uint64_t packets) noexcept {
    return {.packets = packets, .connections = 100, .open = 100};
}
/// Connections of ten packets, 20,000 open at a time, 0.5 % of the packets sent again.
[[nodiscard]] constexpr shape many(std::uint64_t packets) noexcept {
    return {.packets = packets,
            .connections = packets / 10,
            .open = std::min<std::uint64_t>(20'000, packets / 10),
            .sent_again_per_thousand = 5};
}

/// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
class random_numbers {
public:
    /// From 0 to `limit` - 1.
    [[nodiscard]] std::uint32_t below(std::uint64_t limit) noexcept {
        std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15U);
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
        mixed ^= mixed >> 31;
        return static_cast<std::uint32_t>((mixed >> 32) * limit >> 32);
    }

private:
    std::uint64_t state_ = 1;
};

/// Bytes of integers, one after the other.
class byte_writer {
public:
    explicit byte_writer(std::byte* to) noexcept : at_(to) {}

    template <std::unsigned_integral Unsigned>
    byte_writer& put(Unsigned value, std::endian order = std::endian::big) noexcept {
        for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
            const std::size_t shift = 8 * (order == std::endian::little ? i : sizeof(Unsigned) - 1 - i);
            *at_++ = static_cast<std::byte>(value >> shift);
        }
        return *this;
    }

private:
    std::byte* at_;
};

/// One connection on its way, and the frames that it sends.
class conversation {
public:
    static constexpr std::uint64_t packets_of_rounds(std::uint64_t rounds) noexcept { return 7 + 3 * rounds; }

    conversation(std::uint64_t number, std::uint64_t rounds, random_numbers& random) noexcept
        : rounds_(rounds), ends_{{{.address = 0x0a000000U + static_cast<std::uint32_t>(number % 5000),
                                   .port = static_cast<std::uint16_t>(1024 + number / 5000),
                                   .hop_limit = 64},
                                  {.address = 0xc0000200U + static_cast<std::uint32_t>(number % 64),
                                   .port = static_cast<std::uint16_t>(number % 3 == 0 ? 80 : 443),
                                   .hop_limit = 57}}} {
        for (end& each : ends_) {
            each.next = random.below(std::uint64_t{1} << 32);
            each.clock_offset = random.below(std::uint64_t{1} << 32);
            each.id = static_cast<std::uint16_t>(random.below(1 << 16));
        }
    }

    [[nodiscard]] bool over() const noexcept { return step_ == packets_of_rounds(rounds_); }

    /// Writes the next frame's headers, and returns how long the frame is on the wire: what is behind them are zeros.
    std::uint32_t send(std::span<std::byte> headers, std::uint64_t microseconds, const shape& of,
                       random_numbers& random) noexcept {
        constexpr std::uint16_t fin = 1, syn = 2, push = 8, ack = 16;
        if (send_again_) {
            send_again_ = false;
            ends_[1].next -= last_length_;
            return put_segment(headers, 1, ack, last_length_, microseconds);
        }
        const std::uint64_t step = step_++;
        const std::uint64_t close = 4 + 3 * rounds_;
        if (step == 0) return put_segment(headers, 0, syn, 0, microseconds);
        if (step == 1) return put_segment(headers, 1, syn | ack, 0, microseconds);
        if (step == 2) return put_segment(headers, 0, ack, 0, microseconds);
        if (step == 3) return put_segment(headers, 0, push | ack, 100 + random.below(600), microseconds);
        if (step == close) return put_segment(headers, 1, fin | ack, 0, microseconds);
        if (step == close + 1) return put_segment(headers, 0, fin | ack, 0, microseconds);
        if (step == close + 2) return put_segment(headers, 1, ack, 0, microseconds);
        const std::uint64_t of_round = (step - 4) % 3;
        if (of_round == 2) return put_segment(headers, 0, ack, 0, microseconds);
        const bool last = step + 2 == close;
        last_length_ = last ? 100 + random.below(full_segment - 100) : full_segment;
        // A round has ten packets in the shortest connection, of which two can be sent again.
        send_again_ = random.below(1000) < 5 * of.sent_again_per_thousand;
        return put_segment(headers, 1, last ? push | ack : ack, last_length_, microseconds);
    }

    /// The longest headers that are written: Ethernet, IPv4, TCP with the options of a SYN.
    static constexpr std::size_t longest_headers = 14 + 20 + 40;

private:
    static constexpr std::uint32_t full_segment = 1448;

    struct end {
        std::uint32_t address = 0;
        std::uint32_t next = 0; ///< the next sequence number
        std::uint32_t clock_offset = 0;
        std::uint32_t last_clock = 0;
        std::uint16_t port = 0;
        std::uint16_t id = 0;
        std::uint8_t hop_limit = 0;
    };

    [[nodiscard]] static std::uint32_t sum_of_words(std::span<const std::byte> bytes) noexcept {
        std::uint32_t sum = 0;
        for (std::size_t i = 0; i < bytes.size(); i += 2) {
            sum += std::to_integer<std::uint32_t>(bytes[i]) << 8 | std::to_integer<std::uint32_t>(bytes[i + 1]);
        }
        return sum;
    }
    /// RFC 1071.
    [[nodiscard]] static std::uint16_t checksum(std::uint32_t sum) noexcept {
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        return static_cast<std::uint16_t>(~sum);
    }

    std::uint32_t put_segment(std::span<std::byte> headers, std::size_t from, std::uint16_t flags, std::uint32_t length,
                              std::uint64_t microseconds) noexcept {
        end& sender = ends_[from];
        const end& receiver = ends_[1 - from];
        const bool syn = (flags & 2) != 0;
        const bool ack = (flags & 16) != 0;
        const std::uint32_t tcp_length = syn ? 40 : 32;
        sender.last_clock = static_cast<std::uint32_t>(microseconds / 1000) + sender.clock_offset;

        byte_writer ethernet{headers.data()};
        ethernet.put(std::uint32_t{0x02000000}).put(std::uint32_t{0x00020200}).put(std::uint32_t{1});
        ethernet.put(std::uint16_t{0x0800});

        const std::span ip = headers.subspan(14, 20);
        const std::uint32_t ip_length = 20 + tcp_length + length;
        byte_writer{ip.data()}
            .put(0x45000000U | ip_length)
            .put(std::uint32_t{++sender.id} << 16 | 0x4000) // don't fragment
            .put(std::uint32_t{sender.hop_limit} << 24 | 0x060000)
            .put(sender.address)
            .put(receiver.address);
        byte_writer{ip.data() + 10}.put(checksum(sum_of_words(ip)));

        const std::span tcp = headers.subspan(34, tcp_length);
        byte_writer writer{tcp.data()};
        writer.put(sender.port).put(receiver.port).put(sender.next).put(ack ? receiver.next : 0U);
        writer.put(static_cast<std::uint16_t>(tcp_length << 10 | flags))
            .put(static_cast<std::uint16_t>(syn ? 64240 : 502));
        writer.put(std::uint32_t{0}); // checksum and urgent pointer
        if (syn) {
            writer.put(0x020405b4U).put(0x0402080aU).put(sender.last_clock).put(receiver.last_clock).put(0x01030307U);
        } else {
            writer.put(0x0101080aU).put(sender.last_clock).put(receiver.last_clock);
        }
        const std::uint32_t pseudo_header = sum_of_words(ip.subspan(12, 8)) + 6 + tcp_length + length;
        byte_writer{tcp.data() + 16}.put(checksum(pseudo_header + sum_of_words(tcp)));

        sender.next += length + (syn || (flags & 1) != 0 ? 1 : 0);
        return 14 + ip_length;
    }

    std::uint64_t rounds_;
    std::uint64_t step_ = 0;
    std::array<end, 2> ends_;
    std::uint32_t last_length_ = 0;
    bool send_again_ = false;
};

/// Calls `use(microseconds, captured bytes, length on the wire)` for each packet of a workload.
template <class Use>
void generate(const shape& of, Use&& use) {
    random_numbers random;
    const std::uint64_t packets_each = of.packets / std::max<std::uint64_t>(of.connections, 1);
    const std::uint64_t rounds = packets_each < 10 ? 1 : (packets_each - 7) / 3;
    std::uint64_t begun = 0;
    const auto begin = [&] { return conversation{begun++, rounds, random}; };

    std::vector<conversation> open;
    for (std::uint64_t i = 0; i < std::max<std::uint64_t>(of.open, 1); ++i) open.push_back(begin());
    std::vector<std::byte> frame(std::max<std::size_t>(of.snapshot_length, conversation::longest_headers));
    std::uint64_t microseconds = 1'700'000'000'000'000;
    for (std::uint64_t packet = 0; packet < of.packets; ++packet) {
        conversation& next = open[random.below(open.size())];
        microseconds += 1 + random.below(3);
        std::ranges::fill(frame, std::byte{});
        const std::uint32_t length = next.send(frame, microseconds, of, random);
        use(microseconds, std::span<const std::byte>{frame}.first(std::min(length, of.snapshot_length)), length);
        if (next.over()) next = begin();
    }
}

/// The same as a pcap file: calls `write(bytes)` for its header and for each record.
template <class Write>
void write_pcap(const shape& of, Write&& write) {
    constexpr std::endian little = std::endian::little;
    std::array<std::byte, 24> file_header{};
    byte_writer{file_header.data()}
        .put(0xa1b2c3d4U, little)
        .put(std::uint16_t{2}, little)
        .put(std::uint16_t{4}, little)
        .put(std::uint64_t{0}, little)
        .put(of.snapshot_length, little)
        .put(std::uint32_t{1}, little);
    write(std::span<const std::byte>{file_header});
    generate(of, [&](std::uint64_t microseconds, std::span<const std::byte> captured, std::uint32_t wire_length) {
        std::array<std::byte, 16> record_header{};
        byte_writer{record_header.data()}
            .put(static_cast<std::uint32_t>(microseconds / 1'000'000), little)
            .put(static_cast<std::uint32_t>(microseconds % 1'000'000), little)
            .put(static_cast<std::uint32_t>(captured.size()), little)
            .put(wire_length, little);
        write(std::span<const std::byte>{record_header});
        write(captured);
    });
}

} // namespace workload
