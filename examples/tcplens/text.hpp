// SPDX-License-Identifier: MIT
#pragma once

// Numbers with units, and strings from elsewhere, as people read them.

#include <tcplens/base/timestamp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// A string that came from outside (a file's name, a comment), so that a terminal does nothing but show it: control characters,
/// those that turn the direction of writing, and what is no UTF-8 are written as \x1b or \u202e; a backslash stays as it is.
[[nodiscard]] std::string escaped(std::string_view text);

/// A word as a shell takes it, in quotes where need be; empty if it cannot be shown as it is.
[[nodiscard]] std::string shell_word(std::string_view text);

/// The word that may have been meant: the first that begins with what was given, or the nearest one with at most a third of the
/// letters (one at least) put in, taken away or changed; empty if there is none.
[[nodiscard]] std::string_view similar_word(std::string_view given, const std::vector<std::string_view>& words);

/// How many columns UTF-8 takes, a code point one. @pre no control characters and colours
[[nodiscard]] std::size_t columns(std::string_view text);
/// The text, cut to so many columns; the last one is then a tilde.
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t columns);
/// The text with spaces up to so many columns, behind it or before it.
[[nodiscard]] std::string padded(std::string_view text, std::size_t columns, bool to_the_right = false);
/// The words of a text in lines of at most `width` columns, each with so many spaces before it; the first line as well unless
/// something stands there already. Line ends in the text stay.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::size_t indent = 0,
                                  bool indent_first = true);

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);
/// "3 packets", "1 packet".
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view one, std::string_view several);
/// "There is no connection 7 in what was read: the last of 3 is 2." Or, of one that is there: "No packet of connection 1 was chosen."
[[nodiscard]] std::string why_no_connection(std::uint64_t number, std::uint64_t connections);
/// "812 B", "1.2 MB": powers of 1000, three digits.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);
/// "812 B/s", "1.2 MB/s".
[[nodiscard]] std::string rate_text(double bytes_per_second);
/// "34.1 ms", "1.20 s", "812 us", "3 min 20 s", "2 h 5 min".
[[nodiscard]] std::string duration_text(std::chrono::nanoseconds time);
/// "2024-05-01 12:34:56.789012" in UTC.
[[nodiscard]] std::string time_text(tcplens::timestamp time);
/// 12.3456 with 3 decimals as "12.346".
[[nodiscard]] std::string fixed(double value, int decimals);
/// 0.125 with 2 decimals as "12.50%".
[[nodiscard]] std::string percentage(double ratio, int decimals);

} // namespace program
