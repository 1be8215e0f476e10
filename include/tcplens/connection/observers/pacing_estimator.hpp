// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/timestamp.hpp"

#include <algorithm>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Estimates until when a sender that paces itself waits before it sends more. Such a sender makes a pause after each burst: the
/// size of the burst divided by a rate. Linux does so with BBR and SO_MAX_PACING_RATE, and forgives up to half of a pause for
/// the silence before (tcp_update_skb_after_send() of its net/ipv4/tcp_output.c).
///
/// The rate is learnt from pauses that nothing else explains: there was room in the window, and the burst after the pause did not
/// answer a segment of the peer. A sender that only sends when it is acknowledged shows no such pause, and counts as not pacing.
/// An application that writes little at a time looks like a pacing sender, but does not fill the window. If every pause ends
/// with a closed window, nothing is learnt.
class pacing_estimator {
    using nanoseconds = std::chrono::nanoseconds;

public:
    /// The sender sends new data. `by_itself`: there was room for it all the time, and no segment of the peer came just before.
    constexpr void on_sent(timestamp now, std::uint32_t bytes, bool by_itself) noexcept {
        const nanoseconds since = now - latest_;
        if (bytes_ == 0) {
            silent_before_ = credit_ = {};
        } else if (since < max_gap_in_burst) {
            bytes = (std::min)(bytes, max_burst - bytes_) + bytes_;
        } else {
            learn(since, by_itself);
            silent_before_ = since;
            credit_ = by_itself ? nanoseconds::zero() : (std::max)(now - until_, nanoseconds::zero());
            began_by_itself_ = by_itself;
        }
        latest_ = now;
        bytes_ = bytes;
        const nanoseconds whole{static_cast<std::int64_t>(per_kibibyte_ * bytes_ / 1024)};
        until_ = latest_ + whole - (std::min)(whole / 2, credit_);
    }

    /// The end of the sender's present pause.
    [[nodiscard]] constexpr timestamp until() const noexcept { return until_; }

private:
    static constexpr nanoseconds max_gap_in_burst = std::chrono::microseconds{60};
    static constexpr nanoseconds max_pause = std::chrono::milliseconds{100}; ///< a longer one has another reason
    static constexpr std::uint32_t max_burst = 1 << 20;                      ///< bytes

    constexpr void learn(nanoseconds pause, bool by_itself) noexcept {
        if (pause > max_pause) return;
        const auto rate = [&](nanoseconds time) { return static_cast<std::uint64_t>(time.count()) * 1024 / bytes_; };
        if (!by_itself) {
            per_kibibyte_ = (std::min)(per_kibibyte_, rate(2 * pause)); // half forgiven: it was no longer than that
        } else if (began_by_itself_) {
            per_kibibyte_ = rate(pause);
        } else if (silent_before_ >= 3 * pause) {
            per_kibibyte_ = rate(2 * pause); // half of the pause was forgiven
        }
    }

    friend void archive(auto& ar, pacing_estimator& estimator) {
        auto& [until, latest, silent_before, credit, per_kibibyte, bytes, began_by_itself] = estimator;
        nanoseconds pause = until - latest;
        ar(latest, pause, silent_before, credit, per_kibibyte, bytes, began_by_itself);
        ar.require(pause.count() >= 0 && pause.count() <= std::int64_t{1} << 54 &&
                   credit.count() >= 0); // as on_sent() makes it
        if (ar.good()) until = latest + pause;
    }

    timestamp until_{};
    timestamp latest_{};
    nanoseconds silent_before_{};    ///< the silence before the latest burst
    nanoseconds credit_{};           ///< the part of that silence beyond the pause that was due
    std::uint64_t per_kibibyte_ = 0; ///< the pause after 1024 bytes, in nanoseconds
    std::uint32_t bytes_ = 0;        ///< of the latest burst; 0 before the first
    bool began_by_itself_ = false;
};

} // namespace tcplens::inline v1::detail
