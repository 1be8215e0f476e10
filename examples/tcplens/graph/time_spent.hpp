// SPDX-License-Identifier: MIT
#pragma once

#include "svg.hpp"

#include "../captures.hpp"
#include "../rule_sets.hpp"

#include <tcplens/connection/observers/time_attribution.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace program::graphs {

/// A connection, and what its time was spent on.
struct spent_time {
    tcplens::connection connection{};
    tcplens::time_attribution time{};
};

/// The connections that lasted longest, of any number: each is added once.
class slowest_connections {
public:
    explicit slowest_connections(std::size_t most) : most_(most) {}
    void add(const tcplens::connection& next, const tcplens::time_attribution& time);
    /// Counts connections that are not to be listed.
    void count_others(std::uint64_t connections) { total_ += connections; }
    /// The longest first; of equal ones the one with the lower number.
    [[nodiscard]] const std::vector<spent_time>& found() const { return found_; }
    /// Of how many.
    [[nodiscard]] std::uint64_t total() const { return total_; }

private:
    std::size_t most_;
    std::uint64_t total_ = 0;
    std::vector<spent_time> found_{};
};

/// Reads all of the captures. \param only this connection, if it is named and there
[[nodiscard]] slowest_connections collect_slowest(captures& from, const tcplens::decode_options& decoding,
                                                  rule_set rules, std::size_t most,
                                                  std::optional<std::uint64_t> only = {});

/// The colour of a part of the time, by its place in time_parts.
[[nodiscard]] std::string_view css_of_part(std::size_t place);

/// Where the time went: a bar for each of the connections. \param total of how many they are the slowest
[[nodiscard]] std::string time_spent(std::span<const spent_time> connections, std::uint64_t total,
                                     const picture_options& options = {});

} // namespace program::graphs
