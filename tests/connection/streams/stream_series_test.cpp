// SPDX-License-Identifier: MIT
// Streams of captures whose packets do not stay in memory: several pipes, one after the other, added with add_all().
#include "../../support/byte_talk.hpp"
#include "../../support/talking_capture.hpp"

#include <tcplens/capture/file/capture_reader.hpp>
#include <tcplens/capture/file/capture_series.hpp>
#include <tcplens/capture/source/stream_source.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using capture_writer::byte_vector;

/// The end of a pipe: it gives a few bytes at a time, and overwrites what it gave before.
struct pipe_end {
    const byte_vector* from;
    std::size_t most;
    std::size_t at = 0;

    std::ptrdiff_t operator()(std::span<std::byte> into) {
        const std::size_t count = std::min({most, into.size(), from->size() - at});
        std::ranges::copy_n(from->begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::ptrdiff_t>(count),
                            into.begin());
        at += count;
        return static_cast<std::ptrdiff_t>(count);
    }
};
struct open_pipe {
    const std::map<std::string, byte_vector>* captures;
    std::size_t most;
    auto operator()(const std::string& name) const {
        return tcplens::capture_reader{tcplens::stream_source<pipe_end>{pipe_end{&captures->at(name), most}}};
    }
};

using stream_table = tcplens::basic_connection_table<tcplens::evidence_rules, tcplens::stream_observer<event_writer>>;

/// What is told of a range of packets, with the data of each direction put together, since that may come in other pieces.
template <class Range>
std::string told_of(Range&& packets, bool all_at_once) {
    std::vector<std::string> events;
    stream_table table{tcplens::table_options{}, tcplens::evidence_rules{},
                       tcplens::stream_observer{event_writer{&events}}};
    if (all_at_once) table.add_all(packets);
    else
        for (const tcplens::packet& each : packets) table.add(each);
    table.flush([](const auto&, tcplens::end_reason) {});
    return joined(events);
}

} // namespace

TEST_CASE("streams: captures that come through several pipes give what they give packet by packet") {
    std::map<std::string, byte_vector> captures;
    std::vector<std::string> names;
    std::uint32_t from_client = 1;
    std::uint32_t from_server = 1;
    for (int file = 0; file < 3; ++file) {
        talking_capture part;
        if (file == 0) part.opens(40000).opens(40001); // the others go on
        for (std::uint32_t i = 0; i < 80; ++i) {
            const std::string text = "<" + std::to_string(file * 1000 + static_cast<int>(i)) + ">";
            const auto length = static_cast<std::uint32_t>(text.size());
            part.client(40000, from_client + length, text).client(40000, from_client, text); // out of order
            from_client += 2 * length;
            part.server(40001, from_server, text);
            from_server += length;
            const auto fragmented = part.segment(40001, false, from_server, "sent in two fragments");
            part.add(packet_builder::framed_tcp_fragment(fragmented, 0, 24));
            part.add(packet_builder::framed_tcp_fragment(fragmented, 24, 1000));
            from_server += 21;
        }
        names.push_back(std::to_string(file));
        captures[names.back()] = part.bytes();
    }
    std::string expected;
    for (const std::size_t most : {std::size_t{7}, std::size_t{1000}, std::size_t{1} << 20}) {
        for (const bool all_at_once : {false, true}) {
            tcplens::basic_capture_series<open_pipe> series{names, open_pipe{&captures, most}};
            const std::string told = told_of(series, all_at_once);
            CHECK(series.errors().empty());
            if (expected.empty()) expected = told;
            CHECK(told == expected);
        }
    }
    CHECK(expected.find("<2079>") != std::string::npos);
    CHECK(expected.find("sent in two fragments") != std::string::npos);
    CHECK(expected.find("gap") == std::string::npos);
}
