// SPDX-License-Identifier: MIT
#include "moment.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace program {

namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

/// Takes digits from the front of a text, from `least` to `most` of them.
std::optional<std::int64_t> take_number(std::string_view& text, std::size_t least, std::size_t most) {
    std::int64_t value = 0;
    std::size_t count = 0;
    for (; count < most && count < text.size() && text[count] >= '0' && text[count] <= '9'; ++count)
        value = value * 10 + (text[count] - '0');
    if (count < least) return std::nullopt;
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, std::string_view what) {
    if (!text.starts_with(what)) return false;
    text.remove_prefix(what.size());
    return true;
}

/// Takes ".25", if it is there, as nanoseconds; further digits are left out.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
    if (!take(text, ".") && !take(text, ",")) return 0;
    const std::size_t before = text.size();
    const auto value = take_number(text, 1, 9);
    if (!value) return std::nullopt;
    std::int64_t fraction = *value;
    for (std::size_t digits = before - text.size(); digits < 9; ++digits) fraction *= 10;
    while (take_number(text, 1, 9)) {
    }
    return fraction;
}

std::optional<nanoseconds> parse_seconds(std::string_view text) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / nanoseconds_per_second - 1;
    const auto seconds = take_number(text, 1, 10);
    const auto fraction = take_fraction(text);
    if (!seconds || !fraction || !text.empty() || *seconds > most) return std::nullopt;
    return nanoseconds{*seconds * nanoseconds_per_second + *fraction};
}

/// Seconds by which a clock is ahead of UTC: "Z", "+01:00", "-0530", or nothing.
std::optional<std::int64_t> parse_zone(std::string_view text) {
    if (text.empty() || text == "Z" || text == "z" || text == " UTC" || text == "UTC") return 0;
    const bool is_behind = text.front() == '-';
    if (!take(text, "+") && !take(text, "-")) return std::nullopt;
    const auto hours = take_number(text, 2, 2);
    const bool has_colon = take(text, ":");
    const auto minutes = text.empty() && !has_colon ? std::optional<std::int64_t>{0} : take_number(text, 2, 2);
    if (!hours || !minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
    const std::int64_t ahead = *hours * 3600 + *minutes * 60;
    return is_behind ? -ahead : ahead;
}

std::optional<nanoseconds> parse_date(std::string_view text) {
    using namespace std::chrono;
    const auto year_number = take_number(text, 4, 4);
    if (!year_number || !take(text, "-")) return std::nullopt;
    const auto month_number = take_number(text, 2, 2);
    if (!month_number || !take(text, "-")) return std::nullopt;
    const auto day_number = take_number(text, 2, 2);
    if (!day_number) return std::nullopt;
    const year_month_day date{year{static_cast<int>(*year_number)}, month{static_cast<unsigned>(*month_number)},
                              day{static_cast<unsigned>(*day_number)}};
    if (!date.ok() || *year_number < 1700 || *year_number > 2200)
        return std::nullopt; // nanoseconds reach from 1677 to 2262
    std::int64_t in_day = 0;
    std::int64_t fraction = 0;
    if (!text.empty() && (text.front() == 'T' || text.front() == 't' || text.front() == ' ') && text != " UTC") {
        text.remove_prefix(1);
        const auto hours = take_number(text, 2, 2);
        if (!hours || !take(text, ":")) return std::nullopt;
        const auto minutes = take_number(text, 2, 2);
        if (!minutes) return std::nullopt;
        std::optional<std::int64_t> seconds = 0;
        std::optional<std::int64_t> below = 0;
        if (take(text, ":")) {
            seconds = take_number(text, 2, 2);
            below = take_fraction(text);
        }
        if (!seconds || !below || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
        in_day = *hours * 3600 + *minutes * 60 + *seconds;
        fraction = *below;
    }
    const auto ahead = parse_zone(text);
    if (!ahead) return std::nullopt;
    const std::int64_t days = sys_days{date}.time_since_epoch().count();
    return nanoseconds{(days * 86400 + in_day - *ahead) * nanoseconds_per_second + fraction};
}

} // namespace

tcplens::timestamp moment::in(tcplens::timestamp first_packet) const {
    return after_first_packet ? first_packet + value : tcplens::timestamp{value};
}

std::optional<moment> parse_moment(std::string_view text) {
    const bool after_first_packet = take(text, "+");
    std::optional<nanoseconds> value = parse_seconds(text);
    if (!value && !after_first_packet) value = parse_date(text);
    if (!value) return std::nullopt;
    return moment{*value, after_first_packet};
}

} // namespace program
