// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/sequence_number.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail {

/// The sequence numbers of one end of a connection, and which of its flags were captured. RSTs and probes without ACK, SYN and RST change
/// none. What every segment may change stands first, so that of both ends it lies in one cache line.
struct end_state {
    sequence_number next{};         ///< after its SYN, or the highest byte of data that it sent
    sequence_number acknowledged{}; ///< the highest that it acknowledged
    bool goes_on : 1 = false;       ///< acknowledged_any and sent_data
    bool heard : 1 = false;         ///< it sent anything but RSTs
    bool sent_data : 1 = false;     ///< or a SYN: `next` is known
    bool acknowledged_any : 1 = false;
    bool sent_syn : 1 = false;
    bool sent_fin : 1 = false;
    bool fin_in_sequence : 1 = false;
    bool sent_rst : 1 = false;
    bool rst_in_sequence : 1 = false;   ///< `rst` is one of its sequence numbers
    bool peer_known_at_rst : 1 = false; ///< `peer_at_rst` is known; without a RST: `rst` is of a refused SYN-ACK
    bool answered_twice : 1 = false;    ///< `fin` is the number of another SYN-ACK of this side
    sequence_number initial{};          ///< of its SYN, where it sent one
    sequence_number first{};            ///< the first that was captured
    sequence_number first_acknowledged{};
    sequence_number fin{};
    sequence_number rst{};
    sequence_number peer_at_rst{}; ///< the peer's `next` when its RST was captured

    /// Whether a number lies before its SYN; false once it has sent so much that numbers may come again.
    [[nodiscard]] constexpr bool begins_after(sequence_number number) const noexcept {
        return sent_syn && before(number, initial) && !before(next, initial);
    }
    /// Remembers the number of a SYN-ACK of another host.
    constexpr void refuse_syn_ack(sequence_number other) noexcept {
        if (sent_rst) return;
        peer_known_at_rst = true;
        rst = other;
    }
    /// Whether a SYN-ACK with this number did not count.
    [[nodiscard]] constexpr bool refused_syn_ack(sequence_number other) const noexcept {
        return !sent_rst && peer_known_at_rst && rst == other;
    }

    static void archive(auto& ar, end_state& of) {
        auto& [next_, acknowledged_, goes_on_, heard_, sent_data_, acknowledged_any_, sent_syn_, sent_fin_,
               fin_in_sequence_, sent_rst_, rst_in_sequence_, peer_known_at_rst_, answered_twice_, initial_, first_,
               first_acknowledged_, fin_, rst_, peer_at_rst_] = of;
        ar(next_, acknowledged_);
        goes_on_ = ar.bit(goes_on_);
        heard_ = ar.bit(heard_);
        sent_data_ = ar.bit(sent_data_);
        acknowledged_any_ = ar.bit(acknowledged_any_);
        sent_syn_ = ar.bit(sent_syn_);
        sent_fin_ = ar.bit(sent_fin_);
        fin_in_sequence_ = ar.bit(fin_in_sequence_);
        sent_rst_ = ar.bit(sent_rst_);
        rst_in_sequence_ = ar.bit(rst_in_sequence_);
        peer_known_at_rst_ = ar.bit(peer_known_at_rst_);
        answered_twice_ = ar.bit(answered_twice_);
        ar(initial_, first_, first_acknowledged_, fin_, rst_, peer_at_rst_);
        ar.require(goes_on_ == (acknowledged_any_ && sent_data_));
    }
};

/// Whether a step is within any usual window.
[[nodiscard]] constexpr bool is_usual(std::int32_t step) noexcept {
    return -max_window_distance < step && step < max_window_distance;
}
[[nodiscard]] constexpr std::int32_t magnitude(std::int32_t step) noexcept {
    return step < 0 ? -step : step;
}

} // namespace tcplens::inline v1::detail
