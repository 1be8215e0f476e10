// SPDX-License-Identifier: MIT
#include <tcplens/connection/tracking/send_sequence_space.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <optional>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

enum : std::uint16_t { fin_bit = 1, syn_bit = 2, rst_bit = 4, ack_bit = 16 };

constexpr std::array<std::uint32_t, 3> starts{1000, 0x7ffffff0, 0xfffffff0};

segment data(std::uint32_t sequence, std::uint32_t length) {
    return {.sequence = {sequence}, .payload_length = length, .flags = {ack_bit}};
}
segment ack(std::uint32_t number, std::uint16_t window = 1000) {
    return {.acknowledgment = {number}, .window = window, .flags = {ack_bit}};
}
segment syn(std::uint32_t sequence, bool acknowledges, std::optional<std::uint8_t> scale, std::uint16_t window = 1000) {
    segment made{.sequence = {sequence},
                 .window = window,
                 .flags = {static_cast<std::uint16_t>(syn_bit | (acknowledges ? ack_bit : 0))}};
    made.options.window_scale = scale;
    return made;
}

} // namespace

TEST_CASE("what was sent is in flight until it is acknowledged") {
    for (const std::uint32_t start : starts) {
        send_sequence_space space;
        CHECK_FALSE(space.known());
        space.on_sent(data(start, 100));
        space.on_sent(data(start + 100, 100));
        CHECK(space.in_flight() == 200);
        space.on_sent(data(start, 100)); // again
        CHECK(space.next() == sequence_number{start + 200});
        space.on_received(ack(start + 100));
        CHECK(space.unacknowledged() == sequence_number{start + 100});
        CHECK(space.in_flight() == 100);
        space.on_received(ack(start)); // late
        CHECK(space.in_flight() == 100);
        space.on_received(ack(start + 300)); // of what was not captured
        CHECK(space.in_flight() == 0);
        CHECK(space.next() == sequence_number{start + 300});
    }
}

TEST_CASE("a SYN and a FIN are in flight too") {
    send_sequence_space space;
    space.on_sent(syn(5, false, {}));
    CHECK(space.in_flight() == 1);
    segment fin = data(6, 10);
    fin.flags = {ack_bit | fin_bit};
    space.on_sent(fin);
    CHECK(space.in_flight() == 12);
}

TEST_CASE("who was only acknowledged is known from there on") {
    send_sequence_space space;
    space.on_received(ack(500));
    REQUIRE(space.known());
    CHECK(space.next() == sequence_number{500});
    space.on_sent(data(500, 20));
    CHECK(space.in_flight() == 20);
}

TEST_CASE("a number from far away is believed when the next one goes on there") {
    for (const std::uint32_t start : starts) {
        for (const std::uint32_t jump : {1u << 25, 1u << 30, 1u << 31, 0u - (1u << 25)}) {
            send_sequence_space space;
            space.on_sent(data(start, 100));
            space.on_sent(data(start + jump, 100));
            CHECK(space.next() == sequence_number{start + 100});
            space.on_sent(data(start + 100, 100)); // it was a forgery
            CHECK(space.in_flight() == 200);

            space.on_sent(data(start + jump, 100));
            space.on_sent(data(start + jump + 100, 100));
            CHECK(space.next() == sequence_number{start + jump + 200});
            CHECK(space.in_flight() == 100); // of what lies between nothing is known
        }
    }
}

TEST_CASE("what goes beyond the window is believed when the next one goes on there") { // RFC 9293 3.10.7.4
    for (const std::uint32_t start : starts) {
        send_sequence_space space;
        space.on_received(syn(0, false, {}));
        space.on_sent(syn(start - 1, true, {}));
        space.on_received(ack(start, 2000));
        space.on_sent(data(start, 1000));
        space.on_sent(data(start + 50'000, 1000)); // forged
        CHECK(space.next() == sequence_number{start + 1000});
        space.on_sent(data(start + 1000, 1000));
        CHECK(space.in_flight() == 2000);
        space.on_received(ack(start + 2000, 1000));
        space.on_sent(data(start + 2500, 500)); // a hole, but within the window
        CHECK(space.in_flight() == 1000);
        space.on_received(ack(start + 2000, 0)); // what is under way was allowed
        space.on_sent(data(start + 2000, 500));
        space.on_sent(data(start + 3000, 1000)); // it goes on: an ACK was not captured
        CHECK(space.in_flight() == 2000);
        space.on_sent(data(start + 6000, 1000)); // nor was this, and what came before it
        CHECK(space.in_flight() == 2000);
        space.on_sent(data(start + 7000, 1000));
        CHECK(space.in_flight() == 6000);
    }
}

TEST_CASE("an acknowledgment of what is far away is believed when the next one goes on there, and so is its window") {
    send_sequence_space space;
    space.on_sent(syn(99, false, {}));
    space.on_received(syn(0, true, {}, 500));
    space.on_sent(data(100, 100));
    space.on_received(ack(200 + (1u << 28), 77));
    CHECK(space.in_flight() == 101);
    CHECK(space.window() == 500);
    space.on_received(ack(300 + (1u << 28), 78));
    CHECK(space.in_flight() == 0);
    CHECK(space.window() == 78);
}

TEST_CASE("a RST says nothing") {
    send_sequence_space space;
    space.on_sent(data(100, 100));
    segment rst = data(150, 1000);
    rst.flags = {ack_bit | rst_bit};
    space.on_sent(rst);
    CHECK(space.in_flight() == 100);
    segment peer_rst = ack(200, 0);
    peer_rst.flags = {ack_bit | rst_bit};
    space.on_received(peer_rst);
    CHECK(space.in_flight() == 100);
    CHECK_FALSE(space.window());
}

TEST_CASE("windows are scaled if both SYNs agreed to it, but not those of the SYNs") { // RFC 7323 2.2
    send_sequence_space client;
    client.on_sent(syn(0, false, 3));
    CHECK_FALSE(client.window());
    segment answer = syn(0, true, 7, 1000);
    answer.acknowledgment = {1};
    client.on_received(answer);
    CHECK(client.window() == 1000);
    client.on_received(ack(1, 1000));
    CHECK(client.window() == 128000);

    send_sequence_space server;
    server.on_received(syn(0, false, 3, 500));
    CHECK(server.window() == 500);
    server.on_sent(syn(0, true, 7));
    server.on_received(ack(1, 500));
    CHECK(server.window() == 4000);
}

TEST_CASE("one SYN is enough where it tells both offers") {
    SUBCASE("a SYN-ACK scales only if the SYN did") {
        send_sequence_space client;
        client.on_received(syn(0, true, 7));
        client.on_received(ack(1, 10));
        CHECK(client.window() == 1280);
        send_sequence_space server;
        server.on_sent(syn(0, true, 7));
        server.on_received(ack(1, 10));
        CHECK_FALSE(server.window()); // by how much the client's SYN told
    }
    SUBCASE("who does not offer gets none") {
        send_sequence_space client;
        client.on_sent(syn(0, false, {}));
        client.on_received(ack(1, 10));
        CHECK(client.window() == 10);
    }
    SUBCASE("without any it is not known, unless it is closed") {
        send_sequence_space client;
        client.on_received(ack(1, 10));
        CHECK_FALSE(client.window());
        client.on_received(ack(1, 0));
        CHECK(client.window() == 0);
    }
}

TEST_CASE("a shift above 14 is 14") { // RFC 7323 2.3
    send_sequence_space client;
    client.on_sent(syn(0, false, 1));
    client.on_received(syn(0, true, 200));
    CHECK(client.window_shift() == 14);
}

TEST_CASE("behind a SYN with another number than the one in flight, the side goes on there") {
    for (const std::uint32_t start : starts) {
        for (const std::uint32_t skipped : {0u, 1u, 2u}) {
            CAPTURE(skipped);
            send_sequence_space space;
            space.on_sent(syn(start, false, {}));
            space.on_sent(syn(start + 5000, false, {})); // another attempt
            CHECK(space.next() == sequence_number{start + 1});
            space.on_sent(data(start + 5000 + skipped, 10));
            // Its first data bears the number behind that SYN. Anything else continues the first SYN.
            CHECK(space.in_flight() == (skipped == 1 ? 10u : 5010u + skipped));
        }
    }
}
