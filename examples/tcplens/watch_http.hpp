// SPDX-License-Identifier: MIT
#pragma once

// As much of HTTP/1.1 (RFC 9112) as a server of one page needs: what a request asks for, and the head of the answer.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace program::watching {

/// The longest head of a request that is read, in bytes.
inline constexpr std::size_t longest_request = 8192;

struct http_request {
    enum class state {
        incomplete, ///< more has to come
        metrics,    ///< GET or HEAD of /metrics
        index,      ///< GET or HEAD of /
        not_found,  ///< of something else
        bad_method, ///< neither GET nor HEAD
        malformed,  ///< no HTTP/1.x
        too_long,   ///< the head is longer than longest_request
    };
    state is = state::incomplete;
    bool head_only = false;   ///< HEAD: the answer has no body
    bool openmetrics = false; ///< the Accept header names application/openmetrics-text
};

namespace http {

[[nodiscard]] constexpr char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}
[[nodiscard]] constexpr bool begins_with_ignoring_case(std::string_view text, std::string_view what) noexcept {
    return text.size() >= what.size() && std::ranges::equal(text.substr(0, what.size()), what, {}, lower);
}

/// Takes a line off `text`, without its CRLF or LF.
[[nodiscard]] constexpr std::string_view take_line(std::string_view& text) noexcept {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

[[nodiscard]] constexpr http_request read_request_line(std::string_view line) noexcept {
    using enum http_request::state;
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == 0 || first == std::string_view::npos || last == first) return {.is = malformed};
    const std::string_view method = line.substr(0, first);
    std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    const auto is_visible = [](char each) { return each > ' ' && each != 0x7f; };
    if (!version.starts_with("HTTP/1.") || version.size() != 8 || target.empty() ||
        !std::ranges::all_of(target, is_visible)) {
        return {.is = malformed};
    }
    if (method != "GET" && method != "HEAD") return {.is = bad_method};
    target = target.substr(0, target.find('?'));
    return {.is = target == "/metrics" ? metrics : target == "/" ? index : not_found, .head_only = method == "HEAD"};
}

} // namespace http

/// What the bytes that came so far ask for. Constant memory; time linear in the bytes.
[[nodiscard]] constexpr http_request read_request(std::string_view bytes) noexcept {
    using enum http_request::state;
    while (bytes.starts_with("\r\n")) bytes.remove_prefix(2); // as RFC 9112 section 2.2 asks for
    const std::size_t crlf = bytes.find("\r\n\r\n");
    const std::size_t lf = bytes.find("\n\n");
    if (crlf == std::string_view::npos && lf == std::string_view::npos) {
        return {.is = bytes.size() >= longest_request ? too_long : incomplete};
    }
    std::string_view head = bytes.substr(0, std::min(crlf, lf));
    if (head.size() > longest_request) return {.is = too_long};
    http_request request = http::read_request_line(http::take_line(head));
    while (!head.empty()) {
        const std::string_view line = http::take_line(head);
        constexpr std::string_view accept = "accept:";
        if (!http::begins_with_ignoring_case(line, accept)) continue;
        request.openmetrics |= line.find("application/openmetrics-text", accept.size()) != std::string_view::npos;
    }
    return request;
}

/// The answer to a request. \param body the page that was asked for; other answers have a body of their own
[[nodiscard]] inline std::string http_answer(const http_request& to, std::string_view body, std::string_view type) {
    std::string_view status = "200 OK";
    std::string_view more;
    using enum http_request::state;
    switch (to.is) {
    case incomplete:
    case malformed: status = "400 Bad Request"; break;
    case too_long: status = "431 Request Header Fields Too Large"; break;
    case not_found: status = "404 Not Found"; break;
    case bad_method:
        status = "405 Method Not Allowed";
        more = "Allow: GET, HEAD\r\n";
        break;
    case metrics: break;
    case index:
        body = "tcplens watch: the metrics are at /metrics\n";
        type = "text/plain; charset=utf-8";
        break;
    }
    std::string line;
    if (to.is != metrics && to.is != index) {
        line = std::string{status} + "\n";
        body = line;
        type = "text/plain; charset=utf-8";
    }
    std::string answer = "HTTP/1.1 ";
    answer.append(status).append("\r\nContent-Type: ").append(type).append("\r\nContent-Length: ");
    answer.append(std::to_string(body.size())).append("\r\nCache-Control: no-store\r\n").append(more);
    answer.append("Connection: close\r\n\r\n");
    if (!to.head_only) answer.append(body);
    return answer;
}

} // namespace program::watching
