// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/segment.hpp"
#include "../side.hpp"
#include "connection_closing.hpp"
#include "connection_observer.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace tcplens::inline v0 {

/// Tells when and by whom each connection was closed or reset.
///
/// A FIN holds until its sender goes on beyond it; of several the first that was not taken back so counts. What a forged FIN
/// says is thus forgotten with the next data, unless its number is the right one.
class closing_observer {
public:
    static constexpr std::string_view saved_as = "closing_observer";

    struct facts {
        connection_closing closing{};

        constexpr void swap_roles() noexcept {
            std::swap(closing.client, closing.server);
            if (closing.begun_by) closing.begun_by = opposite(*closing.begun_by);
            if (closing.reset_by) closing.reset_by = opposite(*closing.reset_by);
        }
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

    struct connection_state {
        /// The sequence number after the FIN of each side, while it has sent one.
        per_side<std::optional<sequence_number>> fin_end{};
        std::optional<side> first{}; ///< whose was first
    };

    constexpr void observe(const observer_input& next, connection_state& of, facts& told) const noexcept {
        const segment& said = next.segment;
        connection_closing& closing = told.closing;
        const bool reset = next.connection.close_reason == close_reason::reset;
        const std::optional<direction> reset_by = reset ? next.connection.closed_by : std::nullopt;
        if (reset_by != closing.reset_by) { // it is now, by another than it seemed, or not at all, as it turned out
            closing.reset = reset ? std::optional{said.time} : std::nullopt;
            closing.reset_by = reset_by;
        }
        if (said.flags.rst() || (!said.flags.fin() && !of.first)) return;

        const bool from_client = next.direction == direction::client_to_server;
        fin_times& own = from_client ? closing.client : closing.server;
        fin_times& peer = from_client ? closing.server : closing.client;
        std::optional<sequence_number>& own_end = of.fin_end[next.sender];
        const std::optional<sequence_number>& peer_end = of.fin_end[opposite(next.sender)];
        if (own_end && !own.acknowledged && before(*own_end, said.sequence_end())) {
            own_end.reset(); // it went on
            own = {};
            if (of.first == next.sender) {
                of.first = peer_end ? std::optional{opposite(next.sender)} : std::nullopt;
            }
        }
        if (said.flags.fin() && !own_end) {
            own_end = said.sequence_end();
            own.sent = said.time;
            if (!of.first) of.first = next.sender;
        }
        if (said.flags.ack() && peer_end && !peer.acknowledged && said.acknowledgment == *peer_end) {
            peer.acknowledged = said.time;
        }
        closing.begun_by.reset();
        if (of.first) closing.begun_by = *of.first == next.sender ? next.direction : opposite(next.direction);
    }
};

static_assert(connection_observer<closing_observer>);

} // namespace tcplens::inline v0
