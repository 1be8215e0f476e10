// SPDX-License-Identifier: MIT
#pragma once

// The orders of `connections`, and the first connections by one of them in bounded memory.

#include "connections_facts.hpp"

#include <tcplens/analysis/terms/server_filter.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace program {

/// An order that --sort names.
struct connection_order {
    std::string_view name;
    std::string_view meaning; ///< what comes first
    /// Negative if `a` comes before `b`, 0 if neither does. What has no value comes last, also in reverse.
    int (*compare)(const tcplens::detailed_connection& a, const tcplens::detailed_connection& b, bool reverse);
};

[[nodiscard]] std::span<const connection_order> connection_orders();

/// Whether one connection comes before another by an order; of equals the one with the lower number does, also in reverse.
struct connection_precedence {
    const connection_order* by;
    bool reverse = false;

    [[nodiscard]] bool operator()(const tcplens::detailed_connection* a, const tcplens::detailed_connection* b) const {
        const int compared = by->compare(*a, *b, reverse);
        return compared != 0 ? compared < 0 : a->number < b->number;
    }
};

/// The first connections by an order, in memory for no more than those.
class first_connections {
public:
    static constexpr std::size_t unlimited = (std::numeric_limits<std::size_t>::max)();

    explicit first_connections(const connection_precedence& precedes, std::size_t most = unlimited)
        : precedes_(precedes), most_(most) {}

    /// Takes in a connection, which must stay where it is.
    void add(const tcplens::detailed_connection& next) {
        ++seen_;
        if (most_ == 0) return;
        if (chosen_.size() == most_) {
            if (!precedes_(&next, chosen_.front())) return;
            std::ranges::pop_heap(chosen_, precedes_);
            chosen_.pop_back();
        }
        chosen_.push_back(&next);
        if (most_ != unlimited) std::ranges::push_heap(chosen_, precedes_);
    }

    /// Puts them in order. Nothing is added after that.
    [[nodiscard]] std::span<const tcplens::detailed_connection* const> sorted() {
        std::ranges::sort(chosen_, precedes_);
        return chosen_;
    }

    /// How many were added.
    [[nodiscard]] std::uint64_t seen() const { return seen_; }

private:
    connection_precedence precedes_;
    std::size_t most_;
    std::uint64_t seen_ = 0;
    std::vector<const tcplens::detailed_connection*>
        chosen_{}; ///< a heap if there is a bound: the last one is in front
};

/// Connections to be shown, as a filter of servers sees them: where the roles are a guess and the server that is asked for is taken
/// for the client, they are shown the other way round.
struct connection_listing {
    std::span<const tcplens::detailed_connection* const> connections{};
    tcplens::server_filter server{};

    /// Whether the filter selects a connection.
    [[nodiscard]] static bool selects(const tcplens::server_filter& server, const tcplens::detailed_connection& of) {
        return server.matches(of.server) || (of.role_guessed() && server.matches(of.client));
    }

    /// Calls `use(connection)` for each; the reference is good during the call.
    template <class Use>
    void for_each(Use use) const {
        for (const tcplens::detailed_connection* each : connections) {
            if (server.matches(each->server)) {
                use(*each);
            } else {
                tcplens::detailed_connection swapped = *each;
                swapped.swap_roles();
                use(std::as_const(swapped));
            }
        }
    }
};

} // namespace program
