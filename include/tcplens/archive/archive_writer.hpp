// SPDX-License-Identifier: MIT
#pragma once

#include "../base/check.hpp"
#include "../base/chrono.hpp"
#include "../base/enum_set.hpp"
#include "aggregate_members.hpp"

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tcplens::inline v1 {

namespace detail {

/// A class with a list of what is archived.
template <class Value, class Archive>
concept has_archive_list = requires(Archive& ar, Value& of) {
    Value::archive(ar, of);
}
|| requires(Archive& ar, Value& of) {
    archive(ar, of);
};

/// Calls the list of a class.
template <class Archive, class Value>
void archive_by_list(Archive& ar, Value& of) {
    if constexpr (requires { Value::archive(ar, of); }) Value::archive(ar, of);
    else archive(ar, of);
}

/// An enum whose greatest value is known.
template <class Enum>
concept bounded_enum = enum_set<Enum> ||(std::is_enum_v<Enum>&& requires(Enum of) { tcplens_archive_limit(of); });

template <bounded_enum Enum>
[[nodiscard]] constexpr Enum greatest_value(Enum of) noexcept {
    if constexpr (enum_set<Enum>) return tcplens_all_members(of);
    else return tcplens_archive_limit(of);
}

} // namespace detail

/// Writes values as bytes, which are the same on every machine: integers of fixed width, least significant byte first.
///
/// Plain structs (aggregates without base classes and bit-fields) need nothing: all their members are archived, in the order in
/// which they are declared. A relation between members that every value has is a predicate, a friend or a static member;
/// archive_reader refuses values that do not have it:
///
///     [[nodiscard]] friend constexpr bool is_consistent(const counted_range& of) noexcept { return of.least <= of.greatest; }
///
/// An enum says its greatest value once, beside it; a set (base/enum_set.hpp) does so anyway:
///
///     [[nodiscard]] constexpr color tcplens_archive_limit(color) noexcept { return color::blue; }
///
/// Other classes say what is archived in a list that archive_reader takes too, a friend or a static member:
///
///     friend void archive(auto& ar, counted_ranges& of) {
///         auto& [ranges, count] = of; // all members: a structured binding with one less does not compile
///         ar.count(count, capacity);
///         for (std::size_t i = 0; i < count; ++i) ar(ranges[i]);
///     }
///
/// A list writes to nothing but what `ar` gave it, so that a writer can be given what is const. In a nested class it is a static
/// member, since a friend has no access to the class around it. A class without members needs none.
class archive_writer {
public:
    /// Whether a list is called to restore: false.
    static constexpr bool restores = false;

    /// Writes numbers, points in time, enums with a limit, plain structs and classes with a list; optionals and arrays of them.
    template <class... Values>
    void operator()(const Values&... values) {
        (put(values), ...);
    }
    /// An optional number or enumerator that is no more than `last`.
    template <class Value>
    void bounded(const std::optional<Value>& value, std::type_identity_t<Value> last) {
        put(value.has_value());
        if (value) bounded(*value, last);
    }
    /// A number or an enumerator that is no more than `last`.
    template <class Value>
    void bounded(const Value& value, std::type_identity_t<Value>) {
        raw(value);
    }
    /// A number, a value of an enum or a point in time that the reader does not validate.
    template <class Value>
    void raw(const Value& value) {
        if constexpr (std::is_enum_v<Value>) put(static_cast<std::underlying_type_t<Value>>(value));
        else if constexpr (std::integral<Value>) put(value);
        else put(value.time_since_epoch());
    }
    /// A bit-field of one bit, for which there are no references: `flag = ar.bit(flag)`.
    [[nodiscard]] bool bit(bool value) {
        put(value);
        return value;
    }
    /// A bit-field of some bits that is no more than `last`.
    [[nodiscard]] unsigned bits(unsigned value, [[maybe_unused]] unsigned last) {
        put(static_cast<std::uint8_t>(value));
        return value;
    }
    /// A std::size_t that is no more than `most`. @pre `most` is less than 2^32.
    void index(const std::size_t& value, [[maybe_unused]] std::size_t most) {
        TCPLENS_CHECK(most <= 0xffff'ffff && value <= most, "the value is no more than `most`, which 32 bits hold");
        put(static_cast<std::uint32_t>(value));
    }
    /// The number of elements that follow, of which each takes at least a byte; no more than `most`.
    template <std::unsigned_integral Number>
    void count(const Number& value, [[maybe_unused]] std::size_t most) {
        put(static_cast<std::uint32_t>(value));
    }
    /// Any std::size_t.
    void size(const std::size_t& value) { put(static_cast<std::uint64_t>(value)); }
    /// A number of bytes.
    void bytes(const std::vector<std::byte>& value) {
        count(value.size(), 0);
        append(value);
    }
    /// A value that the object into which is restored must have, such as an option; `what` names it in the error.
    template <class Value>
    void expect_equal([[maybe_unused]] std::string_view what, const Value& value) {
        if constexpr (std::is_enum_v<Value>) raw(value);
        else put(value);
    }
    /// The name of the type, which must be the same where it is restored.
    void same_type(std::string_view what) {
        count(what.size(), 0);
        for (const char each : what) put(each);
    }
    /// A condition that holds for all values that were not damaged or made up.
    void require([[maybe_unused]] bool holds) noexcept {}

    /// Always true.
    [[nodiscard]] static constexpr bool good() noexcept { return true; }

    /// Reserves memory for so many more bytes.
    void expect(std::size_t more) { written_.reserve(written_.size() + more); }

    /// Appends bytes as they are.
    void append(std::span<const std::byte> more) { written_.insert(written_.end(), more.begin(), more.end()); }

    /// All bytes written so far.
    [[nodiscard]] const std::vector<std::byte>& written() const& noexcept { return written_; }
    /// All bytes written so far.
    [[nodiscard]] std::vector<std::byte>&& written() && noexcept { return std::move(written_); }

private:
    template <std::integral Number>
    void put(Number value) {
        auto rest = static_cast<std::make_unsigned_t<Number>>(value);
        std::array<std::byte, sizeof(Number)> bytes{};
        for (std::byte& each : bytes) {
            each = static_cast<std::byte>(rest & 0xff);
            if constexpr (sizeof(Number) > 1) rest = static_cast<decltype(rest)>(rest >> 8);
        }
        append(bytes);
    }
    template <detail::bounded_enum Enum>
    void put(Enum value) {
        raw(value);
    }
    void put(bool value) { written_.push_back(value ? std::byte{1} : std::byte{0}); }
    void put(std::byte value) { written_.push_back(value); }
    void put(double value) { put(std::bit_cast<std::uint64_t>(value)); }
    /// The integer with which a library counts has 64 bits, but need not be std::int64_t.
    template <std::signed_integral Count, class Period>
    void put(const std::chrono::duration<Count, Period>& value) {
        put(std::int64_t{value.count()});
    }
    template <class Clock, class Duration>
    void put(const std::chrono::time_point<Clock, Duration>& value) {
        put(value.time_since_epoch());
    }
    template <class Value>
    void put(const std::optional<Value>& value) {
        put(value.has_value());
        if (value) put(*value);
    }
    template <class Value, std::size_t Size>
    void put(const std::array<Value, Size>& values) {
        for (const Value& each : values) put(each);
    }
    template <class Value>
    requires(std::is_class_v<Value>&& std::is_empty_v<Value>) void put(const Value&) noexcept {}
    template <class Value>
    requires(std::is_class_v<Value> && !std::is_empty_v<Value>) void put(const Value& value) {
        if constexpr (!detail::has_archive_list<Value, archive_writer>) {
            detail::with_members(value, *this);
        } else if constexpr (std::is_trivially_copyable_v<Value>) {
            Value copy = value; // bit-fields are written to
            detail::archive_by_list(*this, copy);
        } else {
            detail::archive_by_list(*this, const_cast<Value&>(value));
        }
    }

    std::vector<std::byte> written_{};
};

} // namespace tcplens::inline v1
