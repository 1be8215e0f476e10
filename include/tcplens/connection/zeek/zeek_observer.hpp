// SPDX-License-Identifier: MIT
#pragma once

#include "../observers/connection_observer.hpp"
#include "zeek_connection.hpp"
#include "zeek_record.hpp"

#include <string_view>

namespace tcplens::inline v1 {

/// Adds Zeek's conn.log row to each connection, as member `zeek`: conn_state, history, counts.
///
/// In a table with zeek_rules the connections are Zeek's too. With other rules Zeek's state machine follows what those rules take
/// for one connection.
class zeek_observer {
public:
    /// The optional members that tables use.
    static constexpr auto hooks = observer_hooks::saving;
    /// Results for a connection depend on no other connection, so parallel tables take it.
    static constexpr bool per_connection = true;
    /// The name of the observer in a saved table.
    static constexpr std::string_view saved_as = "zeek_observer";

    /// What the observer remembers of one connection.
    using connection_state = detail::zeek_connection;

    /// The member `zeek` of the connection.
    struct facts {
        zeek_record zeek{}; ///< The row, up to date after each packet.

        /// Exchanges client and server. Zeek's roles remain.
        constexpr void swap_roles() noexcept { zeek.swap_roles(); }

        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

    /// Makes an observer. If the table has zeek_rules, give both the same options.
    constexpr explicit zeek_observer(const zeek_options& options = {}) noexcept : options_(options) {}

    /// Takes in the next segment of a connection. Constant time; allocates nothing.
    constexpr void observe(const observer_input& input, connection_state& state, facts& result) const noexcept {
        state.follow(input.segment, input.sender, result.zeek, options_);
        result.zeek.originator = input.sender == state.originator() ? input.direction : opposite(input.direction);
    }

private:
    friend void archive(auto& ar, zeek_observer& observer) {
        auto& [options] = observer;
        ar.expect_equal("zeek_options", options);
    }

    zeek_options options_{};
};

static_assert(check_observer<zeek_observer>());

} // namespace tcplens::inline v1
