// SPDX-License-Identifier: MIT
#include "subcommands.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string_view>
#include <vector>

namespace program {

namespace {

/// How many letters have to be put in, taken away or changed (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> changes(b.size() + 1);
    std::iota(changes.begin(), changes.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = changes[0];
        changes[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] != b[j]);
            diagonal = changes[j + 1];
            changes[j + 1] = std::min({changes[j + 1] + 1, changes[j] + 1, changed});
        }
    }
    return changes.back();
}

} // namespace

const std::vector<const subcommand*>& all_subcommands() {
    static const std::vector<const subcommand*> all{
        &subcommands::report,   &subcommands::connections, &subcommands::connection, &subcommands::observations,
        &subcommands::segments, &subcommands::series,      &subcommands::times,      &subcommands::rtt,
        &subcommands::graph,    &subcommands::zeek,        &subcommands::extract,    &subcommands::bytes,
        &subcommands::split,    &subcommands::watch,       &subcommands::mcp,
    };
    return all;
}

const subcommand* find_subcommand(std::string_view name) {
    for (const subcommand* each : all_subcommands()) {
        if (each->name == name) return each;
    }
    return nullptr;
}

std::string_view similar_name(std::string_view name) {
    const auto begins = [&](const subcommand* each) { return !name.empty() && each->name.starts_with(name); };
    const auto longer = std::ranges::find_if(all_subcommands(), begins);
    if (longer != all_subcommands().end()) return (*longer)->name;
    std::string_view nearest;
    std::size_t least = name.size() / 3 + 1; // a third of the letters may be wrong
    for (const subcommand* each : all_subcommands()) {
        const std::size_t here = distance(name, each->name);
        if (here > least || (here == least && !nearest.empty())) continue;
        least = here;
        nearest = each->name;
    }
    return nearest;
}

} // namespace program
