// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../wire/segment.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1::detail {

/// What a segment says of when it was sent: its IPv4 Identification, which most senders increase with each packet, and the clock of
/// its timestamps option.
struct send_stamp {
    std::uint32_t clock = 0; ///< TSval, if has_clock
    std::uint16_t id = 0;    ///< 0 for none, since Linux writes that on SYN-ACKs and RSTs
    bool has_clock = false;

    [[nodiscard]] static constexpr send_stamp of(const segment& sent) noexcept {
        const auto& stamps = sent.options.timestamps;
        return {.clock = stamps ? stamps->value : 0, .id = sent.ip_id.value_or(0), .has_clock = stamps.has_value()};
    }

    /// Whether the segment says nothing of when it was sent.
    [[nodiscard]] constexpr bool is_empty() const noexcept { return id == 0 && !has_clock; }

    [[nodiscard]] friend constexpr bool operator==(const send_stamp&, const send_stamp&) noexcept = default;
};

/// Tells which of two segments of one sender was sent first. It learns on the way whether the sender's Identification counts packets:
/// RFC 6864 section 4.1 does not require that, and some senders write random or constant numbers.
class send_order {
public:
    /// Learns from the next segment in the order of capture. Returns whether no segment before it has a higher Identification.
    TCPLENS_ALWAYS_INLINE constexpr bool learn(const segment& sent) noexcept {
        if (const auto& stamps = sent.options.timestamps) {
            if (has_clock_) {
                clock_ = later({clock_}, {stamps->value}).value;
            } else {
                clock_ = stamps->value;
                has_clock_ = true;
            }
        }
        const std::uint16_t id = sent.ip_id.value_or(0);
        if (id == 0) return id_ == 0;
        const int step = id_distance(id_, id);
        // There is no more to learn then. One branch is mispredicted less often than two.
        if (is_settled_ & (step == usual_step_)) id_ = id;
        else learn_step(id, step);
        return id_ == id;
    }

    /// Learns from a SYN-ACK. Linux writes the Identification 0 on it, and counts the other packets of each connection by itself.
    constexpr void learn_syn_ack(const segment& sent) noexcept { counts_alone_ = sent.ip_id == std::uint16_t{0}; }
    /// The last step was larger than the usual one because packets were lost.
    constexpr void excuse_step() noexcept {
        is_regular_ = usual_step_ != 0;
        is_settled_ = trust_ == full_trust && is_regular_;
    }
    /// The sender skipped Identifications in a pause without any reason that the capture shows.
    constexpr void learn_skip() noexcept { skips_ = true; }

    /// Packets of this sender were received that the capture does not hold: a missing Identification need not be a lost packet.
    constexpr void learn_uncaptured() noexcept { was_uncaptured_ = true; }
    [[nodiscard]] constexpr bool was_uncaptured() const noexcept { return was_uncaptured_; }

    [[nodiscard]] constexpr bool counts_packets() const noexcept { return trust_ == full_trust; }
    /// Whether the sender ever skipped Identifications in a pause without any reason.
    [[nodiscard]] constexpr bool skips() const noexcept { return skips_; }
    /// Whether the sender counts the packets of this connection by itself, as far as its SYN-ACK tells.
    [[nodiscard]] constexpr bool counts_alone() const noexcept { return counts_alone_; }
    /// Step of the Identification from one packet to the next; 1 if it is not known.
    [[nodiscard]] constexpr int usual_step() const noexcept { return usual_step_ + int{usual_step_ == 0}; }
    /// Whether this Identification follows the highest one by another step than the usual one.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool goes_on_otherwise(std::uint16_t id) const noexcept {
        return id != 0 && id_distance(id_, id) != usual_step() && (counts_packets() || (counts_alone_ && !had_two_));
    }
    /// Whether the last two packets had different Identifications, so that equal ones mean one packet. Nullopt before two packets.
    [[nodiscard]] constexpr std::optional<bool> id_varies() const noexcept {
        return had_two_ ? std::optional{varies_} : std::nullopt;
    }
    /// The highest Identification and clock so far.
    [[nodiscard]] constexpr send_stamp latest() const noexcept {
        return {.clock = clock_, .id = id_, .has_clock = has_clock_};
    }
    [[nodiscard]] constexpr std::uint16_t latest_id() const noexcept { return id_; }

    /// How many packets after `a` the sender sent `b`; negative if before. Nullopt if their Identifications do not tell.
    [[nodiscard]] constexpr std::optional<int> packets_between(const send_stamp& a,
                                                               const send_stamp& b) const noexcept {
        if (!counts_packets() || a.id == 0 || b.id == 0 || a.id == b.id) return std::nullopt;
        return id_distance(a.id, b.id);
    }

    /// How many packets are missing between the highest Identification and this one, if the sender takes its usual step, as it did last
    /// or as its SYN-ACK says. 0 if none are,
    /// or if the Identifications do not tell.
    [[nodiscard]] constexpr int missing_before(std::uint16_t id) const noexcept {
        if (id_ == 0 || id == 0) return 0;
        if (counts_alone_ ? had_two_ && !counts_packets() : !counts_packets() || !is_regular_) return 0;
        const int step = id_distance(id_, id);
        const int most = (counts_alone_ ? largest_flight : small_step) * usual_step();
        if (step <= usual_step() || step > most || step % usual_step() != 0) return 0;
        return step / usual_step() - 1;
    }

    /// How many ticks of its clock after `a` the sender sent `b`; negative if before. Nullopt within one tick.
    [[nodiscard]] static constexpr std::optional<std::int32_t> ticks_between(const send_stamp& a,
                                                                             const send_stamp& b) noexcept {
        if (!a.has_clock || !b.has_clock || a.clock == b.clock) return std::nullopt;
        return static_cast<std::int32_t>(b.clock - a.clock);
    }

    [[nodiscard]] friend constexpr bool operator==(const send_order&, const send_order&) noexcept = default;

private:
    // Steps between two captured packets of one connection: 1 if the connection has its own counter; more if the host has one counter,
    // if the network adapter cut a packet into several, or if packets were lost. Two random numbers are seldom so close.
    static constexpr int small_step = 8;
    static constexpr int largest_step = 1024;
    // Packets that one loss can take from a sender that counts those of each connection by itself. A choice.
    static constexpr int largest_flight = 64;
    static constexpr int full_trust = 2;

    constexpr void learn_step(std::uint16_t id, int step) noexcept {
        if (id_ != 0) {
            had_two_ = true;
            varies_ = step != 0;
            is_settled_ = false;
            if (step > 0 && step <= largest_step) {
                const int trust = std::min<int>(full_trust, trust_ + (step <= small_step ? 2 : 1));
                trust_ = static_cast<std::uint8_t>(trust) & 3;
                learn_usual(step);
                is_settled_ = trust_ == full_trust && is_regular_;
            } else if (step < 0 && step >= -largest_step) {
                return; // it came late: no reason to trust the counter less, or to go back
            } else {
                trust_ = 0;
            }
        }
        id_ = id;
    }

    /// The least step is taken to be the usual one: some hosts count by 2, others count several connections together.
    constexpr void learn_usual(int step) noexcept {
        is_regular_ = step == usual_step_ || step == 1; // no step is smaller
        if (step == usual_step_ || step > small_step || (usual_step_ != 0 && step > usual_step_)) return;
        usual_step_ = static_cast<std::uint8_t>(step) & 15;
    }

    [[nodiscard]] static constexpr int id_distance(std::uint16_t from, std::uint16_t to) noexcept {
        return static_cast<std::int16_t>(to - from);
    }

    friend void archive(auto& ar, send_order& of) {
        auto& [clock, id, trust, skips, usual_step, is_settled, has_clock, had_two, varies, is_regular, counts_alone,
               was_uncaptured] = of;
        ar(clock, id);
        trust = ar.bits(trust, full_trust) & 3;
        skips = ar.bit(skips);
        usual_step = ar.bits(usual_step, small_step) & 15;
        is_settled = ar.bit(is_settled);
        has_clock = ar.bit(has_clock);
        had_two = ar.bit(had_two);
        varies = ar.bit(varies);
        is_regular = ar.bit(is_regular);
        counts_alone = ar.bit(counts_alone);
        was_uncaptured = ar.bit(was_uncaptured);
    }

    std::uint32_t clock_ = 0; ///< if has_clock_
    std::uint16_t id_ = 0;    ///< the highest; 0 for none
    std::uint8_t trust_ : 2 = 0;
    bool skips_ : 1 = false;
    std::uint8_t usual_step_ : 4 = 0; ///< 0 if it is not known
    bool is_settled_ : 1 = false;     ///< the counter is trusted, and the last step was the usual one
    bool has_clock_ : 1 = false;
    bool had_two_ : 1 = false;
    bool varies_ : 1 = false;     ///< if had_two_
    bool is_regular_ : 1 = false; ///< the last step was the usual one
    bool counts_alone_ : 1 = false;
    bool was_uncaptured_ : 1 = false;
};

} // namespace tcplens::inline v1::detail
