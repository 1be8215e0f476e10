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

namespace tcplens::inline v1 {

/// Adds to each connection, as member `closing`, when and by whom it was closed or reset.
///
/// A FIN holds until its sender sends data beyond it; then it was forged or captured in error, and is forgotten. Of several FINs
/// the first that holds counts. A forged FIN with the right sequence number is not told apart.
class closing_observer {
public:
    /// The optional members that tables use.
    static constexpr auto hooks = observer_hooks::saving;
    /// Results for a connection depend on no other connection, so parallel tables take it.
    static constexpr bool per_connection = true;
    /// The name of the observer in a saved table.
    static constexpr std::string_view saved_as = "closing_observer";

    /// The member `closing` of the connection.
    struct facts {
        connection_closing closing{}; ///< The closing, up to date after each packet.

        /// Exchanges client and server.
        constexpr void swap_roles() noexcept {
            std::swap(closing.client, closing.server);
            if (closing.begun_by) closing.begun_by = opposite(*closing.begun_by);
            if (closing.reset_by) closing.reset_by = opposite(*closing.reset_by);
        }
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

private:
    struct connection_memory {
        per_side<std::optional<sequence_number>> fin_end{}; ///< the number after each side's FIN, if one holds
        std::optional<side> first{};                        ///< the side whose FIN was first
    };

public:
    using connection_state = connection_memory; ///< What the observer remembers of one connection.

    /// Takes in the next segment of a connection. Constant time; allocates nothing.
    constexpr void observe(const observer_input& input, connection_state& state, facts& result) const noexcept {
        connection_closing& closing = result.closing;
        const tcp_flags flags = input.segment.flags;
        take_reset(input, closing);
        if (flags.rst() || (!flags.fin() && !state.first)) return;

        const bool from_client = input.direction == direction::client_to_server;
        connection_closing::fin_times& sender = from_client ? closing.client : closing.server;
        connection_closing::fin_times& receiver = from_client ? closing.server : closing.client;
        take_sequence(input, state, sender);
        const std::optional<sequence_number>& receiver_end = state.fin_end[opposite(input.sender)];
        if (flags.ack() && receiver_end && !receiver.acknowledged && input.segment.acknowledgment == *receiver_end) {
            receiver.acknowledged = input.segment.time;
        }
        closing.begun_by.reset();
        if (state.first) {
            closing.begun_by = *state.first == input.sender ? input.direction : opposite(input.direction);
        }
    }

private:
    /// A later segment may show that another RST ended the connection, or none.
    static constexpr void take_reset(const observer_input& input, connection_closing& closing) noexcept {
        const bool reset = input.connection.close_reason == close_reason::reset;
        const std::optional<direction> reset_by = reset ? input.connection.closed_by : std::nullopt;
        if (reset_by == closing.reset_by) return;
        closing.reset = reset ? std::optional{input.segment.time} : std::nullopt;
        closing.reset_by = reset_by;
    }

    static constexpr void take_sequence(const observer_input& input, connection_state& state,
                                        connection_closing::fin_times& sender) noexcept {
        const segment& sent = input.segment;
        std::optional<sequence_number>& fin_end = state.fin_end[input.sender];
        if (fin_end && !sender.acknowledged && before(*fin_end, sent.sequence_end())) {
            fin_end.reset(); // the sender went on beyond its FIN
            sender = {};
            if (state.first == input.sender) {
                const side other = opposite(input.sender);
                state.first = state.fin_end[other] ? std::optional{other} : std::nullopt;
            }
        }
        if (sent.flags.fin() && !fin_end) {
            fin_end = sent.sequence_end();
            sender.sent = sent.time;
            if (!state.first) state.first = input.sender;
        }
    }
};

static_assert(check_observer<closing_observer>());

} // namespace tcplens::inline v1
