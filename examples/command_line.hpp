// SPDX-License-Identifier: MIT
#pragma once

// What mpi_report and the live programs share: their arguments and the exit status.

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace example {

enum class exit_status { good = 0, bad_input = 1, bad_usage = 2 };

struct arguments {
    std::string program{};
    std::vector<std::string> files{}; ///< at least one; "-" is standard input; of live programs: the interface
    std::optional<tcplens::address> server_ip{};
    std::optional<std::uint16_t> server_port{};
    double threshold = 0.02;
    bool detailed = false;
    bool local = false;
    std::optional<std::size_t> round{};
    std::size_t max_connections = 100'000;
    std::chrono::seconds run_time{1'000'000'000};
    int snaplen = 256;
    std::string filter{};
    bool brief = false;
};

struct option {
    std::string_view name;
    std::string_view value; ///< stands for its value in the usage; empty if it takes none
    std::string_view needs; ///< what its value must be
    std::string_view meaning;
    bool (*set)(arguments&, std::string_view value); ///< false if the value is none
};

/// Reads all of `text` as a number.
template <class Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || rest != end) return std::nullopt;
    return number;
}

inline constexpr option server_ip{"--server-ip", "A", "an IPv4 or IPv6 address",
                                  "only connections to this server, and its traffic flow",
                                  [](arguments& given, std::string_view value) {
                                      given.server_ip = tcplens::address::parse(value);
                                      return given.server_ip.has_value();
                                  }};

inline constexpr option server_port{"--server-port", "P", "a number from 0 to 65535",
                                    "only connections to this port of a server",
                                    [](arguments& given, std::string_view value) {
                                        given.server_port = parse_number<std::uint16_t>(value);
                                        return given.server_port.has_value();
                                    }};

inline constexpr option threshold{"--threshold", "R", "a rate from 0 to 1",
                                  "the rate of retransmissions that is worth a note (0.02)",
                                  [](arguments& given, std::string_view value) {
                                      // std::from_chars for double came late to some standard libraries.
                                      const std::string text{value};
                                      char* end = nullptr;
                                      given.threshold = std::strtod(text.c_str(), &end);
                                      if (text.empty() || end != text.c_str() + text.size()) return false;
                                      return given.threshold >= 0 && given.threshold <= 1; // a NaN is neither
                                  }};

inline constexpr option detailed{"--detailed", "", "", "all connections, not only the first 10",
                                 [](arguments& given, std::string_view) { return given.detailed = true; }};

inline constexpr option max_connections{
    "--max-connections", "N", "a number from 1 to 10^8",
    "how many connections are followed at once (100000); those that are heard least make room for others",
    [](arguments& given, std::string_view value) {
        given.max_connections = parse_number<std::uint32_t>(value).value_or(0);
        return given.max_connections >= 1 && given.max_connections <= 100'000'000;
    }};

inline constexpr option run_time{"--seconds", "N", "a number of seconds from 1 to 10^9",
                                 "when to end (at SIGTERM or SIGINT)", [](arguments& given, std::string_view value) {
                                     const auto read = parse_number<std::uint32_t>(value).value_or(0);
                                     given.run_time = std::chrono::seconds{read};
                                     return read >= 1 && read <= 1'000'000'000;
                                 }};

inline constexpr option snaplen{
    "--snaplen", "BYTES", "a number of bytes from 64 to 65535",
    "how much of each packet is captured (256, which holds all headers but of deep tunnels)",
    [](arguments& given, std::string_view value) {
        given.snaplen = parse_number<std::uint16_t>(value).value_or(0);
        return given.snaplen >= 64;
    }};

inline constexpr option filter{"--filter", "EXPRESSION", "an expression of pcap-filter(7)", "only such packets",
                               [](arguments& given, std::string_view value) {
                                   given.filter = value;
                                   return !value.empty();
                               }};

inline constexpr option brief{"--brief", "", "", "no line for each connection that ends",
                              [](arguments& given, std::string_view) { return given.brief = true; }};

using options = std::initializer_list<const option*>;

/// What a program reads.
struct operand {
    std::string_view name;
    std::string_view noun;
    std::string_view meaning;
    std::string_view question;
    bool several = false;
};

inline constexpr operand captures_by_time{
    "FILE|-...", "file",
    "FILE is a pcap or pcapng capture, - standard input. The packets of several are taken in the order of their times.",
    "Which capture? Name a file, or - for standard input.", true};

[[nodiscard]] inline std::string usage(std::string_view program, options known, const operand& wanted) {
    std::string line = "usage: " + std::string{program};
    for (const option* each : known) {
        line.append(" [").append(each->name).append(each->value.empty() ? "" : " ").append(each->value).append("]");
    }
    return line.append(" ").append(wanted.name).append("\n");
}

/// Reads the command line. At a mistake, --help or --version the program ends here.
[[nodiscard]] inline arguments parse(int count, char* const* values, options known, const operand& wanted) {
    arguments given;
    given.program = count > 0 ? std::filesystem::path{values[0]}.stem().string() : "example";
    const std::vector<std::string_view> words(values + (count > 0), values + count);

    const auto refuse = [&](const std::string& why) {
        std::cerr << given.program << ": " << why << '\n' << usage(given.program, known, wanted);
        std::exit(static_cast<int>(exit_status::bad_usage));
    };

    const std::string noun{wanted.noun};
    for (auto word = words.begin(); word != words.end(); ++word) {
        if (*word == "-h" || *word == "--help") {
            std::cout << usage(given.program, known, wanted) << wanted.meaning << '\n';
            for (const option* each : known) std::cout << "  " << each->name << ": " << each->meaning << '\n';
            std::exit(static_cast<int>(exit_status::good));
        }
        if (*word == "--version") {
            std::cout << given.program << " (tcplens) " << TCPLENS_VERSION_MAJOR << '.' << TCPLENS_VERSION_MINOR << '.'
                      << TCPLENS_VERSION_PATCH << TCPLENS_VERSION_SUFFIX << '\n';
            std::exit(static_cast<int>(exit_status::good));
        }
        if (!word->starts_with('-') || *word == "-") {
            if (word->empty()) refuse("The name of the " + noun + " is empty.");
            if (!wanted.several && !given.files.empty()) {
                refuse("One " + noun + " at a time: there is '" + given.files[0] + "' already.");
            }
            if (*word == "-" && std::ranges::find(given.files, "-") != given.files.end()) {
                refuse("Standard input can be read once.");
            }
            given.files.emplace_back(*word);
            continue;
        }
        const option* found = nullptr;
        const std::size_t equals = word->find('=');
        for (const option* each : known) {
            if (each->name == word->substr(0, equals)) found = each;
        }
        if (found == nullptr) refuse("There is no option '" + std::string{*word} + "'.");
        std::optional<std::string_view> value;
        if (equals != std::string_view::npos) value = word->substr(equals + 1);
        else if (!found->value.empty() && word + 1 != words.end()) value = *++word;

        const std::string name{found->name};
        if (value && found->value.empty()) refuse(name + " takes no value.");
        if (!value && !found->value.empty()) refuse(name + " needs " + std::string{found->needs} + ".");
        if (!found->set(given, value.value_or(""))) {
            refuse(name + " needs " + std::string{found->needs} + ", not '" + std::string{*value} + "'.");
        }
    }
    if (given.files.empty()) refuse(std::string{wanted.question});
    return given;
}

} // namespace example
