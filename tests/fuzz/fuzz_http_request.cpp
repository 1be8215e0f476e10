// SPDX-License-Identifier: MIT
#include "../../examples/tcplens/watch_http.hpp"
#include "require.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace program::watching;
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const http_request whole = read_request(bytes);
    // What was asked for does not change with what comes behind it, and no answer is longer than its parts.
    if (whole.is != http_request::state::incomplete && whole.is != http_request::state::too_long) {
        const http_request more = read_request(std::string{bytes} + "GET / HTTP/1.1\r\n\r\n");
        require(more.is == whole.is && more.head_only == whole.head_only && more.openmetrics == whole.openmetrics);
    }
    const std::string answer = http_answer(whole, "page", "text/plain");
    require(answer.starts_with("HTTP/1.1 ") && answer.size() < 512);
    require(whole.head_only == answer.ends_with("\r\n\r\n"));
    return 0;
}
