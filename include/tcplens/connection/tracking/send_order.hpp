// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/segment.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tcplens::inline v0::detail {

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

    [[nodiscard]] friend constexpr bool operator==(const send_stamp&, const send_stamp&) noexcept = default;
};

/// Tells which of two segments of one sender was sent first. It learns on the way whether the sender's Identification counts packets:
/// RFC 6864 section 4.1 does not require that, and some senders write random or constant numbers.
class send_order {
public:
    /// Learns from the next segment in the order of capture.
    constexpr void learn(const segment& sent) noexcept {
        if (const auto& stamps = sent.options.timestamps;
            stamps && (!has_clock_ || static_cast<std::int32_t>(stamps->value - clock_) > 0)) {
            clock_ = stamps->value;
            has_clock_ = true;
        }
        const std::uint16_t id = sent.ip_id.value_or(0);
        if (id == 0) return;
        const int step = id_distance(id_, id);
        if (is_trusted_ && step > 0 && step <= small_step) id_ = id; // there is no more to learn
        else learn_step(id, step);
    }

    [[nodiscard]] constexpr bool counts_packets() const noexcept { return trust_ >= 2; }
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

    /// Whether the sender counted a few packets between its highest Identification and this one.
    [[nodiscard]] constexpr bool skips_few(std::uint16_t id) const noexcept {
        if (!counts_packets() || id_ == 0 || id == 0) return false;
        const int step = id_distance(id_, id);
        return step > 1 && step <= small_step;
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
    static constexpr int full_trust = 8;

    constexpr void learn_step(std::uint16_t id, int step) noexcept {
        if (id_ != 0) {
            had_two_ = true;
            varies_ = step != 0;
            is_trusted_ = false;
            if (step > 0 && step <= largest_step) {
                trust_ = static_cast<std::uint8_t>(std::min<int>(full_trust, trust_ + (step <= small_step ? 2 : 1)));
                is_trusted_ = trust_ == full_trust;
            } else if (step < 0 && step >= -largest_step) {
                return; // it came late: no reason to trust the counter less, or to go back
            } else {
                trust_ = 0;
            }
        }
        id_ = id;
    }

    [[nodiscard]] static constexpr int id_distance(std::uint16_t from, std::uint16_t to) noexcept {
        return static_cast<std::int16_t>(to - from);
    }

    friend void archive(auto& ar, send_order& of) {
        auto& [clock, id, trust, is_trusted, has_clock, had_two, varies] = of;
        ar(clock, id);
        ar.bounded(trust, full_trust);
        is_trusted = ar.bit(is_trusted);
        has_clock = ar.bit(has_clock);
        had_two = ar.bit(had_two);
        varies = ar.bit(varies);
    }

    std::uint32_t clock_ = 0; ///< if has_clock_
    std::uint16_t id_ = 0;    ///< 0 for none
    std::uint8_t trust_ = 0;
    bool is_trusted_ : 1 = false; ///< fully, and the last step was forward
    bool has_clock_ : 1 = false;
    bool had_two_ : 1 = false;
    bool varies_ : 1 = false; ///< if had_two_
};

} // namespace tcplens::inline v0::detail
