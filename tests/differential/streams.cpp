// SPDX-License-Identifier: MIT
// Prints the streams of a capture, a line each direction of each connection with data:
//
//     tcplens_streams [--policy first|last|bsd|linux] [--in-line] FILE
//
// Columns, with tabs between: number of the connection, sender and receiver, first packet, bytes delivered, bytes missing, conflicts,
// how it ended, and the content: hexadecimal digits of the bytes, and for each gap its length and reason in brackets.

#include <tcplens/capture.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/streams/stream_observer.hpp>

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <utility>

using namespace tcplens;

namespace {

struct written_stream {
    std::string content{};
    std::uint64_t conflicts = 0;
    std::string end = "open";
};

struct writer {
    std::map<std::pair<std::uint64_t, endpoint>, written_stream>* streams;

    written_stream& of(const auto& told) {
        const bool by_client = told.direction == direction::client_to_server;
        return (*streams)[{told.connection.number, by_client ? told.connection.client : told.connection.server}];
    }
    void data(const byte_stream::data& told) {
        written_stream& into = of(told);
        for (const std::byte each : told.bytes) {
            into.content += "0123456789abcdef"[std::to_integer<unsigned>(each) >> 4];
            into.content += "0123456789abcdef"[std::to_integer<unsigned>(each) & 15];
        }
    }
    void gap(const byte_stream::gap& told) {
        of(told).content += '[' + std::to_string(told.length) + ' ' + std::string{to_string(told.reason)} + ']';
    }
    void conflict(const byte_stream::conflict& told) { ++of(told).conflicts; }
    void end(const byte_stream::end& told) { of(told).end = to_string(told.reason); }
};

} // namespace

int main(int count, char** arguments) {
    byte_stream::options how;
    std::string file;
    for (int i = 1; i < count; ++i) {
        const std::string_view each = arguments[i];
        if (each == "--in-line") {
            how.urgent = byte_stream::urgent_policy::in_line;
        } else if (each == "--policy" && i + 1 < count) {
            const std::string_view name = arguments[++i];
            using enum byte_stream::overlap_policy;
            how.overlaps = name == "first" ? first : name == "last" ? last : name == "bsd" ? bsd : linux_kernel;
        } else {
            file = each;
        }
    }
    std::map<std::pair<std::uint64_t, endpoint>, written_stream> streams;
    capture_file capture{file};
    basic_connection_table table{table_options{}, evidence_rules{}, stream_observer{writer{&streams}, how}};
    table.add_all(capture);
    table.flush([&](const auto& left, end_reason) {
        for (const direction way : {direction::client_to_server, direction::server_to_client}) {
            const bool by_client = way == direction::client_to_server;
            const endpoint& sender = by_client ? left.client : left.server;
            const byte_stream& counts = left.streams.of(way);
            const written_stream& written = streams[{left.number, sender}];
            if (counts.length() == 0 && written.conflicts == 0) continue;
            std::cout << left.number << '\t' << to_string(sender) << '\t'
                      << to_string(by_client ? left.server : left.client) << '\t' << left.first_packet << '\t'
                      << counts.bytes << '\t' << counts.missing << '\t' << written.conflicts << '\t' << written.end
                      << '\t' << written.content << '\n';
        }
    });
    if (capture.error()) std::cerr << file << ": " << to_string(*capture.error()) << '\n';
}
