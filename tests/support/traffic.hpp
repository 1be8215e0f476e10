// SPDX-License-Identifier: MIT
#pragma once

// Hosts that send segments into a table, by the numbers that are on the wire.

#include <tcplens/connection.hpp>
#include <tcplens/wire/segment.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

/// The flags of a TCP header.
namespace flag_bits {
inline constexpr std::uint16_t FIN = 0x001, SYN = 0x002, RST = 0x004, PSH = 0x008, ACK = 0x010, URG = 0x020,
                               ECE = 0x040, CWR = 0x080, AE = 0x100;
} // namespace flag_bits

/// Segments of hosts, one after the other, and the table that takes them in.
template <class Table = tcplens::connection_table>
class traffic {
public:
    using endpoint = tcplens::endpoint;

    /// What a segment has in its headers, and how long after the one before it comes.
    struct header {
        std::uint16_t flags = flag_bits::ACK;
        std::uint32_t sequence = 0;
        std::uint32_t acknowledgment = 0;
        std::uint32_t length = 0;
        std::uint8_t hop_limit = 64;
        std::optional<std::uint16_t> ip_id{};
        std::uint8_t ecn = 0;
        std::uint16_t window = 1000;
        tcplens::checksum_state checksum = tcplens::checksum_state::not_verified;
        std::uint32_t clock = 0; ///< TSval; 0: no timestamps
        tcplens::segment::oddity_set oddities = tcplens::segment::oddity_set::none;
        std::chrono::nanoseconds after{};
    };

    explicit traffic(std::chrono::nanoseconds step = std::chrono::microseconds{100}, bool v6 = false)
        : step_(step), v6_(v6) {}

    /// An end of 10.0.0.0/16 or 2001:db8::/112.
    [[nodiscard]] endpoint at(unsigned host, unsigned port) const {
        const std::string text = v6_ ? "2001:db8::" + std::to_string(host)
                                     : "10.0." + std::to_string(host / 256) + '.' + std::to_string(host % 256);
        return {*tcplens::address::parse(text), static_cast<std::uint16_t>(port)};
    }
    [[nodiscard]] tcplens::address host(unsigned number) const { return at(number, 0).address; }

    /// The verdict of the segment.
    tcplens::verdict_kinds sends(const endpoint& from, const endpoint& to, const header& sent) {
        now_ += sent.after;
        tcplens::segment next{.time = now_,
                              .packet_number = ++number_,
                              .source = from,
                              .destination = to,
                              .sequence = {sent.sequence},
                              .acknowledgment = {sent.acknowledgment},
                              .payload_length = sent.length,
                              .window = sent.window,
                              .flags = {sent.flags},
                              .checksum = sent.checksum,
                              .hop_limit = sent.hop_limit,
                              .ecn = sent.ecn,
                              .oddities = sent.oddities};
        if (sent.clock != 0) next.options.timestamps = tcplens::tcp_timestamps{.value = sent.clock};
        if (!v6_) next.ip_id = sent.ip_id;
        now_ += step_;
        return table_.add(next).verdict.kinds;
    }
    tcplens::verdict_kinds sends(const endpoint& from, const endpoint& to, std::uint16_t flags, std::uint32_t sequence,
                                 std::uint32_t acknowledgment, std::uint32_t length = 0) {
        return sends(from, to,
                     header{.flags = flags, .sequence = sequence, .acknowledgment = acknowledgment, .length = length});
    }

    void syn(const endpoint& from, const endpoint& to) { sends(from, to, flag_bits::SYN, 100, 0); }
    void refused(const endpoint& from, const endpoint& to) {
        syn(from, to);
        sends(to, from, flag_bits::RST | flag_bits::ACK, 0, 101);
    }
    void opens(const endpoint& from, const endpoint& to) {
        syn(from, to);
        sends(to, from, flag_bits::SYN | flag_bits::ACK, 500, 101);
        sends(from, to, flag_bits::ACK, 101, 501);
    }
    /// A connection with a request and a response, which ends as it should.
    void asks(const endpoint& from, const endpoint& to, std::uint32_t out = 10, std::uint32_t in = 10) {
        using namespace flag_bits;
        opens(from, to);
        sends(from, to, ACK | PSH, 101, 501, out);
        sends(to, from, ACK | PSH, 501, 101 + out, in);
        sends(from, to, FIN | ACK, 101 + out, 501 + in);
        sends(to, from, FIN | ACK, 501 + in, 102 + out);
        sends(from, to, ACK, 102 + out, 502 + in);
    }

    void after(std::chrono::nanoseconds duration) { now_ += duration; }
    void set_time(tcplens::timestamp time) { now_ = time; }
    [[nodiscard]] const Table& table() const { return table_; }

private:
    std::chrono::nanoseconds step_;
    bool v6_;
    tcplens::timestamp now_{std::chrono::seconds{1'700'000'040}}; // a whole minute
    std::uint64_t number_ = 0;
    Table table_{};
};
