// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// One observation for each connection with one of the strong signs. Its value is the number of signs, the weak ones included.
inline void find_signs(const observed_contacts& in, std::uint32_t strong, std::uint32_t weak,
                       const observation& made_like, std::string_view what, std::vector<observation>& found) {
    for (const contact& each : in.contacts) {
        const std::uint32_t signs = each.signs & (strong | weak);
        if ((signs & strong) == 0) continue;
        const contact* const alone[]{&each};
        observation made = observe(made_like.kind, made_like.category,
                                   {.source = each.source.address,
                                    .target = each.target.address,
                                    .port = each.target.port,
                                    .connection = each.number},
                                   alone);
        made.packets.clear();
        constexpr std::size_t most_packets = 8;
        for (std::size_t i = 0; i < each.sign_packets.size() && made.packets.size() < most_packets; ++i) {
            if ((each.signs_there[i] & signs) != 0) made.packets.push_back(each.sign_packets[i]);
        }
        if (made.packets.empty()) made.packets.push_back(each.first_packet);
        std::sort(made.packets.begin(), made.packets.end());
        made.value = std::popcount(signs);
        made.threshold = 1;
        made.threshold_source = made_like.threshold_source;
        made.limits = made_like.limits;
        made.text = std::string{what} + " between " + to_string(each.source) + " and " + to_string(each.target) + ": ";
        std::string_view separator;
        for (std::size_t i = 0; i < connection_irregularities::kinds; ++i) {
            const auto kind = static_cast<irregularity>(i);
            if ((signs & sign_bit(kind)) == 0) continue;
            made.counts.push_back({to_string(kind), 1});
            made.text.append(separator).append(to_string(kind));
            separator = ", ";
        }
        made.text += '.';
        found.push_back(std::move(made));
    }
}

/// A RST whose number, hop limit, Identification or time does not fit its sender. Sources: RFC 5961 section 3; Weaver, Sommer, Paxson:
/// Detecting Forged TCP Reset Packets, 2009.
inline void find_resets_out_of_place(const observed_contacts& in, std::vector<observation>& found) {
    find_signs(in, reset_signs, weak_reset_signs,
               {.kind = observation_kind::reset_out_of_place,
                .category = observation_category::interference,
                .threshold_source = "RFC 5961 section 3; Weaver et al. 2009",
                .limits = "Data that was lost before the capture, a host that resets late, and a path that changes "
                          "leave some of the same signs."},
               "A RST does not fit", found);
}

/// What a connection shows when a third party writes into it. Source: RFC 5961.
inline void find_takeover_signs(const observed_contacts& in, std::vector<observation>& found) {
    find_signs(in, takeover_signs, weak_takeover_signs,
               {.kind = observation_kind::takeover_signs,
                .category = observation_category::interference,
                .threshold_source = "RFC 5961",
                .limits = "A host that starts again with the same port leaves some of the same signs."},
               "Signs of a third party", found);
}

/// Header fields that hold what ordinary stacks do not send. A weak sign: some stacks are not ordinary.
inline void find_covert_field_use(const observed_contacts& in, std::vector<observation>& found) {
    find_signs(in, covert_signs, 0,
               {.kind = observation_kind::covert_field_use,
                .category = observation_category::interference,
                .threshold_source = "RFC 9293 section 3.1 gives these fields no meaning there",
                .limits = "A weak sign: some stacks leave old values in fields that do not count."},
               "Fields that do not count are used", found);
}

} // namespace tcplens::inline v1::detail::observing
