// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1 {

/// Zeek's history of a connection: a letter for each event, in their order.
///
/// Upper case letters are events of the originator, lower case letters of the responder, by the roles at that time.
///
/// | letter | event |
/// | --- | --- |
/// | S | SYN |
/// | H | SYN-ACK |
/// | A | ACK without data |
/// | D | data |
/// | F | FIN |
/// | R | RST |
/// | C | bad checksum |
/// | T | data that was sent again, or came out of order |
/// | W | zero window |
/// | G | gap: data that was acknowledged but not captured |
/// | I | FIN and RST in one segment |
/// | Q | SYN and FIN, or SYN and RST, in one segment |
/// | ^ | the roles were exchanged |
///
/// Zeek writes X, too, where a protocol analyzer stops; here is none. Zeek keeps every letter; this history keeps the first
/// `capacity`, since a peer that sends RSTs with ever new sequence numbers can produce a letter a packet.
struct zeek_history {
    /// The largest number of letters.
    static constexpr std::size_t capacity = 62;

    std::array<char, capacity> letters{}; ///< The letters. Only the first `size` are set.
    std::uint8_t size = 0;                ///< The number of letters, at most `capacity`.
    bool letters_lost = false;            ///< Whether there were more letters than `capacity`.

    /// The letters as text. Valid as long as this object is, and unchanged.
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {letters.data(), size}; }

    /// Appends a letter, or sets `letters_lost` if there is no room.
    constexpr void add(char letter) noexcept {
        if (size == capacity) {
            letters_lost = true;
            return;
        }
        letters[size++] = letter;
    }

    [[nodiscard]] friend constexpr bool operator==(const zeek_history&, const zeek_history&) noexcept = default;

    /// Whether a restored value is possible: there are no more letters than `capacity`.
    [[nodiscard]] friend constexpr bool is_consistent(const zeek_history& history) noexcept {
        return history.size <= capacity;
    }
};

} // namespace tcplens::inline v1
