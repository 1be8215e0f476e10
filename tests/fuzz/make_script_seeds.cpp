// SPDX-License-Identifier: MIT
// Writes the first inputs of the targets that read a script of segments, into the folder that is its argument (tests/fuzz/corpus).

#include "segment_script.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using bytes = std::vector<std::uint8_t>;

/// One segment: who (connection, 4 the server, 16 with data), its flags, how far its numbers are off, its length, time and options.
void say(bytes& to, std::initializer_list<int> segment) {
    for (const int each : segment) to.push_back(static_cast<std::uint8_t>(each));
}

/// A handshake, data that is lost, duplicate acknowledgments, the data again, and a close.
bytes talk(int connection) {
    bytes made;
    say(made, {connection, 0xe2, 0, 0, 0, 0x45, 100, 0x22});
    say(made, {connection | 4, 0xf2, 0, 0, 0, 0x45, 100, 0x22});
    say(made, {connection, 0, 0, 0, 0, 0x15, 100, 0x40});
    for (int i = 0; i < 6; ++i) say(made, {connection | 16, 0, i == 2 ? 100 : 0, 0, 100, 0x15, 100, 0x40});
    for (int i = 0; i < 4; ++i) say(made, {connection | 4, 0, 0, -100 - i % 2, 0, 0x14, 100, 0x0c});
    say(made, {connection | 16, 0, -100, 0, 100, 0x1a, 100, 0x40});
    say(made, {connection | 4, 0, 0, 0, 0, 0x15, 0, 0x40});
    say(made, {connection | 16, 0, 0, 0, 1, 0x1f, 100, 0x40});
    say(made, {connection | 16, 0, -1, 0, 1, 0x1f, 100, 0x40});
    say(made, {connection, 1, 0, 0, 0, 0x15, 100, 0x40});
    say(made, {connection | 4, 1, 0, 0, 0, 0x15, 100, 0x40});
    say(made, {connection, 0xe4, 0, 0, 0, 0x15, 100, 0x40});
    return made;
}

} // namespace

int main(int count, char** arguments) {
    if (count != 2) return 2;
    const std::filesystem::path corpus = arguments[1];
    const auto write = [&](const std::string& target, const std::string& name, const bytes& content) {
        std::filesystem::create_directories(corpus / target);
        std::ofstream file{corpus / target / name, std::ios::binary};
        file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    };
    const auto behind = [](std::string_view text, const bytes& script) {
        bytes made;
        made.reserve(1 + text.size() + script.size());
        made.push_back(static_cast<std::uint8_t>(text.size()));
        for (const char each : text) made.push_back(static_cast<std::uint8_t>(each));
        made.insert(made.end(), script.begin(), script.end());
        return made;
    };
    for (int connection = 0; connection < 4; ++connection) {
        bytes script{static_cast<std::uint8_t>(7 * connection)};
        const bytes told = talk(connection);
        script.insert(script.end(), told.begin(), told.end());
        write("fuzz_tables", "talk_" + std::to_string(connection), script);
        write("fuzz_wireshark_rules", "talk_" + std::to_string(connection), script);
    }
    std::mt19937 random{1};
    for (int i = 0; i < 12; ++i) {
        bytes script(1 + segment_script::bytes_per_segment * 40);
        for (std::uint8_t& each : script) each = static_cast<std::uint8_t>(random());
        write("fuzz_tables", "random_" + std::to_string(i), script);
        write("fuzz_wireshark_rules", "random_" + std::to_string(i), script);
    }
    for (int i = 0; i < 16; ++i) { // choices of talks: all alike for some, so that hosts do what is most frequent
        bytes choices(static_cast<std::size_t>(400 + 200 * i));
        for (std::uint8_t& each : choices) each = static_cast<std::uint8_t>(random() % (i < 8 ? 256 : 4));
        write("fuzz_fast_path", "talks_" + std::to_string(i), choices);
    }
    int number = 0;
    for (const std::string_view text :
         {"10.0.0.0/8,2001::/16", "32.1.0.0/16", "::/0", "443,40000-40003", "10/8, 32.1.0.1", "443 , 80-79",
          "1.2.3.4/33", ",", "2001:db8::1/128,::ffff:1.2.3.4", "65536"}) {
        write("fuzz_filters", "text_" + std::to_string(number), behind(text, talk(number % 4)));
        ++number;
    }
    number = 0;
    for (const std::string_view line :
         {"a.pcap", "-d\n--format\njson\na.pcap\nb.pcap", "--format=xml\na.pcap", "--threads\n0", "-n\n256\n-",
          "--net=10.0.0.0/8,::/0\n--port\n443,1-2\n-", "--since\n2026-11-22T03:11:57.25+01:00\n--until=+3\n-",
          "--server-ip\n::1\n--server-port=65536\nx", "--tunnel\nvxlan=10800\n-", "--connection\n0\n--\n--help",
          "--output=\na.pcap", "-o\n--help\n[a,b]", "--threshold\n1e-3\nword", "--threshold=nan\nword", "a\x1b[31m\nb",
          "--tunnel=\x1b\n-\n-", "-h", "--\n-\n-"}) {
        for (const char kind : {'\0', '\1'}) {
            bytes input{static_cast<std::uint8_t>(kind)};
            for (const char each : line) input.push_back(static_cast<std::uint8_t>(each));
            write("fuzz_command_line", "line_" + std::to_string(number++), input);
        }
    }
}
