// SPDX-License-Identifier: MIT
#include "arguments.hpp"

#include "../text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace program::context_server {

const json* arguments::find(const std::string& name) {
    known_.insert(name);
    const auto found = given_.find(name);
    return found == given_.end() || found->is_null() ? nullptr : &*found; // many clients send null for what is absent
}

void arguments::refuse(const std::string& name, const std::string& needs, const json& value) {
    constexpr std::size_t most_shown = 60;
    std::string shown = value.dump(-1, ' ', false, json::error_handler_t::replace);
    if (shown.size() > most_shown) shown = shown.substr(0, most_shown) + "…";
    throw tool_failure{name + " is " + needs + ", not " + escaped(shown) + "."};
}

std::optional<std::string> arguments::maybe_text(const std::string& name) {
    const json* const value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) refuse(name, "a string", *value);
    return value->get<std::string>();
}

std::string arguments::text(const std::string& name) {
    std::optional<std::string> value = maybe_text(name);
    if (!value) throw tool_failure{"The argument " + name + " is missing."};
    return *std::move(value);
}

std::string arguments::choice(const std::string& name, std::span<const std::string_view> words,
                              std::string_view otherwise) {
    const json* const value = find(name);
    if (value == nullptr) return std::string{otherwise};
    if (value->is_string()) {
        const std::string& given = value->get_ref<const std::string&>();
        if (std::ranges::find(words, std::string_view{given}) != words.end()) return given;
    }
    std::string all;
    for (const std::string_view each : words) all.append(all.empty() ? "one of " : ", ").append(each);
    refuse(name, all, *value);
}

std::optional<std::uint64_t> arguments::maybe_number(const std::string& name, std::uint64_t least, std::uint64_t most) {
    const json* const value = find(name);
    if (value == nullptr) return std::nullopt;
    const std::string needs = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    std::uint64_t number = 0;
    if (value->is_number_unsigned()) {
        number = value->get<std::uint64_t>();
    } else if (value->is_number_integer() && value->get<std::int64_t>() >= 0) {
        number = static_cast<std::uint64_t>(value->get<std::int64_t>());
    } else if (value->is_number_float()) {
        const double real = value->get<double>();
        constexpr double most_exact = 9'007'199'254'740'992; // 2^53: JavaScript has no larger whole numbers
        if (!(real >= 0) || real > most_exact || real != std::floor(real)) refuse(name, needs, *value);
        number = static_cast<std::uint64_t>(real);
    } else {
        refuse(name, needs, *value);
    }
    if (number < least || number > most) refuse(name, needs, *value);
    return number;
}

double arguments::rate(const std::string& name, double otherwise) {
    const json* const value = find(name);
    if (value == nullptr) return otherwise;
    if (!value->is_number() || !(value->get<double>() >= 0) || value->get<double>() > 1)
        refuse(name, "a number from 0 to 1", *value);
    return value->get<double>();
}

bool arguments::flag(const std::string& name, bool otherwise) {
    const json* const value = find(name);
    if (value == nullptr) return otherwise;
    if (!value->is_boolean()) refuse(name, "true or false", *value);
    return value->get<bool>();
}

std::optional<tcplens::address> arguments::maybe_address(const std::string& name) {
    const std::optional<std::string> value = maybe_text(name);
    if (!value || value->empty()) return std::nullopt; // mcpcap, too, takes an empty string for no filter
    const std::optional<tcplens::address> read = tcplens::address::parse(*value);
    if (!read) refuse(name, "an IPv4 or IPv6 address", *value);
    return read;
}

tcplens::server_filter arguments::server() {
    const std::optional<tcplens::address> address = maybe_address("server_ip");
    const std::optional<std::uint64_t> port = maybe_number("server_port", 1, 65535);
    tcplens::server_filter filter{.address = address};
    if (port) filter.port = static_cast<std::uint16_t>(*port);
    return filter;
}

void arguments::finish() const {
    for (const auto& [name, value] : given_.items()) {
        if (known_.contains(name)) continue;
        std::string all;
        for (const std::string& each : known_) all += (all.empty() ? "" : ", ") + each;
        throw tool_failure{"This tool has no argument '" + escaped(name.substr(0, 60)) + "'. It has: " + all + "."};
    }
}

} // namespace program::context_server
