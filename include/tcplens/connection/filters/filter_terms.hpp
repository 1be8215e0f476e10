// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/address.hpp"
#include "../../wire/endpoint.hpp"
#include "../../wire/ether_type.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail {

/// Addresses with a common prefix: segment_filter::network.
struct address_prefix {
    tcplens::address base{};        ///< an address of the network
    std::uint8_t prefix_length = 0; ///< bits that are common: up to 32 if `base` is IPv4, up to 128 otherwise

    /// Whether an address lies in the network. An IPv4 address lies in no IPv6 network.
    [[nodiscard]] constexpr bool contains(const tcplens::address& of) const noexcept {
        if (of.is_v4() != base.is_v4()) return false;
        std::size_t bits = prefix_length + (base.is_v4() ? std::size_t{96} : 0);
        bits = (std::min)(bits, std::size_t{128});
        for (std::size_t at = 0; bits > 0; ++at) {
            const unsigned differ = std::to_integer<unsigned>(of.bytes()[at] ^ base.bytes()[at]);
            const std::size_t in_byte = (std::min)(bits, std::size_t{8});
            if (differ >> (8 - in_byte) != 0) return false;
            bits -= in_byte;
        }
        return true;
    }
    [[nodiscard]] friend constexpr bool operator==(const address_prefix&, const address_prefix&) noexcept = default;
};

/// Ports from one to another, both included: segment_filter::port_range.
struct port_interval {
    std::uint16_t first = 0;
    std::uint16_t last = 65535; ///< not below `first`

    [[nodiscard]] constexpr bool contains(std::uint16_t port) const noexcept { return first <= port && port <= last; }
    [[nodiscard]] friend constexpr bool operator==(const port_interval&, const port_interval&) noexcept = default;
};

/// Why a text is no list of networks or ports: segment_filter::text_error.
struct filter_text_error {
    enum class reason : std::uint8_t {
        empty,          ///< there is no text, or nothing between two commas
        bad_address,    ///< no IPv4 or IPv6 address
        bad_prefix,     ///< the prefix length is no number, or too large for the address
        bad_port,       ///< no number from 0 to 65535
        reversed_range, ///< the first port of a range is above the last
    };
    reason code{};
    std::size_t position = 0; ///< where the part that is wrong begins, counted from 0
    std::string part{};       ///< that part

    [[nodiscard]] friend bool operator==(const filter_text_error&, const filter_text_error&) = default;
};

/// The error as a sentence for people. Allocates.
[[nodiscard]] inline std::string to_string(const filter_text_error& error) {
    const std::string part = '\'' + error.part + '\'';
    switch (error.code) {
    case filter_text_error::reason::empty: return "a list of networks or ports has an empty part.";
    case filter_text_error::reason::bad_address:
        return part + " is no network: write an IPv4 or IPv6 address, and '/' with a prefix length, as in 10.0.0.0/8.";
    case filter_text_error::reason::bad_prefix:
        return part + " has no valid prefix length: from 0 to 32 for IPv4, to 128 for IPv6.";
    case filter_text_error::reason::bad_port:
        return part + " is no port: write a number from 0 to 65535, or two with '-' between them.";
    case filter_text_error::reason::reversed_range: return part + " is no range: its first port is above its last.";
    }
    return "unknown error.";
}

/// What a text was read as, or why it could not be: segment_filter::parsed.
template <class Value>
struct parsed_text {
    Value value{};                            ///< the value, if there is no error
    std::optional<filter_text_error> error{}; ///< why the text could not be read

    /// Whether the text was read.
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return !error; }
};

/// The number in a text of digits, up to `most`.
[[nodiscard]] constexpr std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t most) noexcept {
    if (text.empty() || text.size() > 5) return std::nullopt;
    std::uint32_t value = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9') return std::nullopt;
        value = value * 10 + static_cast<std::uint32_t>(digit - '0');
    }
    return value <= most ? std::optional{value} : std::nullopt;
}

/// Calls `parse(part)` for each part between commas; white space around parts is left out.
template <class Value, class Parse>
[[nodiscard]] parsed_text<std::vector<Value>> parse_list(std::string_view text, const Parse& parse) {
    using result = parsed_text<std::vector<Value>>;
    result read;
    for (std::size_t at = 0;;) {
        const std::size_t comma = (std::min)(text.find(',', at), text.size());
        std::string_view part = text.substr(at, comma - at);
        std::size_t position = at;
        for (; !part.empty() && part.front() == ' '; ++position) part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        parsed_text<Value> one;
        if (part.empty()) one.error = filter_text_error{.code = filter_text_error::reason::empty};
        else one = parse(part);
        if (!one) {
            one.error->position = position;
            one.error->part = part;
            return result{.error = std::move(one.error)};
        }
        read.value.push_back(one.value);
        if (comma == text.size()) return read;
        at = comma + 1;
    }
}

[[nodiscard]] inline parsed_text<address_prefix> parse_prefix(std::string_view text) {
    using result = parsed_text<address_prefix>;
    const std::size_t slash = text.find('/');
    std::string host{text.substr(0, slash)};
    if (slash != std::string_view::npos && host.find(':') == std::string::npos) { // 10/8, as libpcap's language has it
        for (auto dots = std::count(host.begin(), host.end(), '.'); dots < 3; ++dots) host += ".0";
    }
    const auto address = tcplens::address::parse(host);
    if (!address) return result{.error = filter_text_error{.code = filter_text_error::reason::bad_address}};
    const std::uint32_t most = address->is_v4() ? 32 : 128;
    const auto length = slash == std::string_view::npos ? most : parse_number(text.substr(slash + 1), most);
    if (!length) return result{.error = filter_text_error{.code = filter_text_error::reason::bad_prefix}};
    return result{.value = {*address, static_cast<std::uint8_t>(*length)}};
}

[[nodiscard]] inline parsed_text<port_interval> parse_interval(std::string_view text) {
    using result = parsed_text<port_interval>;
    const std::size_t dash = text.find('-');
    const auto first = parse_number(text.substr(0, dash), 65535);
    const auto last = dash == std::string_view::npos ? first : parse_number(text.substr(dash + 1), 65535);
    if (!first || !last) return result{.error = filter_text_error{.code = filter_text_error::reason::bad_port}};
    if (*first > *last) return result{.error = filter_text_error{.code = filter_text_error::reason::reversed_range}};
    return result{.value = {static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)}};
}

/// Which of the two ends of a segment or connection must match: segment_filter::ends.
enum class filtered_ends : std::uint8_t {
    either, ///< one of the two
    both,   ///< the two
    first,  ///< the source of a segment; the client of a connection
    second, ///< the destination of a segment; the server of a connection
};

/// Whether the ends that are asked for are in one of the parts. An empty list has all.
template <class Part, class Value>
[[nodiscard]] constexpr bool ends_match(const std::vector<Part>& parts, filtered_ends ends, const Value& first,
                                        const Value& second) noexcept {
    if (parts.empty()) return true;
    const auto in = [&](const Value& value) {
        return std::any_of(parts.begin(), parts.end(), [&](const Part& each) { return each.contains(value); });
    };
    switch (ends) {
    case filtered_ends::either: return in(first) || in(second);
    case filtered_ends::both: return in(first) && in(second);
    case filtered_ends::first: return in(first);
    case filtered_ends::second: return in(second);
    }
    return false;
}

/// Whether a list has a value. An empty list has all.
template <class Value>
[[nodiscard]] constexpr bool is_listed(const std::vector<Value>& values, const Value& value) noexcept {
    return values.empty() || std::find(values.begin(), values.end(), value) != values.end();
}

} // namespace tcplens::inline v1::detail
