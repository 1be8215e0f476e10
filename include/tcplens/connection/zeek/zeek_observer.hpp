// SPDX-License-Identifier: MIT
#pragma once

#include "../observers/connection_observer.hpp"
#include "zeek_connection.hpp"
#include "zeek_record.hpp"

#include <string_view>

namespace tcplens::inline v0 {

/// Tells of each connection what Zeek's conn.log would: its state, its history, its counts. With zeek_rules the connections are
/// Zeek's too; with others Zeek's state machine follows what those take for one connection.
class zeek_observer {
public:
    static constexpr std::string_view saved_as = "zeek_observer";

    using connection_state = detail::zeek_connection;

    struct facts {
        zeek_record zeek{};

        constexpr void swap_roles() noexcept { zeek.swap_roles(); }

        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

    constexpr explicit zeek_observer(const zeek_options& options = {}) noexcept : options_(options) {}

    constexpr void observe(const observer_input& next, connection_state& of, facts& told) const noexcept {
        of.follow(next.segment, next.sender, told.zeek, options_);
        told.zeek.originator = next.sender == of.originator() ? next.direction : opposite(next.direction);
    }

private:
    friend void archive(auto& ar, zeek_observer& of) {
        auto& [options] = of;
        ar.expect_equal("zeek_options", options);
    }

    zeek_options options_{};
};

static_assert(connection_observer<zeek_observer>);

} // namespace tcplens::inline v0
