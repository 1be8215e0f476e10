// SPDX-License-Identifier: MIT
#pragma once

// All that observers know of one connection, in a table that keeps no more of the others than what it needs.

#include "connection_story.hpp"

#include <tcplens/connection/detailed/detailed_connection_table.hpp>

#include <cstdint>
#include <optional>
#include <tuple>

namespace program {

/// Gives the segments of one connection to the observers of detailed_connection_table, and writes down the story of it.
template <class... Observers>
class observer_of_one {
public:
    /// Adds nothing to the connections of the table.
    struct facts {
        void swap_roles() noexcept {}
        [[nodiscard]] friend bool operator==(const facts&, const facts&) noexcept = default;
    };
    struct connection_state {};

    observer_of_one() = default;
    explicit observer_of_one(std::uint64_t number) : number_(number) {}

    void observe(const tcplens::observer_input& input, connection_state&, facts&) {
        if (number_ != input.connection.number) return;
        const tcplens::side client =
            input.direction == tcplens::direction::client_to_server ? input.sender : opposite(input.sender);
        if (client_ && *client_ != client) known_.swap_roles_of_facts();
        client_ = client;
        const auto observe_by = [&]<class Observer>(Observer& observer) {
            observer.observe(input, std::get<state_of<Observer>>(states_).state,
                             static_cast<typename Observer::facts&>(known_));
        };
        (observe_by(std::get<Observers>(observers_)), ...);
        writer_.add(input);
    }

    /// The connection with all facts. `of`: as the table has it now.
    [[nodiscard]] tcplens::detailed_connection known(const tcplens::connection& of) const {
        tcplens::detailed_connection whole = known_;
        static_cast<tcplens::connection&>(whole) = of;
        return whole;
    }
    [[nodiscard]] story_writer& writer() noexcept { return writer_; }

private:
    template <class Observer>
    struct state_of {
        typename Observer::connection_state state{};
    };

    std::optional<std::uint64_t> number_{};
    std::optional<tcplens::side> client_{};
    std::tuple<Observers...> observers_{};
    std::tuple<state_of<Observers>...> states_{};
    tcplens::detailed_connection known_{};
    story_writer writer_{};
};

/// A table with these rules and an observer_of_one, which has the observers of detailed_connection_table.
template <class Table>
struct table_of_one_for;
template <class Rules, class... Observers>
struct table_of_one_for<tcplens::basic_connection_table<Rules, Observers...>> {
    using observer = observer_of_one<Observers...>;
    using table = tcplens::basic_connection_table<Rules, observer>;
};

} // namespace program
