// SPDX-License-Identifier: MIT
#pragma once

#include "compiler.hpp"

#include <optional>

namespace tcplens::inline v1::detail {

/// A value, or std::nullopt: what std::optional is, for values that are made by default and copied cheaply. Each std::optional of another type takes
/// as long to compile as a thousand lines.
template <class Value>
class maybe {
public:
    TCPLENS_ALWAYS_INLINE constexpr maybe(const Value& value) noexcept : value_(value), has_value_(true) {}
    TCPLENS_ALWAYS_INLINE constexpr maybe(std::nullopt_t) noexcept {}

    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr explicit operator bool() const noexcept { return has_value_; }
    /// @pre There is a value.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr const Value& operator*() const noexcept { return value_; }
    /// @pre There is a value.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr const Value* operator->() const noexcept { return &value_; }

private:
    Value value_{};
    bool has_value_ = false;
};

} // namespace tcplens::inline v1::detail
