// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/archive/aggregate_members.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// Whether all members of a result take part in its comparison.
///
///     comparisons::check_members(segment{});
///
/// changes one member after another, members of members, too, and requires that what was changed is unequal, and greater from one side
/// where it is less from the other.
namespace comparisons {

template <class Value>
inline constexpr bool is_optional = false;
template <class Value>
inline constexpr bool is_optional<std::optional<Value>> = true;
template <class Value>
inline constexpr bool is_list = false;
template <class Item>
inline constexpr bool is_list<std::vector<Item>> = true;
template <class Value>
inline constexpr bool is_array = false;
template <class Item, std::size_t Size>
inline constexpr bool is_array<std::array<Item, Size>> = true;

/// Calls `report` for each of its bytes that counts, for a class with private members or with bit-fields.
template <class Value, class Report>
void change_bytes(Value& value, Report& report) {
    static_assert(std::is_trivially_copyable_v<Value>);
    const Value before = value;
    bool counts = false;
    for (std::size_t at = 0; at < sizeof value; ++at) {
        std::byte bytes[sizeof value];
        std::memcpy(bytes, &before, sizeof value);
        bytes[at] ^= std::byte{1};
        std::memcpy(&value, bytes, sizeof value);
        if (value == before) continue; // padding, or an absent value
        counts = true;
        report();
    }
    value = before;
    CHECK(counts);
}

/// Calls `report` for each change of `value`, and leaves it as it was.
template <class Value, class Report>
void change_each(Value& value, Report& report) { // NOLINT(readability-function-*): a case for each kind of member
    const Value before = value;
    if constexpr (std::is_enum_v<Value>) {
        value = static_cast<Value>(static_cast<std::underlying_type_t<Value>>(value) ^ 1);
        report();
    } else if constexpr (std::same_as<Value, bool>) {
        value = !value;
        report();
    } else if constexpr (std::is_arithmetic_v<Value>) {
        value = static_cast<Value>(value + 1);
        report();
    } else if constexpr (std::same_as<Value, std::string> || std::same_as<Value, std::string_view>) {
        value = "changed";
        report();
    } else if constexpr (is_optional<Value>) {
        if (value) {
            change_each(*value, report);
            value.reset();
        } else {
            value = typename Value::value_type{};
        }
        report();
    } else if constexpr (is_list<Value>) {
        for (auto& each : value) change_each(each, report);
        value.emplace_back();
        report();
    } else if constexpr (is_array<Value>) {
        for (auto& each : value) change_each(each, report);
    } else if constexpr (requires { value += std::chrono::nanoseconds{1}; }) {
        value += std::chrono::nanoseconds{1};
        report();
    } else if constexpr (std::is_aggregate_v<Value>) {
        tcplens::detail::with_members(value, [&report](auto&... members) { (change_each(members, report), ...); });
    } else { // its members are private
        change_bytes(value, report);
    }
    value = before;
}

/// Checks the comparisons of a type, by what `change(value, report)` makes of a value of it.
template <class Value, class Change>
void check_changes(const Value& original, const Change& change) {
    Value changed = original;
    int changes = 0;
    const auto report = [&] {
        ++changes;
        CAPTURE(changes);
        CHECK_FALSE(changed == original);
        CHECK_FALSE(original == changed);
        if constexpr (std::three_way_comparable<Value>) {
            CHECK((changed < original || original < changed));
            CHECK((changed < original) == (original > changed));
        }
    };
    change(changed, report);
    CHECK(changed == original);
    CHECK(changes > 0);
}
template <class Value>
void check_members(const Value& original) {
    check_changes(original, [](Value& value, const auto& report) { change_each(value, report); });
}
/// The same for a class with bit-fields.
template <class Value>
void check_bytes(const Value& original) {
    check_changes(original, [](Value& value, const auto& report) { change_bytes(value, report); });
}

} // namespace comparisons
