// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/wire/sequence_number.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace program {

/// Reads what an FTP client sends (RFC 959 4.1), as far as it takes to tell when Zeek's analyzer comes to its limit: a command
/// of more than 100 letters, once there was one of no more.
class ftp_commands {
public:
    static constexpr std::size_t max_length = 100;

    /// Whether Zeek has such ports read as FTP by default.
    [[nodiscard]] static constexpr bool is_port(std::uint16_t port) noexcept { return port == 21 || port == 2811; }

    /// Takes in the data of a segment. What was there before is passed over; after a hole, the line that it cuts is.
    /// Returns whether a line ended whose command is too long.
    constexpr bool take(tcplens::sequence_number begin, std::span<const std::byte> data) noexcept {
        if (next_ && *next_ != begin) {
            const std::int32_t step = distance(*next_, begin);
            if (step > 0) {
                place_ = place::rest;
            } else {
                const auto known = static_cast<std::size_t>(-static_cast<std::int64_t>(step));
                if (known >= data.size()) return false;
                data = data.subspan(known);
                begin = *next_;
            }
        }
        next_ = begin + static_cast<std::uint32_t>(data.size());
        bool too_long = false;
        for (const std::byte byte : data) too_long = take(std::to_integer<unsigned char>(byte)) || too_long;
        return too_long;
    }

private:
    enum class place : std::uint8_t { before, command, after, rest };

    constexpr bool take(unsigned char byte) noexcept {
        if (byte == '\n') return end_line();
        const bool blank = byte == ' ' || byte == '\t' || byte == '\r';
        const bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        if (place_ == place::before && !blank) place_ = place::command;
        if (place_ == place::command) {
            if (letter) ++length_;
            else place_ = blank ? place::after : place::rest;
        }
        return false;
    }
    constexpr bool end_line() noexcept {
        const bool is_command = place_ != place::rest && length_ > 0;
        const bool too_long = is_command && length_ > max_length;
        const bool limited = too_long && confirmed_;
        confirmed_ = confirmed_ || (is_command && !too_long);
        place_ = place::before;
        length_ = 0;
        return limited;
    }

    std::optional<tcplens::sequence_number> next_{};
    std::size_t length_ = 0; ///< of the command of this line
    place place_ = place::before;
    bool confirmed_ = false; ///< it is FTP indeed
};

} // namespace program
