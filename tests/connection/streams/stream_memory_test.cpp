// SPDX-License-Identifier: MIT
// Streams whose bytes wait in memory that is used up by them: blocks have 2,048 bytes, and the table has one.
#include "../../support/byte_talk.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>

using tcplens::byte_stream;

namespace {

constexpr byte_stream::options one_block{.table_bytes = 1};

std::string letters(std::size_t from, std::size_t length) {
    std::string text;
    for (std::size_t at = from; at < from + length; ++at) text += static_cast<char>('a' + at % 26);
    return text;
}

/// The bytes from an offset on, as an event has them: `letters` there, whatever the segments were.
std::string data(std::size_t from, std::size_t length) {
    return "> " + std::to_string(from) + ' ' + letters(from, length);
}

/// Sends the bytes from an offset on.
void sends(byte_talk& talk, std::size_t from, std::size_t length, const byte_talk::how& with = {}) {
    talk.client(static_cast<std::int64_t>(from + 1), letters(from, length), with);
}

} // namespace

TEST_CASE("streams: a segment that needs more memory than there is gives up the gaps before it") {
    byte_talk talk{one_block};
    talk.opens();
    sends(talk, 3000, 3000); // of three blocks
    CHECK(talk.told() == joined({"> gap 0+3000 buffer_full", data(3000, 1096), data(4096, 1904)}));
    sends(talk, 0, 100); // too late
    sends(talk, 6000, 10);
    CHECK(talk.told() == joined({data(6000, 10)}));
    CHECK(talk.table().observer<tcplens::stream_observer<event_writer>>().waiting_bytes() == 0);
}

TEST_CASE("streams: a segment before bytes that wait, for which there is no memory, is given up with its gap") {
    byte_talk talk{one_block};
    talk.opens();
    sends(talk, 6000, 1);
    sends(talk, 100, 100);
    CHECK(talk.told() == joined({"> gap 0+6000 buffer_full", data(6000, 1)}));
    sends(talk, 6001, 5);
    CHECK(talk.told() == joined({data(6001, 5)}));
}

TEST_CASE("streams: a segment around bytes that wait, for which there is no memory, goes on behind them") {
    byte_talk talk{one_block};
    talk.opens();
    sends(talk, 6000, 1);
    sends(talk, 4000, 2200);
    CHECK(talk.told() == joined({"> gap 0+6000 buffer_full", data(6000, 1), data(6001, 199)}));
    CHECK(talk.table()[0].streams.client_to_server.length() == 6200);
}

TEST_CASE("streams: of a segment across the end of the window, what was told for want of memory is not held again") {
    byte_talk talk{one_block};
    talk.client(0, "", {.flags = 0x02})
        .server(0, "", {.ack = 1, .flags = 0x12, .window = 200})
        .client(1, "", {.ack = 1});
    static_cast<void>(talk.told());
    sends(talk, 3456, 432); // beyond the window: the receiver may refuse it
    sends(talk, 108, 432);  // its first 92 bytes need the block of the other segment
    CHECK(talk.told() == joined({"> gap 0+3456 buffer_full", data(3456, 432)}));
    CHECK(talk.table().observer<tcplens::stream_observer<event_writer>>().waiting_bytes() == 0);
    sends(talk, 6912, 432);
    sends(talk, 3888, 10);
    CHECK(talk.told() == joined({data(3888, 10)}));
}

TEST_CASE("streams: without memory, what the snapshot length cut off is a gap of its own") {
    byte_talk talk{one_block};
    talk.opens();
    sends(talk, 3000, 3000, {.captured = 2000});
    CHECK(talk.told() ==
          joined({"> gap 0+3000 buffer_full", data(3000, 1096), data(4096, 904), "> gap 5000+1000 snapshot"}));
    byte_talk other{one_block};
    other.opens();
    sends(other, 6000, 1);
    sends(other, 4000, 2200, {.captured = 1000}); // what is captured of it lies before what was told
    CHECK(other.told() == joined({"> gap 0+6000 buffer_full", data(6000, 1), "> gap 6001+199 snapshot"}));
}

TEST_CASE("streams: without memory for waiting bytes or for told ones, segments in order are told all the same") {
    byte_talk talk{{.direction_bytes = 0, .table_bytes = 0, .remembered_bytes = 0}};
    talk.opens();
    sends(talk, 0, 10);
    sends(talk, 0, 10); // a repetition; there is no memory of what was told
    sends(talk, 20, 10);
    talk.flush();
    std::string told;
    for (const std::string& each : talk.events()) told += each.substr(0, each.find(' ', 2)) + '\n';
    CHECK(told.starts_with("> 0\n"));
    CHECK(told.find("conflict") == std::string::npos);
    CHECK(talk.table().counters().ended() == 1);
}
