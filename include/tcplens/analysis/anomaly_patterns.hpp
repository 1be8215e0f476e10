// SPDX-License-Identifier: MIT
#pragma once

#include "patterns/abnormal_termination.hpp"
#include "patterns/anomaly_category.hpp"
#include "patterns/anomaly_options.hpp"
#include "patterns/anomaly_statistics.hpp"
#include "patterns/handshake_completion.hpp"
#include "patterns/notable_observation.hpp"
#include "patterns/packet_retransmission.hpp"
#include "patterns/rst_directional_asymmetry.hpp"
#include "patterns/syn_response_imbalance.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tcplens::inline v1 {

namespace detail {

template <class... Patterns>
struct pattern_list {
    using variant = std::variant<Patterns...>;
};

/// The patterns, in the order in which a report names them. A new pattern is a file in patterns/ and its line here.
using all_patterns = pattern_list< //
    rst_directional_asymmetry,     //
    packet_retransmission,         //
    handshake_completion,          //
    abnormal_termination,          //
    syn_response_imbalance>;

} // namespace detail

/// Something in the counts that deserves a look. A pattern says what was counted, never why.
struct anomaly_pattern {
    /// The counts of one pattern, of any kind: a std::variant of all pattern types, for std::get_if and std::visit.
    using any_pattern = detail::all_patterns::variant;

    std::string_view name{};     ///< The name of the pattern's type, such as `packet_retransmission`; a string literal.
    anomaly_category category{}; ///< What the pattern is about.
    any_pattern details{};       ///< The counts.
    std::string description{};   ///< One sentence for people, with the most important counts.
};

namespace detail {

/// Adds the pattern to the list if the counts show it.
template <class Pattern>
void find_pattern(const anomaly_statistics& counts, const anomaly_options& options,
                  std::vector<anomaly_pattern>& found) {
    static_assert(std::convertible_to<decltype(Pattern::name), std::string_view>, "a pattern has a static `name`");
    static_assert(std::convertible_to<decltype(Pattern::category), anomaly_category>,
                  "a pattern has a static `category`");
    static_assert(std::same_as<decltype(Pattern::find(counts, options)), std::optional<Pattern>>,
                  "a pattern has a static `find(statistics, options)`, which returns an optional of it");
    std::optional<Pattern> pattern = Pattern::find(counts, options);
    if (!pattern) return;
    std::string description = pattern->description();
    found.push_back({.name = Pattern::name,
                     .category = Pattern::category,
                     .details = *std::move(pattern),
                     .description = std::move(description)});
}

template <class... Patterns>
[[nodiscard]] std::vector<anomaly_pattern> find_patterns(pattern_list<Patterns...>, const anomaly_statistics& counts,
                                                         const anomaly_options& options) {
    std::vector<anomaly_pattern> found;
    (find_pattern<Patterns>(counts, options, found), ...);
    return found;
}

} // namespace detail

} // namespace tcplens::inline v1
