// SPDX-License-Identifier: MIT
#include "../../examples/tcplens/watch_http.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

using namespace program::watching;
using state = http_request::state;

namespace {

/// What Prometheus 2 sends.
constexpr std::string_view scrape = "GET /metrics HTTP/1.1\r\nHost: localhost:9797\r\nUser-Agent: Prometheus/2.42.0\r\n"
                                    "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.4\r\n\r\n";

} // namespace

TEST_CASE("http: a request for the metrics is understood, with and without the wish for OpenMetrics") {
    const http_request asked = read_request(scrape);
    CHECK(asked.is == state::metrics);
    CHECK(asked.openmetrics);
    CHECK_FALSE(asked.head_only);
    const http_request plain = read_request("HEAD /metrics?a=b HTTP/1.0\n\n");
    CHECK(plain.is == state::metrics);
    CHECK_FALSE(plain.openmetrics);
    CHECK(plain.head_only);
    CHECK(read_request("\r\nGET / HTTP/1.1\r\nACCEPT: text/plain\r\n\r\n").is == state::index);
}

TEST_CASE("http: a request that is cut off at any byte is incomplete") {
    for (std::size_t size = 0; size < scrape.size(); ++size) {
        CAPTURE(size);
        CHECK(read_request(scrape.substr(0, size)).is == state::incomplete);
    }
}

TEST_CASE("http: what is no request for a page is told apart") {
    CHECK(read_request("GET /other HTTP/1.1\r\n\r\n").is == state::not_found);
    CHECK(read_request("POST /metrics HTTP/1.1\r\n\r\n").is == state::bad_method);
    for (const char* line : {"GET /metrics", "GET  HTTP/1.1", " /metrics HTTP/1.1", "GET /metrics HTTP/2", "GET",
                             "GET /metrics SSH-2.0", "GET /\tmetrics HTTP/1.1", "", "GET /a b HTTP/1.1"}) {
        CAPTURE(line);
        CHECK(read_request(std::string{line} + "\r\nHost: a\r\n\r\n").is == state::malformed);
    }
}

TEST_CASE("http: a head that does not end is refused once it is too long") {
    std::string endless = "GET /metrics HTTP/1.1\r\n";
    while (endless.size() < longest_request - 8) endless += "A: bcd\r\n";
    CHECK(read_request(endless).is == state::incomplete);
    endless += "A: bcd\r\nA: bcd\r\n";
    CHECK(read_request(endless).is == state::too_long);
    CHECK(read_request(endless + std::string(longest_request, 'a') + "\r\n\r\n").is == state::too_long);
}

TEST_CASE("http: answers have a length, and that of HEAD has no body") {
    const std::string page = http_answer({.is = state::metrics}, "a 1\n", "text/plain");
    CHECK(page == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\nCache-Control: no-store\r\n"
                  "Connection: close\r\n\r\na 1\n");
    CHECK(http_answer({.is = state::metrics, .head_only = true}, "a 1\n", "text/plain") ==
          page.substr(0, page.size() - 4));
    CHECK(http_answer({.is = state::bad_method}, "", "").find("\r\nAllow: GET, HEAD\r\n") != std::string::npos);
    CHECK(http_answer({.is = state::not_found}, "page", "x").ends_with("\r\n\r\n404 Not Found\n"));
    CHECK(http_answer({.is = state::too_long}, "", "").starts_with("HTTP/1.1 431 "));
    CHECK(http_answer({.is = state::malformed}, "", "").starts_with("HTTP/1.1 400 "));
}
