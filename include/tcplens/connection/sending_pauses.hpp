// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/timestamp.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace tcplens {

/// Until when a sender that paces itself waits before it would send more: what it sends at once is followed by a pause of
/// its size divided by the pacing rate, of which up to a half is forgiven if it was silent before (as Linux does it for BBR and
/// SO_MAX_PACING_RATE; fq, a queueing discipline, does it in the same way).
///
/// The rate is learnt from pauses that nothing else explains: there was room in the window, and what ended them
/// was no segment from the peer. A sender that is driven by acknowledgments shows none, and is taken not to pause.
class sending_pauses {
    using nanoseconds = std::chrono::nanoseconds;

public:
    /// New data was sent. `by_itself`: not shut out before, and not upon a segment of the peer.
    constexpr void sends(timestamp now, std::uint32_t bytes, bool by_itself) noexcept {
        const nanoseconds pause = now - latest_;
        if (bytes_ > 0 && pause < at_once) {
            bytes_ = std::min(bytes_ + bytes, most_at_once);
            latest_ = now;
        } else {
            if (bytes_ > 0) learn(pause, by_itself);
            silent_before_ = pause;
            began_by_itself_ = by_itself;
            credit_ = bytes_ > 0 ? std::max(now - until_, nanoseconds::zero()) : nanoseconds::zero();
            latest_ = now;
            bytes_ = bytes;
        }
        const nanoseconds whole{static_cast<std::int64_t>(per_byte_ * bytes_) / 1024};
        until_ = latest_ + whole - std::min(whole / 2, credit_);
    }

    /// When it could send more, if nothing else kept it.
    [[nodiscard]] constexpr timestamp until() const noexcept { return until_; }

private:
    static constexpr nanoseconds at_once = std::chrono::microseconds{60};
    static constexpr nanoseconds longest = std::chrono::milliseconds{100};
    static constexpr std::uint32_t most_at_once = 1 << 20;

    constexpr void learn(nanoseconds pause, bool by_itself) noexcept {
        if (pause > longest) return;
        const auto per_byte = [&](nanoseconds time) { return static_cast<std::uint64_t>(time.count()) * 1024 / bytes_; };
        if (by_itself) {
            // Where it was silent before, half of the pause was forgiven.
            if (began_by_itself_) per_byte_ = per_byte(pause);
            else if (silent_before_ >= 3 * pause) per_byte_ = per_byte(2 * pause);
            return;
        }
        per_byte_ = std::min(per_byte_, per_byte(2 * pause)); // it was no longer than this
    }

    timestamp until_{};
    timestamp latest_{};
    nanoseconds silent_before_{};
    nanoseconds credit_{};
    std::uint64_t per_byte_ = 0; ///< in 1/1024 ns
    std::uint32_t bytes_ = 0; ///< sent at once, latest
    bool began_by_itself_ = false;
};

} // namespace tcplens
