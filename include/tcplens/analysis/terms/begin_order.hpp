// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../../connection/connection.hpp"
#include "../../wire/endpoint.hpp"
#include "../../wire/segment.hpp"

#include <compare>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// The place of a connection in the order of beginnings, which breaks every tie: the earliest first packet comes first. Connections of
/// several tables may have equal times and numbers, so endpoints and the network follow.
struct begin_order {
    timestamp first_time{};
    std::uint64_t first_packet = 0;
    std::uint64_t number = 0;
    endpoint client{};
    endpoint server{};
    segment::network_id network{};

    [[nodiscard]] static constexpr begin_order of(const connection& placed) noexcept {
        return {.first_time = placed.first_time,
                .first_packet = placed.first_packet,
                .number = placed.number,
                .client = placed.client,
                .server = placed.server,
                .network = placed.network};
    }

    [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const begin_order&,
                                                                    const begin_order&) noexcept = default;
};

} // namespace tcplens::inline v1::detail
