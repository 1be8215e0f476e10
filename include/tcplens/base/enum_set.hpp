// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace tcplens::inline v1 {

// An enum whose enumerators are bits becomes a set by one line beside it, which names all of its members:
//
//     [[nodiscard]] constexpr tunnel_set tcplens_all_members(tunnel_set) noexcept { return tunnel_set::all; }
//
// For such an enum, and for no other type, the operators |, &, ~, |= and &= and the two queries below are declared.

namespace detail {

template <class Enum>
concept enum_set = std::is_enum_v<Enum> && requires(Enum set) {
    tcplens_all_members(set);
};

/// The set of all members up to `last`, for sets whose members are successive bits.
template <class Enum>
[[nodiscard]] constexpr Enum members_up_to(Enum last) noexcept {
    return static_cast<Enum>((static_cast<std::uint64_t>(last) << 1) - 1);
}

template <enum_set Enum>
[[nodiscard]] constexpr std::uint64_t set_bits(Enum set) noexcept {
    return static_cast<std::uint64_t>(set);
}

/// The names of the members of a set, lowest bit first, with commas between; empty for an empty set.
/// @pre There is a name for each bit that is set: `names` points to that of the lowest bit.
[[nodiscard]] inline std::string list_members(std::uint64_t bits, const std::string_view* names) {
    std::string text;
    for (; bits != 0; bits &= bits - 1) {
        if (!text.empty()) text += ',';
        text += names[static_cast<std::size_t>(std::countr_zero(bits))];
    }
    return text;
}

} // namespace detail

/// The set of the members that `a`, `b` or both contain.
template <detail::enum_set Enum>
[[nodiscard]] constexpr Enum operator|(Enum a, Enum b) noexcept {
    return static_cast<Enum>(detail::set_bits(a) | detail::set_bits(b));
}

/// The set of the members that both sets contain.
template <detail::enum_set Enum>
[[nodiscard]] constexpr Enum operator&(Enum a, Enum b) noexcept {
    return static_cast<Enum>(detail::set_bits(a) & detail::set_bits(b));
}

/// The set of all members that `set` does not contain.
template <detail::enum_set Enum>
[[nodiscard]] constexpr Enum operator~(Enum set) noexcept {
    return static_cast<Enum>(~detail::set_bits(set) & detail::set_bits(tcplens_all_members(set)));
}

/// Adds the members of `b` to `a`.
template <detail::enum_set Enum>
constexpr Enum& operator|=(Enum& a, Enum b) noexcept {
    return a = a | b;
}

/// Removes from `a` the members that `b` does not contain.
template <detail::enum_set Enum>
constexpr Enum& operator&=(Enum& a, Enum b) noexcept {
    return a = a & b;
}

/// Whether `set` contains all of `members`. True if `members` is empty.
template <detail::enum_set Enum>
[[nodiscard]] constexpr bool contains_all(Enum set, Enum members) noexcept {
    return (set & members) == members;
}

/// Whether `set` contains at least one of `members`. False if `members` is empty.
template <detail::enum_set Enum>
[[nodiscard]] constexpr bool contains_any(Enum set, Enum members) noexcept {
    return (set & members) != Enum{};
}

} // namespace tcplens::inline v1
