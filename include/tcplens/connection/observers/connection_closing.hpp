// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../direction.hpp"

#include <optional>
#include <utility>

namespace tcplens::inline v1 {

/// When and by whom a connection was closed, half-closed connections included.
///
/// Whether the connection is closed, and by whom, say connection::close_reason and connection::closed_by.
struct connection_closing {
    /// When one end closed its direction (RFC 9293 section 3.6).
    struct fin_times {
        std::optional<timestamp> sent{}; ///< Time of the end's first FIN. Absent if no FIN of it holds.
        std::optional<timestamp>
            acknowledged{}; ///< Time of the first acknowledgment of that FIN. Absent if none was captured.

        [[nodiscard]] friend constexpr bool operator==(const fin_times&, const fin_times&) noexcept = default;
    };

    fin_times client{};                  ///< The FIN of the client.
    fin_times server{};                  ///< The FIN of the server.
    std::optional<direction> begun_by{}; ///< Direction of the first FIN. Absent if no FIN holds.
    /// Direction of the RST that ended the connection. Absent unless connection::close_reason is close_reason::reset.
    std::optional<direction> reset_by{};
    std::optional<timestamp> reset{}; ///< Time of that RST. Absent if `reset_by` is.

    [[nodiscard]] friend constexpr bool operator==(const connection_closing&,
                                                   const connection_closing&) noexcept = default;
};

} // namespace tcplens::inline v1
