// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/contains.hpp"
#include "../../capture/link_type.hpp"
#include "../ether_type.hpp"
#include "../frame_view.hpp"
#include "../network_payload.hpp"
#include "../parse_result.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// A link layer:
/// - `types`, an array of the link types that it reads;
/// - `payload(link, frame)`, what the frame carries behind any tags, or why that cannot be read. `link` is one of `types`.
template <class Layer>
concept link_layer = requires(link_type link, const frame_view& frame) {
    { Layer::types.front() } -> std::convertible_to<link_type>;
    { Layer::payload(link, frame) }
    noexcept->std::same_as<parse_result<network_payload>>;
};

/// A link layer whose frames may have tags, of which some name a network: `tagged_payload(link, frame)` is what follows the
/// header, with the tags before it. Its precondition is that payload() succeeded.
template <class Layer>
concept tagged_link_layer = link_layer<Layer> && requires(link_type link, const frame_view& frame) {
    { Layer::tagged_payload(link, frame) }
    noexcept->std::same_as<network_payload>;
};

/// Finds link layers by link type: the first one by a comparison, the others in a table.
template <link_layer First, link_layer... Others>
class link_layer_list {
public:
    /// All link types that can be read, layer by layer.
    static constexpr auto types = [] {
        std::array<link_type, First::types.size() + (std::size_t{0} + ... + Others::types.size())> all{};
        std::size_t next = 0;
        const auto append = [&](const auto& layer_types) {
            for (const link_type type : layer_types) all[next++] = type;
        };
        append(First::types);
        (append(Others::types), ...);
        return all;
    }();

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        if (contains(First::types, link)) return First::payload(link, frame);
        if (!supports(link)) return packet_outcome::unsupported_link;
        return readers[places[static_cast<std::size_t>(link)]](link, frame);
    }

    /// What follows the header of the frame, with any tags before it; empty for link layers without tags.
    /// @pre payload() succeeds for the frame.
    [[nodiscard]] static constexpr network_payload tagged_payload(link_type link, const frame_view& frame) noexcept {
        network_payload found{};
        const auto look_in = [&]<class Layer>(const Layer*) {
            if constexpr (tagged_link_layer<Layer>) {
                if (!contains(Layer::types, link)) return;
                found = Layer::tagged_payload(link, frame);
            }
        };
        look_in(static_cast<const First*>(nullptr));
        (look_in(static_cast<const Others*>(nullptr)), ...);
        return found;
    }

    [[nodiscard]] static constexpr bool supports(link_type link) noexcept {
        const auto number = static_cast<std::uint32_t>(link);
        return number < places.size() && places[number] != 0;
    }

private:
    using reader = parse_result<network_payload> (*)(link_type, const frame_view&) noexcept;

    static constexpr std::array<reader, 2 + sizeof...(Others)> readers{nullptr, &First::payload, &Others::payload...};

    static constexpr std::size_t highest = [] {
        std::size_t found = 0;
        for (const link_type type : types) found = (std::max)(found, static_cast<std::size_t>(type));
        return found;
    }();

    /// By link type: the index among the readers; 0 for an unknown link type.
    static constexpr std::array<std::uint8_t, highest + 1> places = [] {
        std::array<std::uint8_t, highest + 1> by_type{};
        std::uint8_t place = 0;
        const auto enter = [&](const auto& layer_types) {
            ++place;
            for (const link_type type : layer_types) by_type[static_cast<std::size_t>(type)] = place;
        };
        enter(First::types);
        (enter(Others::types), ...);
        return by_type;
    }();

    static_assert(
        [] {
            std::size_t known = 0;
            for (const std::uint8_t place : places) known += place != 0;
            return known == types.size();
        }(),
        "two link layers have the same link type");
};

} // namespace tcplens::inline v1::detail
