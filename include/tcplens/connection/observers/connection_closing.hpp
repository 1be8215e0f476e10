// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../direction.hpp"

#include <optional>
#include <utility>

namespace tcplens::inline v0 {

/// When one end closed its direction (RFC 9293 3.6).
struct fin_times {
    std::optional<timestamp> sent{};         ///< its first FIN
    std::optional<timestamp> acknowledged{}; ///< the first acknowledgment of that

    [[nodiscard]] friend constexpr bool operator==(const fin_times&, const fin_times&) noexcept = default;
};

/// How a connection came to its end, or began to. Whether it is closed, and by whom, is for connection::close and closed_by to
/// say; this tells when, and of half-closed ones too.
struct connection_closing {
    fin_times client{};
    fin_times server{};
    std::optional<direction> begun_by{}; ///< the way of the first FIN
    std::optional<direction> reset_by{}; ///< the way of the RST that ended it, if close_reason::reset
    std::optional<timestamp> reset{};    ///< when that was

    [[nodiscard]] friend constexpr bool operator==(const connection_closing&,
                                                   const connection_closing&) noexcept = default;
};

} // namespace tcplens::inline v0
