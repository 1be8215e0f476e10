// SPDX-License-Identifier: MIT
#include <tcplens/connection.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/saved/saved_table.hpp>

#include "../support/capture_writer.hpp"
#include "../support/packet_builder.hpp"
#include "busy_capture.hpp"
#include "running.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using capture_writer::byte_vector;

// Writes the files; returns their paths as arguments.
std::string write(const temporary_folder& folder, const std::string& name, const std::vector<byte_vector>& files) {
    std::string arguments;
    for (std::size_t i = 0; i < files.size(); ++i) {
        arguments.append(" ").append(folder.write(name + std::to_string(i), files[i]));
    }
    return arguments;
}

// What a subcommand answers; of report all but the names of the captures.
std::string answer(const std::string& command) {
    CAPTURE(command);
    if (!command.starts_with("report")) {
        const run_result ran = run(program(command));
        CHECK(ran.status == 0);
        CHECK(ran.err.empty());
        return ran.out;
    }
    const run_result ran = run(program(command) + " --format json");
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    nlohmann::ordered_json told = nlohmann::ordered_json::parse(ran.out);
    told["capture"].erase("files");
    told["capture"].erase("errors");
    auto& kinds = told["capture"]["not_understood"];
    std::sort(kinds.begin(), kinds.end(), [](const auto& a, const auto& b) { return a.dump() < b.dump(); });
    return told.dump(1);
}

} // namespace

TEST_CASE("a capture that is cut into files, anywhere, is answered for as the whole") {
    const temporary_folder folder;
    busy_capture busy;
    const std::string whole = std::string{" "}.append(folder.write("whole.pcap", busy.pcap()));
    const std::string cut_in_two = write(folder, "two-", busy.cut(2));
    const std::string cut_in_three = write(folder, "three-", busy.cut(3));
    const std::string cut_in_ten = write(folder, "ten-", busy.cut(10));
    for (const std::string command :
         {"report --detailed", "segments", "zeek -C", "series", "rtt", "rtt --acks", "times --format csv"}) {
        const std::string expected = answer(command + whole);
        CHECK(contains(expected, "\n"));
        for (const std::string& files : {cut_in_two, cut_in_three, cut_in_ten})
            CHECK(answer(command + files) == expected);
    }
    CHECK(contains(answer("segments" + cut_in_ten), "\tretransmission"));
    CHECK(contains(answer("report" + cut_in_ten), "UDP (IP protocol 17), not TCP"));
}

TEST_CASE("a capture that is cut into files is answered for as the whole, file by file") {
    const temporary_folder folder;
    busy_capture busy;
    const std::string expected = answer("report --detailed " + folder.write("whole.pcap", busy.pcap()));
    for (const std::size_t count : {2u, 10u}) {
        const std::vector<byte_vector> files = busy.cut(count);
        const std::string table = folder.file("table" + std::to_string(count));
        std::string resume;
        std::string found;
        for (std::size_t i = 0; i < files.size(); ++i) {
            const std::string part = folder.write("part" + std::to_string(i), files[i]);
            found = answer("report --detailed" + resume + " --save " + table + " " + part);
            CHECK((found == expected) == (i + 1 == files.size())); // not before the last one
            resume = " --resume " + table;
        }
    }
}

TEST_CASE("a table that cannot be resumed, or not be saved, is told of") {
    const temporary_folder folder;
    busy_capture busy;
    const std::string capture = folder.write("whole.pcap", busy.pcap());
    const auto complaint = [&](const std::string& options, int status) {
        const run_result ran = run(program("report " + options + " " + capture));
        CHECK(ran.status == status);
        return ran.err;
    };
    const std::string table = folder.file("table");
    CHECK(complaint("--save " + table, 0).empty());
    CHECK(complaint("--resume " + table, 0).empty());
    const std::string other = folder.write("other.pcap", busy.pcap());
    CHECK(complaint("--resume " + other, 1) ==
          "tcplens: " + other + ": It is no saved table: those begin with other bytes.\n");
    CHECK(complaint("--resume " + folder.file("none"), 1) ==
          "tcplens: " + folder.file("none") + ": There is no such file.\n");
    const std::string cut = folder.file("cut");
    std::filesystem::copy_file(table, cut);
    std::filesystem::resize_file(cut, 1000);
    CHECK(contains(complaint("--resume " + cut, 1), "but only 1000 are there: it was cut short.\n"));
    CHECK(complaint("--resume " + folder.file(""), 1) == "tcplens: " + folder.file("") + ": It is no regular file.\n");
    CHECK(complaint("--resume /dev/zero", 1) == "tcplens: /dev/zero: It is no regular file.\n");
    CHECK(contains(complaint("--rules wireshark --resume " + table, 1),
                   "Give --rules and --tunnel as they were when it was saved.\n"));
    CHECK(contains(complaint("--tunnel vxlan=99 --resume " + table, 1), "another value of the options of decoding"));
    CHECK(complaint("--save " + folder.file("no/folder"), 2) ==
          "tcplens: " + folder.file("no/folder") + ": It could not be written (No such file or directory).\n");
    CHECK(complaint("--threads 2 --save " + table, 2) ==
          "tcplens: --resume and --save go with neither --by-time nor --threads.\n"
          "tcplens: See `tcplens report --help`.\n");
    CHECK(complaint("--by-time --resume " + table, 2) ==
          "tcplens: --resume and --save go with neither --by-time nor --threads.\n"
          "tcplens: See `tcplens report --help`.\n");
}

TEST_CASE("a table takes the place of nothing but another one") {
    namespace files = std::filesystem;
    const temporary_folder folder;
    busy_capture busy;
    const std::string capture = folder.write("whole.pcap", busy.pcap());
    const std::string before = contents(capture);
    const auto refused = [&](const std::string& options, const std::string& table, const std::string& sentence) {
        const run_result ran = run(program("report " + options + table + " " + capture));
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK(ran.err == "tcplens: " + table + ": " + sentence + "\n");
    };
    const std::string also = "It is named as a capture, too.";
    refused("--save ", capture, also);
    refused("--resume ", capture, also);
    const std::string link = folder.file("link.pcap");
    files::create_hard_link(capture, link);
    refused("--save ", link, also);

    const std::string other = "It is something else than a saved table, and was left as it is.";
    const std::string text = folder.file("text");
    std::ofstream{text} << "tcplens, but none of its tables\n";
    refused("--save ", text, other);
    CHECK(contents(text) == "tcplens, but none of its tables\n");
    const std::string empty = folder.file("empty");
    std::ofstream{empty};
    refused("--save ", empty, other);
    refused("--save ", folder.file("."), other);
    const std::string pipe = folder.file("pipe");
    REQUIRE(run("mkfifo " + pipe).status == 0);
    refused("--save ", pipe, other);
    refused("--save ", "/dev/null", other);
    const std::string to_device = folder.file("to_device");
    files::create_symlink("/dev/null", to_device);
    refused("--save ", to_device, other);
    CHECK(files::is_symlink(files::symlink_status(to_device)));

    // Where a link leads to; readable by its owner only, as it may not have been before; beside what others left there.
    const std::string table = folder.file("table");
    const std::string to_table = folder.file("to_table");
    files::create_symlink("table", to_table);
    const std::string stale = folder.file("table.new0");
    files::create_symlink("whole.pcap", stale);
    answer("report --save " + to_table + " " + capture); // to nothing as yet
    CHECK(files::is_regular_file(files::symlink_status(table)));
    const files::perms owner_only = files::perms::owner_read | files::perms::owner_write;
    CHECK(files::status(table).permissions() == owner_only); // it tells who talked with whom
    files::permissions(table, owner_only | files::perms::group_read | files::perms::others_read);
    const std::string saved = contents(table);
    answer("report --resume " + to_table + " --save " + to_table + " " + capture);
    CHECK(contents(table).size() > 1000);
    CHECK(contents(table) != saved);
    CHECK(files::status(table).permissions() == owner_only);
    CHECK(files::is_symlink(files::symlink_status(to_table)));
    CHECK(contents(capture) == before);
    std::size_t left = 0;
    for (const auto& each : files::directory_iterator{folder.file("")}) {
        left += contains(each.path().filename().string(), ".new");
    }
    CHECK(left == 1);
}

TEST_CASE("a file that is no table, or says that it is longer than it is, is not read, however long it is") {
    const temporary_folder folder;
    busy_capture busy;
    const std::string capture = folder.write("whole.pcap", busy.pcap());
    const std::string table = folder.file("table");
    answer("report --save " + table + " " + capture);
    const std::string length = std::to_string(contents(table).size());
    const auto refused = [&](const std::string& sentence) {
        const run_result ran = run(program("report --resume " + table + " " + capture));
        CHECK(ran.status == 1);
        CHECK(ran.out.empty());
        CHECK(ran.err == "tcplens: " + table + ": " + sentence + "\n");
    };
    constexpr std::uintmax_t terabyte = 1'000'000'000'000; // of which the file system keeps next to nothing
    std::error_code failed;
    std::filesystem::resize_file(table, terabyte, failed);
    if (failed) return; // not every file system has such files
    refused("It should have " + length + " bytes, but 1000000000000 are there: something was written behind it.");
    std::ofstream{table} << "no table";
    std::filesystem::resize_file(table, terabyte);
    refused("It is no saved table: those begin with other bytes.");
}

TEST_CASE("what went wrong moves no table forward") {
    const temporary_folder folder;
    busy_capture busy;
    const std::vector<byte_vector> parts = busy.cut(2);
    const std::string first = folder.write("first", parts[0]);
    const std::string second = folder.write("second", parts[1]);
    const std::string table = folder.file("table");
    answer("report --save " + table + " " + first);
    const std::string before = contents(table);
    const std::string unsaved = "tcplens: " + table + ": The table was not saved, since not all went well.\n";

    const std::string cut = folder.write("cut", std::span{parts[1]}.first(parts[1].size() - 1));
    const std::string goes_on = "report --detailed --resume " + table + " --save " + table + " ";
    const run_result damaged = run(program(goes_on + cut));
    CHECK(damaged.status == 1);
    CHECK(damaged.err.ends_with(unsaved));
    CHECK(contents(table) == before);
    const run_result unwritten = run(program(goes_on + second + " >/dev/full"));
    CHECK(unwritten.status == 1);
    CHECK(unwritten.err == "tcplens: The output could not be written.\n" + unsaved);
    CHECK(contents(table) == before);

    CHECK(answer(goes_on + second) == answer("report --detailed " + folder.write("whole", busy.pcap())));
    CHECK(contents(table) != before);
}

TEST_CASE("a report says what it goes on from, and numbers do not run back") {
    using namespace packet_builder;
    const temporary_folder folder;
    const std::string table = folder.file("table");
    capture_writer::pcapng_writer one;
    // Two blocks that are no packets but have numbers: see skipped_parts::numbered_blocks.
    one.interface();
    for (int i = 0; i < 2; ++i) one.block(9, hex("00 00 00 00"));
    one.enhanced(0, 1'000'000, tcp_packet({.source = at("192.0.2.1", 1)}));
    capture_writer::pcapng_writer other;
    other.interface().enhanced(0, 2'000'000, tcp_packet({.source = at("192.0.2.1", 2)}));
    const std::string first = folder.write("one", one.bytes());
    const std::string second = folder.write("other", other.bytes());
    REQUIRE(run(program("report --save " + table + " " + first)).status == 0);
    const run_result ran =
        run("COLUMNS=300 " + program("report --resume " + table + " --save " + table + " " + second));
    CHECK(contains(ran.out, second));
    CHECK(contains(ran.out, "It goes on from " + table + ", with 1 packet before."));
    const std::string saved = contents(table);
    tcplens::detailed_connection_table resumed;
    REQUIRE_FALSE(restore(resumed, std::as_bytes(std::span{saved})));
    REQUIRE(resumed.size() == 2);
    CHECK(resumed.begin()->first_packet == 3);
    CHECK(std::next(resumed.begin())->first_packet == 4);
}

TEST_CASE("files that were taken at the same time are answered for as one, by time") {
    const temporary_folder folder;
    busy_capture busy;
    const std::string whole = std::string{" "}.append(folder.write("whole.pcap", busy.pcap()));
    const std::string expected = answer("report --detailed" + whole);
    CHECK(answer("report --detailed --by-time" + whole) == expected);
    for (const std::size_t count : {2u, 5u}) {
        std::vector<byte_vector> files;
        for (const auto& each : busy.deal(count)) files.push_back(busy_capture::pcap_of(each));
        const std::string dealt = write(folder, "dealt" + std::to_string(count) + "-", files);
        CHECK(answer("report --detailed --by-time" + dealt) == expected);
        CHECK(answer("report --detailed" + dealt) != expected); // else nothing was shown
    }
    const std::vector<byte_vector> cut = busy.cut(2);
    const std::string backwards = write(folder, "backwards", {cut[1], cut[0]});
    CHECK(answer("report --detailed --by-time" + backwards) == expected);
    CHECK(answer("report --detailed" + backwards) != expected);
}

TEST_CASE("by time, a packet stands where the latest time before it in its file does, and files as they were named") {
    using namespace packet_builder;
    const temporary_folder folder;
    // a connection of each packet; of equal times the one that was taken first is listed first
    const auto from = [](std::uint16_t port) { return tcp_packet({.source = at("192.0.2.1", port)}); };
    capture_writer::pcapng_writer one;
    one.interface().enhanced(0, 1'000'000, from(1)).enhanced(0, 3'000'000, from(3)).enhanced(0, 1'500'000, from(4));
    one.simple(from(5)); // all three at 3 s
    capture_writer::pcapng_writer other;
    other.interface().enhanced(0, 2'000'000, from(2)).enhanced(0, 3'000'000, from(6)).enhanced(0, 3'000'001, from(7));
    folder.write("one", one.bytes());
    folder.write("other", other.bytes());
    const auto ports = [&](const std::string& files) {
        const auto told = nlohmann::json::parse(answer("report --by-time " + files));
        std::string found;
        for (const auto& each : told["connections"]["connections"]) {
            found += each["client"].get<std::string>().back();
        }
        return found;
    };
    CHECK(ports(folder.file("one").append(" ").append(folder.file("other"))) ==
          "1452367"); // they are listed by their own times, the second file behind
    CHECK(ports(folder.file("other").append(" ").append(folder.file("one"))) == "1452637");
}

TEST_CASE("of several captures, one that is damaged or missing is told of, and the others count") {
    const temporary_folder folder;
    busy_capture busy{200};
    std::vector<byte_vector> files = busy.cut(2);
    files[0].resize(files[0].size() - 3);
    const std::string damaged = folder.write("damaged", files[0]);
    const std::string missing = folder.file("missing");
    const std::string good = folder.write("good", files[1]);
    for (const std::string options : {"", "--by-time "}) {
        const run_result ran =
            run(program("report --format json") + " " + options + damaged + " " + missing + " - < " + good);
        CHECK(ran.status == 1);
        const auto told = nlohmann::json::parse(ran.out)["capture"];
        CHECK(told["packets"] == busy.packets().size() - 1);
        CHECK(told["files"] == nlohmann::json{damaged, missing, "standard input"});
        REQUIRE(told["errors"].size() == 2);
        CHECK(told["errors"][0]["code"] == "truncated");
        CHECK(told["errors"][1]["code"] == "file_not_found");
        CHECK(ran.err.starts_with("tcplens: " + damaged + ": cut off at byte "));
        CHECK(contains(ran.err, "\ntcplens: " + missing + ": there is no such file.\n"));
    }
    const run_result nothing = run(program("report") + " " + missing + " " + missing);
    CHECK(nothing.status == 1);
    CHECK(nothing.out.empty());
    const run_result times = run(program("times --format csv") + " " + missing + " " + good);
    CHECK(times.status == 1);
    CHECK(times.err == "tcplens: " + missing + ": there is no such file.\n");
    CHECK(contains(times.out, ",192.0.2.1,40000,"));
}

TEST_CASE("what a rotating capture says it lost is counted once") {
    const temporary_folder folder;
    const auto said = [](std::uint32_t started, std::uint64_t lost, std::string_view name) {
        capture_writer::pcapng_writer file;
        file.interface({.options = name.empty() ? byte_vector{} : file.option(2, capture_writer::text(name))});
        file.enhanced(0, 1, byte_vector(60));
        const byte_vector start = capture_writer::byte_writer{}.put(std::uint32_t{0}).put(started).bytes();
        return file.statistics(0, 2, capture_writer::join({file.option(2, start), file.option(5, lost)})).bytes();
    };
    const auto lost = [&](const std::string& arguments) {
        return nlohmann::json::parse(answer("report " + arguments))["capture"]["dropped"].get<int>();
    };
    const std::string files = write(folder, "lost", {said(7, 10, "eth0"), said(7, 25, "eth0"), said(7, 25, "eth0")});
    CHECK(lost(files) == 25); // it goes on
    CHECK(lost(write(folder, "apart", {said(7, 10, "eth0"), said(8, 25, "eth0")})) == 35);
    CHECK(lost(write(folder, "two", {said(7, 10, "eth0"), said(7, 25, "eth1")})) == 35);
    CHECK(lost(write(folder, "nameless", {said(7, 10, ""), said(7, 25, "")})) == 35);
}

TEST_CASE("standard input can be one of several captures, once") {
    const temporary_folder folder;
    const run_result ran = run(program("report") + " - -");
    CHECK(ran.status == 2);
    CHECK(ran.err.starts_with("tcplens: Standard input can be read once.\n"));
}

TEST_CASE("report --by-time takes all segments of a packet that holds several") {
    using namespace packet_builder;
    const temporary_folder folder;
    const tcplens::endpoint client = at("10.0.0.1", 40000);
    const tcplens::endpoint server = at("10.0.0.2", 80);
    // An IEEE 802.11 frame with an A-MSDU: a handshake in one packet.
    byte_vector frame = hex("8801 0000 020000000001 020000000002 020000000003 1000 8000");
    const auto put = [&](const tcplens::endpoint& from, const tcplens::endpoint& to, std::uint32_t sequence,
                         std::uint32_t acknowledgment, std::uint16_t with) {
        const byte_vector content = join({hex("aaaa03 000000 0800"), tcp_ip_packet({.source = from,
                                                                                    .destination = to,
                                                                                    .sequence = sequence,
                                                                                    .acknowledgment = acknowledgment,
                                                                                    .flags = with})});
        frame.resize(26 + (frame.size() - 26 + 3) / 4 * 4);
        frame = join(
            {frame, hex("020000000004 020000000005"), big_endian(static_cast<std::uint16_t>(content.size())), content});
    };
    put(client, server, 100, 0, flags::syn);
    put(server, client, 500, 101, flags::syn | flags::ack);
    put(client, server, 101, 501, flags::ack);
    capture_writer::pcapng_writer capture;
    capture.interface({.link = 105}).enhanced(0, 1, frame).enhanced(0, 2, frame);
    const std::string file = " " + folder.write("bundles.pcapng", capture.bytes());
    const std::string expected = answer("report" + file);
    const auto told = nlohmann::json::parse(expected);
    CHECK(told["capture"]["decode"]["additional_segments"] == 4);
    CHECK(told["connections"]["summary"]["successful_handshakes"] == 1);
    CHECK(answer("report --by-time" + file) == expected);
}
