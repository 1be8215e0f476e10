// SPDX-License-Identifier: MIT
// What is written is read by the programs that people have, where they are found.
#include "../../support/capture_writer.hpp"
#include "../../support/packet_builder.hpp"

#include <tcplens/capture/write/pcap_writer.hpp>
#include <tcplens/capture/write/pcapng_writer.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#if !defined(_WIN32)
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

/// What a command prints; "missing" if there is no such program.
std::string output_of(const std::string& program, const std::string& arguments) {
    const std::string found = "command -v " + program + " >/dev/null 2>&1 || { echo missing; exit 0; }; ";
    std::FILE* const pipe = ::popen((found + program + ' ' + arguments + " 2>/dev/null").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string text;
    std::array<char, 4096> part{};
    while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe)) text.append(part.data(), count);
    if (::pclose(pipe) != 0) text += " (failed)";
    return text;
}

std::size_t lines(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

TEST_CASE("writers: tcpdump, tshark and capinfos read what is written") {
    const std::string path =
        (std::filesystem::temp_directory_path() / ("tcplens-written-" + std::to_string(::getpid()))).string();
    const auto frame = packet_builder::tcp_packet({.payload_length = 33});
    const auto write = [&](auto writer) {
        for (int i = 0; i < 3; ++i) {
            CHECK(writer.write(tcplens::packet{.time = tcplens::timestamp{1'700'000'000s + i * 1ms + 1ns},
                                               .bytes = frame,
                                               .number = static_cast<std::uint64_t>(i) + 1}));
        }
        if constexpr (requires { writer.describe(0, {}); }) {
            CHECK(writer.write(tcplens::packet{.time = tcplens::timestamp{1'700'000'000s}, .bytes = frame},
                               {.comment = "fourth", .flags = tcplens::packet_options::packet_flags{1}}));
        }
        REQUIRE(writer.close());
    };
    const auto check = [&](std::size_t packets) {
        if (const std::string text = output_of("tcpdump", "-nr " + path); text != "missing\n")
            CHECK(lines(text) == packets);
        if (const std::string text = output_of("tshark", "-r " + path + " -T fields -e frame.time_epoch -e tcp.len");
            text != "missing\n") {
            CHECK(lines(text) == packets);
            CHECK(text.starts_with("1700000000.00000000"));
            CHECK(text.find("\t33\n") != std::string::npos);
        }
        if (const std::string text = output_of("capinfos", "-cTm " + path); text != "missing\n")
            CHECK(text.find(',' + std::to_string(packets)) != std::string::npos);
    };
    for (const bool nanoseconds : {true, false}) {
        write(tcplens::pcap_writer{path, {.nanoseconds = nanoseconds}});
        check(3);
    }
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        write(tcplens::pcapng_writer{path, {.section = {.byte_order = order, .application = "tcplens"}}});
        check(4);
        if (const std::string text = output_of("tshark", "-r " + path + " -T fields -e frame.comment -Y frame.comment");
            text != "missing\n")
            CHECK(text == "fourth\n");
    }
    std::filesystem::remove(path);
}
#endif
