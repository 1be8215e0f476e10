// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// One observation for each connection with one of the strong signs, or with so many of the weak ones in one packet. Its value is the number of signs.
template <class Observed>
void find_signs(const Observed& in, std::uint64_t strong, std::uint64_t weak, int least_weak,
                const observation& made_like, std::string_view what, findings& found) {
    for (const signed_contact* const each : in.with_signs) {
        const std::uint64_t signs = each->signs & (strong | weak);
        const bool together = std::any_of(each->signs_there.begin(), each->signs_there.end(), [&](std::uint64_t there) {
            return std::popcount(there & weak) >= least_weak;
        });
        if ((signs & strong) == 0 && !together) continue;
        const double value = std::popcount(signs);
        if (!found.wants(value, each->first)) continue;
        const contact* const alone[]{each};
        observation made = observe(made_like.kind, made_like.category,
                                   {.source = each->source.address,
                                    .target = each->target.address,
                                    .port = each->target.port,
                                    .connection = each->number},
                                   alone);
        made.packets.clear();
        constexpr std::size_t most_packets = 8;
        for (std::size_t i = 0; i < each->sign_packets.size() && made.packets.size() < most_packets; ++i) {
            if ((each->signs_there[i] & signs) != 0) made.packets.push_back(each->sign_packets[i]);
        }
        if (made.packets.empty()) made.packets.push_back(each->first_packet);
        std::sort(made.packets.begin(), made.packets.end());
        made.value = value;
        made.threshold = (signs & strong) != 0 ? 1 : least_weak;
        made.threshold_source = made_like.threshold_source;
        made.limits = made_like.limits;
        made.text =
            std::string{what} + " between " + to_string(each->source) + " and " + to_string(each->target) + ": ";
        std::string_view separator;
        for (std::size_t i = 0; i < connection_irregularities::kinds; ++i) {
            const auto kind = static_cast<irregularity>(i);
            if ((signs & sign_bit(kind)) == 0) continue;
            made.counts.push_back({to_string(kind), 1});
            made.text.append(separator).append(to_string(kind));
            separator = ", ";
        }
        made.text += '.';
        found.add(std::move(made));
    }
}

constexpr int never = 64; ///< weak signs alone are not observed

/// A RST whose number, hop limit, Identification or time does not fit its sender. Sources: RFC 5961 section 3; Weaver, Sommer, Paxson:
/// Detecting Forged TCP Reset Packets, 2009.
template <class Observed>
void find_resets_out_of_place(const Observed& in, findings& found) {
    find_signs(in, reset_signs, weak_reset_signs, never,
               {.kind = observation_kind::reset_out_of_place,
                .category = observation_category::interference,
                .threshold_source = "RFC 5961 section 3; Weaver et al. 2009",
                .limits = "Data that was lost before the capture, a host that resets late, and a path that changes "
                          "leave some of the same signs."},
               "A RST does not fit", found);
}

/// The contacts with signs, without syn_while_open where it says little: a host may begin anew, or come back to a service that is gone. It
/// stays where nothing answered the SYN as a SYN, and the connection that was open went on.
template <class Observed>
[[nodiscard]] std::vector<signed_contact> without_ordinary_syns(const Observed& in) {
    std::vector<signed_contact> signs;
    for (const signed_contact* const each : in.with_signs) {
        if ((each->signs & (takeover_signs | weak_takeover_signs)) != 0) signs.push_back(*each);
    }
    constexpr std::uint64_t syn = sign_bit(irregularity::syn_while_open);
    const auto ends_of = [](const contact& of) { return std::tuple{of.source, of.target, of.network}; };
    std::multimap<std::tuple<endpoint, endpoint, segment::network_id>, signed_contact*> blind;
    for (signed_contact& each : signs) {
        if ((each.signs & syn) != 0 && each.came_out == outcome::ignored) blind.emplace(ends_of(each), &each);
        each.signs &= ~syn;
    }
    if (blind.empty()) return signs;
    for (const contact* const open : in.contacts) {
        if (open->came_out == outcome::ignored) continue;
        const auto [begin, end] = blind.equal_range(ends_of(*open));
        for (auto each = begin; each != end; ++each) {
            signed_contact& attempt = *each->second;
            if (open->first < attempt.first && open->last > attempt.first) attempt.signs |= syn;
        }
    }
    return signs;
}

/// What a connection shows when a third party writes into it. Source: RFC 5961.
template <class Observed>
void find_takeover_signs(const Observed& all, findings& found) {
    const std::vector<signed_contact> signs = without_ordinary_syns(all);
    std::vector<const signed_contact*> places;
    places.reserve(signs.size());
    for (const signed_contact& each : signs) places.push_back(&each);
    Observed in = all;
    in.with_signs = places;
    find_signs(in, takeover_signs, weak_takeover_signs, 2,
               {.kind = observation_kind::takeover_signs,
                .category = observation_category::interference,
                .threshold_source = "RFC 5961",
                .limits = "A host that starts again with the same port leaves some of the same signs."},
               "Signs of a third party", found);
}

/// A source whose SYNs repeat one initial sequence number or one Identification: what tools write that make packets of their own, and
/// what covert channels in these fields look like (Rowland: Covert Channels in the TCP/IP Protocol Suite, 1997).
template <class Observed>
void find_repeated_fields(const Observed& in, findings& found) {
    const auto find = [&](auto field_of, bool zero_tells, std::string_view name, std::string_view field) {
        const auto sent_it = [&](const contact& of) {
            return of.has_initial && of.came_out != outcome::unsolicited && (zero_tells || field_of(of) != 0);
        };
        const double least = in.least(in.options.repeated_fields);
        const group_rule enough{least, sent_it, sent_it, in.contacts, in.contacts};
        const auto most = static_cast<double>(in.contacts.size());
        for_each_group(source_and{in.keys, field_of}, enough, most, [&](contact_group group) {
            if (!in.reaches(group.size(), in.options.repeated_fields)) return;
            const address& source = group[0]->source.address;
            const std::uint32_t field_value = field_of(*group[0]);
            const auto value = static_cast<double>(in.estimate(group.size()));
            if (!found.wants(value, group[0]->first)) return;
            observation made = observe(observation_kind::covert_field_use, observation_category::interference,
                                       {.source = source}, group);
            made.value = value;
            made.threshold = in.options.repeated_fields;
            made.threshold_source = "ours; RFC 9293 section 3.4.1 and RFC 6864 have these fields differ";
            made.counts = {{"connections", in.estimate(group.size())}, {name, field_value}};
            made.limits = "A weak sign: a scanner that makes its own packets repeats fields for its own ends.";
            made.text = to_string(source) + " sent " + counted(in.estimate(group.size()), "SYN") + " with the same " +
                        std::string{field} + ", " + std::to_string(field_value) + '.';
            found.add(std::move(made));
        });
    };
    find([](const contact& of) { return of.initial_sequence; }, true, "initial_sequence", "initial sequence number");
    find([](const contact& of) { return std::uint32_t{of.initial_id}; }, false, "ip_id", "Identification");
}

/// Header fields that hold what ordinary stacks do not send. A weak sign: some stacks are not ordinary.
template <class Observed>
void find_covert_field_use(const Observed& in, findings& found) {
    find_signs(in, covert_signs, 0, never,
               {.kind = observation_kind::covert_field_use,
                .category = observation_category::interference,
                .threshold_source = "RFC 9293 section 3.1 gives these fields no meaning there",
                .limits = "A weak sign: some stacks leave old values in fields that do not count."},
               "Fields that do not count are used", found);
    find_repeated_fields(in, found);
}

} // namespace tcplens::inline v1::detail::observing
