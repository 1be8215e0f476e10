// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// Until when a sender that paces itself waits before it sends more. What such a sender sends at once is followed by a pause:
/// its size divided by a rate. Linux does so with BBR and SO_MAX_PACING_RATE, and forgives up to half of a pause for the
/// silence before.
///
/// The rate is learnt from pauses that nothing else explains: there was room in the window, and what ended them was not
/// the answer to a segment of the peer. A sender that is driven by acknowledgments alone shows none, and is taken not to
/// pause. An application that writes little at a time looks the same, but has no full window to be shut out by. Where every
/// pause ends with a closed window nothing is learnt.
class pacing_estimator {
    using nanoseconds = std::chrono::nanoseconds;

public:
    /// New data is sent. `by_itself`: there was room for it all the time, and the peer did not just say anything.
    constexpr void sends(timestamp now, std::uint32_t bytes, bool by_itself) noexcept {
        const nanoseconds since = now - latest_;
        if (bytes_ == 0) {
            silent_before_ = credit_ = {};
        } else if (since < at_once) {
            bytes = (std::min)(bytes, most_at_once - bytes_) + bytes_;
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

    /// When it would send more, if it had it and nothing else kept it from that.
    [[nodiscard]] constexpr timestamp until() const noexcept { return until_; }

private:
    static constexpr nanoseconds at_once = std::chrono::microseconds{60};
    static constexpr nanoseconds longest = std::chrono::milliseconds{100}; ///< a longer one has another reason
    static constexpr std::uint32_t most_at_once = 1 << 20;

    constexpr void learn(nanoseconds pause, bool by_itself) noexcept {
        if (pause > longest) return;
        const auto rate = [&](nanoseconds time) { return static_cast<std::uint64_t>(time.count()) * 1024 / bytes_; };
        if (!by_itself) {
            per_kibibyte_ = (std::min)(per_kibibyte_, rate(2 * pause)); // half forgiven: at the most it was so long
        } else if (began_by_itself_) {
            per_kibibyte_ = rate(pause);
        } else if (silent_before_ >= 3 * pause) {
            per_kibibyte_ = rate(2 * pause); // half of it was forgiven
        }
    }

    friend void archive(auto& ar, pacing_estimator& of) {
        auto& [until, latest, silent_before, credit, per_kibibyte, bytes, began_by_itself] = of;
        nanoseconds pause = until - latest;
        ar(latest, pause, silent_before, credit, per_kibibyte, bytes, began_by_itself);
        ar.require(pause.count() >= 0 && pause.count() <= std::int64_t{1} << 54 &&
                   credit.count() >= 0); // as sends() makes it
        if (ar.good()) until = latest + pause;
    }

    timestamp until_{};
    timestamp latest_{};
    nanoseconds silent_before_{};    ///< before the latest that was sent at once, ...
    nanoseconds credit_{};           ///< ... beyond the pause that was due
    std::uint64_t per_kibibyte_ = 0; ///< nanoseconds
    std::uint32_t bytes_ = 0;        ///< sent at once, latest; 0: nothing yet
    bool began_by_itself_ = false;
};

} // namespace tcplens::inline v0::detail
