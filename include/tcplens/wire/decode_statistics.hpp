// SPDX-License-Identifier: MIT
#pragma once

#include "../base/check.hpp"
#include "../base/equal_first.hpp"
#include "../capture/link_type.hpp"
#include "decode_result.hpp"
#include "ip_protocol.hpp"
#include "packet_outcome.hpp"
#include "protocol_id.hpp"
#include "udp_port_counts.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v1 {

/// Counts packets without TCP by link type, outcome and protocol, in bounded memory: it never allocates.
class undecoded_counts {
public:
    /// How many packets without TCP have the same link type, outcome and protocol.
    struct kind {
        link_type link = link_type::ethernet;             ///< the link type of these packets
        packet_outcome outcome = packet_outcome::not_tcp; ///< never `tcp`
        protocol_id stopped_at{};                         ///< see decode_result::stopped_at
        std::uint64_t packets = 0;                        ///< the number of these packets

        [[nodiscard]] friend constexpr bool operator==(const kind&, const kind&) noexcept = default;
    };

    /// The most kinds of packets that are counted separately. Captures contain about ten.
    static constexpr std::size_t capacity = 64;

    /// Counts one packet. @pre `result` is not packet_outcome::tcp.
    constexpr void count(link_type link, const decode_result& result) noexcept {
        TCPLENS_CHECK(result.outcome != packet_outcome::tcp, "only packets without TCP are counted");
        count({link, result.outcome, result.stopped_at, 1});
    }

    /// Counts a packet that belongs to no kind: see others().
    constexpr void count_other() noexcept { ++others_; }

    /// Adds the counts of another object. Kinds that are new follow those that are counted here.
    constexpr void add(const undecoded_counts& more) noexcept {
        for (std::size_t i = 0; i < more.size_; ++i) count(more.kinds_[i]);
        others_ += more.others_;
    }

    /// The kinds of packets, in the order of their first packets. Valid until something else is counted.
    /// A template, to reduce the compile time of programs that do not use it.
    template <class Kind = const kind>
    [[nodiscard]] constexpr std::span<Kind> kinds() const noexcept {
        return {kinds_.data(), size_};
    }
    /// How many packets are of kinds beyond `capacity`, or of no known link type. The latter are segments that were added without
    /// their packets and ignored because their checksums are bad.
    [[nodiscard]] constexpr std::uint64_t others() const noexcept { return others_; }

    [[nodiscard]] friend constexpr bool operator==(const undecoded_counts& a, const undecoded_counts& b) noexcept {
        return a.others_ == b.others_ && a.size_ == b.size_ && detail::equal_first(a.kinds_, b.kinds_, a.size_);
    }

private:
    constexpr void count(const kind& more) noexcept {
        for (std::size_t i = 0; i < size_; ++i) {
            kind& held = kinds_[i];
            if (held.stopped_at == more.stopped_at && held.outcome == more.outcome && held.link == more.link) {
                held.packets += more.packets;
                return;
            }
        }
        if (size_ == capacity) others_ += more.packets;
        else kinds_[size_++] = more;
    }

    friend void archive(auto& ar, undecoded_counts& counts) {
        auto& [kinds, size, others] = counts;
        ar.count(size, capacity);
        for (std::size_t i = 0; i < size; ++i) ar(kinds[i]);
        ar(others);
    }

    std::array<kind, capacity> kinds_{};
    std::size_t size_ = 0;
    std::uint64_t others_ = 0;
};

/// How many packets had which outcome. The parts always sum to the whole:
/// `packets == tcp + not_tcp + fragments + truncated + malformed + unsupported_link`.
struct decode_statistics {
    std::uint64_t packets = 0;          ///< all packets
    std::uint64_t tcp = 0;              ///< packets with packet_outcome::tcp
    std::uint64_t not_tcp = 0;          ///< packets with packet_outcome::not_tcp
    std::uint64_t fragments = 0;        ///< packets with packet_outcome::fragment
    std::uint64_t truncated = 0;        ///< packets with packet_outcome::truncated
    std::uint64_t malformed = 0;        ///< packets with packet_outcome::malformed
    std::uint64_t unsupported_link = 0; ///< packets with packet_outcome::unsupported_link
    /// How many of `malformed` are whole TCP segments with a bad checksum, which table_options::ignore_bad_checksums ignores.
    std::uint64_t bad_checksums = 0;
    /// TCP segments beyond the first one of their packet. `tcp + additional_segments` is the number of segments.
    std::uint64_t additional_segments = 0;
    /// How many of `tcp` carried more than one segment, such as an A-MSDU or an sFlow datagram.
    std::uint64_t packets_with_several_segments = 0;
    /// ICMP errors that quote a TCP segment: see icmp_notice. Most are packets of their own, which count as `not_tcp`.
    std::uint64_t icmp_notices = 0;
    /// All packets but `tcp`, by kind: its kinds and others sum to `packets - tcp`.
    undecoded_counts undecoded{};
    /// The busiest UDP ports of packets at which decoding stopped at UDP.
    tunnels::port_counts udp_ports{};

    /// Counts one packet with this result.
    constexpr void count(const decode_result& result, link_type link) noexcept {
        ++packets;
        if (result.outcome == packet_outcome::tcp) {
            ++tcp;
            return;
        }
        undecoded.count(link, result);
        if ((result.source_port | result.destination_port) != 0) udp_ports.count(result);
        switch (result.outcome) {
        case packet_outcome::tcp: break;
        case packet_outcome::not_tcp: ++not_tcp; break;
        case packet_outcome::fragment: ++fragments; break;
        case packet_outcome::truncated: ++truncated; break;
        case packet_outcome::malformed: ++malformed; break;
        case packet_outcome::unsupported_link: ++unsupported_link; break;
        }
    }

    /// Counts so many packets whose TCP segments are followed.
    constexpr void count_tcp(std::uint64_t number = 1) noexcept {
        packets += number;
        tcp += number;
    }

    /// Counts the TCP segments of a packet with several of them. @pre The packet was counted by count_tcp(), and `segments` is at
    /// least 1
    constexpr void count_additional(std::uint64_t segments) noexcept {
        additional_segments += segments - 1;
        packets_with_several_segments += segments > 1;
    }

    /// Counts one TCP segment that is ignored because its checksum is bad.
    constexpr void count_bad_checksum(link_type link) noexcept {
        count({packet_outcome::malformed, ip_protocol::tcp}, link);
        ++bad_checksums;
    }
    /// The same for a segment that was added without its packet, so that its link type is not known.
    constexpr void count_bad_checksum() noexcept {
        ++packets;
        ++malformed;
        ++bad_checksums;
        undecoded.count_other();
    }

    /// Adds the counts of other packets, such as those of another table.
    constexpr void add(const decode_statistics& more) noexcept {
        packets += more.packets;
        tcp += more.tcp;
        not_tcp += more.not_tcp;
        fragments += more.fragments;
        truncated += more.truncated;
        malformed += more.malformed;
        unsupported_link += more.unsupported_link;
        bad_checksums += more.bad_checksums;
        additional_segments += more.additional_segments;
        packets_with_several_segments += more.packets_with_several_segments;
        icmp_notices += more.icmp_notices;
        undecoded.add(more.undecoded);
        udp_ports.add(more.udp_ports);
    }

    [[nodiscard]] friend constexpr bool operator==(const decode_statistics&,
                                                   const decode_statistics&) noexcept = default;

    /// Whether the parts sum to the whole.
    [[nodiscard]] friend constexpr bool is_consistent(const decode_statistics& counted) noexcept {
        return counted.packets == counted.tcp + counted.not_tcp + counted.fragments + counted.truncated +
                                      counted.malformed + counted.unsupported_link &&
               counted.packets_with_several_segments <= counted.tcp &&
               counted.packets_with_several_segments <= counted.additional_segments;
    }
};

} // namespace tcplens::inline v1
