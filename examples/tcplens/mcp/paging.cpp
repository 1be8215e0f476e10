// SPDX-License-Identifier: MIT
#include "paging.hpp"

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace program::context_server {

namespace {

/// FNV-1a (draft-eastlake-fnv): a cursor is checked against mistakes, not against forgery, by which nobody would gain anything.
class hash {
public:
    void add(std::string_view bytes) noexcept {
        for (const char each : bytes) value_ = (value_ ^ static_cast<unsigned char>(each)) * 0x100000001b3u;
        value_ = (value_ ^ 0xffu) * 0x100000001b3u;
    }
    [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

private:
    std::uint64_t value_ = 0xcbf29ce484222325u;
};

std::string hexadecimal(std::uint64_t number) {
    std::string text(16, '0');
    for (std::size_t i = text.size(); i-- > 0; number >>= 4) text[i] = "0123456789abcdef"[number & 15];
    return text;
}

/// The place that a cursor names; nothing if it is none of this key.
std::optional<std::size_t> place_of(std::string_view cursor, std::uint64_t key) {
    const std::size_t dash = cursor.find('-');
    if (dash == std::string_view::npos || cursor.substr(dash + 1) != hexadecimal(key)) return std::nullopt;
    std::size_t place = 0;
    const char* const end = cursor.data() + dash;
    const auto [rest, error] = std::from_chars(cursor.data(), end, place);
    constexpr std::size_t most = 1u << 31; // no list has more rows; sums with it do not overflow
    if (error != std::errc{} || rest != end || place > most) return std::nullopt;
    return place;
}

} // namespace

page::page(arguments& given, const loaded_capture& of, const std::string& question, std::size_t default_limit,
           std::size_t most_limit) {
    hash made;
    made.add(question);
    made.add(of.id);
    for (const std::uint64_t each : {of.identity.device, of.identity.inode, of.identity.size,
                                     static_cast<std::uint64_t>(of.identity.changed_ns)}) {
        made.add(std::to_string(each));
    }
    key_ = made.value();
    const auto limit = given.maybe_number("limit", 1, most_limit);
    limit_ = limit ? static_cast<std::size_t>(*limit) : default_limit;
    bytes_ = (limit && *limit > default_limit ? most_bytes : most_default_bytes) - bytes_around;
    if (const auto cursor = given.maybe_text("cursor"); cursor && !cursor->empty()) {
        const std::optional<std::size_t> place = place_of(*cursor, key_);
        if (!place) {
            throw tool_failure{"This cursor belongs to another question, or the capture was changed since. Give the "
                               "arguments that the cursor came with, or begin without a cursor."};
        }
        offset_ = *place;
    }
}

std::string page::cursor_at(std::size_t place) const {
    return std::to_string(place) + "-" + hexadecimal(key_);
}

std::size_t size_of(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace).size();
}

} // namespace program::context_server
