// SPDX-License-Identifier: MIT
#pragma once

#include "../base/byte_order.hpp"
#include "../base/chrono.hpp"
#include "../base/timestamp.hpp"
#include "archive_error.hpp"
#include "archive_writer.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tcplens::inline v1 {

namespace detail {

/// What the predicate of a plain struct says; true of one without.
template <class Value>
[[nodiscard]] constexpr bool value_is_consistent(const Value& of) noexcept {
    if constexpr (requires { Value::is_consistent(of); }) return Value::is_consistent(of);
    else if constexpr (requires { is_consistent(of); }) return is_consistent(of);
    else return true;
}

} // namespace detail

/// Reads what an archive_writer wrote, by the same lists.
///
/// It validates every value: enums against their limit, points in time (clamp_for_arithmetic leaves them as they are), doubles (finite),
/// numbers of elements against the bytes that are left, plain structs by their is_consistent(). After the first error all values read
/// are 0, and left() is 0. See archive_writer for the functions.
class archive_reader {
public:
    /// Whether a list is called to restore: true.
    static constexpr bool restores = true;

    /// Reads `bytes`, which must stay valid. `offset` is added to the offset of errors.
    explicit archive_reader(std::span<const std::byte> bytes, std::size_t offset = 0) noexcept
        : left_(bytes), end_(offset + bytes.size()) {}

    /// The first error; `nullopt` if there was none.
    [[nodiscard]] const std::optional<detail::archive_error>& error() const noexcept { return error_; }
    /// Whether there was no error so far.
    [[nodiscard]] bool good() const noexcept { return !error_; }
    /// Bytes that were not read; 0 after an error.
    [[nodiscard]] std::size_t left() const noexcept { return left_.size(); }

    /// Reads the values, one after the other.
    template <class... Values>
    void operator()(Values&... values) {
        (get(values), ...);
    }
    /// Reads an optional value that is no more than `last`.
    template <class Value>
    void bounded(std::optional<Value>& value, std::type_identity_t<Value> last) {
        value.reset();
        if (!take<bool>()) return;
        Value read{};
        bounded(read, last);
        value = read;
    }
    /// Reads a number or an enumerator that is no more than `last`.
    template <class Value>
    void bounded(Value& value, std::type_identity_t<Value> last) {
        raw(value);
        if (value <= last) return;
        value = Value{};
        fail();
    }
    /// Reads a value without validating it.
    template <class Value>
    void raw(Value& value) {
        if constexpr (std::is_enum_v<Value>) value = static_cast<Value>(take<std::underlying_type_t<Value>>());
        else if constexpr (std::integral<Value>) value = take<Value>();
        else value = Value{typename Value::duration{take<std::int64_t>()}};
    }
    /// Reads a bit.
    [[nodiscard]] bool bit(bool) { return take<bool>(); }
    /// Reads a bit-field that is no more than `last`.
    [[nodiscard]] unsigned bits(unsigned, unsigned last) {
        std::uint8_t value = 0;
        bounded(value, static_cast<std::uint8_t>(last));
        return value;
    }
    /// Reads a std::size_t that is no more than `most`.
    void index(std::size_t& value, std::size_t most) {
        const auto read = take<std::uint32_t>();
        value = read <= most ? read : 0;
        if (read > most) fail();
    }
    /// Reads a number of elements: no more than `most`, and no more than there are bytes left.
    template <std::unsigned_integral Number>
    void count(Number& value, std::size_t most) {
        std::size_t read = 0;
        index(read, most);
        require(read <= left_.size()); // of what is behind the number itself
        value = good() ? static_cast<Number>(read) : Number{0};
    }
    /// Reads any std::size_t; an error if this machine cannot hold it.
    void size(std::size_t& value) {
        const auto read = take<std::uint64_t>();
        value = static_cast<std::size_t>(read);
        if (value != read) fail();
    }
    /// Reads a number of bytes.
    void bytes(std::vector<std::byte>& value) {
        std::uint32_t length = 0;
        count(length, (std::numeric_limits<std::uint32_t>::max)());
        value.assign(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(length));
        left_ = left_.subspan(length);
    }
    /// Reads a value that must be the same as `value`; an error that names `what` if it is not.
    template <class Value>
    void expect_equal(std::string_view what, const Value& value) {
        archive_writer wanted;
        wanted.expect_equal(what, value);
        compare(what, wanted.written(), detail::archive_error_code::other_value);
    }
    /// Reads a name that must be `what`.
    void same_type(std::string_view what) {
        archive_writer wanted;
        wanted.same_type(what);
        compare(what, wanted.written(), detail::archive_error_code::other_type);
    }
    /// An error if the condition does not hold.
    void require(bool holds) noexcept {
        if (!holds) fail();
    }

private:
    void fail(detail::archive_error_code code = detail::archive_error_code::impossible_value,
              std::string_view subject = {}) noexcept {
        if (!error_) error_ = detail::archive_error{.code = code, .offset = last_, .subject = subject};
        left_ = {};
    }
    [[nodiscard]] std::span<const std::byte> take_bytes(std::size_t length) noexcept {
        if (good()) last_ = end_ - left_.size();
        if (left_.size() < length) {
            fail();
            return {};
        }
        const auto taken = left_.first(length);
        left_ = left_.subspan(length);
        return taken;
    }
    template <class Number>
    [[nodiscard]] Number take() noexcept {
        if constexpr (std::same_as<Number, bool>) {
            const auto value = take<std::uint8_t>();
            if (value > 1) fail();
            return value == 1;
        } else {
            const auto bytes = take_bytes(sizeof(Number));
            return bytes.empty() ? Number{}
                                 : static_cast<Number>(detail::load_little<std::make_unsigned_t<Number>>(bytes.data()));
        }
    }

    template <std::integral Number>
    void get(Number& value) noexcept {
        value = take<Number>();
    }
    template <detail::bounded_enum Enum>
    void get(Enum& value) noexcept {
        bounded(value, detail::greatest_value(value));
    }
    void get(std::byte& value) noexcept { value = std::byte{take<std::uint8_t>()}; }
    void get(double& value) noexcept {
        value = std::bit_cast<double>(take<std::uint64_t>());
        if (std::isfinite(value)) return;
        value = 0;
        fail();
    }
    template <std::signed_integral Count, class Period>
    void get(std::chrono::duration<Count, Period>& value) noexcept {
        static_assert(sizeof(Count) == sizeof(std::int64_t));
        value = std::chrono::duration<Count, Period>{take<std::int64_t>()};
    }
    void get(timestamp& value) noexcept {
        raw(value);
        if (detail::clamp_for_arithmetic(value) == value) return;
        value = {};
        fail();
    }
    template <class Value>
    void get(std::optional<Value>& value) {
        value.reset();
        if (!take<bool>()) return;
        Value read{};
        get(read);
        value = read;
    }
    template <class Value, std::size_t Size>
    void get(std::array<Value, Size>& values) {
        for (Value& each : values) get(each);
    }
    template <class Value>
    requires(std::is_class_v<Value>&& std::is_empty_v<Value>) void get(Value&) noexcept {}
    template <class Value>
    requires(std::is_class_v<Value> && !std::is_empty_v<Value>) void get(Value& value) {
        if constexpr (detail::has_archive_list<Value, archive_reader>) {
            detail::archive_by_list(*this, value);
        } else {
            detail::with_members(value, *this);
            if (!good() || detail::value_is_consistent(value)) return;
            value = Value{};
            fail();
        }
    }

    void compare(std::string_view what, std::span<const std::byte> wanted, detail::archive_error_code code) noexcept {
        const auto found = take_bytes((std::min)(wanted.size(), left_.size()));
        if (!std::ranges::equal(found, wanted)) fail(code, what);
    }

    std::span<const std::byte> left_;
    std::size_t end_;
    std::size_t last_ = 0; ///< where what was read last begins
    std::optional<detail::archive_error> error_{};
};

} // namespace tcplens::inline v1
