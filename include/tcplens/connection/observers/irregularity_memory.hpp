// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/compiler.hpp"
#include "../../base/timestamp.hpp"
#include "../../wire/segment.hpp"
#include "../connection.hpp"
#include "../direction.hpp"
#include "../side.hpp"
#include "../tracking/end_state.hpp"
#include "../verdict.hpp"
#include "connection_observer.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

namespace tcplens::inline v1::detail {

/// What irregularity_observer remembers of a connection, and its path for ordinary segments.
struct irregularity_memory {
    static constexpr std::uint64_t no_header = ~std::uint64_t{0};
    // Bits of header_word(); the last is never set there.
    static constexpr std::uint64_t fin = 0x001;
    static constexpr std::uint64_t ack = 0x010;
    static constexpr std::uint64_t after_syn = std::uint64_t{1}
                                               << 63; ///< marks the header of a side that sent a SYN alone

    // What ordinary segments read and change, in one cache line.
    per_side<std::uint64_t> header{{no_header, no_header}}; ///< header_word() of its ordinary segments; or no_header
    per_side<timestamp> time{};                             ///< of its latest segment
    per_side<std::uint32_t> reach{{1, 1}};          ///< bytes of the largest window it offered, and one for a probe
    per_side<std::optional<std::uint16_t>> ip_id{}; ///< of its latest segment
    per_side<std::uint16_t> window{};               ///< the field of its latest segment
    per_side<std::uint8_t> bare_run{};              ///< its ACKs without data since data of either side, modulo 256

    /// What else is remembered of one side.
    struct rare {
        sequence_number syn_ack{};              ///< of its first SYN-ACK, if has_syn_ack
        sequence_number next_at_rst{};          ///< what it would have sent next when it sent its first RST
        sequence_number lost{};                 ///< the number of the large segment that it sends again
        std::uint32_t clock = 0;                ///< TSval of its latest segment that needed care
        timestamp clock_time{};                 ///< when `clock` was captured
        std::chrono::nanoseconds answer_time{}; ///< from the peer's SYN or SYN-ACK to its answer; 0 if not known
        std::uint64_t rst_packet = 0;           ///< its first RST, if sent_rst
        timestamp rst_time{};                   ///< when that was captured
        std::uint64_t ids_from = 0; ///< how many packets it had sent with first_id; 0 before anything but RSTs
        std::uint16_t first_id = 0;
        std::uint8_t hop_limit = 0;     ///< of its latest segment without RST; 0 before it
        std::uint8_t rst_hop_limit = 0; ///< of its first RST; 0 before it
        std::uint8_t scale = 0;         ///< of its windows, as its SYN says, if offered_scale
        std::uint8_t lost_times = 0;    ///< how often `lost` was sent again
        bool offered_scale = false;     ///< in its SYN
        bool has_syn_ack = false;
        bool has_clock = false;
        bool sent_rst = false;
        bool settled_rst = false; ///< the hop limit of its first RST has been compared

        /// How far its windows are shifted (RFC 7323 section 2.3).
        [[nodiscard]] constexpr unsigned shift() const noexcept { return (std::min)(scale, std::uint8_t{14}); }
        /// Whether its Identifications counted up by small steps. Random ones do so by chance in one connection of a hundred.
        [[nodiscard]] constexpr bool counts_ids(std::uint16_t latest, std::uint64_t packets) const noexcept {
            constexpr std::uint64_t least = 3; // steps
            constexpr std::uint64_t most_a_step =
                16; // one counter for several connections moves on between two segments
            if (hop_limit == 0 || packets < ids_from + least) return false;
            const std::uint64_t steps = packets - ids_from;
            const auto distance = static_cast<std::uint16_t>(latest - first_id);
            return distance >= steps && distance <= steps * most_a_step;
        }
        static constexpr std::int64_t most_ticks =
            1'000'000;                           ///< a second: RFC 7323 section 5.4 has 1 ms, some stacks 1 us
        static constexpr std::int64_t spare = 5; ///< seconds of disorder
        /// Whether a clock can have gone on by so many ticks at any time.
        [[nodiscard]] static constexpr bool is_small_step(std::int32_t step) noexcept {
            return step >= -5'000 && step <= spare * most_ticks;
        }
        /// Whether a clock can have gone on by so many ticks. Segments that were under way together may come in another order.
        [[nodiscard]] constexpr bool fits_clock(std::int32_t step, timestamp now) const noexcept {
            constexpr std::int64_t longest = std::int64_t{1} << 20;
            if (is_small_step(step)) return true;
            const std::int64_t passed = (now - clock_time) / std::chrono::seconds{1};
            return step >= 0 && step <= (std::clamp<std::int64_t>(passed, 0, longest) + spare) * most_ticks;
        }
        /// Takes in the window scale of a SYN.
        TCPLENS_ALWAYS_INLINE constexpr void set_scale(const segment& syn) noexcept {
            offered_scale = syn.options.window_scale.has_value();
            if (offered_scale) scale = *syn.options.window_scale;
        }
        /// Takes in the timestamp of a segment, if it has one. False, and nothing has changed, if it does not fit well.
        [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool pass_clock(const segment& sent) noexcept {
            if (!sent.options.timestamps) return true;
            const std::uint32_t now = sent.options.timestamps->value;
            if (has_clock && !is_small_step(static_cast<std::int32_t>(now - clock))) return false;
            set_clock(now, sent.time);
            return true;
        }
        /// Takes in the timestamp of a segment.
        TCPLENS_ALWAYS_INLINE constexpr void set_clock(std::uint32_t value, timestamp now) noexcept {
            clock = value;
            clock_time = now;
            has_clock = true;
        }
    };
    per_side<rare> sides{};
    side misfit_by{};         ///< who sent the segment that did not fit
    bool did_not_fit = false; ///< the segment before was a RST that did not fit
    bool offers_ecn = false;
    bool offers_accurate_ecn = false;

    /// All that ordinary segments of one side have in common: flags without PSH, checksum, hop limit, ECN, tunnels, oddities.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr std::uint64_t header_word(const segment& of) noexcept {
        constexpr std::uint64_t push = 0x008;
        constexpr std::size_t begin = offsetof(segment, flags);
        static_assert(sizeof(of.flags) == 2 && offsetof(segment, checksum) == begin + 2 &&
                      offsetof(segment, sampled) == begin + 3 && offsetof(segment, hop_limit) == begin + 4 &&
                      offsetof(segment, ecn) == begin + 5 && offsetof(segment, tunnel_depth) == begin + 6 &&
                      offsetof(segment, oddities) == begin + 7);
        if (std::endian::native == std::endian::little && !std::is_constant_evaluated()) {
            // One load; g++ 12 does not make one of what is below.
            std::uint64_t word = 0;
            std::memcpy(&word, reinterpret_cast<const std::byte*>(&of) + begin, sizeof word);
            return word & ~push;
        }
        return (of.flags.bits & ~push) | static_cast<std::uint64_t>(of.checksum) << 16 |
               static_cast<std::uint64_t>(of.sampled) << 24 | static_cast<std::uint64_t>(of.hop_limit) << 32 |
               static_cast<std::uint64_t>(of.ecn) << 40 | static_cast<std::uint64_t>(of.tunnel_depth) << 48 |
               static_cast<std::uint64_t>(of.oddities) << 56;
    }

    /// Verdicts on segments that need care. The others say something of the segments before, or of the path.
    static constexpr verdict_kinds needs_care = verdict_kinds::retransmission | verdict_kinds::keep_alive |
                                                verdict_kinds::keep_alive_ack | verdict_kinds::zero_window |
                                                verdict_kinds::zero_window_probe_ack | verdict_kinds::duplicate;

    /// Takes in a segment that has the header of those before it and no verdict that needs care, and whose data the receiver has room for.
    /// False, and nothing has changed, for all others.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool pass_ordinary(const observer_input& input) noexcept {
        const segment& sent = input.segment;
        if (input.verdict.has(needs_care) || header_word(sent) != header[input.sender]) [[unlikely]]
            return false;
        if (sent.payload_length != 0) {
            const side receiver = opposite(input.sender);
            const std::uint32_t end = sent.sequence.value + sent.payload_length;
            if (end - input.ends[receiver].acknowledged.value > reach[receiver]) [[unlikely]]
                return false;
            bare_run = {};
        } else if (count_bare(input.sender)) [[unlikely]] {
            --bare_run[input.sender]; // observe_with_care() counts it
            return false;
        }
        time[input.sender] = sent.time;
        ip_id[input.sender] = sent.ip_id;
        window[input.sender] = sent.window;
        return true;
    }
    /// Counts an ACK without data. True if it is one of a storm: no handshake, close or keep-alive has eight of each side.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool count_bare(side by) noexcept {
        constexpr std::uint8_t storm = 8;
        return ++bare_run[by] >= storm && bare_run[opposite(by)] >= storm;
    }

    /// Takes note of what the next RST and the next data are compared with.
    TCPLENS_ALWAYS_INLINE constexpr void remember_latest(const segment& sent, side by) noexcept {
        time[by] = sent.time;
        ip_id[by] = sent.ip_id;
        window[by] = sent.window;
    }

    /// Learns from a segment that needed care, and says which segments of its side are ordinary from now on.
    TCPLENS_ALWAYS_INLINE constexpr void learn(const seen_segment& input) noexcept {
        const segment& sent = input.segment;
        const side by = input.sender;
        rare& own = sides[by];
        if (did_not_fit) header[opposite(by)] = no_header; // what answers it needs care
        if (sent.flags.rst()) {
            time[by] = sent.time;
            header[by] = no_header;
            return;
        }
        remember_latest(sent, by);
        learn_ids(sent, input.connection.statistics(input.direction).packets, own);
        if (own.hop_limit == 0) reach[by] = 1; // it was without bound as long as nothing was heard
        own.hop_limit = sent.hop_limit;
        if (sent.flags.syn()) {
            own.set_scale(sent);
            reach[by] = (std::max)(reach[by], std::uint32_t{sent.window} + 1); // not scaled: RFC 7323 section 2.2
            header[by] = no_header; // the hop limit of what follows is compared with that of the SYN
            return;
        }
        constexpr std::uint64_t push_and_fin = 0x009;
        const bool calm = (sent.flags.bits & ~push_and_fin) == ack && sent.ecn != 3 &&
                          sent.oddities == segment::oddity_set::none && input.ends[by].goes_on && !own.sent_rst &&
                          !did_not_fit;
        header[by] = calm ? header_word(sent) & ~fin : no_header;
    }

    /// Takes in the first segment of a side if it is a SYN or SYN-ACK that offers nothing but options. False, and nothing has changed, for all
    /// others. `id`: its Identification. @pre no verdict, and the connection before it was not open
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool pass_first_syn(const segment& sent, std::uint16_t id,
                                                                      side by) noexcept {
        // The side is known when these are compiled, so what is remembered of it lies at a known distance.
        return by == side::first ? pass_first_syn_of<side::first>(sent, id) : pass_first_syn_of<side::second>(sent, id);
    }
    template <side By>
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool pass_first_syn_of(const segment& sent,
                                                                         std::uint16_t id) noexcept {
        // All of the header but the flag ACK, the checksum, the hop limit and the tunnels.
        constexpr std::uint64_t shape = ~(ack | 0xff'0000 | 0xff'0000'0000 | 0xff'0000'0000'0000);
        constexpr std::uint64_t syn = 0x002;
        constexpr std::uint64_t all_flags = 0xffff;
        const std::uint64_t word = header_word(sent);
        if ((word & shape) != syn || did_not_fit || sent.checksum == checksum_state::bad) return false;
        rare& own = sides[By];
        std::uint64_t usual = (word & ~all_flags) | ack; // of the ordinary segments that follow
        if ((word & ack) != 0) {
            own.has_syn_ack = true;
            own.syn_ack = sent.sequence;
            take_answer_time(sent, By);
        } else {
            if (sent.acknowledgment.value != 0) return false;
            offers_ecn = offers_accurate_ecn = false;
            usual |= after_syn;
        }
        if (sent.options.timestamps) own.set_clock(sent.options.timestamps->value, sent.time);
        own.set_scale(sent);
        own.first_id = id;
        own.ids_from = 1;
        own.hop_limit = sent.hop_limit;
        header[By] = usual;
        reach[By] = std::uint32_t{sent.window} + 1; // not scaled: RFC 7323 section 2.2
        remember_latest(sent, By);
        return true;
    }

    /// Takes in the ACK that completes a handshake, or a FIN without data, if it is ordinary otherwise. False, and nothing has changed, for
    /// all others.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool pass_ack_or_fin(const seen_segment& input) noexcept {
        const bool is_plain = input.kinds == verdict_kinds::none && !input.previous_is_open;
        if (!is_plain || input.segment.payload_length != 0) return false;
        // The side is known when these are compiled, so what is remembered of it lies at a known distance.
        if (input.sender == side::first) {
            return input.segment.flags.fin() ? pass_fin<side::first>(input) : pass_ack<side::first>(input);
        }
        return input.segment.flags.fin() ? pass_fin<side::second>(input) : pass_ack<side::second>(input);
    }
    /// How long the sender of the second or third segment of a handshake needed for it.
    TCPLENS_ALWAYS_INLINE constexpr void take_answer_time(const segment& sent, side by) noexcept {
        if (sides[by].answer_time.count() != 0 || sides[opposite(by)].hop_limit == 0) return;
        sides[by].answer_time = sent.time - time[opposite(by)];
    }

    /// Whether the windows of a side are known: both SYNs, or one without scaling, were captured.
    [[nodiscard]] constexpr bool scale_known(side of, const per_side<end_state>& ends) const noexcept {
        return (ends[of].sent_syn && ends[opposite(of)].sent_syn) || is_unscaled(of, ends);
    }
    /// Takes the latest window of a side into account.
    constexpr void widen_reach(side of, const per_side<end_state>& ends) noexcept {
        const unsigned shift = is_unscaled(of, ends) ? 0U : sides[of].shift();
        const std::uint32_t bytes = std::uint32_t{window[of]} << shift;
        const std::uint32_t before = reach[of] == UINT32_MAX ? 1 : reach[of];
        reach[of] = scale_known(of, ends) ? (std::max)(before, bytes + 1) : UINT32_MAX;
    }

    /// The number that a side would send next, as far as was captured. @pre it was heard, or its peer acknowledged something
    [[nodiscard]] static constexpr sequence_number next_of(side of, const per_side<end_state>& ends) noexcept {
        const end_state& own = ends[of];
        const end_state& peer = ends[opposite(of)];
        sequence_number next = own.sent_data ? own.next : own.heard ? own.first : peer.acknowledged;
        if (own.sent_fin && before(next, own.fin + 1)) next = own.fin + 1;
        if (peer.acknowledged_any && before(next, peer.acknowledged)) next = peer.acknowledged;
        return next;
    }
    /// The lowest number of a side that its peer has not acknowledged. @pre as for next_of()
    [[nodiscard]] static constexpr sequence_number unacknowledged_of(side of,
                                                                     const per_side<end_state>& ends) noexcept {
        return ends[opposite(of)].acknowledged_any ? ends[opposite(of)].acknowledged : ends[of].first;
    }
    [[nodiscard]] static constexpr bool knows_numbers(side of, const per_side<end_state>& ends) noexcept {
        return ends[of].heard || ends[opposite(of)].acknowledged_any;
    }

private:
    template <side By>
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool pass_ack(const seen_segment& input) noexcept {
        const segment& sent = input.segment;
        const std::uint64_t word = header_word(sent);
        if ((word | after_syn) != header[By] || !input.ends[By].goes_on || !sides[By].pass_clock(sent)) return false;
        if (sides[opposite(By)].has_syn_ack) take_answer_time(sent, By);
        header[By] = word;
        ++bare_run[By]; // no storm: it is the first ACK of its side
        remember_latest(sent, By);
        return true;
    }
    template <side By>
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool pass_fin(const seen_segment& input) noexcept {
        const segment& sent = input.segment;
        rare& own = sides[By];
        if ((header_word(sent) & ~fin) != header[By] || own.hop_limit != sent.hop_limit || !own.pass_clock(sent)) {
            return false;
        }
        learn_ids(sent, input.connection.statistics(input.direction).packets, own);
        remember_latest(sent, By);
        return true;
    }

    /// From where on the Identifications of a side are looked at. `packets`: how many it sent.
    TCPLENS_ALWAYS_INLINE static constexpr void learn_ids(const segment& sent, std::uint64_t packets,
                                                          rare& own) noexcept {
        constexpr std::uint64_t most_steps = 64; // over more, random ones would seem to count
        if (own.hop_limit != 0 && packets <= own.ids_from + most_steps) return;
        own.first_id = sent.ip_id.value_or(std::uint16_t{0});
        own.ids_from = packets;
    }
    [[nodiscard]] constexpr bool is_unscaled(side of, const per_side<end_state>& ends) const noexcept {
        return (ends[of].sent_syn && !sides[of].offered_scale) ||
               (ends[opposite(of)].sent_syn && !sides[opposite(of)].offered_scale);
    }
};

} // namespace tcplens::inline v1::detail
