// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/segment.hpp"
#include "../connection.hpp"
#include "../direction.hpp"
#include "../rules/segment_rules.hpp"
#include "../side.hpp"
#include "../verdict.hpp"

#include <concepts>

namespace tcplens::inline v0 {

/// A segment as observers get it: with what the rules said of it, and its connection, this segment counted.
struct observer_input {
    const tcplens::segment& segment;
    const tcplens::verdict& verdict;
    const tcplens::connection& connection;
    side sender = side::first;
    tcplens::direction direction = direction::client_to_server;
    bool begins_connection = false;
};

/// What an observer tells of a connection: a plain struct, up to date after each segment. It becomes a base of the connections
/// of its table, so it has one member, with a name of its own.
template <class Facts>
concept connection_facts = std::default_initializable<Facts> && std::copyable<Facts> &&
    std::equality_comparable<Facts> && requires(Facts told) {
    told.swap_roles(); // client and server change places
};

/// Learns more of each connection than the table itself tells. A table owns one object of each of its observers, which may hold
/// what all of its connections share; what one remembers of one connection is bounded, whatever the peers send.
template <class Observer>
concept connection_observer = std::movable<Observer> && connection_facts<typename Observer::facts> &&
    std::default_initializable<typename Observer::connection_state> &&
    requires(Observer observer, const observer_input& next, typename Observer::connection_state& of,
             typename Observer::facts& told) {
    observer.observe(next, of, told);
};

/// A connection, and what observers tell of it.
template <connection_facts... Facts>
struct connection_with : connection, Facts... {
    constexpr void swap_roles() noexcept {
        connection::swap_roles();
        swap_roles_of_facts();
    }
    constexpr void swap_roles_of_facts() noexcept { (Facts::swap_roles(), ...); }

    [[nodiscard]] friend bool operator==(const connection_with&, const connection_with&) = default;
};

} // namespace tcplens::inline v0
