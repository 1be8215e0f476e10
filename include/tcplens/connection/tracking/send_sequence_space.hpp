// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/segment.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1::detail {

/// The send sequence space of one side: SND.UNA, SND.NXT and SND.WND of RFC 9293 section 3.3.1, as far as the capture shows them.
/// Numbers that were acknowledged but not captured count as sent.
///
/// RSTs are ignored: their numbers need not be the sender's. A segment or an acknowledgment more than 16 MiB away from its sender's
/// numbers is believed only when the next one continues there, so that no single forged packet moves the space far. The same holds for
/// a segment behind a hole that goes beyond every window the peer offered: the peer would not accept it (RFC 9293 section 3.10.7.4).
/// Another SYN-ACK with another number counts if the peer acknowledges it, or if the side goes on behind it.
class send_sequence_space {
public:
    /// The side sent this segment.
    constexpr void on_sent(const segment& sent) noexcept {
        if (sent.flags.rst()) return;
        if (sent.flags.syn()) {
            if (sent.flags.ack() && sent.options.window_scale)
                peer_shift_.offered = true; // it answers an offer (RFC 7323 2.2)
            own_shift_.take(sent);
        }
        if (!known_) {
            known_ = true;
            unacknowledged_ = sent.sequence;
            next_ = sent.sequence_end();
            return;
        }
        if (follows_other_syn(sent.sequence)) begin_at(sent.sequence);
        if (sent.flags.syn() && in_flight() == 1 && sent.sequence != unacknowledged_ &&
            sent.sequence_end() != unacknowledged_) {
            far_sequence_ = {true, sent.sequence};
            return;
        }
        if (!believable(sent.sequence, next_, goes_beyond_window(sent), far_sequence_)) return;
        if (beyond_max_window(next_, sent.sequence)) { // it goes on elsewhere
            begin_at(sent.sequence);
        }
        if (before(next_, sent.sequence_end())) next_ = sent.sequence_end();
    }

    /// The side receives this segment from its peer.
    constexpr void on_received(const segment& heard) noexcept {
        if (heard.flags.rst()) return;
        if (heard.flags.syn()) {
            if (heard.flags.ack() && heard.options.window_scale) own_shift_.offered = true;
            peer_shift_.take(heard);
        }
        if (heard.flags.ack()) {
            const sequence_number ack = heard.acknowledgment;
            if (!known_) {
                known_ = true;
                unacknowledged_ = next_ = ack;
            } else if (follows_other_syn(ack)) {
                begin_at(ack);
            } else if (believable(ack, unacknowledged_, false, far_acknowledgment_)) {
                if (beyond_max_window(unacknowledged_, ack)) has_edge_ = false; // it goes on elsewhere
                if (before(unacknowledged_, ack)) unacknowledged_ = ack;
                if (before(next_, ack)) next_ = ack;
            } else {
                return;
            }
        }
        window_field_ = heard.window;
        window_is_scaled_ = !heard.flags.syn(); // RFC 7323 2.2
        has_window_ = true;
        if (heard.flags.ack()) move_edge(heard.acknowledgment);
    }

    /// Whether any sequence number is known.
    [[nodiscard]] constexpr bool known() const noexcept { return known_; }
    /// SND.UNA: the lowest number that is not acknowledged. @pre known()
    [[nodiscard]] constexpr sequence_number unacknowledged() const noexcept { return unacknowledged_; }
    /// SND.NXT: after the highest number that was sent. @pre known()
    [[nodiscard]] constexpr sequence_number next() const noexcept { return next_; }
    /// Sequence numbers sent and not acknowledged. SYN and FIN count one each.
    [[nodiscard]] constexpr std::uint32_t in_flight() const noexcept {
        return static_cast<std::uint32_t>((std::max)(0, distance(unacknowledged_, next_)));
    }

    /// The shift of the windows that the peer offers: 0 if scaling was not agreed on, nullopt if the SYNs were not captured.
    [[nodiscard]] constexpr std::optional<std::uint8_t> window_shift() const noexcept {
        if ((own_shift_.told && !own_shift_.offered) || (peer_shift_.told && !peer_shift_.offered))
            return std::uint8_t{0};
        if (!peer_shift_.told || !own_shift_.offered) return std::nullopt;
        return peer_shift_.shift;
    }
    /// SND.WND in bytes, from the peer's last believable segment. Nullopt before that, or if the scale is not known.
    [[nodiscard]] constexpr std::optional<std::uint32_t> window() const noexcept {
        if (!has_window_) return std::nullopt;
        if (!window_is_scaled_ || window_field_ == 0) return window_field_;
        const auto shift = window_shift();
        if (!shift) return std::nullopt;
        return std::uint32_t{window_field_} << *shift;
    }

private:
    /// What the SYN of one side says of window scaling.
    struct scale {
        bool told = false;
        bool offered = false;
        std::uint8_t shift = 0; ///< at most 14

        [[nodiscard]] static constexpr bool is_consistent(const scale& of) noexcept { return of.shift <= 14; }

        constexpr void take(const segment& syn) noexcept {
            told = true;
            offered = syn.options.window_scale.has_value();
            shift = std::min<std::uint8_t>(syn.options.window_scale.value_or(0), 14);
        }
    };

    /// A number that was not believed.
    struct far_number {
        bool was_last = false;
        sequence_number value{};
    };

    /// Whether a number is that behind a SYN which was sent last, and bears another number than the SYN in flight.
    [[nodiscard]] constexpr bool follows_other_syn(sequence_number number) const noexcept {
        return far_sequence_.was_last && in_flight() == 1 && number == far_sequence_.value + 1;
    }
    /// The side goes on elsewhere, with nothing in flight.
    constexpr void begin_at(sequence_number number) noexcept {
        unacknowledged_ = next_ = number;
        far_sequence_.was_last = has_edge_ = false;
    }

    /// Takes note of how far the peer's windows have reached, if their scale is known.
    constexpr void move_edge(sequence_number acknowledged) noexcept {
        const auto offered = window();
        if (!offered) {
            has_edge_ = false;
            return;
        }
        const sequence_number edge = acknowledged + *offered;
        if (!has_edge_ || before(edge_, edge)) edge_ = edge;
        has_edge_ = true;
    }
    [[nodiscard]] constexpr bool goes_beyond_window(const segment& sent) const noexcept {
        return has_edge_ && before(next_, sent.sequence) && before(edge_, sent.sequence_end());
    }

    /// Whether a number lies near `known` and is not odd for another reason, or continues where the unbelievable one before it lay.
    [[nodiscard]] static constexpr bool believable(sequence_number number, sequence_number known, bool odd,
                                                   far_number& far_before) noexcept {
        if ((!odd && !beyond_max_window(known, number)) ||
            (far_before.was_last && !beyond_max_window(far_before.value, number))) {
            far_before.was_last = false;
            return true;
        }
        far_before = {true, number};
        return false;
    }

    friend void archive(auto& ar, send_sequence_space& of) {
        auto& [unacknowledged, next, far_sequence, far_acknowledgment, edge, window_field, window_is_scaled, has_window,
               has_edge, known, own_shift, peer_shift] = of;
        ar(unacknowledged, next, far_sequence, far_acknowledgment, edge, window_field, window_is_scaled, has_window,
           has_edge, known, own_shift, peer_shift);
    }

    sequence_number unacknowledged_{};
    sequence_number next_{};
    far_number far_sequence_{};
    far_number far_acknowledgment_{};
    sequence_number edge_{}; ///< after the highest number that the peer ever offered to take
    std::uint16_t window_field_ = 0;
    bool window_is_scaled_ = false;
    bool has_window_ = false;
    bool has_edge_ = false;
    bool known_ = false;
    scale own_shift_{};
    scale peer_shift_{};
};

} // namespace tcplens::inline v1::detail
