// SPDX-License-Identifier: MIT
// The subcommand bytes, which writes what one side of a connection sent.
#include "../support/talking_capture.hpp"
#include "running.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace {

using flags = talking_capture;

/// What a side of a connection sent.
std::string sent(const std::string& options, const std::string& file) {
    const run_result ran = run(program("bytes " + options + " ") + file);
    CHECK(ran.status == 0);
    CHECK(ran.err == "");
    return ran.out;
}

} // namespace

TEST_CASE("bytes writes what a side sent, in order and each byte once") {
    const temporary_folder folder;
    talking_capture capture;
    capture.opens(40000).opens(40001).client(40001, 1, "other");
    capture.client(40000, 1, "hello ").client(40000, 12, "!").client(40000, 1, "hello ").client(40000, 7, "world");
    capture.server(40000, 1, std::string{"a\0b", 3}).client(40000, 13, "", flags::fin | flags::ack);
    const std::string file = folder.write("talk.pcap", capture.bytes());
    CHECK(sent("--connection 0 --direction client", file) == "hello world!");
    CHECK(sent("--connection 0 --direction server", file) == std::string{"a\0b", 3});
    CHECK(sent("--direction=client --connection=1", file) == "other");
    CHECK(sent("--connection 1 --direction server", file).empty());
    CHECK(sent("--connection 0 --direction client - <", file) == "hello world!"); // standard input that is a file

    const std::string into = folder.file("streams/of/one");
    CHECK(sent("--connection 0 -o " + into, file).empty());
    CHECK(contents(into + "/connection-0-client.bin") == "hello world!");
    CHECK(contents(into + "/connection-0-server.bin") == std::string{"a\0b", 3});
    CHECK(sent("--connection 1 --direction client -o " + into, file).empty());
    CHECK(contents(into + "/connection-1-client.bin") == "other");
    CHECK_FALSE(std::filesystem::exists(into + "/connection-1-server.bin"));
}

TEST_CASE("bytes tells what is missing on standard error, or fills it") {
    const temporary_folder folder;
    talking_capture capture;
    capture.opens(40000).client(40000, 1, "ab").client(40000, 6, "fg").server(40000, 1, "");
    const std::string file = folder.write("gap.pcap", capture.bytes());
    const run_result ran = run(program("bytes --connection 0 --direction client ") + file);
    CHECK(ran.status == 0);
    CHECK(ran.out == "abfg");
    CHECK(ran.err == "tcplens: client: bytes 2 to 4 are missing: acknowledged by the receiver, but not captured.\n");
    CHECK(sent("--connection 0 --direction client --fill", file) == std::string{"ab\0\0\0fg", 7});
    CHECK(sent("--connection 0 --direction server", file).empty()); // nothing is said of the other side
}

TEST_CASE("bytes delivers the copy that the receiver took, and tells of the other one") {
    const temporary_folder folder;
    talking_capture capture;
    capture.opens(40000).client(40000, 3, "cd").client(40000, 2, "BCDE").client(40000, 1, "a").client(40000, 1, "A");
    const std::string file = folder.write("overlap.pcap", capture.bytes());
    const auto policy = [&](const std::string& name) {
        const run_result ran = run(program("bytes --connection 0 --direction client --overlap " + name + " ") + file);
        CHECK(ran.status == 0);
        CHECK(contains(ran.err, "client: bytes 2 to 3 were sent again with other content, in packet 5: the "));
        CHECK(contains(ran.err,
                       "client: byte 0 was sent again with other content, in packet 7: the earlier copy is written."));
        return ran.out;
    };
    CHECK(policy("first") == "aBcdE");
    CHECK(policy("last") == "aBCDE");
    CHECK(policy("bsd") == "aBCDE"); // it begins before the other
    CHECK(policy("linux") == "aBCDE");
}

TEST_CASE("bytes leaves out a corrupt copy of what was sent intact, before or after it") {
    const temporary_folder folder;
    talking_capture capture;
    capture.opens(40000);
    const auto corrupt = [&](std::uint32_t at, const std::string& data) {
        auto packet = packet_builder::tcp_packet(capture.segment(40000, true, at, data));
        packet.back() ^= std::byte{1};
        capture.add(packet);
    };
    corrupt(1, "xyz");
    capture.client(40000, 1, "xyz");
    corrupt(4, "abcdef"); // its copies come in two parts
    capture.client(40000, 4, "abc").client(40000, 7, "def");
    corrupt(7, "def");
    const std::string file = folder.write("corrupt.pcap", capture.bytes());
    CHECK(sent("--connection 0 --direction client", file) == "xyzabcdef");
    CHECK(sent("--connection 0 --direction client --checksums", file) == "xyzabcdef");
    CHECK(run(program("bytes --connection 0 --direction client --no-checksums ") + file).out == "xy{abcdeg");
    const run_result both = run(program("bytes --connection 0 --direction client --no-checksums --checksums ") + file);
    CHECK(both.status == 2);
    CHECK(contains(both.err, "contradict"));
}

TEST_CASE("bytes leaves out a wrong checksum without an intact copy, if nothing acknowledges its bytes") {
    const temporary_folder folder;
    talking_capture capture;
    capture.opens(40000).client(40000, 1, "good");
    auto corrupt = packet_builder::tcp_packet(capture.segment(40000, true, 5, "evil"));
    corrupt[corrupt.size() - 2] ^= std::byte{4};
    capture.add(corrupt).client(40000, 9, "late");
    const std::string unanswered = folder.write("unanswered.pcap", capture.bytes());
    const run_result dropped = run(program("bytes --connection 0 --direction client ") + unanswered);
    CHECK(dropped.status == 0);
    CHECK(dropped.out == "goodlate");
    CHECK(contains(dropped.err, "client: 1 segment is left out, as the receiver drops it"));
    CHECK(contains(dropped.err, "(packet 5)"));
    CHECK(contains(dropped.err, "bytes 4 to 7 are missing"));

    capture.server(40000, 1, ""); // it acknowledges all
    const std::string answered = folder.write("answered.pcap", capture.bytes());
    const run_result taken = run(program("bytes --connection 0 --direction client ") + answered);
    CHECK(taken.out == "goodevmllate");
    CHECK(contains(taken.err, "since the receiver acknowledged the bytes and no other copy was captured (packet 5)"));
    CHECK(run(program("bytes --connection 0 --direction client --checksums ") + answered).out == "goodlate");
}

TEST_CASE("bytes takes what has a wrong checksum where the capture shows that checksums tell nothing") {
    const temporary_folder folder;
    talking_capture capture;
    capture.opens(40000);
    std::uint32_t at = 1;
    for (const std::string_view data : {"one ", "two ", "three"}) { // a tool rewrote the packets without checksums
        auto packet = packet_builder::tcp_packet(capture.segment(40000, true, at, data));
        packet[packet.size() - data.size() - 4] ^= std::byte{0x55}; // in the checksum
        capture.add(packet);
        at += static_cast<std::uint32_t>(data.size());
    }
    const std::string file = folder.write("rewritten.pcap", capture.bytes());
    CHECK(sent("--connection 0 --direction client", file) == "one two three");
}

TEST_CASE("bytes reads fragments, tunnels and cut packets") {
    const temporary_folder folder;
    talking_capture capture;
    capture.opens(40000);
    const auto fragmented = capture.segment(40000, true, 1, "in two fragments");
    capture.add(packet_builder::framed_tcp_fragment(fragmented, 0, 24));
    capture.add(packet_builder::framed_tcp_fragment(fragmented, 24, 1000));
    const auto tunnel = [&](const packet_builder::tcp_packet_options& inner) {
        capture.add(packet_builder::framed_ip_packet({}, 4, packet_builder::tcp_ip_packet(inner))); // IP in IP
    };
    tunnel(capture.segment(40000, true, 17, " and a tunnel"));
    CHECK(sent("--connection 0 --direction client", folder.write("parts.pcap", capture.bytes())) ==
          "in two fragments and a tunnel");
}

TEST_CASE("bytes begins with the first byte of a stream, though others were captured before it") {
    const temporary_folder folder;
    talking_capture capture; // no handshake was captured
    capture.client(40000, 9, "three").client(40000, 1, "one").client(40000, 4, "two, ").server(40000, 1, "");
    const std::string file = folder.write("swapped.pcap", capture.bytes());
    CHECK(sent("--connection 0 --direction client", file) == "onetwo, three");

    talking_capture late; // the handshake was captured last
    late.client(40000, 6, "world").client(40000, 1, "hallo").client(40000, 0, "", flags::syn);
    late.server(40000, 0, "", flags::syn | flags::ack);
    CHECK(sent("--connection 0 --direction client", folder.write("late.pcap", late.bytes())) == "halloworld");

    talking_capture old; // a copy of what the server took before the capture began
    old.client(40000, 9, "new").server(40000, 1, "").client(40000, 4, "old: ").client(40000, 12, "er");
    CHECK(sent("--connection 0 --direction client", folder.write("old.pcap", old.bytes())) == "newer");
}

TEST_CASE("the role of a side is that of the end of the capture") {
    const temporary_folder folder;
    talking_capture capture; // who is heard first is held to be the client, until the SYN-ACK comes late
    static_cast<void>(capture.segment(40000, true, 0, "", flags::syn));
    static_cast<void>(capture.segment(40000, false, 0, "", flags::syn | flags::ack));
    capture.server(40000, 1, "from the server").client(40000, 1, "from the client").server(40000, 16, "");
    const std::string file = folder.write("midstream.pcap", capture.bytes());
    const std::string first = sent("--connection 0 --direction client", file);
    const std::string told = run(program("connections --format csv ") + file).out;
    CHECK(first == (contains(told, ",192.0.2.1,40000,198.51.100.1,443,") ? "from the client" : "from the server"));
}

TEST_CASE("what bytes cannot write: a sentence, and status 2") {
    const temporary_folder folder;
    talking_capture capture;
    capture.opens(40000).client(40000, 1, "hello");
    const std::string file = folder.write("talk.pcap", capture.bytes());
    const auto refuses = [&](const std::string& arguments, std::string_view sentence) {
        const run_result ran = run(program("bytes " + arguments));
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CAPTURE(ran.err);
        CHECK(contains(ran.err, sentence));
    };
    refuses("--connection 1 --direction client " + file,
            "There is no connection 1 in what was read: the last of 1 is 0.");
    refuses("--direction client " + file, "Which connection? Name it by --connection N.");
    refuses("--connection 0 " + file, "Which side? --direction client or server");
    refuses("--connection 0 --direction left " + file, "--direction needs client or server, not 'left'.");
    refuses("--connection 0,1 --direction client " + file, "--connection needs the number of a connection");
    refuses("--connection 0 -o " + file + " " + file, "is no folder.");
    refuses("--connection 0 --direction client --port 81 " + file,
            "choose no packet of the connections that are named");
    const run_result piped = run("cat " + file + " | " + program("bytes --connection 0 --direction client -"));
    CHECK(piped.status == 2);
    CHECK(contains(piped.err,
                   "standard input can be read once, and bytes reads a capture twice: write it to a file first."));
    if (std::filesystem::exists("/dev/full")) {
        const run_result full = run(program("bytes --connection 0 --direction client ") + file + " > /dev/full");
        CHECK(full.status == 2);
        CHECK(contains(full.err, "The output could not be written."));
    }
}
