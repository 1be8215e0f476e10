// SPDX-License-Identifier: MIT
// Segments that ordinary hosts seldom send, or that captures seldom hold: how streams begin and end among them.
#include "../../support/byte_talk.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string_view>

using namespace std::chrono_literals;
using tcplens::byte_stream;

namespace {

constexpr auto ack = byte_talk::ack_flag;
constexpr auto syn = byte_talk::syn;
constexpr auto fin = byte_talk::fin;
constexpr auto rst = byte_talk::rst;
constexpr auto psh = byte_talk::psh;
constexpr auto urg = byte_talk::urg;

/// Ends everything: much later than a byte_talk's segments.
void expire(byte_talk& talk) {
    talk.table().expire(tcplens::timestamp{std::chrono::hours{500'000}}, [](const auto&, tcplens::end_reason) {});
}

} // namespace

TEST_CASE("streams: a silent connection ends as idle") {
    byte_talk talk;
    talk.opens().client(1, "ab").client(5, "ef");
    expire(talk);
    CHECK(talk.told() == joined({"> 0 ab", "> gap 2+2 ended", "> 4 ef", "> end 6 idle", "< end 0 idle"}));
}

TEST_CASE("streams: a connection whose endpoints another one took ends as replaced") {
    byte_talk talk;
    talk.opens().client(1, "ab").client(5, "ef");
    talk.initial = {1000, 2000};
    talk.opens().client(1, "new");
    CHECK(talk.told() == joined({"> 0 ab", "> 0 new"}));
    talk.table().expire(tcplens::timestamp{std::chrono::hours{400'000} + 20min},
                        [](const auto&, tcplens::end_reason) {});
    CHECK(talk.told() == joined({"> end 3 idle", "< end 0 idle", "> gap 2+2 ended", "> 4 ef", "> end 6 replaced",
                                 "< end 0 replaced"}));
}

TEST_CASE("streams: a table with room for one connection evicts the one before") {
    byte_talk talk{{}, 0xffff'fff0u, {.max_connections = 1}};
    talk.opens().client(1, "ab");
    auto other =
        packet_builder::tcp_packet({.source = packet_builder::at("192.0.2.77", 1), .sequence = 5, .flags = syn});
    const packet_builder::captured_packet captured{
        other, {.time = tcplens::timestamp{std::chrono::hours{400'000} + 1s}, .number = 99}};
    talk.table().add(*captured, [](const auto&, tcplens::end_reason) {});
    CHECK(talk.told() == joined({"> 0 ab", "> end 2 evicted", "< end 0 evicted"}));
}

TEST_CASE("streams: a FIN beyond the window is none until it is acknowledged") {
    byte_talk talk;
    talk.opens().client(1, "ab").server(1, "", {.ack = 3, .window = 10}).client(20, "", {.flags = ack | fin});
    CHECK(talk.told() == joined({"> 0 ab"}));
    talk.client(3, "c");
    CHECK(talk.told() == joined({"> 2 c"}));
}

TEST_CASE("streams: a RST that answers a SYN must acknowledge it, and is told when the connection leaves") {
    byte_talk talk;
    talk.client(0, "", {.ack = 0, .flags = syn}).server(0, "", {.ack = 70'001, .flags = rst | ack}).flush();
    CHECK(talk.told() == joined({"> end 0 flushed"}));
    byte_talk other;
    other.client(0, "", {.ack = 0, .flags = syn}).server(0, "", {.ack = 0, .flags = rst | ack}).flush();
    CHECK(other.told() == joined({"> end 0 flushed"}));
    byte_talk right;
    right.client(0, "", {.ack = 0, .flags = syn}).server(0, "", {.ack = 1, .flags = rst | ack});
    CHECK(right.told() == "");
    right.flush();
    CHECK(right.told() == joined({"> end 0 reset"}));
}

TEST_CASE("streams: a RST after a FIN, at its number or at another") {
    byte_talk talk;
    talk.opens().client(1, "ab", {.flags = ack | fin}).client(5, "", {.flags = rst});
    CHECK(talk.told() == joined({"> 0 ab", "> end 2 fin"}));
    talk.client(4, "", {.flags = rst});
    CHECK(talk.told() == joined({"< end 0 reset"}));
}

TEST_CASE("streams: a RST at the number that was acknowledged, though the data before it was not captured") {
    byte_talk talk;
    talk.opens().client(1, "ab").server(1, "", {.ack = 6}).client(5, "", {.flags = rst});
    CHECK(talk.told() == joined({"> 0 ab"}));
    talk.client(6, "", {.flags = rst});
    CHECK(talk.told() == joined({"> gap 2+3 acknowledged", "> end 5 reset", "< end 0 reset"}));
}

TEST_CASE("streams: a RST of an end of which nothing else was captured acknowledges what came") {
    byte_talk talk;
    talk.client(1, "ab", {.ack = 1}).server(99, "", {.ack = 900'000, .flags = rst | ack});
    CHECK(talk.told() == joined({"> 0 ab"}));
    talk.server(99, "", {.ack = 3, .flags = rst | ack});
    CHECK(talk.told() == joined({"< end 0 reset", "> end 2 reset"}));
    byte_talk other; // it acknowledges nothing
    other.client(1, "ab", {.ack = 1}).server(99, "", {.flags = rst});
    CHECK(other.told() == joined({"> 0 ab", "< end 0 reset", "> end 2 reset"}));
}

TEST_CASE("streams: a SYN-ACK that answers another SYN is none") {
    byte_talk talk;
    talk.client(0, "", {.ack = 0, .flags = syn});
    talk.initial[1] += 500;
    talk.server(0, "", {.ack = 70'001, .flags = syn | ack}).server(0, "", {.ack = 0, .flags = syn | ack});
    talk.initial[1] -= 500;
    talk.server(0, "", {.ack = 1, .flags = syn | ack}).client(1, "", {.ack = 1}).server(1, "x").client(1, "y");
    CHECK(talk.told() == joined({"< 0 x", "> 0 y"}));
}

TEST_CASE("streams: of two SYNs with different numbers the acknowledged one counts") {
    for (const bool second : {false, true}) {
        CAPTURE(second);
        byte_talk talk;
        talk.client(0, "", {.ack = 0, .flags = syn});
        talk.initial[0] += 500;
        talk.client(0, "", {.ack = 0, .flags = syn});
        if (!second) talk.initial[0] -= 500;
        talk.server(0, "", {.ack = 1, .flags = syn | ack}).client(1, "abc", {.ack = 1});
        CHECK(talk.told() == joined({"> 0 abc"}));
    }
}

TEST_CASE("streams: of two SYN-ACKs with different numbers, as of two hosts, the acknowledged one counts") {
    for (const bool second : {false, true}) {
        CAPTURE(second);
        byte_talk talk;
        talk.client(0, "", {.ack = 0, .flags = syn}).server(0, "", {.ack = 1, .flags = syn | ack});
        talk.initial[1] += 500;
        talk.server(0, "", {.ack = 1, .flags = syn | ack});
        if (!second) talk.initial[1] -= 500;
        talk.client(1, "abc", {.ack = 1}).server(1, "xyz").flush();
        CHECK(talk.told() == joined({"> 0 abc", "< 0 xyz", "> end 3 flushed", "< end 3 flushed"}));
    }
}

TEST_CASE("streams: a SYN with other numbers amid the data changes nothing") {
    byte_talk talk;
    talk.opens().client(1, "ab").client(5, "e");
    talk.initial[0] += 500;
    talk.client(0, "zz", {.ack = 0, .flags = syn | ack});
    talk.initial[0] -= 500;
    talk.client(3, "cd");
    CHECK(talk.told() == joined({"> 0 ab", "> 2 cd", "> 4 e"}));
}

TEST_CASE("streams: picked up midstream, a keep-alive is no beginning, other bytes are") {
    const std::string_view garbage{"\0", 1};
    byte_talk filled;
    filled.client(5, garbage).client(6, "hello").client(5, "x", {.flags = ack | psh});
    CHECK(filled.told() == joined({"> 0 hello"}));
    byte_talk empty;
    empty.client(6, "").client(5, "hello");
    CHECK(empty.told() == joined({"> 0 hello"}));
    byte_talk both;
    both.client(5, "", {.ack = 5}).client(4, garbage, {.ack = 5}).client(5, "hello");
    CHECK(both.told() == joined({"> 0 hello"}));
    byte_talk pushed;
    pushed.client(5, garbage, {.flags = ack | psh}).client(6, "hello");
    CHECK(pushed.events().back() == "> 1 hello"); // behind the byte
    byte_talk finished;
    finished.client(5, garbage, {.flags = ack | fin});
    CHECK(finished.events().back() == "> end 1 fin");
    byte_talk other;
    other.client(5, "q").client(6, "hello");
    CHECK(other.told() == joined({"> 0 q", "> 1 hello"}));
    byte_talk cut;
    cut.client(5, "q", {.captured = 0}).client(6, "hello");
    CHECK(cut.told() == joined({"> gap 0+1 snapshot", "> 1 hello"}));
}

TEST_CASE("streams: picked up midstream, data below the first number is taken unless it was acknowledged") {
    byte_talk talk;
    talk.client(100, "").client(50, "hello");
    CHECK(talk.told() == joined({"> 0 hello"}));
    byte_talk acknowledged;
    acknowledged.server(1, "", {.ack = 100}).client(50, "hello").client(100, "x");
    CHECK(acknowledged.told() == joined({"> 0 x"}));
    byte_talk far;
    far.client(200'000, "").client(50, "hello").client(200'000, "x");
    CHECK(far.told() == joined({"> 0 x"}));
}

TEST_CASE("streams: an urgent pointer counts with its flag, for bytes that were not delivered") {
    byte_talk talk;
    talk.opens().client(1, "abc", {.flags = ack | urg, .urgent = 2});
    CHECK(talk.told() == joined({"> 0 a", "> gap 1+1 urgent", "> 2 c"}));
    talk.client(4, "d", {.flags = ack | urg, .urgent = 0}).client(5, "e", {.flags = ack, .urgent = 1});
    talk.client(1, "abc", {.flags = ack | urg, .urgent = 2}).client(6, "f", {.flags = ack | urg, .urgent = 1});
    CHECK(talk.told() == joined({"> 3 d", "> 4 e", "> gap 5+1 urgent"}));
    talk.client(7, "", {.flags = ack | fin}).client(8, "g", {.flags = ack | urg, .urgent = 1});
    CHECK(talk.told() == joined({"> end 6 fin"}));
    byte_talk in_line{{.urgent = byte_stream::urgent_policy::in_line}};
    in_line.opens().client(1, "abc", {.flags = ack | urg, .urgent = 2});
    CHECK(in_line.told() == joined({"> 0 abc"}));
    byte_talk in_syn;
    in_syn.client(0, "ab", {.ack = 0, .flags = syn | urg, .urgent = 1});
    in_syn.server(0, "", {.ack = 3, .flags = syn | ack});
    CHECK(in_syn.told() == joined({"> 0 ab"}));
}

TEST_CASE("streams: data in a SYN waits for its answer, and an odd acknowledgment is none") {
    byte_talk odd;
    odd.client(0, "abc", {.ack = 0, .flags = syn}).server(0, "", {.ack = 70'000}).server(0, "", {.ack = 0});
    CHECK(odd.told() == "");
    odd.server(0, "", {.ack = 4, .flags = syn | ack});
    CHECK(odd.told() == joined({"> 0 abc"}));
    byte_talk part;
    part.client(0, "abc", {.ack = 0, .flags = syn}).server(0, "", {.ack = 3, .flags = syn | ack});
    part.client(3, "Cde", {.ack = 1});
    CHECK(part.told() == joined({"> 0 ab", "> 2 Cde"}));
    byte_talk answer_lost;
    answer_lost.client(0, "abc", {.ack = 0, .flags = syn}).client(4, "d", {.ack = 1});
    CHECK(answer_lost.told() == joined({"> 0 abc", "> 3 d"}));
    byte_talk sent_again;
    sent_again.client(0, "abc", {.ack = 0, .flags = syn}).client(1, "AB", {.ack = 1}).client(3, "c");
    CHECK(sent_again.told() == joined({"> 0 AB", "> 2 c"}));
}

TEST_CASE("streams: the FIN of an end whose SYN is still to come is ignored") {
    byte_talk talk;
    talk.client(0, "", {.ack = 0, .flags = syn}).server(50, "", {.ack = 1, .flags = fin | ack});
    talk.server(0, "", {.ack = 1, .flags = syn | ack}).client(1, "", {.ack = 1}).server(1, "xyz").flush();
    CHECK(talk.told() == joined({"< 0 xyz", "> end 0 flushed", "< end 3 flushed"}));
}

TEST_CASE("streams: after the end data is ignored, and so are acknowledgments") {
    byte_talk talk;
    talk.opens()
        .client(1, "ab", {.flags = ack | fin})
        .client(3, "cd")
        .server(1, "", {.ack = 4})
        .server(1, "", {.ack = 9});
    talk.flush();
    CHECK(talk.told() == joined({"> 0 ab", "> end 2 fin", "< end 0 flushed"}));
}

TEST_CASE("streams: a segment that begins one byte back is no keep-alive unless it is one byte long") {
    byte_talk talk;
    talk.opens().client(1, "ab").client(2, "Xcd");
    CHECK(talk.told() == joined({"> 0 ab", "> conflict 1 b/X earlier", "> 2 cd"}));
    talk.client(4, "Y");
    CHECK(talk.told() == "");
    CHECK(talk.table()[0].streams.client_to_server.conflicting == 1);
}

TEST_CASE("streams: after a SYN with data, an acknowledgment of its sender shows that it was answered") {
    byte_talk talk;
    talk.client(0, "abc", {.ack = 0, .flags = syn}).client(4, "", {.ack = 1});
    CHECK(talk.told() == joined({"> 0 abc"}));
}

TEST_CASE("streams: an acknowledgment of data that its peer cannot have sent changes nothing") {
    byte_talk talk;
    talk.opens().client(1, "ab").server(1, "", {.ack = 0x6000'0000}).client(3, "cd").server(1, "", {.ack = 5}).flush();
    CHECK(talk.told() == joined({"> 0 ab", "> 2 cd", "> end 4 flushed", "< end 0 flushed"}));
}

TEST_CASE("streams: an acknowledgment up to a FIN that came early tells what is missing before it") {
    byte_talk talk;
    talk.opens().client(1, "ab").client(5, "ef", {.flags = ack | fin}).server(1, "", {.ack = 4});
    CHECK(talk.told() == joined({"> 0 ab", "> gap 2+1 acknowledged"}));
    talk.client(4, "d");
    CHECK(talk.told() == joined({"> 3 d", "> 4 ef", "> end 6 fin"}));
}

TEST_CASE("streams: a RST before anything else begins nothing") {
    byte_talk talk;
    talk.client(5, "", {.flags = rst}).client(5, "", {.flags = rst | ack}).flush();
    CHECK(talk.told() == "");
    CHECK(talk.table().counters().ended() == 1);
}
