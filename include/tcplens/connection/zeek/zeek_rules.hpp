// SPDX-License-Identifier: MIT
#pragma once

#include "../rules/segment_rules.hpp"
#include "zeek_connection.hpp"
#include "zeek_timers.hpp"

#include <string_view>

namespace tcplens::inline v0 {

/// Splits into connections as Zeek does, by the reuse of endpoints and by its timers: what has a row of its own in Zeek's
/// conn.log is a connection. It says nothing of segments. What the rows say, zeek_observer tells.
class zeek_rules {
public:
    struct connection_state {
        detail::zeek_connection followed{};
        zeek_record told{};
        detail::zeek_timers timers{};
    };

    static constexpr std::string_view saved_as = "zeek_rules";

    /// Its timers go by the packets of all of them: see looks_at_one_connection.
    static constexpr bool spans_connections = true;

    constexpr explicit zeek_rules(const zeek_options& options = {}) noexcept : options_(options) {}

    [[nodiscard]] constexpr bool begins_another(const rule_input& next, const connection_state& of) const noexcept {
        return of.timers.forgets(of.followed, next.segment.time, last_time_) || of.followed.reuses(next.segment);
    }

    constexpr verdict judge(const rule_input& next, connection_state& of) noexcept {
        const auto brought = of.followed.follow(next.segment, next.sender, of.told, options_);
        of.timers.follow(of.followed, next.segment.time, last_time_, brought);
        last_time_ = next.segment.time;
        return {};
    }

private:
    friend void archive(auto& ar, zeek_rules& of) {
        auto& [options, last_time] = of;
        ar.expect_equal("zeek_options", options);
        ar(last_time);
    }

    zeek_options options_{};
    timestamp last_time_{}; ///< of the last segment of any connection
};

static_assert(incarnation_rules<zeek_rules>);

} // namespace tcplens::inline v0
