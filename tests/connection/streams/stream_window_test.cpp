// SPDX-License-Identifier: MIT
// What a receiver takes: its window and its scale, as far as they are known; and when a direction needs no care.
#include <tcplens/connection/streams/stream_window.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>

using namespace tcplens;
using namespace tcplens::detail;

namespace {

constexpr std::uint64_t unlimited = (std::numeric_limits<std::uint64_t>::max)();

stream_direction direction_at(std::uint32_t next, std::uint64_t offset) {
    stream_direction made;
    made.next = {next};
    made.offset = offset;
    return made;
}
segment acknowledging(std::uint32_t number, std::uint16_t window, std::uint16_t flags = 0x10) {
    return {.acknowledgment = {number}, .window = window, .flags = {flags}};
}
segment syn(std::optional<std::uint8_t> scale, std::uint16_t flags = 0x02) {
    segment made{.flags = {flags}};
    made.options.window_scale = scale;
    return made;
}

} // namespace

TEST_CASE("stream window: its edge is an offset, that of the next byte if it lies behind, and none if it is unknown") {
    stream_direction own = direction_at(0xffff'fff0, 1000);
    CHECK(edge_offset(own) == unlimited);
    own.edge_known = true;
    own.edge = {0x10};
    CHECK(edge_offset(own) == 1032);
    own.edge = own.next;
    CHECK(edge_offset(own) == 1000);
    own.edge = own.next - 5;
    CHECK(edge_offset(own) == 1000);
}

TEST_CASE("stream window: bytes from beyond the window of their time are taken up to their first") {
    stream_direction own = direction_at(100, 0);
    own.edge_known = true;
    own.edge = {600};
    own.refusable = {300};
    own.refusable_end = {400};
    CHECK(taken_offset(own) == 500); // there are none
    own.has_refusable = true;
    CHECK(taken_offset(own) == 200);
    own.next = {350};
    own.offset = 250;
    CHECK(taken_offset(own) == 250);
    own.next = {400}; // they are passed
    own.offset = 300;
    CHECK(taken_offset(own) == 500);
    own.next = {100};
    own.offset = 0;
    own.edge = {200}; // the window ends before them
    CHECK(taken_offset(own) == 100);
}

TEST_CASE("stream window: an acknowledgment and a window only move forward") {
    stream_direction own;
    own.scale_known = true;
    own.scale = 2;
    stream_direction peer;
    note_acknowledgment(acknowledging(1000, 100), own, peer);
    CHECK(bool{peer.was_acknowledged});
    CHECK(peer.acknowledged.value == 1000);
    CHECK(peer.edge_known);
    CHECK(peer.edge.value == 1400);
    note_acknowledgment(acknowledging(900, 100), own, peer); // late
    CHECK(peer.acknowledged.value == 1000);
    CHECK(peer.edge.value == 1400);
    note_acknowledgment(acknowledging(1000, 200), own, peer);
    CHECK(peer.edge.value == 1800);
    note_acknowledgment(acknowledging(1200, 50), own, peer);
    CHECK(peer.acknowledged.value == 1200);
    CHECK(peer.edge.value == 1800);

    stream_direction unscaled;
    stream_direction other;
    note_acknowledgment(acknowledging(1000, 100), unscaled, other); // whose scale is not known
    CHECK(bool{other.was_acknowledged});
    CHECK(!other.edge_known);
    unscaled.scale = 7;
    note_acknowledgment(acknowledging(1000, 100, 0x12), unscaled, other); // the window of a SYN-ACK is not scaled
    CHECK(other.edge.value == 1100);
}

TEST_CASE("stream window: windows are scaled if both SYNs have the option") { // RFC 7323 section 2.2
    for (const bool in_order : {true, false}) {
        CAPTURE(in_order);
        stream_direction client;
        stream_direction server;
        if (in_order) take_scale(syn(3), client, server);
        take_scale(syn(20, 0x12), server, client);
        if (!in_order) take_scale(syn(3), client, server);
        CHECK(client.scale_known);
        CHECK(client.scale == 3);
        CHECK(server.scale_known);
        CHECK(server.scale == 14); // the most
    }
    stream_direction client;
    stream_direction server;
    take_scale(syn(3), client, server);
    CHECK(!client.scale_known);
    take_scale(syn({}, 0x12), server, client);
    CHECK(client.scale_known);
    CHECK(client.scale == 0);
    CHECK(server.scale == 0);

    stream_direction late;
    take_scale(syn({}, 0x12), server = {}, late);
    CHECK(late.scale_known); // without the option in the SYN-ACK
    take_scale(syn(3), late, server);
    CHECK(late.scale == 0); // which did not agree

    segment cut = syn(5);
    cut.options.cut = true;
    stream_direction unknown;
    take_scale(cut, unknown, server);
    CHECK(!unknown.sent_syn);
}

TEST_CASE("stream direction: it needs no care if it is known and heard, and nothing waits, ends or is urgent") {
    stream_direction of;
    of.known = of.heard = true;
    of.settle();
    CHECK(of.is_plain);
    const auto needs_care = [&](auto change) {
        stream_direction other = of;
        change(other);
        other.settle();
        return !other.is_plain;
    };
    CHECK(needs_care([](stream_direction& each) { each.known = false; }));
    CHECK(needs_care([](stream_direction& each) { each.heard = false; }));
    CHECK(needs_care([](stream_direction& each) { each.ended = true; }));
    CHECK(needs_care([](stream_direction& each) { each.held = 0; }));
    CHECK(needs_care([](stream_direction& each) { each.has_fin = true; }));
    CHECK(needs_care([](stream_direction& each) { each.has_urgent = true; }));
    CHECK(needs_care([](stream_direction& each) { each.in_syn = true; }));
    CHECK(of.offset_of(of.next + 5) == of.offset + 5);
}
