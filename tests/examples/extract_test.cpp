// SPDX-License-Identifier: MIT
// The subcommands extract and split, which write captures of connections.
#include "../support/talking_capture.hpp"
#include "running.hpp"

#include <tcplens/capture.hpp>
#include <tcplens/capture/write/pcapng_writer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// What a capture has: of each packet its time, its bytes, its length on the wire and its comment.
struct read_packet {
    std::int64_t time;
    std::vector<std::byte> bytes;
    std::uint32_t wire_length;
    std::string comment;

    friend bool operator==(const read_packet&, const read_packet&) = default;
};

std::vector<read_packet> packets_of(const std::string& file) {
    tcplens::capture_file capture{file};
    std::vector<read_packet> all;
    for (const tcplens::packet& each : capture) {
        read_packet& read = all.emplace_back(read_packet{
            each.time.time_since_epoch().count(), {each.bytes.begin(), each.bytes.end()}, each.wire_length, {}});
        for (const auto& option : capture.options()) {
            if (option.code == tcplens::option_list::option::comment) read.comment += option.text();
        }
    }
    CHECK_FALSE(capture.error());
    return all;
}

/// Some packets of all, by their numbers.
std::vector<read_packet> chosen(const std::vector<read_packet>& all, std::initializer_list<std::size_t> numbers) {
    std::vector<read_packet> some;
    for (const std::size_t each : numbers) some.push_back(all.at(each - 1));
    return some;
}

/// Two connections whose packets alternate, and a packet without TCP. The second sends in fragments, and is reset.
talking_capture two_connections() {
    talking_capture capture;
    capture.opens(40000).client(40001, 0, "", talking_capture::syn).client(40000, 1, "first");      // 1 to 5
    capture.server(40001, 0, "", talking_capture::syn | talking_capture::ack).server(40000, 1, ""); // 6, 7
    const auto fragmented = capture.segment(40001, true, 1, "in two fragments");
    capture.add(packet_builder::framed_tcp_fragment(fragmented, 0, 24)); // 8
    capture.add(packet_builder::framed_ip_packet({}, 17, packet_builder::udp_datagram(1, 2, {})));
    capture.client(40000, 1, "first");                                         // 10: sent again
    capture.add(packet_builder::framed_tcp_fragment(fragmented, 24, 1000));    // 11
    capture.server(40001, 1, "", talking_capture::rst | talking_capture::ack); // 12
    return capture;
}

std::size_t files_in(const std::string& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{folder}, {}));
}

} // namespace

TEST_CASE("extract writes every packet of a connection, as it was captured") {
    const temporary_folder folder;
    const std::string file = folder.write("day.pcap", two_connections().bytes());
    const auto all = packets_of(file);
    for (const char* name : {"one.pcapng", "one.pcap", "one"}) {
        CAPTURE(name);
        const std::string out = folder.file(name);
        const run_result ran = run(program("extract --connection 1 -o ") + out + " " + file);
        CHECK(ran.status == 0);
        CHECK(ran.out.empty());
        CHECK(ran.err.empty());
        CHECK(packets_of(out) == chosen(all, {4, 6, 8, 11, 12}));
        CHECK(contents(out).starts_with("\x0a\x0d\x0d\x0a") == (std::string_view{name} != "one.pcap")); // pcapng
        CHECK(run(program("extract --connection 0 --output=") + out + " " + file).status == 0);
        CHECK(packets_of(out) == chosen(all, {1, 2, 3, 5, 7, 10}));
    }
    const std::string out = folder.file("both.pcapng");
    CHECK(run(program("extract --connection 0,1 -o ") + out + " " + file).status == 0);
    CHECK(packets_of(out) == chosen(all, {1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12}));
    CHECK(run(program("extract -o ") + out + " " + file).status == 0); // all that is TCP
    CHECK(packets_of(out).size() == 11);
    CHECK(run(program("extract --connection 1 -o - ") + file + " > " + out).status == 0);
    CHECK(packets_of(out) == chosen(all, {4, 6, 8, 11, 12}));
    CHECK(run(program("extract --connection 1 -o ") + out + " - < " + file).status ==
          0); // standard input that is a file
    CHECK(packets_of(out) == chosen(all, {4, 6, 8, 11, 12}));
    talking_capture later;
    const std::string second = folder.write("later.pcap", later.opens(40002).bytes());
    CHECK(run(program("extract --connection 2 -o ") + out + " " + file + " " + second).status == 0);
    CHECK(packets_of(out) == packets_of(second));
}

TEST_CASE("extract writes whole connections of which the options choose a packet") {
    const temporary_folder folder;
    const std::string file = folder.write("day.pcap", two_connections().bytes());
    const auto all = packets_of(file);
    const std::string out = folder.file("some.pcapng");
    const auto extracts = [&](const std::string& options) {
        const run_result ran = run(program("extract " + options + " -o ") + out + " " + file);
        CHECK(ran.status == 0);
        CHECK(ran.err.empty());
        return packets_of(out);
    };
    CHECK(extracts("--port 40001") == chosen(all, {4, 6, 8, 11, 12}));
    CHECK(extracts("--net 192.0.2.1 --port 40000") == chosen(all, {1, 2, 3, 5, 7, 10}));
    CHECK(extracts("--since +0.0105") == chosen(all, {4, 6, 8, 11, 12}));
    CHECK(extracts("--until +0.002") == chosen(all, {1, 2, 3, 5, 7, 10}));
    CHECK(extracts("--port 443 --connection 1") == chosen(all, {4, 6, 8, 11, 12}));
    if (!contains(run(program("extract --filter tcp -o " + out + " ") + file).err, "lacks"))
        CHECK(extracts("--filter 'tcp[tcpflags] & tcp-rst != 0'") == chosen(all, {4, 6, 8, 11, 12}));
}

TEST_CASE("extract --comments says of each packet what its segment was") {
    const temporary_folder folder;
    const std::string file = folder.write("day.pcap", two_connections().bytes());
    const std::string out = folder.file("told.pcapng");
    CHECK(run(program("extract --comments -o ") + out + " " + file).status == 0);
    const auto packets = packets_of(out);
    REQUIRE(packets.size() == 11);
    CAPTURE(packets[8].comment);
    CAPTURE(packets[9].comment);
    CHECK(packets[0].comment == "#1 connection 0: new");
    CHECK(packets[7].comment == "#8 a fragment of a segment of connection 1");
    CHECK(packets[8].comment.starts_with(
        "#10 connection 0: retransmission,spurious_retransmission, because of bytes_seen"));
    CHECK(contains(packets[8].comment, ", 5.000 ms after #5"));
    CHECK(packets[9].comment.starts_with("#11 connection 1: "));
    // A comment that was there stays, before ours.
    const std::string again = folder.file("again.pcapng");
    CHECK(run(program("extract --comments -o ") + again + " " + out).status == 0);
    CHECK(packets_of(again)[0].comment == "#1 connection 0: new#1 connection 0: new");
    const run_result pcap = run(program("extract --comments -o ") + folder.file("x.pcap") + " " + file);
    CHECK(pcap.status == 2);
    CHECK(contains(pcap.err, "pcap has no room for comments"));
}

TEST_CASE("what cannot be extracted: a sentence, status 2, and nothing is touched") {
    const temporary_folder folder;
    const std::string file = folder.write("day.pcap", two_connections().bytes());
    const std::string before = contents(file);
    const std::string out = folder.write("out.pcap", std::vector<std::byte>(3));
    const auto refuses = [&](const std::string& arguments, std::string_view sentence) {
        CAPTURE(arguments);
        const std::size_t files = files_in(folder.file(""));
        const run_result ran = run(program("extract " + arguments));
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CAPTURE(ran.err);
        CHECK(contains(ran.err, sentence));
        CHECK(contents(file) == before);
        CHECK(contents(out).size() == 3);
        CHECK(files_in(folder.file("")) == files);
    };
    refuses("--connection 2 -o " + out + " " + file, "There is no connection 2 in what was read: the last of 2 is 1.");
    refuses("--connection 0,7 -o " + out + " " + file, "There is no connection 7");
    refuses("--port 81 -o " + out + " " + file, "The options choose no packet of a connection.");
    refuses("--port 40000 --connection 1 -o " + out + " " + file,
            "choose no packet of the connections that are named.");
    refuses("--connection 0 -o " + file + " " + file, "is read as input and is not overwritten.");
    std::filesystem::create_symlink(file, folder.file("link.pcap"));
    std::filesystem::create_hard_link(file, folder.file("hard.pcap"));
    refuses("--connection 0 -o " + folder.file("link.pcap") + " " + file, "is read as input");
    refuses("--connection 0 -o " + folder.file("hard.pcap") + " " + file, "is read as input");
    refuses("--connection 0 -o " + file + " - < " + file, "is read as input");
    refuses("--connection 0 -o " + folder.file("none/out.pcap") + " " + file,
            "cannot be written (No such file or directory).");
    refuses("--connection 0 -o " + folder.file("") + " " + file, "cannot be written (Is a directory).");
    refuses("--connection 0 -o " + folder.file("x.pcap.gz") + " " + file, "tcplens writes no packed captures");
    refuses("--connection 0 " + file, "Which capture is to be written? Name it behind -o.");
    refuses("--connection x -o " + out + " " + file, "--connection needs numbers of connections such as 3 or 0,4,7");
    refuses("--connection 0 -o " + out + " - < /dev/null",
            "standard input can be read once, and extract reads a capture twice");
    CHECK(run("cat " + file + " | " + program("extract --connection 0 -o " + out + " -")).status == 2);
    CHECK(contents(out).size() == 3);
    if (std::filesystem::exists("/dev/full")) {
        const run_result full = run(program("extract --connection 0 -o /dev/full ") + file);
        CHECK(full.status == 2);
        CHECK(contains(full.err, "/dev/full: writing failed at byte 0 (No space left on device)."));
    }
    // pcap has one link type.
    capture_writer::pcap_writer raw{{.link = 101}};
    raw.record(1, 0, packet_builder::tcp_packet({.link = tcplens::link_type::raw}));
    const std::string other = folder.write("raw.pcap", raw.bytes());
    refuses("-o " + out + " " + file + " " + other, "has another link type than the file");
    CHECK(run(program("extract -o " + folder.file("both.pcapng") + " " + file + " ") + other).status == 0);
}

TEST_CASE("extract writes what a damaged capture holds, and says so") {
    const temporary_folder folder;
    auto bytes = two_connections().bytes();
    bytes.resize(bytes.size() - 10);
    const std::string file = folder.write("cut.pcap", bytes);
    const std::string out = folder.file("out.pcapng");
    const run_result ran = run(program("extract --connection 1 -o ") + out + " " + file);
    CHECK(ran.status == 1);
    CHECK(contains(ran.err, "cut off"));
    CHECK(packets_of(out).size() == 4);
}

TEST_CASE("split writes a capture for each connection") {
    const temporary_folder folder;
    const std::string file = folder.write("day.pcap", two_connections().bytes());
    const auto all = packets_of(file);
    for (const char* format : {"pcap", "pcapng"}) {
        const std::string into = folder.file(format);
        const run_result ran = run(program("split --format " + std::string{format} + " -o ") + into + " " + file);
        CHECK(ran.status == 0);
        CHECK(ran.err.empty());
        CHECK(files_in(into) == 2);
        CHECK(packets_of(into + "/connection-0." + format) == chosen(all, {1, 2, 3, 5, 7, 10}));
        CHECK(packets_of(into + "/connection-1." + format) == chosen(all, {4, 6, 8, 11, 12}));
    }
    const std::string into = folder.file("one");
    CHECK(run(program("split --port 40001 -o ") + into + " " + file).status == 0);
    CHECK(files_in(into) == 1);
    CHECK(run(program("split -o ") + file + " " + file).status == 2);
    CHECK(run(program("split ") + file).status == 2);
    // A capture that is read is not replaced.
    const std::string taken = into + "/connection-0.pcapng";
    std::filesystem::copy_file(file, taken);
    const run_result ran = run(program("split -o ") + into + " " + taken);
    CHECK(ran.status == 2);
    CHECK(contains(ran.err, "is read as input and is not overwritten."));
    CHECK(contents(taken) == contents(file));
}

TEST_CASE("split has few files open, whatever the number of connections") {
    const temporary_folder folder;
    talking_capture capture;
    constexpr std::uint16_t connections = 400;
    for (std::uint32_t round = 0; round < 3; ++round) { // each packet is of another connection than those before
        for (std::uint16_t i = 0; i < connections; ++i) {
            const auto port = static_cast<std::uint16_t>(30000 + i);
            if (round == 0) capture.client(port, 0, "", talking_capture::syn);
            else capture.client(port, 2 * round - 1, "ab");
        }
    }
    const std::string file = folder.write("many.pcap", capture.bytes());
    const auto all = packets_of(file);
    for (const char* format : {"pcap", "pcapng"}) {
        const std::string into = folder.file(format);
        const run_result ran =
            run("ulimit -n 160; " + program("split --format " + std::string{format} + " -o ") + into + " " + file);
        CHECK(ran.status == 0);
        CHECK(ran.err.empty());
        CHECK(files_in(into) == connections);
        for (const std::size_t i : {0u, 7u, 399u}) {
            const std::string digits = std::to_string(1000 + i).substr(1);
            const std::string name = into + "/connection-" + digits + "." + format;
            CHECK(packets_of(name) == chosen(all, {i + 1, i + 401, i + 801}));
            CHECK(tcplens::capture_file{name}.sections().size() <= 1);
        }
    }
}

TEST_CASE("split goes on with a closed file as if it had been open: interfaces are described once") {
    const temporary_folder folder;
    const std::string file = folder.file("many.pcapng");
    constexpr std::uint16_t connections = 300;
    {
        tcplens::pcapng_writer writer{file};
        for (const std::uint32_t id : {0u, 1u, 2u}) {
            tcplens::capture_interface described{};
            described.name = "link" + std::to_string(id);
            described.link = tcplens::link_type::ethernet;
            writer.describe(id, described);
        }
        std::uint64_t number = 0;
        for (std::uint32_t round = 0; round < 4; ++round) {
            for (std::uint16_t i = 0; i < connections; ++i) {
                packet_builder::tcp_packet_options of{.sequence = 1000 + round, .flags = 0x10};
                of.source.port = static_cast<std::uint16_t>(30000 + i);
                const auto frame = packet_builder::tcp_packet(of);
                tcplens::packet next;
                next.time = tcplens::timestamp{std::chrono::milliseconds{++number}};
                next.bytes = frame;
                next.wire_length = static_cast<std::uint32_t>(frame.size());
                next.link = tcplens::link_type::ethernet;
                next.interface_id = (round + i) % 3;
                CHECK(writer.write(next));
            }
        }
        CHECK(writer.close());
    }
    const std::string into = folder.file("out");
    const run_result ran =
        run("ulimit -n 40; " + program("split -o ") + into + " " + file); // fewer than split would open
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK(files_in(into) == connections);
    for (const std::string_view name : {"000", "001", "299"}) {
        tcplens::capture_file written{into + "/connection-" + std::string{name} + ".pcapng"};
        std::vector<std::uint32_t> ids;
        for (const tcplens::packet& each : written) ids.push_back(each.interface_id);
        CHECK(ids == std::vector<std::uint32_t>{0, 1, 2, 0});
        CHECK(written.sections().size() == 1);
        CHECK(written.interfaces().size() == 3);
        CHECK(written.interfaces().front().name == "link" + std::to_string(std::stoul(std::string{name}) % 3));
        CHECK_FALSE(written.error());
    }
}

TEST_CASE("split and bytes touch nothing if a file cannot take its place") {
    const temporary_folder folder;
    const std::string file = folder.write("day.pcap", two_connections().bytes());
    const std::string into = folder.file("into");
    std::filesystem::create_directories(into + "/connection-1.pcapng");
    const run_result ran = run(program("split -o ") + into + " " + file);
    CHECK(ran.status == 2);
    CHECK(contains(ran.err, "connection-1.pcapng: is no regular file and is not replaced."));
    CHECK(files_in(into) == 1);

    std::filesystem::create_directories(into + "/connection-0-server.bin");
    CHECK(run(program("bytes --connection 0 -o ") + into + " " + file).status == 2);
    CHECK(files_in(into) == 2);
    CHECK(run(program("bytes --connection 0 --direction client ") + file + " > /dev/full").status == 2);
    // Folders that were made are removed again.
    CHECK(run(program("split -o ") + folder.file("a/b/c") + " --connection 7 " + file).status == 2);
    CHECK_FALSE(std::filesystem::exists(folder.file("a")));
    CHECK(run(program("bytes --connection 0 -o ") + folder.file("a/b/c") + " " + file).status == 0);
    CHECK(files_in(folder.file("a/b/c")) == 2);
}

TEST_CASE("extract and split have the ICMP errors about a connection with --icmp") {
    const temporary_folder folder;
    talking_capture capture;
    capture.opens(40000).opens(40001); // 1 to 6
    const auto unreachable = [&](const packet_builder::tcp_packet_options& about) {
        auto message = packet_builder::hex("0301 0000 00000000"); // a host that is unreachable
        const auto quoted = packet_builder::tcp_ip_packet(about);
        message.insert(message.end(), quoted.begin(), quoted.begin() + 28); // the IP header, and 8 bytes
        capture.add(packet_builder::framed_ip_packet({}, 1, message));
    };
    unreachable(capture.segment(40000, true, 1, "lost"));  // 7
    unreachable(capture.segment(40001, false, 1, "lost")); // 8
    unreachable(capture.segment(50000, true, 1, "none"));  // 9: of no connection
    capture.client(40000, 1, "more");                      // 10
    const std::string file = folder.write("errors.pcap", capture.bytes());
    const auto all = packets_of(file);
    const std::string out = folder.file("out.pcapng");
    CHECK(run(program("extract --connection 0 -o ") + out + " " + file).status == 0);
    CHECK(packets_of(out) == chosen(all, {1, 2, 3, 10}));
    CHECK(run(program("extract --connection 0 --icmp -o ") + out + " " + file).status == 0);
    CHECK(packets_of(out) == chosen(all, {1, 2, 3, 7, 10}));
    CHECK(run(program("extract --icmp -o ") + out + " " + file).status == 0);
    CHECK(packets_of(out) == chosen(all, {1, 2, 3, 4, 5, 6, 7, 8, 10}));
    CHECK(run(program("extract --connection 1 --icmp --comments -o ") + out + " " + file).status == 0);
    CHECK(packets_of(out).back().comment == "#8 an ICMP error about a segment of connection 1");
    const std::string into = folder.file("split");
    CHECK(run(program("split --icmp -o ") + into + " " + file).status == 0);
    CHECK(packets_of(into + "/connection-1.pcapng") == chosen(all, {4, 5, 6, 8}));
}
