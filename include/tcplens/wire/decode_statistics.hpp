// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/link_type.hpp"
#include "decode_result.hpp"
#include "ip_protocol.hpp"
#include "packet_outcome.hpp"
#include "protocol_id.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v0 {

/// Packets with the same link type in which the way to TCP ended alike.
struct undecoded_packets {
    link_type link = link_type::ethernet;
    packet_outcome outcome = packet_outcome::not_tcp;
    protocol_id stopped_at{};
    std::uint64_t packets = 0;

    [[nodiscard]] friend constexpr bool operator==(const undecoded_packets&,
                                                   const undecoded_packets&) noexcept = default;
};

/// Counts packets without TCP by link type, outcome and protocol, in bounded memory.
class undecoded_counts {
public:
    /// How many kinds are told apart; captures hold about ten.
    static constexpr std::size_t capacity = 64;

    constexpr void count(link_type link, const decode_result& result) noexcept {
        count({link, result.outcome, result.stopped_at, 1});
    }

    /// Counts what was counted elsewhere besides. Kinds that are new stand behind those that are here.
    constexpr void add(const undecoded_counts& more) noexcept {
        for (const undecoded_packets& each : more.kinds()) count(each);
        others_ += more.others_;
    }

    /// In the order in which the kinds were met first.
    [[nodiscard]] constexpr std::span<const undecoded_packets> kinds() const noexcept {
        return std::span{kinds_}.first(size_);
    }
    /// Packets of the kinds for which there was no room.
    [[nodiscard]] constexpr std::uint64_t others() const noexcept { return others_; }

    [[nodiscard]] friend constexpr bool operator==(const undecoded_counts& a, const undecoded_counts& b) noexcept {
        return a.others_ == b.others_ &&
               std::equal(a.kinds_.begin(), a.kinds_.begin() + a.size_, b.kinds_.begin(), b.kinds_.begin() + b.size_);
    }

private:
    constexpr void count(const undecoded_packets& more) noexcept {
        for (std::size_t i = 0; i < size_; ++i) {
            undecoded_packets& each = kinds_[i];
            if (each.stopped_at == more.stopped_at && each.outcome == more.outcome && each.link == more.link) {
                each.packets += more.packets;
                return;
            }
        }
        if (size_ == capacity) others_ += more.packets;
        else kinds_[size_++] = more;
    }

    friend void archive(auto& ar, undecoded_counts& of) {
        auto& [kinds, size, others] = of;
        ar.count(size, capacity);
        for (std::size_t i = 0; i < size; ++i) ar(kinds[i]);
        ar(others);
    }

    std::array<undecoded_packets, capacity> kinds_{};
    std::size_t size_ = 0;
    std::uint64_t others_ = 0;
};

/// How many packets turned out to be what. The parts always sum to the whole:
/// `packets == tcp + not_tcp + fragments + truncated + malformed + unsupported_link`.
struct decode_statistics {
    std::uint64_t packets = 0;
    std::uint64_t tcp = 0;
    std::uint64_t not_tcp = 0;
    std::uint64_t fragments = 0;
    std::uint64_t truncated = 0;
    std::uint64_t malformed = 0;
    std::uint64_t unsupported_link = 0;
    /// Of those malformed: whole TCP segments with a bad checksum, passed over since somebody asked for it.
    std::uint64_t bad_checksums = 0;
    /// All packets but `tcp`, by what they were: its kinds and others sum to `packets - tcp`.
    undecoded_counts undecoded{};

    /// Counts a packet of the link type.
    constexpr void count(const decode_result& result, link_type link) noexcept {
        ++packets;
        if (result.outcome == packet_outcome::tcp) {
            ++tcp;
            return;
        }
        undecoded.count(link, result);
        switch (result.outcome) {
        case packet_outcome::tcp: break;
        case packet_outcome::not_tcp: ++not_tcp; break;
        case packet_outcome::fragment: ++fragments; break;
        case packet_outcome::truncated: ++truncated; break;
        case packet_outcome::malformed: ++malformed; break;
        case packet_outcome::unsupported_link: ++unsupported_link; break;
        }
    }

    /// Counts a TCP segment that was passed over for its checksum.
    constexpr void count_bad_checksum(link_type link) noexcept {
        count({packet_outcome::malformed, ip_protocol::tcp}, link);
        ++bad_checksums;
    }

    /// Adds what was counted elsewhere: of other packets, by another table.
    constexpr void add(const decode_statistics& more) noexcept {
        packets += more.packets;
        tcp += more.tcp;
        not_tcp += more.not_tcp;
        fragments += more.fragments;
        truncated += more.truncated;
        malformed += more.malformed;
        unsupported_link += more.unsupported_link;
        bad_checksums += more.bad_checksums;
        undecoded.add(more.undecoded);
    }

    [[nodiscard]] friend constexpr bool operator==(const decode_statistics&,
                                                   const decode_statistics&) noexcept = default;

    /// Each packet has one outcome.
    [[nodiscard]] friend constexpr bool is_consistent(const decode_statistics& of) noexcept {
        return of.packets == of.tcp + of.not_tcp + of.fragments + of.truncated + of.malformed + of.unsupported_link;
    }
};

} // namespace tcplens::inline v0
