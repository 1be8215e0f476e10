// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens {

/// Zeek's history: a letter for each event, in their order; upper case are the originator's, lower case the responder's, as the
/// roles were then. S: SYN, H: SYN-ACK, A: pure ACK, D: data, F: FIN, R: RST, C: bad checksum, T: sent again (or out of order),
/// W: zero window, G: a gap in the data, I: FIN and RST at once, Q: SYN and one of these at once, ^: the roles were swapped,
/// X: the analysis of what is in the data came to a limit.
///
/// Zeek keeps every letter, and who sends RSTs with ever new sequence numbers can make it as many as there are packets; here the
/// first `capacity` are kept.
struct zeek_history {
    static constexpr std::size_t capacity = 62;

    std::array<char, capacity> letters{};
    std::uint8_t size = 0;
    bool letters_lost = false; ///< there were more

    [[nodiscard]] constexpr std::string_view view() const noexcept { return {letters.data(), size}; }

    constexpr void add(char letter) noexcept {
        if (size == capacity) {
            letters_lost = true;
            return;
        }
        letters[size++] = letter;
    }

    [[nodiscard]] friend constexpr bool operator==(const zeek_history&, const zeek_history&) noexcept = default;
};

/// How often a thing happened whose letter is written at the first time, the tenth, the hundredth, ...
class zeek_letter_count {
public:
    /// It happened once more. Returns whether the letter is written for it.
    constexpr bool add() noexcept {
        if (++count_ != threshold_) return false;
        // 32 bits, as in Zeek: where the next power of ten wraps around, the count begins anew and the threshold stays.
        const std::uint32_t next = threshold_ * 10;
        if (next <= threshold_) count_ = 0;
        else threshold_ = next;
        return true;
    }

private:
    std::uint32_t count_ = 0;
    std::uint32_t threshold_ = 1;
};

} // namespace tcplens
