// SPDX-License-Identifier: MIT
#pragma once

// Messages of JSON-RPC 2.0 as the Model Context Protocol has them: one a line. Nothing that stands in a line ends the program, and a
// line takes bounded memory.

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace program::context_server {

using json = nlohmann::ordered_json;

/// Error codes of JSON-RPC 2.0 section 5.1, and of the revision 2026-07-28 of the Model Context Protocol.
enum class error_code : int {
    parse_error = -32700,
    invalid_request = -32600,
    method_not_found = -32601,
    invalid_params = -32602,
    internal_error = -32603,
    header_mismatch = -32020,
    unsupported_version = -32022,
};

/// What one line is.
struct message {
    enum class kind { request, notification, wrong };

    kind what = kind::wrong;
    json id{};            ///< of a request; of a wrong message null, unless its id could be read
    std::string method{}; ///< empty of a wrong message
    json params{};        ///< an object, perhaps empty
    // Of a wrong message:
    error_code code = error_code::parse_error;
    std::string complaint{}; ///< a sentence
};

/// Lines longer than that are no questions about captures.
inline constexpr std::size_t most_line_bytes = 1u << 20;
/// Objects and arrays in each other: more than this no client needs, and each level would take memory.
inline constexpr std::size_t most_nesting = 64;

namespace detail {

/// Whether brackets nest deeper than that. The text need not be JSON.
[[nodiscard]] inline bool nests_too_deep(std::string_view text) noexcept {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char each = text[i];
        if (in_string) {
            if (each == '\\') ++i;
            else if (each == '"') in_string = false;
        } else if (each == '"') {
            in_string = true;
        } else if (each == '{' || each == '[') {
            if (++depth > most_nesting) return true;
        } else if ((each == '}' || each == ']') && depth > 0) {
            --depth;
        }
    }
    return false;
}

[[nodiscard]] inline bool is_id(const json& value) {
    constexpr std::size_t most_id_bytes = 1024; // it is sent back with each message about the request
    return value.is_number_integer() ||
           (value.is_string() && value.get_ref<const std::string&>().size() <= most_id_bytes);
}

[[nodiscard]] inline message wrong(error_code code, std::string complaint, json id = nullptr) {
    return {.what = message::kind::wrong, .id = std::move(id), .code = code, .complaint = std::move(complaint)};
}

} // namespace detail

/// Reads one message from a line, without its end. \throws std::bad_alloc only
[[nodiscard]] inline message read_message(std::string_view line) {
    using detail::wrong;
    if (line.size() > most_line_bytes) {
        return wrong(error_code::invalid_request, "A message has " + std::to_string(most_line_bytes) +
                                                      " bytes at most; this one is longer and was not read.");
    }
    if (detail::nests_too_deep(line)) {
        return wrong(error_code::invalid_request, "Objects and arrays may nest " + std::to_string(most_nesting) +
                                                      " deep; in this message they nest deeper.");
    }
    json whole = json::parse(line, nullptr, false);
    if (whole.is_discarded()) return wrong(error_code::parse_error, "The message is no JSON in UTF-8.");
    if (whole.is_array()) {
        return wrong(error_code::invalid_request, "Batches are not part of this protocol: send one message a line.");
    }
    if (!whole.is_object()) return wrong(error_code::invalid_request, "A message is a JSON object.");

    const auto id = whole.find("id");
    const bool has_id = id != whole.end();
    json good_id = has_id && detail::is_id(*id) ? *id : json();
    const auto version = whole.find("jsonrpc");
    if (version == whole.end() || *version != "2.0") {
        return wrong(error_code::invalid_request, "A message has the member \"jsonrpc\": \"2.0\".", std::move(good_id));
    }
    const auto method = whole.find("method");
    if (method == whole.end()) {
        const bool is_response = whole.contains("result") || whole.contains("error");
        return wrong(error_code::invalid_request,
                     is_response ? "This server asks nothing, so nothing answers it." : "The message has no method.",
                     is_response ? json() : std::move(good_id));
    }
    if (!method->is_string()) {
        return wrong(error_code::invalid_request, "The method is a string.", std::move(good_id));
    }
    if (has_id && good_id.is_null()) {
        return wrong(error_code::invalid_request, "The id is a whole number or a short string.");
    }
    message read{.what = has_id ? message::kind::request : message::kind::notification,
                 .id = std::move(good_id),
                 .method = std::move(method->get_ref<std::string&>()),
                 .params = json::object()};
    if (const auto params = whole.find("params"); params != whole.end()) {
        if (!params->is_object()) {
            return wrong(error_code::invalid_params, "The params are an object.", std::move(read.id));
        }
        read.params = std::move(*params);
    }
    return read;
}

/// Cuts a stream of bytes into lines, in memory for the longest line that is read.
class line_reader {
public:
    /// Takes bytes, and calls `use(line)` for each line that ends in them. Of a line that is too long `use` gets its beginning, which
    /// read_message() refuses for its length.
    template <class Use>
    void add(std::string_view bytes, Use&& use) {
        while (!bytes.empty()) {
            const std::size_t end = bytes.find('\n');
            keep(bytes.substr(0, end));
            if (end == std::string_view::npos) return;
            bytes.remove_prefix(end + 1);
            finish(use);
        }
    }

    /// At the end of the stream: a line without an end is a message that was cut, or a whole one.
    template <class Use>
    void end(Use&& use) {
        if (!line_.empty()) finish(use);
    }

    /// Bytes that are held.
    [[nodiscard]] std::size_t held() const noexcept { return line_.size(); }

private:
    void keep(std::string_view part) {
        const std::size_t room = most_line_bytes + 1 - line_.size();
        line_.append(part.substr(0, std::min(room, part.size())));
    }
    template <class Use>
    void finish(Use& use) {
        std::string line = std::exchange(line_, {});
        if (line.size() <= most_line_bytes && line.ends_with('\r')) line.pop_back();
        use(std::string_view{line});
    }

    std::string line_{};
};

} // namespace program::context_server
