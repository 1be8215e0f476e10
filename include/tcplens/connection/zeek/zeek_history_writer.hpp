// SPDX-License-Identifier: MIT
#pragma once

#include "zeek_history.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1::detail {

/// Counts events whose letters are written at the first event, the tenth, the hundredth, …
template <std::size_t Letters>
class zeek_letter_counts {
public:
    /// Counts an event. Returns whether its letter is written.
    constexpr bool add(std::size_t letter) noexcept {
        if (++counts_[letter] != thresholds[reached_[letter]]) return false;
        // Zeek counts in 32 bits: the next power of ten is taken modulo 2^32, and where that is less than the one before, the count
        // begins anew.
        if (reached_[letter] + std::size_t{1} < thresholds.size()) ++reached_[letter];
        else counts_[letter] = 0;
        return true;
    }

private:
    static constexpr std::array<std::uint32_t, 11> thresholds{
        1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000, 1'410'065'408};

    friend void archive(auto& ar, zeek_letter_counts& letters) {
        auto& [counts, reached] = letters;
        ar(counts, reached);
        for (const std::uint8_t next : reached) ar.require(next < thresholds.size());
    }

    std::array<std::uint32_t, Letters> counts_{};
    std::array<std::uint8_t, Letters> reached_{}; ///< index of the next threshold
};

/// Writes the letters of a zeek_history, and remembers what was written.
class zeek_history_writer {
public:
    /// The letters that each side writes once, a bit each. S and H share one.
    enum letter_bit : std::uint8_t { syn = 1, fin = 2, rst = 4, fin_and_rst = 8, data = 16, ack = 32, odd = 64 };

    /// Writes a letter that is given in upper case.
    constexpr void write(char letter, bool by_originator, zeek_history& history) noexcept {
        append(by_originator ? letter : static_cast<char>(letter - 'A' + 'a'), history);
    }
    /// Writes that the roles were exchanged.
    constexpr void write_swap(zeek_history& history) noexcept { append('^', history); }

    /// Writes a letter if the side has not written it yet. Returns whether it had.
    constexpr bool write_once(letter_bit bit, char letter, bool by_originator, zeek_history& history) noexcept {
        std::uint8_t& written = by_originator ? written_by_originator_ : written_by_responder_;
        if ((written & bit) != 0) return true;
        written = static_cast<std::uint8_t>(written | bit);
        write(letter, by_originator, history);
        return false;
    }

    /// Writes a letter if the side has not written it yet, or did so for another position. `last`: that of the last time.
    constexpr void write_at(letter_bit bit, char letter, std::int64_t position, std::uint32_t& last, bool by_originator,
                            zeek_history& history) noexcept {
        const auto low_half = static_cast<std::uint32_t>(position);
        if (write_once(bit, letter, by_originator, history) && low_half != last) write(letter, by_originator, history);
        last = low_half;
    }

    /// Whether the history so far is that of the state RSTOS0, see conn_state_of().
    [[nodiscard]] constexpr bool is_syn_then_reset() const noexcept { return pattern_ == pattern::syn_then_reset; }

private:
    /// How much of the history of RSTOS0 is there.
    enum class pattern : std::uint8_t { begin, swapped, syn, syn_then_reset, other };

    constexpr void append(char letter, zeek_history& history) noexcept {
        history.add(letter);
        switch (pattern_) {
        case pattern::begin:
            pattern_ = letter == '^' ? pattern::swapped : letter == 'S' ? pattern::syn : pattern::other;
            break;
        case pattern::swapped: pattern_ = letter == 'S' ? pattern::syn : pattern::other; break;
        case pattern::syn:
            if (letter == 'R') pattern_ = pattern::syn_then_reset;
            else if (std::string_view{"HAFGIQ"}.find(letter) != std::string_view::npos) pattern_ = pattern::other;
            break;
        case pattern::syn_then_reset:
        case pattern::other: break;
        }
    }

    friend void archive(auto& ar, zeek_history_writer& writer) {
        auto& [written_by_originator, written_by_responder, matched] = writer;
        ar(written_by_originator, written_by_responder);
        ar.bounded(matched, pattern::other);
    }

    std::uint8_t written_by_originator_ = 0; ///< letter_bit
    std::uint8_t written_by_responder_ = 0;
    pattern pattern_ = pattern::begin;
};

} // namespace tcplens::inline v1::detail
