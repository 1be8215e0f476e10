// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v0 {

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

    /// No more letters than there is room for.
    [[nodiscard]] friend constexpr bool is_consistent(const zeek_history& of) noexcept { return of.size <= capacity; }
};

/// How often things happened whose letters are written at the first time, the tenth, the hundredth, ...
template <std::size_t Letters>
class zeek_letter_counts {
public:
    /// It happened once more. Returns whether the letter is written for it.
    constexpr bool add(std::size_t letter) noexcept {
        if (++counts_[letter] != thresholds[reached_[letter]]) return false;
        // 32 bits, as in Zeek: the next power of ten is taken modulo 2^32, and where that is less than the one before, the count
        // begins anew.
        if (reached_[letter] + std::size_t{1} < thresholds.size()) ++reached_[letter];
        else counts_[letter] = 0;
        return true;
    }

private:
    static constexpr std::array<std::uint32_t, 11> thresholds{
        1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000, 1'410'065'408};

    friend void archive(auto& ar, zeek_letter_counts& of) {
        auto& [counts, reached] = of;
        ar(counts, reached);
        for (const std::uint8_t each : reached) ar.require(each < thresholds.size());
    }

    std::array<std::uint32_t, Letters> counts_{};
    std::array<std::uint8_t, Letters> reached_{}; ///< which of the thresholds is next
};

} // namespace tcplens::inline v0
