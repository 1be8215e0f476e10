// SPDX-License-Identifier: MIT
// Lines from a client of the server mcp: each gives a request, a notification or a complaint, and takes bounded memory.
#include "../../examples/tcplens/mcp/message_reader.hpp"
#include "require.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace program::context_server;

namespace {

void require_sound(const message& read) {
    switch (read.what) {
    case message::kind::request:
        require(read.id.is_string() || read.id.is_number_integer());
        require(read.params.is_object());
        break;
    case message::kind::notification:
        require(read.id.is_null());
        require(read.params.is_object());
        break;
    case message::kind::wrong:
        require(read.id.is_null() || read.id.is_string() || read.id.is_number_integer());
        require(!read.complaint.empty() && read.complaint.ends_with('.'));
        break;
    }
    // What is sent back is JSON, whatever was in the message.
    require(json::accept(
        json{{"id", read.id}, {"method", read.method}}.dump(-1, ' ', false, json::error_handler_t::replace)));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    std::vector<std::string> whole;
    line_reader at_once;
    const auto take = [&](std::string_view line) {
        whole.emplace_back(line);
        require_sound(read_message(line));
    };
    at_once.add(input, take);
    require(at_once.held() <= most_line_bytes + 1);
    at_once.end(take);

    // In pieces of other lengths the lines are the same.
    std::vector<std::string> pieces;
    line_reader piece_by_piece;
    const auto keep = [&](std::string_view line) { pieces.emplace_back(line); };
    std::string_view rest = input;
    for (std::size_t length = 1; !rest.empty(); length = length % 7 + 1) {
        const std::string_view piece = rest.substr(0, std::min(length, rest.size()));
        piece_by_piece.add(piece, keep);
        rest.remove_prefix(piece.size());
    }
    piece_by_piece.end(keep);
    require(pieces == whole);
    return 0;
}
