// SPDX-License-Identifier: MIT
#include "subcommands.hpp"

#include "text.hpp"

#include <string_view>
#include <vector>

namespace program {

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
    std::vector<std::string_view> names;
    for (const subcommand* each : all_subcommands()) names.push_back(each->name);
    return similar_word(name, names);
}

} // namespace program
