// SPDX-License-Identifier: MIT
// Time in which a full send buffer keeps a sender from sending, as Linux counts it.
#include "../../support/segment_script.hpp"

#include <tcplens/archive/archive_reader.hpp>
#include <tcplens/archive/archive_writer.hpp>
#include <tcplens/connection/observers/send_buffer_estimator.hpp>
#include <tcplens/connection/observers/time_observer.hpp>
#include <tcplens/connection/rules/evidence_rules.hpp>

#include <doctest/doctest.h>

using namespace tcplens;
using namespace std::chrono_literals;

namespace {

constexpr unsigned ack = segment_script::ack;
constexpr unsigned psh = segment_script::psh;
constexpr std::uint32_t full = 1448;

/// A client that uploads, captured beside it, over a path of 40 ms.
struct upload {
    segment_script script{};
    basic_connection_table<evidence_rules, time_observer> table{};
    std::int64_t next = 1;

    upload() {
        segment& syn = script.client(segment_script::syn, 0, 0);
        syn.options.maximum_segment_size = full;
        table.add(syn);
        script.now += 40ms;
        segment& syn_ack = script.server(segment_script::syn | ack, 0, 1);
        syn_ack.options.maximum_segment_size = full;
        syn_ack.window = 60000;
        table.add(syn_ack);
        table.add(script.client(ack, 1, 1));
    }
    void sends(std::uint32_t length, unsigned flags = 0) {
        script.now += 10us;
        table.add(script.client(ack | flags, next, 1, length));
        next += length;
    }
    void is_acknowledged(std::int64_t up_to, std::uint16_t window = 60000) {
        segment& answer = script.server(ack, 1, up_to);
        answer.window = window;
        table.add(answer);
    }
    [[nodiscard]] const time_attribution::sending_times& times() const { return table[0].time.client_to_server; }

    /// The application writes ten segments and a rest of `rest` bytes into a buffer that has no room for more. Nagle's algorithm holds
    /// the rest back until an acknowledgment comes. It ends with PSH if `pushed`.
    void fills_buffer(std::uint32_t rest = 456, bool pushed = true) {
        const std::int64_t begin = next;
        for (int i = 0; i < 10; ++i) sends(full);
        script.now += 20ms;
        is_acknowledged(begin + 2 * full);
        sends(rest, pushed ? psh : 0);
        script.now += 40ms;
        is_acknowledged(next);
    }
};

} // namespace

TEST_CASE("send buffer: waits for room in the buffer count from the burst that empties it to the acknowledgment") {
    upload client;
    client.fills_buffer(); // here the flight may have been the congestion window's
    for (int i = 0; i < 3; ++i) {
        client.fills_buffer();
        CHECK(client.times().send_buffer_limited == 0ns); // fewer than three waits
    }
    client.fills_buffer();
    // What ends a wait is the next full segment, so the latest wait is not known yet.
    CHECK(client.times().send_buffer_limited == 3 * 40ms);
    client.fills_buffer();
    CHECK(client.times().send_buffer_limited == 4 * 40ms);
    CHECK(client.times().receiver_limited == 0ns);
    CHECK(client.times().send_buffer_limited <= client.times().busy);
}

TEST_CASE("send buffer: a sender that ends no burst with PSH waits for its congestion window") {
    upload client;
    for (int i = 0; i < 9; ++i) client.fills_buffer(456, false);
    CHECK(client.times().send_buffer_limited == 0ns);
}

TEST_CASE("send buffer: an application that writes by itself does not wait for room") {
    upload client;
    for (int i = 0; i < 9; ++i) {
        client.fills_buffer();
        client.script.now += 5ms; // longer than a sender takes to answer
    }
    CHECK(client.times().send_buffer_limited == 0ns);
}

TEST_CASE("send buffer: a larger flight shows that the buffer was no limit") {
    upload client;
    for (int i = 0; i < 7; ++i) client.fills_buffer();
    CHECK(client.times().send_buffer_limited > 0ns);
    for (int i = 0; i < 30; ++i) client.sends(full);
    CHECK(client.times().send_buffer_limited == 0ns);
}

TEST_CASE("send buffer: once it is known to be the limit, a window that is full as well is not blamed") {
    upload client;
    for (int i = 0; i < 7; ++i) client.fills_buffer();
    const auto before = client.times().send_buffer_limited;
    const std::int64_t begin = client.next;
    for (int i = 0; i < 10; ++i) client.sends(full);
    client.script.now += 20ms;
    client.is_acknowledged(begin + 2 * full, 8 * full + 456);
    client.sends(456, psh); // up to the edge of the window
    client.script.now += 40ms;
    client.is_acknowledged(client.next);
    client.sends(full);
    CHECK(client.times().send_buffer_limited == before + 2 * 40ms);
    CHECK(client.times().receiver_limited == 0ns);
}

TEST_CASE(
    "send buffer: an acknowledgment lets one segment go on; those behind it are of the same burst, and no waits") {
    detail::send_buffer_estimator client;
    const auto sends = [&](bool pushed) {
        client.on_sent({.pushed = pushed, .full = true, .prompt = true, .had_room = true, .in_flight = 10'000});
    };
    client.on_received(100'000, true);
    sends(false);
    client.on_received(0, true);
    sends(true); // the rest
    client.passes(40ms);
    client.on_received(1'000, true);
    sends(true); // the first wait, as it seems
    for (int i = 0; i < 20; ++i) {
        sends(false);
        sends(true);
        sends(true);
    }
    CHECK(client.limited() == 0ns);
}

TEST_CASE("send buffer: however much was acknowledged, what is saved can be restored") {
    detail::send_buffer_estimator client;
    for (int gibibytes = 1; gibibytes <= 5; ++gibibytes) {
        client.on_received(1u << 30, true);
        archive_writer saved;
        saved(client);
        detail::send_buffer_estimator restored;
        archive_reader reader{saved.written()};
        reader(restored);
        CHECK(reader.good());
    }
}

TEST_CASE("send buffer: a sender whose segments have room for options alone is busy while its data is in flight") {
    segment_script script;
    basic_connection_table<evidence_rules, time_observer> table;
    const auto add = [&](segment& sent) {
        sent.options.timestamps = tcp_timestamps{.value = 1, .echo = 1};
        table.add(sent);
    };
    segment& syn = script.client(segment_script::syn, 0, 0);
    syn.options.maximum_segment_size = std::uint16_t{12}; // as long as the option for timestamps
    add(syn);
    add(script.server(segment_script::syn | ack, 0, 1));
    add(script.client(ack, 1, 1));
    add(script.client(ack | psh, 1, 1, 1));
    script.now += 40ms;
    add(script.server(ack, 1, 2));
    CHECK(table[0].time.client_to_server.busy == 40ms);
}
