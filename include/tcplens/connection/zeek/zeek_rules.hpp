// SPDX-License-Identifier: MIT
#pragma once

#include "../rules/segment_rules.hpp"
#include "zeek_connection.hpp"
#include "zeek_timers.hpp"

#include <string_view>

namespace tcplens::inline v1 {

/// Splits the segments into connections as Zeek does: what has a row of its own in Zeek's conn.log is a connection.
///
/// A new connection begins where Zeek takes a SYN for a reuse of the endpoints, or where a timer of Zeek has removed the old
/// one. The rules give no verdicts. What the rows say, zeek_observer tells.
class zeek_rules {
    struct connection_memory {
        detail::zeek_connection connection{};
        zeek_record record{};
        detail::zeek_timers timers{};
    };

public:
    using connection_state = connection_memory; ///< What the rules remember of one connection.

    /// The optional members that tables use.
    static constexpr auto hooks = rule_hooks::begins_another | rule_hooks::saving;
    /// The name of the rules in a saved table.
    static constexpr std::string_view saved_as = "zeek_rules";

    /// Makes rules. If the table has a zeek_observer, give both the same options.
    constexpr explicit zeek_rules(const zeek_options& options = {}) noexcept : options_(options) {}

    /// Whether the next segment begins another connection between the same endpoints.
    [[nodiscard]] constexpr bool begins_another(const rule_input& input, const connection_state& state) const noexcept {
        return state.timers.forgets(state.connection, input.segment.time, last_time_) ||
               state.connection.reuses(input.segment);
    }

    /// Takes in the next segment of a connection. The verdict is always empty.
    constexpr verdict judge(const rule_input& input, connection_state& state) noexcept {
        const auto changes = state.connection.follow(input.segment, input.sender, state.record, options_);
        state.timers.follow(state.connection, input.segment.time, last_time_, changes);
        last_time_ = input.segment.time;
        return {};
    }

private:
    friend void archive(auto& ar, zeek_rules& rules) {
        auto& [options, last_time] = rules;
        ar.expect_equal("zeek_options", options);
        ar(last_time);
    }

    zeek_options options_{};
    timestamp last_time_{}; ///< of the last segment of any connection
};

static_assert(check_rules<zeek_rules>());

} // namespace tcplens::inline v1
