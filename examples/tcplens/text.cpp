// SPDX-License-Identifier: MIT
#include "text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

namespace program {

namespace {

struct code_point {
    std::uint32_t value = 0;
    std::size_t length = 0; ///< in bytes; 0 if there is no UTF-8 here
};

/// The code point with which the text begins, as RFC 3629 has it: no overlong forms, no surrogates.
code_point first_of(std::string_view text) {
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[at])) : 0u;
    };
    const std::uint32_t first = byte(0);
    if (first < 0x80) return {first, 1};
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return {};
    std::uint32_t value = first & (0xffu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        value = value << 6 | (byte(i) & 0x3f);
    }
    constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {};
    return {value, length};
}

/// What is no text, or changes how text around it looks.
bool is_hostile(std::uint32_t value) {
    return value < 0x20 || (value >= 0x7f && value < 0xa0) || (value >= 0x200b && value <= 0x200f) ||
           (value >= 0x2028 && value <= 0x202e) || (value >= 0x2060 && value <= 0x206f) || value == 0x61c ||
           value == 0xfeff || (value >= 0xe0000 && value <= 0xe007f);
}

void append_hexadecimal(std::string& to, std::uint32_t value, int digits) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) to += "0123456789abcdef"[(value >> shift) & 15];
}

/// Three digits of it: "1.23", "12.3", "123". @pre 0 <= value < 1000
std::string three_digits(double value) {
    return fixed(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

/// At most three digits with a prefix: below 1000 units a whole number, "1.20 k" and so on above.
std::string with_prefix(double value, std::string_view unit) {
    constexpr std::array<std::string_view, 7> prefixes{"", "k", "M", "G", "T", "P", "E"};
    std::size_t power = 0;
    while (value >= 999.5 && power + 1 < prefixes.size()) {
        value /= 1000;
        ++power;
    }
    const std::string number = power == 0 ? fixed(value, 0) : fixed(value, value < 99.95 ? 1 : 0);
    return (number + ' ').append(prefixes[power]).append(unit);
}

} // namespace

std::string escaped(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const code_point next = first_of(text);
        const std::size_t length = std::max<std::size_t>(next.length, 1);
        if (next.length == 0 || (next.length == 1 && is_hostile(next.value))) {
            shown += "\\x";
            append_hexadecimal(shown, static_cast<unsigned char>(text[0]), 2);
        } else if (is_hostile(next.value)) {
            shown += "\\u";
            append_hexadecimal(shown, next.value, next.value > 0xffff ? 5 : 4);
        } else {
            shown += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    return shown;
}

std::string shell_word(std::string_view text) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+=,-";
    if (escaped(text) != text || text.find('\'') != std::string_view::npos) return {};
    if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos) return std::string{text};
    return std::string{"'"}.append(text).append("'");
}

namespace {

/// How many letters have to be put in, taken away or changed (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> changes(b.size() + 1);
    std::iota(changes.begin(), changes.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = changes[0];
        changes[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] != b[j]);
            diagonal = changes[j + 1];
            changes[j + 1] = std::min({changes[j + 1] + 1, changes[j] + 1, changed});
        }
    }
    return changes.back();
}

} // namespace

std::string_view similar_word(std::string_view given, const std::vector<std::string_view>& words) {
    const auto begins = [&](std::string_view each) { return !given.empty() && each.starts_with(given); };
    const auto longer = std::ranges::find_if(words, begins);
    if (longer != words.end()) return *longer;
    std::string_view nearest;
    std::size_t least = std::max(given.size() / 3, std::size_t{1}); // so many letters may be wrong
    for (const std::string_view each : words) {
        const std::size_t here = distance(given, each);
        if (here > least || (here == least && !nearest.empty())) continue;
        least = here;
        nearest = each;
    }
    return nearest;
}

std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char each) { return (static_cast<unsigned char>(each) & 0xc0) != 0x80; }));
}

std::string cut_to(std::string_view text, std::size_t most) {
    if (columns(text) <= most) return std::string{text};
    if (most == 0) return {};
    std::size_t end = 0;
    for (std::size_t count = 0; count + 1 < most; ++count) {
        ++end;
        while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
    }
    return std::string{text.substr(0, end)} + '~';
}

std::string padded(std::string_view text, std::size_t width, bool to_the_right) {
    const std::size_t used = columns(text);
    const std::string space(width > used ? width - used : 0, ' ');
    return to_the_right ? space + std::string{text} : std::string{text} + space;
}

namespace {

/// How many bytes of the text take at most so many columns.
std::size_t bytes_of_columns(std::string_view text, std::size_t most) {
    std::size_t end = 0;
    for (std::size_t count = 0; end < text.size(); ++end) {
        const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
        if (begins && ++count > most) break;
    }
    return end;
}

} // namespace

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent, bool indent_first) {
    std::string lines;
    bool first = true;
    while (first || !text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view paragraph = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t own = std::min(paragraph.find_first_not_of(' '), paragraph.size());
        const std::string before(indent + own, ' ');
        std::string line = first && !indent_first ? std::string{} : before;
        std::size_t used = before.size();
        bool empty = true;
        paragraph.remove_prefix(own);
        while (!paragraph.empty()) {
            const std::size_t length = std::min(paragraph.find(' '), paragraph.size());
            // What is longer than a line, such as the name of a file, goes on in the next one.
            const std::size_t room = width > before.size() ? width - before.size() : 1;
            const std::string_view word = paragraph.substr(0, bytes_of_columns(paragraph.substr(0, length), room));
            paragraph.remove_prefix(std::min(word.size() + (word.size() == length), paragraph.size()));
            if (!empty && used + 1 + columns(word) > width) {
                lines.append(line).append("\n");
                line = before;
                used = before.size();
                empty = true;
            }
            if (!empty) {
                line += ' ';
                ++used;
            }
            line += word;
            used += columns(word);
            empty = false;
        }
        if (empty) line.clear();
        lines += line;
        if (!text.empty()) lines += '\n';
        first = false;
    }
    return lines;
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
    return digits;
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view several) {
    return (grouped(number) + ' ').append(number == 1 ? one : several);
}

std::string why_no_connection(std::uint64_t number, std::uint64_t connections) {
    if (number < connections) return "No packet of connection " + std::to_string(number) + " was chosen.";
    return "There is no connection " + std::to_string(number) + " in what was read: " +
           (connections == 0 ? std::string{"there is none at all."}
                             : "the last of " + grouped(connections) + " is " + std::to_string(connections - 1) + ".");
}

std::string bytes_text(std::uint64_t bytes) {
    return with_prefix(static_cast<double>(bytes), "B");
}

std::string rate_text(double bytes_per_second) {
    return with_prefix(std::isfinite(bytes_per_second) && bytes_per_second > 0 ? bytes_per_second : 0, "B/s");
}

std::string duration_text(std::chrono::nanoseconds time) {
    const std::string sign = time.count() < 0 ? "-" : "";
    const double nanoseconds = std::abs(static_cast<double>(time.count()));
    if (nanoseconds < 999.5) return sign + fixed(nanoseconds, 0) + " ns";
    if (nanoseconds < 999.5e3) return sign + three_digits(nanoseconds / 1e3) + " us";
    if (nanoseconds < 999.5e6) return sign + three_digits(nanoseconds / 1e6) + " ms";
    if (nanoseconds < 99.95e9) return sign + three_digits(nanoseconds / 1e9) + " s";
    const auto seconds = static_cast<std::uint64_t>(nanoseconds / 1e9 + 0.5);
    if (seconds < 3600) return sign + std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
    const std::uint64_t minutes = (seconds + 30) / 60;
    if (minutes < 48 * 60) return sign + std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
    const std::uint64_t hours = (minutes + 30) / 60;
    return sign + std::to_string(hours / 24) + " d " + std::to_string(hours % 24) + " h";
}

std::string time_text(tcplens::timestamp time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const auto in_day = floor<microseconds>(time - day).count();
    const auto number = [](std::int64_t value, std::size_t digits) {
        std::string text = std::to_string(value);
        return std::string(digits > text.size() ? digits - text.size() : 0, '0') + text;
    };
    return number(static_cast<int>(date.year()), 4) + '-' + number(static_cast<unsigned>(date.month()), 2) + '-' +
           number(static_cast<unsigned>(date.day()), 2) + ' ' + number(in_day / 3'600'000'000, 2) + ':' +
           number(in_day / 60'000'000 % 60, 2) + ':' + number(in_day / 1'000'000 % 60, 2) + '.' +
           number(in_day % 1'000'000, 6);
}

std::string fixed(double value, int decimals) {
    std::array<char, 400> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed, decimals);
    return {digits.data(), end.ptr};
}

std::string percentage(double ratio, int decimals) {
    return fixed(ratio * 100, decimals) + '%';
}

} // namespace program
