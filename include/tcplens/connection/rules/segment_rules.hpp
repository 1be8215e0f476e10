// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/enum_set.hpp"
#include "../../wire/segment.hpp"
#include "../side.hpp"
#include "../verdict.hpp"
#include "hook_check.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace tcplens::inline v1 {

/// What a rule set gets to judge: a segment, and the connection that it belongs to. Valid during the call only.
struct rule_input {
    /// The segment.
    const tcplens::segment& segment;
    /// The side of the connection that sent it.
    side sender = side::first;
    /// The number of the connection, unique within its table: connection::number. In a parallel table unique within one of its
    /// tables.
    std::uint64_t connection_number = 0;
    /// Whether the segment begins a connection between two endpoints that had one before.
    bool reuses_ports = false;
    /// Whether the connection was closed or reset before, and a later one of its endpoints has been answered: the segment was late.
    bool after_end = false;
};

/// The optional members of a rule set. A rule set lists those that it has:
///
///     static constexpr auto hooks = rule_hooks::reserve | rule_hooks::forget;
///
/// Without a member `hooks` it has none. A hook that is listed but missing does not compile, nor does a member with the name of a
/// hook that is not listed: see check_rules(). `state` is the rule set's `connection_state`.
enum class rule_hooks : std::uint16_t {
    /// No hook.
    none = 0,
    /// `void reserve(std::size_t connections)`. Allocates what that many connections need, so that no call allocates until there are
    /// more.
    reserve = 1u << 0,
    /// `void forget(state&) noexcept`. Gives back shared memory of a connection that leaves the table. The state is not used again.
    forget = 1u << 1,
    /// `static void prefetch(const state&) noexcept`. Fetches from memory what any next segment of the connection will most likely
    /// touch of its state. Without this hook the table fetches the whole state.
    prefetch = 1u << 2,
    /// `void prefetch_side(const state&, side sender) const noexcept`. Fetches what a segment of that side will touch besides. It is
    /// called after `prefetch`, so it may read what that fetched.
    prefetch_side = 1u << 3,
    /// `bool begins_another(const rule_input&, const state&) const`. Says whether the segment begins another connection between its
    /// endpoints, in the place of the table. The state is that of their latest connection. The rule set then says
    /// verdict_kinds::reused_ports itself.
    begins_another = 1u << 4,
    /// `static constexpr std::string_view saved_as`, with an archive list of the rule set and one of its state, unless they are
    /// empty. Tables with the rule set can be saved: see save(). `saved_as` names the rule set in the saved bytes.
    saving = 1u << 5,
    /// `void archive_connection(auto& ar, state&)`. Archives a state together with what the rule set keeps elsewhere for the
    /// connection, in the place of the archive list of the state.
    archive_connection = 1u << 6,
};
/// The set of all hooks.
[[nodiscard]] constexpr rule_hooks tcplens_all_members(rule_hooks) noexcept {
    return detail::members_up_to(rule_hooks::archive_connection);
}

namespace detail {

template <class Rules>
concept has_rule_state = requires {
    typename Rules::connection_state;
};
template <class Rules>
concept judges_any = requires(Rules rules, const rule_input& next, typename Rules::connection_state& state) {
    rules.judge(next, state);
};
template <class Rules>
concept judges_segments = requires(Rules rules, const rule_input& next, typename Rules::connection_state& state) {
    { rules.judge(next, state) } -> std::same_as<verdict>;
};

template <class Rules>
concept reserve_fits = requires(Rules& rules, std::size_t connections) {
    { rules.reserve(connections) } -> std::same_as<void>;
};
template <class Rules>
concept forget_fits = requires(Rules& rules, typename Rules::connection_state& state) {
    { rules.forget(state) }
    noexcept->std::same_as<void>;
};
template <class Rules>
concept prefetch_fits = requires(const typename Rules::connection_state& state) {
    { Rules::prefetch(state) }
    noexcept->std::same_as<void>;
};
template <class Rules>
concept prefetch_side_fits = requires(const Rules& rules, const typename Rules::connection_state& state, side sender) {
    { rules.prefetch_side(state, sender) }
    noexcept->std::same_as<void>;
};
template <class Rules>
concept begins_another_fits = requires(const Rules& rules, const rule_input& next,
                                       const typename Rules::connection_state& state) {
    { rules.begins_another(next, state) } -> std::same_as<bool>;
};
template <class Part>
concept saved_as_fits = requires {
    std::string_view{Part::saved_as};
};

/// @pre there is a connection_state
template <class Rules>
consteval void check_rule_hooks() {
    static_assert(
        !has_hook<Rules, rule_hooks::reserve> || reserve_fits<Rules>,
        "tcplens: the rules list the hook `reserve`, but do not have it as: void reserve(std::size_t connections)");
    static_assert(
        !has_hook<Rules, rule_hooks::forget> || forget_fits<Rules>,
        "tcplens: the rules list the hook `forget`, but do not have it as: void forget(connection_state&) noexcept");
    static_assert(!has_hook<Rules, rule_hooks::prefetch> || prefetch_fits<Rules>,
                  "tcplens: the rules list the hook `prefetch`, but do not have it as: "
                  "static void prefetch(const connection_state&) noexcept");
    static_assert(!has_hook<Rules, rule_hooks::prefetch_side> || prefetch_side_fits<Rules>,
                  "tcplens: the rules list the hook `prefetch_side`, but do not have it as: "
                  "void prefetch_side(const connection_state&, side sender) const noexcept");
    static_assert(!has_hook<Rules, rule_hooks::begins_another> || begins_another_fits<Rules>,
                  "tcplens: the rules list the hook `begins_another`, but do not have it as: "
                  "bool begins_another(const rule_input&, const connection_state&) const");
    static_assert(
        !has_hook<Rules, rule_hooks::saving> || saved_as_fits<Rules>,
        "tcplens: the rules list the hook `saving`, but do not have: static constexpr std::string_view saved_as");
    static_assert(!has_hook<Rules, rule_hooks::archive_connection> || names_archive_connection<Rules>,
                  "tcplens: the rules list the hook `archive_connection`, but do not have it as: "
                  "void archive_connection(auto& ar, connection_state&)");
    static_assert(!has_hook<Rules, rule_hooks::archive_connection> || has_hook<Rules, rule_hooks::saving>,
                  "tcplens: the rules list the hook `archive_connection`, but not `saving`, which it belongs to");
}

template <class Rules>
consteval void check_rule_names() {
    static_assert(
        has_hook<Rules, rule_hooks::reserve> || !names_reserve<Rules>,
        "tcplens: the rules have a member `reserve`, but do not list it: add rule_hooks::reserve to their `hooks`");
    static_assert(
        has_hook<Rules, rule_hooks::forget> || !names_forget<Rules>,
        "tcplens: the rules have a member `forget`, but do not list it: add rule_hooks::forget to their `hooks`");
    static_assert(
        has_hook<Rules, rule_hooks::prefetch> || !names_prefetch<Rules>,
        "tcplens: the rules have a member `prefetch`, but do not list it: add rule_hooks::prefetch to their `hooks`");
    static_assert(has_hook<Rules, rule_hooks::prefetch_side> || !names_prefetch_side<Rules>,
                  "tcplens: the rules have a member `prefetch_side`, but do not list it: "
                  "add rule_hooks::prefetch_side to their `hooks`");
    static_assert(has_hook<Rules, rule_hooks::begins_another> || !names_begins_another<Rules>,
                  "tcplens: the rules have a member `begins_another`, but do not list it: "
                  "add rule_hooks::begins_another to their `hooks`");
    static_assert(
        has_hook<Rules, rule_hooks::saving> || !names_saved_as<Rules>,
        "tcplens: the rules have a member `saved_as`, but do not list it: add rule_hooks::saving to their `hooks`");
    static_assert(
        has_hook<Rules, rule_hooks::saving> || !names_archive<Rules>,
        "tcplens: the rules have a member `archive`, but do not list it: add rule_hooks::saving to their `hooks`");
    static_assert(has_hook<Rules, rule_hooks::archive_connection> || !names_archive_connection<Rules>,
                  "tcplens: the rules have a member `archive_connection`, but do not list it: "
                  "add rule_hooks::archive_connection to their `hooks`");
}

} // namespace detail

/// A rule set: what is remembered of each connection, and the verdict on each of its segments. It has
///
/// - a type `connection_state`, default initializable: what is remembered of one connection. Its size should be bounded, whatever
///   the peers send.
/// - `verdict judge(const rule_input&, connection_state&)`, called once for each segment in the order of capture.
/// - the members that its `hooks` list: see rule_hooks.
///
/// A table owns one object of the rule set, which may hold what all connections share. A rule set whose verdict on a segment depends
/// on no other connection may declare `static constexpr bool per_connection = true`; parallel tables ask for that. A rule set that follows
/// a tool which takes the side that was heard first for the client, unless a SYN tells more, may declare
/// `static constexpr bool roles_by_first_packet = true`; otherwise ports decide first, see role_basis::port.
///
/// `static_assert(check_rules<my_rules>())` says by one message each what a rule set lacks.
template <class Rules>
concept segment_rules = std::movable<Rules> && std::default_initializable<typename Rules::connection_state> &&
    detail::judges_segments<Rules>;

/// Checks a rule set at compile time: `static_assert(check_rules<my_rules>())`. For each missing piece and for each hook that is
/// listed but missing, or present but not listed, compilation fails with one message that names it. Tables check their rules by it.
template <class Rules>
[[nodiscard]] consteval bool check_rules() {
    static_assert(std::is_class_v<Rules> && !std::is_final_v<Rules>,
                  "tcplens: rules must be a class that is not final, so that their hooks can be checked");
    static_assert(std::movable<Rules>, "tcplens: rules must be movable");
    static_assert(detail::has_rule_state<Rules>, "tcplens: the rules have no type `connection_state`");
    static_assert(
        detail::lists_hooks_as<Rules, rule_hooks>,
        "tcplens: `hooks` of the rules must be a set of rule_hooks: static constexpr auto hooks = rule_hooks::...");
    if constexpr (detail::has_rule_state<Rules>) {
        static_assert(std::default_initializable<typename Rules::connection_state>,
                      "tcplens: `connection_state` of the rules must be default initializable");
        static_assert(detail::judges_any<Rules>,
                      "tcplens: the rules have no `judge`: verdict judge(const rule_input&, connection_state&)");
        static_assert(!detail::judges_any<Rules> || detail::judges_segments<Rules>,
                      "tcplens: `judge` of the rules must return a tcplens::verdict");
        if constexpr (detail::lists_hooks_as<Rules, rule_hooks>) detail::check_rule_hooks<Rules>();
    }
    if constexpr (std::is_class_v<Rules> && !std::is_final_v<Rules> && detail::lists_hooks_as<Rules, rule_hooks>) {
        detail::check_rule_names<Rules>();
    }
    return true;
}

namespace detail {

/// A rule set that takes the side that was heard first for the client where no handshake was captured.
template <class Rules>
concept roles_by_first_packet = requires {
    requires Rules::roles_by_first_packet;
};

/// A rule set with the hook begins_another.
template <class Rules>
concept incarnation_rules = segment_rules<Rules> && has_hook<Rules, rule_hooks::begins_another>;

} // namespace detail

} // namespace tcplens::inline v1
