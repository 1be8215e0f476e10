// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// What the connections of a path, or of a service, say of it together.
struct path_sums {
    std::uint64_t packets = 0;
    std::uint64_t resent = 0;
    std::uint64_t timeouts = 0;
    std::uint64_t marks = 0;
    std::uint64_t zero_windows = 0;
    std::uint64_t black_holes = 0;
    std::uint64_t too_big = 0;
    std::uint16_t inflation = 0; ///< the greatest, in tenths

    explicit path_sums(contact_group group) {
        for (const contact* each : group) {
            packets += each->data_packets;
            resent += each->retransmissions;
            timeouts += each->timeouts;
            marks += each->marks;
            zero_windows += each->zero_windows;
            const bool lost = (each->signs & sign_bit(irregularity::large_segment_lost)) != 0;
            const bool big = (each->signs & sign_bit(irregularity::icmp_packet_too_big)) != 0;
            black_holes += lost;
            too_big += big;
            inflation = (std::max)(inflation, each->inflation);
        }
    }
};

/// One of the troubles of a path.
struct path_finding {
    double value = 0;
    double threshold = 0;
    std::string_view source{};
    std::string_view what{}; ///< what was counted
};

template <class Observed>
[[nodiscard]] std::optional<path_finding> worst_of(const path_sums& of, const Observed& in) {
    const observation_options& options = in.options;
    const double scale = static_cast<double>(in.estimate(1));
    const auto number = [&](std::uint64_t count) { return static_cast<double>(count) * scale; };
    const bool enough = number(of.packets) >= options.path_packets;
    const double share = enough ? static_cast<double>(of.resent) / static_cast<double>(of.packets) : 0;
    const path_finding troubles[]{
        {number(of.black_holes), options.path_black_holes, "RFC 8899: large segments never arrive, small ones do",
         "connections lost their large segments"},
        {share, options.path_retransmissions, "ours", "of the data packets were sent again"},
        {number(of.timeouts), options.path_timeouts, "RFC 6298; the number is ours", "losses ended by a timer"},
        {static_cast<double>(of.inflation) / 10, options.path_inflation, "ours; compares with the path at rest",
         "times the least was the 95th percentile of the round trips"},
        {number(of.marks), options.path_marks, "RFC 3168; the number is ours", "packets were marked CE"},
        {number(of.zero_windows), options.path_zero_windows, "ours", "windows of 0 were offered"}};
    const auto* const worst = std::find_if(std::begin(troubles), std::end(troubles),
                                           [](const path_finding& each) { return each.value >= each.threshold; });
    return worst == std::end(troubles) ? std::nullopt : std::optional{*worst};
}

[[nodiscard]] inline bool has_trouble(const contact& of) noexcept {
    return of.retransmissions > 0 || (of.signs & path_signs) != 0 || of.inflation > 0;
}

/// Whether the path is in trouble. `name()` is called for what is kept.
template <class Name>
[[nodiscard]] bool observe_path(const observed_contacts& in, const observation::subject_type& subject, Name name,
                                contact_group group, findings& found) {
    const auto affected = select(group, has_trouble);
    if (affected.empty()) return false;
    const path_sums sums{group};
    const auto worst = worst_of(sums, in);
    if (!worst) return false;
    if (!found.wants(worst->value, affected[0]->first)) return true;
    observation made = observe(observation_kind::path_trouble, observation_category::path, subject, affected);
    made.value = worst->value;
    made.threshold = worst->threshold;
    made.threshold_source = worst->source;
    made.counts = {
        {"data_packets", sums.packets << in.level},      {"retransmissions", sums.resent << in.level},
        {"timeouts", sums.timeouts << in.level},         {"congestion_marks", sums.marks << in.level},
        {"zero_windows", sums.zero_windows << in.level}, {"black_holes", sums.black_holes << in.level},
        {"packet_too_big", sums.too_big << in.level},    {"round_trip_inflation_tenths", sums.inflation},
        {"connections", in.estimate(group.size())},      {"affected_connections", in.estimate(affected.size())}};
    made.limits = "The counts do not tell where on the path, or in which end, the trouble is.";
    std::string value = std::to_string(worst->value);
    value.resize(value.find('.') + 3); // two digits behind the point
    made.text = name() + ": " + value + ' ' + std::string{worst->what} + "; " +
                counted(sums.resent << in.level, "segment") + " of " + std::to_string(sums.packets << in.level) +
                " were sent again, " + std::to_string(sums.timeouts << in.level) + " after a timeout.";
    found.add(std::move(made));
    return true;
}

/// A path, which is a pair of hosts, or a service, whose connections lose packets, wait for timers, are marked, or lose their large
/// segments. Sources: RFC 3168 (CE), RFC 8899 (black holes), RFC 6298 (timers); the numbers are ours. A service is observed if several
/// paths lead to it and none of them is observed.
template <class Observed>
void find_path_trouble(const Observed& in, findings& found) {
    const auto has_data = [](const contact& of) { return of.data_packets > 0; };
    // A group needs this much of one trouble, or one of the others.
    const double least =
        in.scaled((std::min)({in.options.path_retransmissions * in.options.path_packets, in.options.path_timeouts,
                              in.options.path_marks, in.options.path_zero_windows}));
    const auto trouble_of = [](const contact& of) -> std::uint64_t {
        constexpr std::uint64_t large_segments =
            sign_bit(irregularity::large_segment_lost) | sign_bit(irregularity::icmp_packet_too_big);
        constexpr std::uint64_t enough = UINT32_MAX;
        if (of.data_packets == 0) return 0;
        if (of.inflation > 0 || (of.signs & large_segments) != 0) return enough;
        return std::uint64_t{of.retransmissions} + of.timeouts + of.marks + of.zero_windows;
    };
    std::uint64_t all_trouble = 0;
    const auto troubled = select(in.contacts, [&](const contact& of) {
        const std::uint64_t trouble = trouble_of(of);
        all_trouble += trouble;
        return trouble != 0;
    });
    const auto total = static_cast<double>(all_trouble);
    std::vector<address> told;
    const group_rule of_path{least, trouble_of, has_data, troubled, in.contacts};
    for_each_group(shared_key<shared::path>{in.keys}, of_path, total, [&](contact_group group) {
        const address& source = group[0]->source.address;
        const address& target = group[0]->target.address;
        const auto name = [&] { return to_string(source) + " to " + to_string(target); };
        if (observe_path(in, {.source = source, .target = target}, name, group, found)) told.push_back(target);
    });
    std::sort(told.begin(), told.end());
    const auto is_news = [&](const contact& of) {
        return has_data(of) && !std::binary_search(told.begin(), told.end(), of.target.address);
    };
    const auto news_of = [&](const contact& of) {
        const std::uint64_t trouble = trouble_of(of);
        return trouble != 0 && is_news(of) ? trouble : 0;
    };
    const group_rule of_service{least, news_of, is_news, troubled, in.contacts};
    for_each_group(shared_key<shared::service>{in.keys}, of_service, total, [&](contact_group group) {
        const bool from_one = std::all_of(group.begin(), group.end(), [&](const contact* each) {
            return each->source.address == group[0]->source.address;
        });
        if (from_one) return;
        const endpoint& target = group[0]->target;
        const auto name = [&] { return "Service " + to_string(target); };
        static_cast<void>(observe_path(in, {.target = target.address, .port = target.port}, name, group, found));
    });
}
} // namespace tcplens::inline v1::detail::observing
