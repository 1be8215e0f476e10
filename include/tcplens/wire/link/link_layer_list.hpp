// SPDX-License-Identifier: MIT
#pragma once

#include "../../capture/link_type.hpp"
#include "../ether_type.hpp"
#include "../frame_view.hpp"
#include "../network_payload.hpp"
#include "../parse_result.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// Link layers by their link types. A link layer has `types`, the link types that it reads, and
/// `payload(link, frame)`, which gives what the frame carries or why that can't be told. The first one is found by a
/// comparison, the others in a table.
template <class First, class... Others>
class link_layer_list {
public:
    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        if (std::find(First::types.begin(), First::types.end(), link) != First::types.end())
            return First::payload(link, frame);
        if (!supports(link)) return packet_outcome::unsupported_link;
        return readers[places[static_cast<std::size_t>(link)]](link, frame);
    }

    [[nodiscard]] static constexpr bool supports(link_type link) noexcept {
        const auto number = static_cast<std::uint32_t>(link);
        return number < places.size() && places[number] != 0;
    }

private:
    using reader = parse_result<network_payload> (*)(link_type, const frame_view&) noexcept;

    static constexpr std::array<reader, 2 + sizeof...(Others)> readers{nullptr, &First::payload, &Others::payload...};

    static constexpr std::size_t highest = [] {
        std::uint32_t number = 0;
        const auto raise = [&](const auto& types) {
            for (const link_type type : types) number = (std::max)(number, static_cast<std::uint32_t>(type));
        };
        raise(First::types);
        (raise(Others::types), ...);
        return std::size_t{number};
    }();

    /// By link type: the place among the readers; 0 where there is none.
    static constexpr std::array<std::uint8_t, highest + 1> places = [] {
        std::array<std::uint8_t, highest + 1> by_type{};
        std::uint8_t place = 0;
        const auto enter = [&](const auto& types) {
            ++place;
            for (const link_type type : types) by_type[static_cast<std::size_t>(type)] = place;
        };
        enter(First::types);
        (enter(Others::types), ...);
        return by_type;
    }();
};

} // namespace tcplens::inline v0::detail
