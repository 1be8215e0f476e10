// SPDX-License-Identifier: MIT
#include "../../support/byte_talk.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

using namespace std::chrono_literals;
using tcplens::byte_stream;

namespace {

constexpr auto ack = byte_talk::ack_flag;
constexpr auto syn = byte_talk::syn;
constexpr auto fin = byte_talk::fin;
constexpr auto rst = byte_talk::rst;
constexpr auto psh = byte_talk::psh;
constexpr auto urg = byte_talk::urg;

} // namespace

TEST_CASE("streams: both directions come in order, and end with their FINs") {
    for (const std::uint32_t first : {0u, 0x7fff'fffau, 0xffff'fff8u}) {
        byte_talk talk{{}, first};
        talk.opens().client(1, "hello ").client(7, "world").server(1, "hi", {.ack = 12});
        CHECK(talk.told() == joined({"> 0 hello ", "> 6 world", "< 0 hi"}));
        talk.client(12, "", {.ack = 3, .flags = ack | fin}).server(3, "!", {.ack = 13, .flags = ack | fin});
        CHECK(talk.told() == joined({"> end 11 fin", "< 2 !", "< end 3 fin"}));
        const auto& told = talk.table()[0].streams;
        CHECK(told.client_to_server.bytes == 11);
        CHECK(told.server_to_client.length() == 3);
        CHECK(told.server_to_client.ended);
        talk.flush();
        CHECK(talk.told() == "");
    }
}

TEST_CASE("streams: what comes early waits, and what was sent again is told once") {
    byte_talk talk;
    talk.opens().client(1, "ab").client(5, "ef").client(7, "gh").client(1, "ab");
    CHECK(talk.told() == joined({"> 0 ab"}));
    talk.client(3, "cdef");
    CHECK(talk.told() == joined({"> 2 cd", "> 4 efgh"}));
    talk.client(3, "cdefghij");
    CHECK(talk.told() == joined({"> 8 ij"}));
    CHECK(talk.table().observer<tcplens::stream_observer<event_writer>>().waiting_bytes() == 0);
}

TEST_CASE("streams: an early FIN waits for the data before it") {
    byte_talk talk;
    talk.opens().client(4, "d", {.flags = ack | fin}).client(1, "ab");
    CHECK(talk.told() == joined({"> 0 ab"}));
    talk.client(3, "c");
    CHECK(talk.told() == joined({"> 2 c", "> 3 d", "> end 4 fin"}));
}

TEST_CASE("streams: data behind a FIN is ignored, unless the receiver acknowledges it") {
    byte_talk talk;
    talk.opens().client(3, "c", {.flags = ack | fin}).client(4, "x").client(6, "y").server(1, "", {.ack = 7}).flush();
    // A FIN that its receiver did not take: 1 to 6 are acknowledged, and so is what was behind it.
    CHECK(talk.told() ==
          joined({"> gap 0+2 acknowledged", "> 2 c", "> gap 3+3 acknowledged", "> end 6 flushed", "< end 0 flushed"}));
    byte_talk other;
    other.opens().client(1, "ab", {.flags = ack | fin}).client(3, "cd").client(1, "ab", {.flags = ack | fin});
    CHECK(other.table()[0].streams.client_to_server.ignored == 2); // the last is a copy
    other.flush();
    CHECK(other.told() == joined({"> 0 ab", "> end 2 fin", "< end 0 flushed"}));
    CHECK(other.table().counters().ended() == 1);
}

TEST_CASE("streams: what is missing before a captured FIN is a gap, be it acknowledged or not") {
    byte_talk one;
    one.opens().client(1, "ab").client(4, "", {.flags = ack | fin}).server(1, "", {.ack = 5});
    CHECK(one.told() == joined({"> 0 ab", "> gap 2+1 acknowledged", "> end 3 fin"}));
    byte_talk unanswered;
    unanswered.opens().client(1, "ab").client(6, "", {.flags = ack | fin}).flush();
    CHECK(unanswered.told() == joined({"> 0 ab", "> gap 2+3 ended", "> end 5 fin", "< end 0 flushed"}));
    byte_talk reset;
    reset.opens().client(1, "ab").client(6, "", {.flags = ack | fin}).server(1, "", {.ack = 3, .flags = ack | rst});
    CHECK(reset.told() == joined({"> 0 ab", "< end 0 reset", "> gap 2+3 ended", "> end 5 fin"}));
}

TEST_CASE("streams: what the receiver acknowledged and the capture lacks is a gap at once") {
    byte_talk talk;
    talk.opens().client(1, "ab").client(6, "fg").server(1, "", {.ack = 8});
    CHECK(talk.told() == joined({"> 0 ab", "> gap 2+3 acknowledged", "> 5 fg"}));
}

TEST_CASE("streams: an acknowledgment that was captured before its data makes no gap") {
    byte_talk talk;
    talk.opens().server(1, "", {.ack = 5}).client(1, "abcd");
    CHECK(talk.told() == joined({"> 0 abcd"}));
    // Once the sender is known to have gone on, the bytes were sent and not captured.
    talk.server(1, "", {.ack = 9}).client(9, "ij");
    CHECK(talk.told() == joined({"> gap 4+4 acknowledged", "> 8 ij"}));
}

TEST_CASE("streams: an acknowledgment of a FIN that was not captured is no gap") {
    byte_talk talk;
    talk.opens().client(1, "ab").server(1, "", {.ack = 4}).client(4, "").flush();
    CHECK(talk.told() == joined({"> 0 ab", "> end 2 flushed", "< end 0 flushed"}));
}

TEST_CASE("streams: nor is that of the FIN of a side that was not captured, or of one behind a gap") {
    byte_talk unheard;
    unheard.client(1, "ab", {.ack = 1}).client(3, "", {.ack = 11}).client(3, "", {.ack = 12}).flush();
    CHECK(unheard.told() == joined({"> 0 ab", "> end 2 flushed", "< gap 0+10 acknowledged", "< end 10 flushed"}));
    byte_talk patient{{.awaits_acknowledged = true}};
    patient.opens().client(1, "ab").client(5, "ef").server(1, "", {.ack = 8}).flush();
    CHECK(patient.told() ==
          joined({"> 0 ab", "> gap 2+2 acknowledged", "> 4 ef", "> end 6 flushed", "< end 0 flushed"}));
}

TEST_CASE("streams: what was sent within the window waits for its gap beside what was sent beyond it") {
    byte_talk talk{{.awaits_acknowledged = true}};
    talk.client(0, "", {.ack = 0, .flags = syn});
    talk.server(0, "", {.ack = 1, .flags = syn | ack, .window = 4}).client(1, "", {.ack = 1});
    talk.client(11, "kl").client(15, "op");        // beyond the window that was captured
    talk.server(1, "", {.ack = 5, .window = 100}); // 1 to 4 may come
    talk.client(5, "efgh").flush();
    CHECK(talk.told() == joined({"> gap 0+4 acknowledged", "> 4 efgh", "> gap 8+2 ended", "> gap 10+2 refused",
                                 "> gap 12+2 ended", "> gap 14+2 refused", "> end 16 flushed", "< end 0 flushed"}));
}

TEST_CASE("streams: no later copy counts of what was acknowledged, though it waits") {
    byte_talk patient{{.overlaps = tcplens::byte_stream::overlap_policy::last, .awaits_acknowledged = true}};
    patient.opens().client(4, "def").client(4, "DEF").server(1, "", {.ack = 7}).client(4, "xyz").client(1, "abc");
    CHECK(patient.told() ==
          joined({"> conflict 3 def/DEF later", "> conflict 3 DEF/xyz earlier", "> 0 abc", "> 3 DEF"}));
}

TEST_CASE("streams: what is still missing at the end is given up") {
    byte_talk talk;
    talk.opens().client(3, "cd").client(7, "gh").flush();
    CHECK(talk.told() ==
          joined({"> gap 0+2 ended", "> 2 cd", "> gap 4+2 ended", "> 6 gh", "> end 8 flushed", "< end 0 flushed"}));
}

TEST_CASE("streams: a gap is given up after the longest wait, whatever connection goes on") {
    byte_talk talk{{.longest_wait = 10s}};
    talk.opens().client(1, "a").client(3, "c").client(5, "e").after(9s).client(1, "a");
    CHECK(talk.told() == joined({"> 0 a"}));
    talk.after(2s).server(1, "hi");
    CHECK(talk.told() == joined({"> gap 1+1 too_late", "> 2 c", "< 0 hi"}));
    talk.after(11s).server(3, "!");
    CHECK(talk.told() == joined({"> gap 3+1 too_late", "> 4 e", "< 2 !"}));
}

TEST_CASE("streams: a direction that holds too much gives up its first gaps") {
    byte_talk talk{{.direction_bytes = 2048}};
    const std::string thousand(1000, 'x');
    talk.opens().client(2, "b").client(1001, thousand);
    CHECK(talk.told() == "");
    talk.client(2001, thousand);
    CHECK(talk.told() == joined({"> gap 0+1 buffer_full", "> 1 b", "> gap 2+998 buffer_full", "> 1000 " + thousand,
                                 "> 2000 " + thousand}));
}

TEST_CASE("streams: when the table's memory is used up, the direction that waited longest gives up") {
    byte_talk talk{{.table_bytes = 1}}; // one block
    talk.opens().client(2, "b").server(2, "y");
    CHECK(talk.told() == joined({"> gap 0+1 buffer_full", "> 1 b"}));
    talk.client(3, "c").server(1, "x");
    CHECK(talk.told() == joined({"> 2 c", "< 0 x", "< 1 y"}));
}

TEST_CASE("streams: bytes that the snapshot length cut off are a gap, also among those that wait") {
    byte_talk talk;
    talk.opens().client(1, "abcdef", {.captured = 2}).client(9, "ijkl", {.captured = 1}).client(7, "gh");
    CHECK(talk.told() == joined({"> 0 ab", "> gap 2+4 snapshot", "> 6 gh", "> 8 i", "> gap 9+3 snapshot"}));
    // A copy that was captured whole, before it was delivered, fills it.
    talk.client(15, "opqr", {.captured = 0}).client(15, "opqr").client(13, "mn");
    CHECK(talk.told() == joined({"> 12 mn", "> 14 opqr"}));
}

TEST_CASE("streams: other content of delivered bytes is a conflict, and the first copy stays") {
    byte_talk talk;
    talk.opens().client(1, "abcdef").client(2, "bXdY");
    CHECK(talk.told() == joined({"> 0 abcdef", "> conflict 2 cde/XdY earlier"}));
    CHECK(talk.table()[0].streams.client_to_server.conflicting == 3);
    byte_talk without{{.remembered_bytes = 0}};
    without.opens().client(1, "abcdef").client(2, "bXdY");
    CHECK(without.told() == joined({"> 0 abcdef"}));
}

TEST_CASE("streams: delivered bytes are remembered as far as the options say") {
    byte_talk talk{{.remembered_bytes = 4}};
    talk.opens().client(1, "abcdef").client(7, "g").client(1, "XbXdXfX");
    CHECK(talk.told() == joined({"> 0 abcdef", "> 6 g", "> conflict 4 efg/XfX earlier"}));
    byte_talk one{{.remembered_directions = 1}};
    one.opens().client(1, "ab").server(1, "xy").client(1, "AB").server(1, "XY");
    CHECK(one.told() == joined({"> 0 ab", "< 0 xy", "< conflict 0 xy/XY earlier"}));
}

TEST_CASE("streams: a keep-alive's garbage byte and a probe's byte are neither data nor conflicts") {
    byte_talk talk;
    talk.client(0, "", {.ack = 0, .flags = syn});
    talk.server(0, "", {.ack = 1, .flags = syn | ack, .window = 2}).client(1, "", {.ack = 1});
    talk.client(1, "ab").server(1, "", {.ack = 3, .window = 0}).client(2, "X").client(2, "");
    CHECK(talk.told() == joined({"> 0 ab"}));
    talk.client(3, "c").server(1, "", {.ack = 3}).client(3, "c");
    CHECK(talk.told() == "");
    talk.server(1, "", {.ack = 3, .window = 100}).client(3, "cd");
    CHECK(talk.told() == joined({"> 2 cd"}));
}

TEST_CASE("streams: bytes beyond the window wait until the receiver moves it, and later copies of them count") {
    byte_talk talk;
    talk.client(0, "", {.ack = 0, .flags = syn});
    talk.server(0, "", {.ack = 1, .flags = syn | ack, .window = 4}).client(1, "", {.ack = 1});
    talk.client(1, "abcdXY");
    CHECK(talk.told() == joined({"> 0 abcd"}));
    talk.client(5, "ef"); // the receiver had not taken X and Y
    CHECK(talk.told() == joined({"> conflict 4 XY/ef later"}));
    talk.server(1, "", {.ack = 5, .window = 4});
    CHECK(talk.told() == ""); // it may have dropped them, too
    talk.client(5, "ef");
    CHECK(talk.told() == joined({"> 4 ef"}));
    talk.client(9, "ij").flush();
    CHECK(talk.told() == joined({"> gap 6+2 ended", "> gap 8+2 refused", "> end 10 flushed", "< end 0 flushed"}));
}

TEST_CASE("streams: a byte that probes a window that was taken back waits for its acknowledgment") {
    byte_talk talk;
    talk.opens().client(1, "abc").server(1, "", {.ack = 4, .window = 0}).client(4, "X");
    CHECK(talk.told() == joined({"> 0 abc"}));
    talk.server(1, "", {.ack = 4, .window = 0}).server(1, "", {.ack = 4, .window = 100}).client(4, "def");
    CHECK(talk.told() == joined({"> conflict 3 X/d later", "> 3 def"}));
}

TEST_CASE("streams: windows are scaled as the handshake says, and not known without it") {
    const auto scale = packet_builder::window_scale(4);
    byte_talk talk;
    talk.client(0, "", {.ack = 0, .flags = syn, .options = scale});
    talk.server(0, "", {.ack = 1, .flags = syn | ack, .window = 2, .options = scale}).client(1, "", {.ack = 1});
    talk.client(1, "abcd");
    CHECK(talk.told() == joined({"> 0 ab"}));
    talk.server(1, "", {.ack = 5, .window = 1}).client(5, "efghijklmno");
    CHECK(talk.told() == joined({"> 2 cd", "> 4 efghijklmno"}));
    byte_talk midstream;
    midstream.server(1, "", {.ack = 1, .window = 2}).client(1, "abcd");
    CHECK(midstream.told() == joined({"> 0 abcd"})); // the ports tell who the client is
}

TEST_CASE("streams: data in a SYN counts as far as the answer accepts it") {
    const auto talk_of = [](std::int64_t accepted) {
        byte_talk talk;
        talk.client(0, "hello", {.ack = 0, .flags = syn});
        CHECK(talk.told() == "");
        talk.server(0, "", {.ack = accepted, .flags = syn | ack});
        return talk.told();
    };
    CHECK(talk_of(6) == joined({"> 0 hello"}));
    CHECK(talk_of(1) == "");

    byte_talk refused;
    refused.client(0, "hello", {.ack = 0, .flags = syn}).server(0, "", {.ack = 1, .flags = syn | ack});
    refused.client(1, "HELLO!", {.ack = 1});
    CHECK(refused.told() == joined({"> 0 HELLO!"}));

    byte_talk unanswered; // its SYN-ACK was not captured
    unanswered.client(0, "hello", {.ack = 0, .flags = syn}).client(6, " world", {.ack = 1});
    CHECK(unanswered.told() == joined({"> 0 hello", "> 5  world"}));

    byte_talk alone;
    alone.client(0, "hello", {.ack = 0, .flags = syn}).flush();
    CHECK(alone.told() == joined({"> gap 0+5 refused", "> end 5 flushed"}));
}

TEST_CASE("streams: an urgent byte is skipped, or in line") {
    byte_talk talk;
    talk.opens().client(1, "abc!d", {.flags = ack | urg, .urgent = 4}).client(6, "ef");
    CHECK(talk.told() == joined({"> 0 abc", "> gap 3+1 urgent", "> 4 d", "> 5 ef"}));
    byte_talk later; // the pointer names a byte of a later segment
    later.opens().client(1, "ab", {.flags = ack | urg, .urgent = 4}).client(3, "c!d");
    CHECK(later.told() == joined({"> 0 ab", "> 2 c", "> gap 3+1 urgent", "> 4 d"}));
    byte_talk in_line{{.urgent = byte_stream::urgent_policy::in_line}};
    in_line.opens().client(1, "abc!d", {.flags = ack | urg, .urgent = 4});
    CHECK(in_line.told() == joined({"> 0 abc!d"}));
}

TEST_CASE("streams: a connection that was picked up midstream begins with its first byte") {
    byte_talk talk;
    talk.client(100, "cd", {.ack = 50}).client(98, "ab").server(50, "xy", {.ack = 102});
    CHECK(talk.told() == joined({"> 0 cd", "< 0 xy"}));
    byte_talk reordered;
    reordered.client(100, "", {.ack = 50}).client(98, "ab").client(100, "cd");
    CHECK(reordered.told() == joined({"> 0 ab", "> 2 cd"}));
    byte_talk holds; // what waits keeps its place: the beginning is moved no more
    holds.client(100, "", {.ack = 50}).client(104, "gh").client(98, "ab").client(100, "cdef");
    CHECK(holds.told() == joined({"> 0 cdef", "> 4 gh"}));
    byte_talk acknowledged; // the receiver tells where its stream is
    acknowledged.server(50, "", {.ack = 98}).client(100, "cd").client(98, "ab");
    CHECK(acknowledged.told() == joined({"> 0 ab", "> 2 cd"}));
    byte_talk keep_alive;
    keep_alive.client(99, std::string_view{"\0", 1}).client(100, "cd", {.flags = ack | psh});
    CHECK(keep_alive.told() == joined({"> 0 cd"}));
    byte_talk bare;
    bare.client(99, "").client(100, "cd");
    CHECK(bare.told() == joined({"> 0 cd"}));
    byte_talk answered; // the peer answers an empty keep-alive with the number that it waits for
    answered.client(99, "", {.ack = 50})
        .server(50, "", {.ack = 100})
        .client(100, "cd")
        .server(50, "", {.ack = 102})
        .flush();
    CHECK(answered.told() == joined({"> 0 cd", "> end 2 flushed", "< end 0 flushed"}));
}

TEST_CASE("streams: one direction alone is followed, and the other one is known by its acknowledgments") {
    byte_talk talk;
    talk.client(1, "ab", {.ack = 1}).client(3, "cd", {.ack = 11}).client(7, "gh", {.ack = 31}).flush();
    CHECK(talk.told() == joined({"> 0 ab", "> 2 cd", "> gap 4+2 ended", "> 6 gh", "> end 8 flushed",
                                 "< gap 0+30 acknowledged", "< end 30 flushed"}));
    // What is further ahead than bytes may wait is given up before.
    byte_talk far{{.direction_bytes = 4096}};
    far.client(1, "", {.ack = 1}).client(1, "a", {.ack = 4001});
    CHECK(far.told() == joined({"> 0 a"}));
    far.client(2, "b", {.ack = 5001});
    CHECK(far.told() == joined({"> 1 b", "< gap 0+5000 acknowledged"}));
}

TEST_CASE("streams: acknowledgments that were captured before the first segment of a side make no gap") {
    byte_talk talk;
    talk.server(0, "", {.ack = 1, .flags = syn | ack}).server(1, "", {.ack = 7}).server(1, "xy", {.ack = 9});
    talk.client(0, "", {.ack = 0, .flags = syn}).client(1, "", {.ack = 1}).client(1, "abcdef").client(7, "gh");
    CHECK(talk.told() == joined({"< 0 xy", "> 0 abcdef", "> 6 gh"}));
}

TEST_CASE(
    "streams: a segment that was acknowledged before it was captured is delivered, whatever is missing before it") {
    byte_talk talk;
    talk.opens().server(1, "", {.ack = 7}).client(4, "def").client(1, "abc");
    CHECK(talk.told() == joined({"> gap 0+3 acknowledged", "> 3 def"}));
    byte_talk patient{{.awaits_acknowledged = true}};
    patient.opens()
        .server(1, "", {.ack = 7})
        .client(4, "def")
        .client(1, "abc")
        .client(10, "jkl")
        .server(1, "", {.ack = 13});
    CHECK(patient.told() == joined({"> 0 abc", "> 3 def"}));
    patient.client(7, "ghi").server(1, "", {.ack = 15}).client(15, "", {.flags = ack | fin}).flush();
    CHECK(patient.told() ==
          joined({"> 6 ghi", "> 9 jkl", "> gap 12+2 acknowledged", "> end 14 fin", "< end 0 flushed"}));
}

TEST_CASE("streams: a RST that its receiver accepts ends both directions; another one does not") {
    byte_talk talk;
    talk.opens().client(1, "ab").server(500, "", {.flags = rst}).client(3, "cd");
    CHECK(talk.told() == joined({"> 0 ab", "> 2 cd"}));
    talk.client(7, "gh").server(1, "", {.flags = rst}).client(5, "ef");
    CHECK(talk.told() == joined({"< end 0 reset", "> gap 4+2 ended", "> 6 gh", "> end 8 reset"}));
    CHECK(talk.table()[0].streams.client_to_server.ignored == 0); // "ef" was told as missing
    byte_talk refused;
    refused.client(0, "", {.ack = 0, .flags = syn}).server(-100, "", {.ack = 1, .flags = rst | ack});
    CHECK(refused.told() == ""); // its receiver may not believe it
    refused.flush();
    CHECK(refused.told() == joined({"> end 0 reset"}));
}

TEST_CASE("streams: RST and FIN that were injected while a connection opens do not end its streams, if it opens all "
          "the same") {
    byte_talk talk;
    talk.client(0, "", {.ack = 0, .flags = syn});
    talk.server(-26175, "", {.ack = 1, .flags = rst | ack}).server(-26175, "", {.ack = 1, .flags = fin | ack});
    talk.client(1, "", {.flags = rst}); // how Linux answers them
    talk.server(0, "", {.ack = 1, .flags = syn | ack}).client(1, "ask", {.ack = 1}).server(1, "tell", {.ack = 4});
    CHECK(talk.told() == joined({"> 0 ask", "< 0 tell"}));
    talk.server(5, "", {.flags = rst});
    CHECK(talk.told() == joined({"< end 4 reset", "> end 3 reset"}));
}

TEST_CASE("streams: what evades inspection is delivered as a Linux receiver takes it, and told") {
    byte_talk with_data; // a RST with data: the data is dropped
    with_data.opens().server(1, "page").server(5, "denied", {.flags = rst});
    CHECK(with_data.told() == joined({"< 0 page", "< end 4 reset", "> end 0 reset"}));

    byte_talk injected; // an answer beside the true one: the first one counts, and what the true one has behind it
    injected.opens().client(1, "ask").server(1, "evil", {.ack = 4}).server(1, "right answer", {.ack = 4});
    CHECK(injected.told() == joined({"> 0 ask", "< 0 evil", "< conflict 0 evil/righ earlier", "< 4 t answer"}));

    byte_talk early; // a SYN with another number, and with data, within an open connection
    early.opens().client(1, "ab").client(700, "XY", {.flags = syn}).client(3, "cd");
    CHECK(early.told() == joined({"> 0 ab", "> 2 cd"}));

    byte_talk beyond; // bytes beyond the window, which the receiver drops, and others in their place within it
    beyond.client(0, "", {.ack = 0, .flags = syn});
    beyond.server(0, "", {.ack = 1, .flags = syn | ack, .window = 4}).client(1, "", {.ack = 1});
    beyond.client(5, "BAD!").client(1, "good").server(1, "", {.ack = 5, .window = 8});
    CHECK(beyond.told() == joined({"> 0 good"}));
    beyond.client(5, "fine").client(9, "more");
    CHECK(beyond.told() == joined({"> conflict 4 BAD!/fine later", "> 4 fine", "> 8 more"}));

    byte_talk lost_window; // the capture lacks the segment that moved the window: the acknowledgment tells
    lost_window.client(0, "", {.ack = 0, .flags = syn});
    lost_window.server(0, "", {.ack = 1, .flags = syn | ack, .window = 4}).client(1, "", {.ack = 1});
    lost_window.client(1, "good").client(5, "more").client(9, "yet").server(1, "", {.ack = 9, .window = 8});
    CHECK(lost_window.told() == joined({"> 0 good", "> 4 more"}));
    lost_window.server(1, "", {.ack = 12, .window = 8}).client(12, "plain");
    CHECK(lost_window.told() == joined({"> 8 yet", "> 11 plain"}));

    byte_talk ghost; // an acknowledgment of what nothing was sent of makes no gap
    ghost.opens().server(1, "", {.ack = 5000}).client(1, "ab");
    CHECK(ghost.told() == joined({"> 0 ab"}));
}

TEST_CASE("streams: another incarnation has streams of its own") {
    byte_talk talk;
    talk.opens().client(1, "old");
    talk.initial = {0x2000'0000, 0x3000'0000};
    talk.after(200s).opens().client(1, "new").flush();
    CHECK(talk.told() ==
          joined({"> 0 old", "> 0 new", "> end 3 flushed", "< end 0 flushed", "> end 3 flushed", "< end 0 flushed"}));
}

TEST_CASE("streams: a segment without ACK, and one far beyond the window, are no data") {
    byte_talk talk;
    talk.opens().client(1, "ab", {.flags = 0}).client(20'000'000, "xy").client(1, "cd");
    CHECK(talk.told() == joined({"> 0 cd"}));
    CHECK(talk.table()[0].streams.client_to_server.ignored == 4);
}

TEST_CASE("streams: more than 4 GiB pass, and numbers wrap") {
    byte_talk talk{{.remembered_bytes = 0}, 0x8000'0000u};
    talk.opens();
    std::int64_t sequence = 1;
    for (int i = 0; i < 9; ++i) { // most of it was not captured
        talk.client(sequence, "ab").server(1, "", {.ack = sequence + 500'000'000});
        sequence += 500'000'000;
        talk.client(sequence, "");
    }
    const auto& told = talk.table()[0].streams.client_to_server;
    CHECK(told.length() == 4'500'000'000);
    CHECK(told.bytes == 18);
    talk.client(sequence, "end");
    CHECK(talk.events().back() == "> 4500000000 end");
}

TEST_CASE("streams: checksums count if the options say so") {
    byte_talk talk{{}, 5, {.decoding = {.verify_checksums = true}, .ignore_bad_checksums = true}};
    talk.opens().client(1, "XX", {.urgent = 7}); // written behind the checksum
    talk.client(1, "ab");
    CHECK(talk.told() == joined({"> 0 ab"}));
}

TEST_CASE("streams: an observer that reserves allocates once; rings go to the newest directions") {
    byte_talk talk{{.table_bytes = 100'000, .remembered_bytes = 64, .remembered_directions = 2, .reserve = true}};
    talk.opens().client(1, "ab").client(4, "d").client(3, "c");
    CHECK(talk.told() == joined({"> 0 ab", "> 2 c", "> 3 d"}));
}
