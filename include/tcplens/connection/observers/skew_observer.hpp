// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../side.hpp"
#include "answer_timer.hpp"
#include "connection_observer.hpp"
#include "direction_skew.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace tcplens::inline v1 {

/// Adds to each connection, as member `skew`, how far the capture times of its two directions are apart.
class skew_observer {
public:
    /// The optional members that tables use.
    static constexpr auto hooks = observer_hooks::saving;
    /// Results for a connection depend on no other connection, so parallel tables take it.
    static constexpr bool per_connection = true;
    /// The name of the observer in a saved table.
    static constexpr std::string_view saved_as = "skew_observer";

    /// The member `skew` of the connection.
    struct facts {
        direction_skew skew{}; ///< The skew, up to date after each packet.

        /// Exchanges client and server.
        constexpr void swap_roles() noexcept { std::swap(skew.to_server, skew.to_client); }
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

    using connection_state = per_side<detail::answer_timer>; ///< What the observer remembers of one connection.
    static constexpr std::size_t touched_first = sizeof(connection_state); ///< See detail::reads_little.

    /// Takes in the next segment of a connection. Constant time; allocates nothing.
    TCPLENS_ALWAYS_INLINE constexpr void observe(const observer_input& input, connection_state& state,
                                                 facts& result) const noexcept {
        const bool again = contains_any(input.verdict.kinds, no_first_copy);
        const bool to_server = input.direction == direction::client_to_server;
        state[input.sender].on_sent(input.segment, again, to_server ? result.skew.to_server : result.skew.to_client);
        state[opposite(input.sender)].on_received(input.segment,
                                                  to_server ? result.skew.to_client : result.skew.to_server);
    }

private:
    static constexpr verdict_kinds no_first_copy = verdict_kinds::retransmission | verdict_kinds::duplicate |
                                                   verdict_kinds::keep_alive | verdict_kinds::zero_window_probe;
};

static_assert(check_observer<skew_observer>());

} // namespace tcplens::inline v1
