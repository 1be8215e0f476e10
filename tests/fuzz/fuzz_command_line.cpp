// SPDX-License-Identifier: MIT
#include "../../examples/tcplens/command_line.hpp"
#include "require.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using program::command_line;

/// A subcommand with each kind of argument that subcommands of the program declare. Its values say what was understood.
struct understood {
    bool flag = false;
    int choice = 0;
    std::uint32_t number = 4;
    std::string file{};
    double rate = 0;
    std::string operand{};
    std::optional<std::uint64_t> connection{};
    std::optional<tcplens::address> server_ip{};
    std::optional<std::uint16_t> server_port{};
    program::capture_list files{};
    tcplens::decode_options decoding{};
    bool help = false;
    std::string refusal{}; ///< empty if the line was taken
};

void declare(command_line& line, understood& given, bool with_operand) {
    line.flag("-d,--detailed", "all", given.flag);
    line.choice<int>("--format", {{"text", 0}, {"json", 1}, {"csv", 2}}, "how", given.choice);
    line.number<std::uint32_t>("-n,--threads", "N", 1, 256, "how many", given.number);
    line.file("-o,--output", "FILE", "where to", given.file);
    line.rate("--threshold", "R", "how much", given.rate);
    line.connection("one", given.connection);
    line.server_filter(given.server_ip, given.server_port);
    if (with_operand) {
        line.operand({.names = "WHAT", .needs = "a word", .meaning = "which", .required = true},
                     [&given](std::string_view value) {
                         given.operand = value;
                         return !value.empty();
                     });
    } else {
        line.captures(given.files, given.decoding);
    }
}

understood parse(std::vector<std::string> words, bool with_operand) {
    understood given;
    command_line line{"fuzzed"};
    declare(line, given, with_operand);
    try {
        line.parse(std::move(words));
        given.help = line.help_wanted();
    } catch (const program::usage_error& mistake) { // and nothing else
        given.refusal = mistake.what();
        require(!given.refusal.empty());
    }
    return given;
}

void require_sound(const understood& given) {
    // A refusal is one line of whole sentences, whatever was typed.
    require(std::ranges::none_of(given.refusal, [](char each) { return (each >= 0 && each < ' ') || each == 0x7f; }));
    require(given.refusal.empty() || given.refusal.ends_with('.') || given.refusal.ends_with("' meant?"));
    if (!given.refusal.empty() || given.help) return;
    require(given.number >= 1 && given.number <= 256);
    require(given.choice >= 0 && given.choice <= 2);
    require(given.rate >= 0 && given.rate <= 1);
    require(given.operand.empty() != given.files.empty());
    require(std::ranges::count(given.files, "-") <= 1);
    for (const auto& each : given.files.choice.ends.networks) require(each.contains(each.base));
    for (const auto& each : given.files.choice.ends.ports) require(each.first <= each.last);
}

void require_same(const understood& a, const understood& b) {
    require(a.refusal == b.refusal && a.help == b.help);
    if (!a.refusal.empty()) return; // what was taken before is of no use
    require(a.flag == b.flag && a.choice == b.choice && a.number == b.number && a.file == b.file);
    require(a.rate == b.rate && a.operand == b.operand && a.connection == b.connection);
    require(a.server_ip == b.server_ip && a.server_port == b.server_port);
    require(std::ranges::equal(a.files, b.files) && a.files.choice.as_typed == b.files.choice.as_typed);
    require(a.files.choice.ends.networks == b.files.choice.ends.networks);
    require(a.files.choice.ends.ports == b.files.choice.ends.ports);
}

constexpr std::array<std::string_view, 24> known{
    "--detailed",  "-d",    "--format", "--format=json", "--threads", "-n",         "--output",    "-o",
    "--threshold", "--net", "--port",   "--connection",  "--since",   "--until",    "--server-ip", "--server-port",
    "--tunnel",    "--",    "-",        "--help",        "a.pcap",    "[a,b].pcap", "--output=",   "--net=10.0.0.0/8"};

/// Words between line ends; a byte from 0x80 on stands for a word that is known, or for how it begins.
std::vector<std::string> words_of(std::span<const std::uint8_t> input) {
    std::vector<std::string> words(1);
    for (const std::uint8_t each : input) {
        if (each == '\n') words.emplace_back();
        else if (each >= 0x80 && each < 0xe0) words.back() += known[each % known.size()];
        else words.back() += static_cast<char>(each);
    }
    for (std::string& each : words) each.resize(std::min(each.size(), each.find('\0'))); // as a program gets them
    return words;
}

/// The same line with "--option=value" for "--option value".
std::vector<std::string> joined_values(const std::vector<std::string>& words) {
    constexpr std::array<std::string_view, 7> with_value{"--format",    "--threads",     "--output",    "--threshold",
                                                         "--server-ip", "--server-port", "--connection"};
    constexpr std::array<std::string_view, 8> left_alone{"-n",      "-o",      "--net",    "--port",
                                                         "--since", "--until", "--tunnel", "--filter"};
    std::vector<std::string> joined;
    for (std::size_t i = 0; i < words.size(); ++i) {
        joined.push_back(words[i]);
        if (words[i] == "--") {
            joined.insert(joined.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
            break;
        }
        if (i + 1 == words.size()) break;
        if (std::ranges::find(with_value, words[i]) != with_value.end()) joined.back() += "=" + words[++i];
        else if (std::ranges::find(left_alone, words[i]) != left_alone.end()) joined.push_back(words[++i]);
    }
    return joined;
}

} // namespace

// Input: whether there is an operand or captures, then words. No file is opened.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 || size > 4096) return 0;
    const bool with_operand = (data[0] & 1) != 0;
    const std::vector<std::string> words = words_of(std::span{data, size}.subspan(1));
    const understood given = parse(words, with_operand);
    require_sound(given);
    require_same(given, parse(words, with_operand));
    const understood same = parse(joined_values(words), with_operand);
    require(same.refusal.empty() == given.refusal.empty() && same.help == given.help);
    if (given.refusal.empty()) require_same(given, same);
    return 0;
}
