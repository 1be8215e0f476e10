// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/enum_set.hpp"
#include "../../wire/icmp_notice.hpp"
#include "../../wire/segment.hpp"
#include "../connection.hpp"
#include "../direction.hpp"
#include "../end_reason.hpp"
#include "../rules/hook_check.hpp"
#include "../rules/segment_rules.hpp"
#include "../side.hpp"
#include "../tracking/end_state.hpp"
#include "../verdict.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace tcplens::inline v1 {

/// What an observer gets of each segment, after the table and the rules have taken it in. Valid during the call only.
struct observer_input {
    /// What an observer with the hook observer_hooks::notices gets of an ICMP error. Valid during the call only.
    struct notice {
        /// What the error says, and which segment it quotes.
        const icmp_notice& error;
        /// The latest connection of the quoted endpoints.
        const tcplens::connection& connection;
        /// The side of the connection that sent the quoted segment.
        side quoted_sender = side::first;
        /// The direction of the quoted segment, by the roles that the connection has now.
        direction quoted_direction = direction::client_to_server;
        /// For the observers of the library.
        const per_side<detail::end_state>& ends;
    };

    /// The segment.
    const tcplens::segment& segment;
    /// What the rules said of it.
    const tcplens::verdict& verdict;
    /// Its connection, with this segment counted.
    const tcplens::connection& connection;
    /// For the observers of the library: sequence numbers, with this segment counted.
    const per_side<detail::end_state>& ends;
    /// The side of the connection that sent it.
    side sender = side::first;
    /// Its direction, by the roles that the connection has now.
    tcplens::direction direction = direction::client_to_server;
    /// Whether it is the first segment of the connection.
    bool begins_connection = false;
    /// Whether it begins a connection of endpoints whose connection before was established, and has not ended.
    bool previous_is_open = false;
    /// The captured bytes of its data; empty unless an observer of the table lists observer_hooks::payload, and for segments that were
    /// decoded elsewhere.
    std::span<const std::byte> payload{};
    /// The urgent pointer of its header; 0 where `payload` is always empty. Valid only if segment.flags.urg().
    std::uint16_t urgent_pointer = 0;
};

/// The optional members of an observer. An observer lists those that it has:
///
///     static constexpr auto hooks = observer_hooks::saving;
///
/// Without a member `hooks` it has none. A hook that is listed but missing does not compile, nor does a member with the name of a
/// hook that is not listed: see check_observer().
enum class observer_hooks : std::uint16_t {
    /// No hook.
    none = 0,
    /// `static constexpr std::string_view saved_as`, with archive lists of the observer, its state and its facts, unless they are
    /// empty. Tables with the observer can be saved: see save(). `saved_as` names the observer in the saved bytes.
    saving = 1u << 0,
    /// `bool fits(const connection_state&, const facts&, direction first) const`. Says whether a restored state and restored facts
    /// can belong together; `first` is the direction in which side::first sends.
    fits = 1u << 1,
    /// `void take_notice(const observer_input::notice&, connection_state&, facts&)`. Called for each ICMP error that quotes a segment of the
    /// connection, in the order of capture. The error is no segment: nothing counts it, and it does not keep the connection alive.
    notices = 1u << 2,
    /// No member: the table locates the data of each segment, for observer_input::payload. Packets whose bytes do not stay valid are
    /// then followed one by one.
    payload = 1u << 3,
    /// `void finish(const connection&, end_reason, connection_state&, facts&)`. Called when a connection leaves the table, before the
    /// callback.
    finish = 1u << 4,
};
/// The set of all hooks.
[[nodiscard]] constexpr observer_hooks tcplens_all_members(observer_hooks) noexcept {
    return detail::members_up_to(observer_hooks::finish);
}

namespace detail {

template <class Observer>
concept has_facts = requires {
    typename Observer::facts;
};
template <class Facts>
concept swaps_roles = requires(Facts facts) {
    facts.swap_roles();
};
template <class Observer>
concept observes_segments = requires(Observer observer, const observer_input& next,
                                     typename Observer::connection_state& state, typename Observer::facts& facts) {
    observer.observe(next, state, facts);
};
template <class Observer>
concept fits_fits = requires(const Observer& observer, const typename Observer::connection_state& state,
                             const typename Observer::facts& facts, direction first) {
    { observer.fits(state, facts, first) } -> std::same_as<bool>;
};

template <class Observer>
concept notices_fit = requires(Observer observer, const observer_input::notice& next,
                               typename Observer::connection_state& state, typename Observer::facts& facts) {
    { observer.take_notice(next, state, facts) } -> std::same_as<void>;
};
template <class Observer>
concept finish_fits = requires(Observer observer, const connection& left, end_reason reason,
                               typename Observer::connection_state& state, typename Observer::facts& facts) {
    observer.finish(left, reason, state, facts);
};
/// An observer that declares this touches so many bytes at the beginning of its state for most segments, and seldom its facts: only those
/// bytes are prefetched.
template <class Observer>
concept reads_little = requires {
    { Observer::touched_first } -> std::convertible_to<std::size_t>;
};
/// What an observer that passes_ordinary needs of observer_input, in fewer registers.
struct seen_segment {
    const tcplens::segment& segment;
    const tcplens::connection& connection;
    const per_side<end_state>& ends;
    verdict_kinds kinds;
    evidence_set evidence;
    side sender;
    tcplens::direction direction;
    bool previous_is_open;

    [[nodiscard]] constexpr bool has(verdict_kinds any_of) const noexcept { return contains_any(kinds, any_of); }
};
/// An observer whose state takes in most segments by itself, by `bool pass_ordinary(input)`, and most others by `bool pass_ack_or_fin(seen)`.
/// For SYNs tables call `bool pass_syn(input, state, facts)` of the observer in place of the first. What these leave goes to
/// `observe_rare(seen, state, facts)`. All but the first are called apart from the common path. observe() does all that.
template <class Observer>
concept passes_ordinary = requires(Observer observer, const observer_input& next, const seen_segment& seen,
                                   typename Observer::connection_state& state, typename Observer::facts& facts) {
    { state.pass_ordinary(next) } -> std::same_as<bool>;
    { state.pass_ack_or_fin(seen) } -> std::same_as<bool>;
    { observer.pass_syn(next, state, facts) } -> std::same_as<bool>;
    observer.observe_rare(seen, state, facts);
};
template <class Observer>
concept wants_payload = has_hook<Observer, observer_hooks::payload>;

}
namespace detail {

// namespace detail

/// The facts of an observer about one connection: a plain struct, up to date after each segment. It becomes a base class of the
/// connections of its table, so it should have one data member, with a name that no other facts have. `swap_roles()` is called when
/// client and server change places.
template <class Facts>
concept connection_facts = std::default_initializable<Facts> && std::copyable<Facts> &&
    std::equality_comparable<Facts> && detail::swaps_roles<Facts>;

} // namespace detail

/// An observer: it learns facts about each connection beyond what the table knows. It has
///
/// - a type `facts`: see connection_facts.
/// - a type `connection_state`, default initializable: what it remembers of one connection. Its size should be bounded, whatever the
///   peers send.
/// - `void observe(const observer_input&, connection_state&, facts&)`, called once for each segment in the order of capture.
/// - the members that its `hooks` list: see observer_hooks.
///
/// A table owns one object of each of its observers, which may hold what all connections share. An observer whose facts about a
/// connection depend on no other connection may declare `static constexpr bool per_connection = true`; parallel tables ask for that.
///
/// `static_assert(check_observer<my_observer>())` says by one message each what an observer lacks.
template <class Observer>
concept connection_observer = std::movable<Observer> && detail::connection_facts<typename Observer::facts> &&
    std::default_initializable<typename Observer::connection_state> && detail::observes_segments<Observer>;

namespace detail {

template <class Observer>
consteval void check_facts() {
    using facts = typename Observer::facts;
    static_assert(
        std::is_class_v<facts> && !std::is_final_v<facts>,
        "tcplens: `facts` of the observer must be a class that is not final: it becomes a base of the connections");
    static_assert(std::default_initializable<facts>, "tcplens: `facts` of the observer must be default initializable");
    static_assert(std::copyable<facts>, "tcplens: `facts` of the observer must be copyable");
    static_assert(std::equality_comparable<facts>, "tcplens: `facts` of the observer must be comparable with ==");
    static_assert(swaps_roles<facts>, "tcplens: `facts` of the observer has no `swap_roles`: void swap_roles()");
}

template <class Observer>
consteval void check_observer_hooks() {
    static_assert(
        !has_hook<Observer, observer_hooks::saving> || saved_as_fits<Observer>,
        "tcplens: the observer lists the hook `saving`, but does not have: static constexpr std::string_view saved_as");
    static_assert(!has_hook<Observer, observer_hooks::fits> || fits_fits<Observer>,
                  "tcplens: the observer lists the hook `fits`, but does not have it as: "
                  "bool fits(const connection_state&, const facts&, direction first) const");
    static_assert(!has_hook<Observer, observer_hooks::notices> || notices_fit<Observer>,
                  "tcplens: the observer lists the hook `notices`, but does not have it as: "
                  "void take_notice(const observer_input::notice&, connection_state&, facts&)");
    static_assert(!has_hook<Observer, observer_hooks::fits> || has_hook<Observer, observer_hooks::saving>,
                  "tcplens: the observer lists the hook `fits`, but not `saving`, which it belongs to");
    static_assert(!has_hook<Observer, observer_hooks::finish> || finish_fits<Observer>,
                  "tcplens: the observer lists the hook `finish`, but does not have it as: "
                  "void finish(const connection&, end_reason, connection_state&, facts&)");
}

template <class Observer>
consteval void check_observer_names() {
    static_assert(has_hook<Observer, observer_hooks::saving> || !names_saved_as<Observer>,
                  "tcplens: the observer has a member `saved_as`, but does not list it: "
                  "add observer_hooks::saving to its `hooks`");
    static_assert(has_hook<Observer, observer_hooks::saving> || !names_archive<Observer>,
                  "tcplens: the observer has a member `archive`, but does not list it: "
                  "add observer_hooks::saving to its `hooks`");
    static_assert(
        has_hook<Observer, observer_hooks::fits> || !names_fits<Observer>,
        "tcplens: the observer has a member `fits`, but does not list it: add observer_hooks::fits to its `hooks`");
    static_assert(has_hook<Observer, observer_hooks::notices> || !names_take_notice<Observer>,
                  "tcplens: the observer has a member `take_notice`, but does not list it: "
                  "add observer_hooks::notices to its `hooks`");
    static_assert(has_hook<Observer, observer_hooks::finish> || !names_finish<Observer>,
                  "tcplens: the observer has a member `finish`, but does not list it: "
                  "add observer_hooks::finish to its `hooks`");
}

} // namespace detail

/// Checks an observer at compile time: `static_assert(check_observer<my_observer>())`. For each missing piece and for each hook that
/// is listed but missing, or present but not listed, compilation fails with one message that names it. Tables check their observers
/// by it.
template <class Observer>
[[nodiscard]] consteval bool check_observer() {
    constexpr bool has_state = detail::has_rule_state<Observer>;
    constexpr bool lists_hooks = detail::lists_hooks_as<Observer, observer_hooks>;
    static_assert(std::is_class_v<Observer> && !std::is_final_v<Observer>,
                  "tcplens: an observer must be a class that is not final, so that its hooks can be checked");
    static_assert(std::movable<Observer>, "tcplens: an observer must be movable");
    static_assert(has_state, "tcplens: the observer has no type `connection_state`");
    static_assert(detail::has_facts<Observer>, "tcplens: the observer has no type `facts`");
    static_assert(lists_hooks, "tcplens: `hooks` of the observer must be a set of observer_hooks: static constexpr "
                               "auto hooks = observer_hooks::...");
    if constexpr (has_state) {
        static_assert(std::default_initializable<typename Observer::connection_state>,
                      "tcplens: `connection_state` of the observer must be default initializable");
    }
    if constexpr (detail::has_facts<Observer>) detail::check_facts<Observer>();
    if constexpr (has_state && detail::has_facts<Observer>) {
        static_assert(
            detail::observes_segments<Observer>,
            "tcplens: the observer has no `observe`: void observe(const observer_input&, connection_state&, facts&)");
        if constexpr (lists_hooks) detail::check_observer_hooks<Observer>();
    }
    if constexpr (std::is_class_v<Observer> && !std::is_final_v<Observer> && lists_hooks) {
        detail::check_observer_names<Observer>();
    }
    return true;
}

namespace detail {

/// A connection, and the facts of the observers of its table about it.
template <connection_facts... Facts>
struct connection_with : connection, Facts... {
    /// Client and server change places, in the connection and in all facts.
    constexpr void swap_roles() noexcept {
        connection::swap_roles();
        swap_roles_of_facts();
    }
    /// Client and server change places in all facts.
    constexpr void swap_roles_of_facts() noexcept { (Facts::swap_roles(), ...); }

    /// Whether all members and all facts are equal.
    [[nodiscard]] friend bool operator==(const connection_with&, const connection_with&) = default;
};

} // namespace detail

} // namespace tcplens::inline v1
