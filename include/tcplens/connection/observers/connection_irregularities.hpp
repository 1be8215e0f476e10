// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/timestamp.hpp"
#include "../direction.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace tcplens::inline v1 {

/// What a segment can show that ordinary stacks and paths seldom do. None of it proves an intention.
enum class irregularity : std::uint8_t {
    rst_in_window, ///< a RST above the next number, inside the receiver's window (RFC 5961 section 3.2: not believed)
    rst_outside_window,       ///< a RST outside of the window, or with number 0 where another was due
    rst_acknowledges_nothing, ///< a RST with an acknowledgment of what the peer did not send
    rst_after_fin,            ///< a RST behind the FIN of its sender
    rst_repeated,             ///< another RST of a side that sent one
    sent_after_rst,           ///< data, a SYN or a SYN-ACK from a side that had sent a RST
    rst_hop_limit,            ///< a RST whose hop limit differs from those of its sender's other segments
    rst_ip_id,                ///< a RST whose IPv4 Identification is far from those of a sender that counts
    rst_too_soon,             ///< a RST that answers a segment in less than a tenth of the time that its sender needs
    second_syn_ack,           ///< a SYN-ACK with another sequence number than the side's first
    syn_while_open,           ///< a SYN that began while another connection of its endpoints was open
    challenge_ack,            ///< an ACK without news straight after a RST that did not fit (RFC 5961)
    ack_storm,                ///< an ACK without news in a run of 16 or more that alternate between the sides
    ack_on_nothing,           ///< a RST that answers an ACK of no connection: no SYN was captured, and nothing else
    data_beyond_window,       ///< data beyond all windows that the receiver offered, by more than one byte
    bytes_changed,            ///< bytes that were sent before, with another content; see content_irregularity_observer
    odd_flags,                ///< no flag of ACK, SYN and RST; SYN with FIN or RST (NULL, FIN, Xmas probes)
    number_without_ack,       ///< an acknowledgment number without the flag ACK, on a SYN or data segment
    reserved_bits,            ///< segment::oddity_set::reserved_bits
    urgent_pointer,           ///< segment::oddity_set::urgent_pointer: without the flag URG
    tiny_fragment,            ///< segment::oddity_set::tiny_fragment
    hop_limit_changed,        ///< another hop limit than that of its sender's segment before, RSTs left out
    clock_changed,            ///< timestamps of a side that ran back or leapt ahead (RFC 7323 section 5.4)
    bad_checksum,             ///< checksum_state::bad; only with decode_options::verify_checksums
    congestion_experienced,   ///< CE in the IP header (RFC 3168 section 5)
    ece,                      ///< ECE on a segment without SYN (RFC 3168 section 6.1); not with accurate ECN
    cwr,                      ///< CWR on a segment without SYN (RFC 3168 section 6.1); not with accurate ECN
    zero_window,              ///< a window of 0 on a segment without SYN, FIN and RST
    timeout,                  ///< data that its sender sent again after a silence: a loss that ended by a timer
    large_segment_lost,       ///< more than 536 bytes, sent for the fourth time though the peer is there (RFC 8899)
    icmp_unreachable,         ///< an ICMP error says that a segment could not be delivered
    icmp_packet_too_big,      ///< an ICMP error says that a segment was too big for the path
    icmp_time_exceeded,       ///< an ICMP error says that a hop limit was used up
    icmp_other,               ///< another ICMP error about a segment
    icmp_out_of_place,        ///< an ICMP error that quotes a number which its sender had not in flight (RFC 5927)
};

/// The greatest value that archives accept.
[[nodiscard]] constexpr irregularity tcplens_archive_limit(irregularity) noexcept {
    return irregularity::icmp_out_of_place;
}
/// The name of the enumerator, e.g. "rst_in_window".
[[nodiscard]] constexpr std::string_view to_string(irregularity of) noexcept {
    constexpr std::string_view names[]{"rst_in_window",
                                       "rst_outside_window",
                                       "rst_acknowledges_nothing",
                                       "rst_after_fin",
                                       "rst_repeated",
                                       "sent_after_rst",
                                       "rst_hop_limit",
                                       "rst_ip_id",
                                       "rst_too_soon",
                                       "second_syn_ack",
                                       "syn_while_open",
                                       "challenge_ack",
                                       "ack_storm",
                                       "ack_on_nothing",
                                       "data_beyond_window",
                                       "bytes_changed",
                                       "odd_flags",
                                       "number_without_ack",
                                       "reserved_bits",
                                       "urgent_pointer",
                                       "tiny_fragment",
                                       "hop_limit_changed",
                                       "clock_changed",
                                       "bad_checksum",
                                       "congestion_experienced",
                                       "ece",
                                       "cwr",
                                       "zero_window",
                                       "timeout",
                                       "large_segment_lost",
                                       "icmp_unreachable",
                                       "icmp_packet_too_big",
                                       "icmp_time_exceeded",
                                       "icmp_other",
                                       "icmp_out_of_place"};
    return names[static_cast<unsigned>(of)];
}

/// The irregularities of one connection, counted by kind and direction, with the packets in which each kind came first, and their times.
class connection_irregularities {
public:
    /// How many kinds there are.
    static constexpr std::size_t kinds = static_cast<std::size_t>(irregularity::icmp_out_of_place) + 1;
    /// How many packets are kept of each kind at most, of both directions together.
    static constexpr std::size_t kept_packets = 2;
    /// How many are kept of all kinds together. Where there are more, each kind keeps its first one if there is room for that.
    static constexpr std::size_t kept_occurrences = 12;
    /// How many RSTs are kept.
    static constexpr std::size_t kept_resets = 2;

    /// Whether the ends agreed on explicit congestion notification.
    enum class ecn_state : std::uint8_t {
        none,     ///< no SYN that offers it was captured
        offered,  ///< a SYN offered it, and no SYN-ACK accepted it
        classic,  ///< agreed on, as RFC 3168 section 6.1.1 has it
        accurate, ///< agreed on, as RFC 9768 section 3.1.1 has it: ECE, CWR and AE count marks
    };
    /// The greatest value that archives accept.
    [[nodiscard]] friend constexpr ecn_state tcplens_archive_limit(ecn_state) noexcept { return ecn_state::accurate; }
    /// The name of the enumerator, e.g. "classic".
    [[nodiscard]] friend constexpr std::string_view to_string(ecn_state of) noexcept {
        constexpr std::string_view names[]{"none", "offered", "classic", "accurate"};
        return names[static_cast<unsigned>(of)];
    }

    /// One RST, beside what its sender's other segments were like.
    struct reset {
        /// Where its number lies (RFC 5961 section 3.2).
        enum class place_type : std::uint8_t {
            unknown,   ///< nothing else of its sender was captured, and nothing that acknowledges it
            exact,     ///< its sender's next number, or one that is in flight
            in_window, ///< above it, inside of the window
            outside,   ///< anywhere else
        };
        /// The greatest value that archives accept.
        [[nodiscard]] friend constexpr place_type tcplens_archive_limit(place_type) noexcept {
            return place_type::outside;
        }
        /// The name of the enumerator, e.g. "in_window".
        [[nodiscard]] friend constexpr std::string_view to_string(place_type of) noexcept {
            constexpr std::string_view names[]{"unknown", "exact", "in_window", "outside"};
            return names[static_cast<unsigned>(of)];
        }

        std::uint64_t packet = 0;               ///< packet::number
        timestamp time{};                       ///< capture time
        std::chrono::nanoseconds since_peer{};  ///< time since the last packet of the other side; 0 if there was none
        direction sent_in{};                    ///< its direction, by the roles that the connection has now
        place_type place = place_type::unknown; ///< where its number lies
        std::uint8_t hop_limit = 0;             ///< of the RST
        std::uint8_t usual_hop_limit = 0;       ///< of its sender's segment before; 0 if there was none
        std::optional<std::uint16_t> ip_id{};   ///< of the RST; `nullopt` for IPv6
        std::optional<std::uint16_t> ip_id_before{}; ///< of its sender's segment before; `nullopt` if there was none

        [[nodiscard]] friend constexpr bool operator==(const reset&, const reset&) noexcept = default;
    };

    /// Where an irregularity occurred.
    struct occurrence {
        std::uint64_t packet = 0; ///< packet::number
        timestamp time{};         ///< capture time of that packet
        irregularity kind{};      ///< what occurred

        [[nodiscard]] friend constexpr bool operator==(const occurrence&, const occurrence&) noexcept = default;
    };

    /// How often it occurred in a direction. Stops at 65,535.
    [[nodiscard]] constexpr std::uint16_t count(irregularity kind, direction in) const noexcept {
        return (in == direction::client_to_server ? client_ : server_)[static_cast<std::size_t>(kind)];
    }
    /// How often it occurred in both directions. Up to 131,070.
    [[nodiscard]] constexpr std::uint32_t count(irregularity kind) const noexcept {
        return std::uint32_t{client_[static_cast<std::size_t>(kind)]} + server_[static_cast<std::size_t>(kind)];
    }
    /// Whether it occurred.
    [[nodiscard]] constexpr bool has(irregularity kind) const noexcept {
        return ((occurred_ >> static_cast<unsigned>(kind)) & 1) != 0;
    }
    /// Whether nothing occurred.
    [[nodiscard]] constexpr bool none() const noexcept { return occurred_ == 0; }
    /// What occurred: the bit of number n stands for the enumerator with the value n.
    [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return occurred_; }
    /// packet::number of the first occurrences, in the order in which they were found; 0 where there was none, and where
    /// kept_occurrences left no room.
    [[nodiscard]] constexpr std::array<std::uint64_t, kept_packets> packets(irregularity kind) const noexcept {
        std::array<std::uint64_t, kept_packets> numbers{};
        std::size_t used = 0;
        for (const occurrence& each : occurrences()) {
            if (each.kind == kind && used < kept_packets) numbers[used++] = each.packet;
        }
        return numbers;
    }
    /// The first occurrences of all kinds, in the order in which they were found. Valid as long as this object, and until it changes.
    [[nodiscard]] constexpr std::span<const occurrence> occurrences() const noexcept {
        return std::span{kept_}.first(kept_count_);
    }
    /// Whether ECN was agreed on.
    [[nodiscard]] constexpr ecn_state ecn() const noexcept { return ecn_; }
    /// The first RSTs, in the order of capture; `packet` is 0 where there was none. Exact ones are no irregularity, and are here.
    [[nodiscard]] constexpr const std::array<reset, kept_resets>& resets() const noexcept { return resets_; }
    /// The sequence number of the first SYN with or without ACK in a direction; `nullopt` if none was captured.
    [[nodiscard]] constexpr std::optional<std::uint32_t> initial_sequence(direction in) const noexcept {
        const beginning& of = begun_[static_cast<std::size_t>(in)];
        return of.captured ? std::optional{of.sequence} : std::nullopt;
    }
    /// The IPv4 Identification of that SYN; 0 for IPv6, and if none was captured.
    [[nodiscard]] constexpr std::uint16_t initial_ip_id(direction in) const noexcept {
        return begun_[static_cast<std::size_t>(in)].ip_id;
    }

    /// Counts an occurrence.
    constexpr void add(irregularity kind, direction in, std::uint64_t packet, timestamp time) noexcept {
        const auto index = static_cast<std::size_t>(kind);
        occurred_ |= std::uint64_t{1} << index;
        std::uint16_t& counted = (in == direction::client_to_server ? client_ : server_)[index];
        if (counted != UINT16_MAX) ++counted;
        keep({packet, time, kind});
    }
    /// Keeps a RST, if there is room.
    constexpr void add(const reset& seen) noexcept {
        for (reset& each : resets_) {
            if (each.packet != 0) continue;
            each = seen;
            return;
        }
    }
    /// Notes the first SYN of a direction.
    constexpr void begin(direction in, std::uint32_t sequence, std::uint16_t ip_id) noexcept {
        beginning& of = begun_[static_cast<std::size_t>(in)];
        if (of.captured) return;
        of.sequence = sequence; // member by member: g++ 12 puts a struct together in memory
        of.ip_id = ip_id;
        of.captured = true;
    }
    /// Notes what became of ECN.
    constexpr void set_ecn(ecn_state now) noexcept { ecn_ = now; }

    /// Exchanges client and server.
    constexpr void swap_roles() noexcept {
        std::swap(client_, server_);
        std::swap(begun_[0], begun_[1]);
        for (reset& each : resets_) {
            if (each.packet != 0) each.sent_in = opposite(each.sent_in);
        }
    }

    /// Whether all counts and packets are equal.
    [[nodiscard]] friend constexpr bool operator==(const connection_irregularities&,
                                                   const connection_irregularities&) noexcept = default;

private:
    struct beginning {
        std::uint32_t sequence = 0;
        std::uint16_t ip_id = 0;
        bool captured = false;

        [[nodiscard]] friend constexpr bool operator==(const beginning&, const beginning&) noexcept = default;
    };

    constexpr void keep(const occurrence& next) noexcept {
        std::size_t of_kind = 0;
        for (const occurrence& each : occurrences()) {
            if (each.kind != next.kind) continue;
            if (each.packet == next.packet || ++of_kind == kept_packets) return;
        }
        if (kept_count_ < kept_occurrences) {
            kept_[kept_count_++] = next;
            return;
        }
        if (of_kind > 0) return;
        // The first of a kind takes the place of the last one that is not the first of its kind.
        for (std::size_t i = kept_occurrences; i-- > 0;) {
            const auto is_same = [&](const occurrence& each) { return each.kind == kept_[i].kind; };
            if (std::none_of(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(i), is_same)) continue;
            std::move(kept_.begin() + static_cast<std::ptrdiff_t>(i) + 1, kept_.end(),
                      kept_.begin() + static_cast<std::ptrdiff_t>(i));
            kept_.back() = next;
            return;
        }
    }

    friend constexpr void archive(auto& ar, connection_irregularities& value) {
        ar(value.occurred_, value.client_, value.server_, value.kept_count_, value.kept_, value.resets_, value.begun_,
           value.ecn_);
        ar.require(value.is_consistent());
    }
    [[nodiscard]] constexpr bool is_consistent() const noexcept {
        if (occurred_ >> kinds != 0 || kept_count_ > kept_occurrences) return false;
        std::uint64_t kept = 0;
        for (const occurrence& each : occurrences()) kept |= std::uint64_t{1} << static_cast<unsigned>(each.kind);
        for (std::size_t i = 0; i < kinds; ++i) {
            if ((client_[i] != 0 || server_[i] != 0) != has(static_cast<irregularity>(i))) return false;
        }
        // Without room left, some kinds may have none.
        return kept_count_ == kept_occurrences ? (kept & ~occurred_) == 0 : kept == occurred_;
    }

    std::uint64_t occurred_ = 0;
    std::array<std::uint16_t, kinds> client_{};
    std::array<std::uint16_t, kinds> server_{};
    std::array<occurrence, kept_occurrences> kept_{};
    std::uint8_t kept_count_ = 0; ///< how many places of `kept_` are used
    std::array<reset, kept_resets> resets_{};
    std::array<beginning, 2> begun_{}; ///< in the order of direction
    ecn_state ecn_ = ecn_state::none;
};

} // namespace tcplens::inline v1
