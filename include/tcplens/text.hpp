// SPDX-License-Identifier: MIT
#pragma once

// Text for streams and std::format. No other header includes this one, so that a program without it compiles no <ostream>.
#include "base/append_digits.hpp"
#include "base/timestamp.hpp"
#include "capture/capture_error.hpp"
#include "connection/verdict.hpp"
#include "wire/address.hpp"
#include "wire/endpoint.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <version>

#if defined(__cpp_lib_format)
#include <format>
#endif

namespace tcplens::inline v1 {

struct connection_name;
struct restore_error;
struct write_error;

/// Not for programs: argument-dependent lookup finds it for the enumerations of this namespace, and for no others.
template <class Enum>
void tcplens_enumeration(Enum);

namespace detail::by_lookup {

void tcplens_enumeration() = delete; // hides the one above from ordinary lookup

/// An enumeration of tcplens with a to_string().
template <class Value>
concept named_enumeration = std::is_enum_v<Value> && requires(Value value) {
    tcplens_enumeration(value);
    std::string_view{to_string(value)};
};

} // namespace detail::by_lookup

namespace detail {

template <class Value, class... Types>
concept any_of = (std::same_as<Value, Types> || ...);

/// Every type of tcplens with a to_string(): operator<< and std::formatter below are for no type of anybody else.
template <class Value>
concept has_text = by_lookup::named_enumeration<Value> ||
    any_of<Value, address, capture_error, connection_name, endpoint, restore_error, verdict, write_error>;

} // namespace detail

/// The time in UTC by ISO 8601, always with nanoseconds: `2026-11-29T10:12:08.123456789Z`. Allocates the string.
[[nodiscard]] inline std::string to_string(timestamp time) {
    // Not std::chrono::floor: near timestamp::min() the start of the day is no timestamp any more.
    constexpr std::int64_t day = std::chrono::nanoseconds{std::chrono::days{1}}.count();
    const std::int64_t count = time.time_since_epoch().count();
    const std::int64_t since_midnight = (count % day + day) % day;
    const std::int64_t days = count / day - (count % day < 0 ? 1 : 0);
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
    const std::chrono::hh_mm_ss<std::chrono::nanoseconds> clock{std::chrono::nanoseconds{since_midnight}};
    std::string text;
    const auto append = [&text](auto number, std::size_t digits, char end) {
        detail::append_digits(text, static_cast<std::uint64_t>(number), digits);
        text += end;
    };
    append(static_cast<int>(date.year()), 4, '-'); // from 1677 to 2262
    append(static_cast<unsigned>(date.month()), 2, '-');
    append(static_cast<unsigned>(date.day()), 2, 'T');
    append(clock.hours().count(), 2, ':');
    append(clock.minutes().count(), 2, ':');
    append(clock.seconds().count(), 2, '.');
    append(clock.subseconds().count(), 9, 'Z');
    return text;
}

/// Writes `to_string(value)`, padded to the width of the stream. For every type of tcplens that has a to_string().
template <detail::has_text Value>
std::ostream& operator<<(std::ostream& stream, const Value& value) {
    return stream << std::string_view{to_string(value)};
}

/// Writes a time as to_string() does.
///
/// A timestamp is a type of the standard library, so this operator is found only after `using tcplens::operator<<`. Without that,
/// `stream << tcplens::to_string(time)` writes the same. For std::format the standard library has a formatter:
/// `std::format("{:%FT%TZ}", time)` gives the same text.
inline std::ostream& operator<<(std::ostream& stream, const timestamp& time) {
    return stream << std::string_view{to_string(time)};
}

} // namespace tcplens::inline v1

#if defined(__cpp_lib_format)
/// Formats every type of tcplens that has a to_string(), with the format specifications of a string: `{:>30}`.
template <tcplens::detail::has_text Value>
struct std::formatter<Value, char> : std::formatter<std::string_view, char> {
    /// Writes `to_string(value)`.
    auto format(const Value& value, auto& context) const {
        using tcplens::to_string;
        return std::formatter<std::string_view, char>::format(std::string_view{to_string(value)}, context);
    }
};
#endif
