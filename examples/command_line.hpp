// SPDX-License-Identifier: MIT
#pragma once

// What the examples share: their arguments, opening the captures, progress, the exit status.

#include <tcplens/capture/file/capture_series.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace example {

enum class exit_status { good = 0, bad_input = 1, bad_usage = 2 };
enum class rule_set { evidence, wireshark, repeated_sequence };

struct arguments {
    std::string program{};
    std::vector<std::string> files{}; ///< at least one; "-" is standard input; of live programs: the interface
    std::optional<tcplens::address> server_ip{};
    std::optional<std::uint16_t> server_port{};
    double threshold = 0.02;
    bool detailed = false;
    bool explain = false;
    bool certainty = false;
    bool ignore_checksums = false;
    bool bare = false;
    std::size_t threads = 1;
    bool by_time = false;
    std::string resumed{}; ///< a file with a table, or empty
    std::string saved{};   ///< likewise
    bool local = false;
    std::optional<std::size_t> round{};
    std::optional<std::uint64_t> connection{};
    std::chrono::nanoseconds interval = std::chrono::seconds{1};
    std::size_t max_connections = 100'000;
    std::chrono::seconds run_time{1'000'000'000};
    int snaplen = 256;
    std::string filter{};
    bool brief = false;
    rule_set rules = rule_set::evidence;
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

inline constexpr option explained{"--explain", "", "", "a line for each segment, with the reasons of its verdict",
                                  [](arguments& given, std::string_view) { return given.explain = true; }};
inline constexpr option graded{
    "--certainty", "", "", "a fourth column: how sure each verdict is; new segments that may be sent again have a line",
    [](arguments& given, std::string_view) { return given.certainty = true; }};

inline constexpr option ignore_checksums{
    "-C", "", "", "take segments whatever their checksums",
    [](arguments& given, std::string_view) { return given.ignore_checksums = true; }};

inline constexpr option bare{"-b", "", "", "as a bare Zeek, whose standard scripts tell no server ports",
                             [](arguments& given, std::string_view) { return given.bare = true; }};

inline constexpr option by_time{
    "--by-time", "", "", "take the packets of all files in the order of their times, not one file after the other",
    [](arguments& given, std::string_view) { return given.by_time = true; }};

inline constexpr option resume_from{"--resume", "TABLE", "the name of a file",
                                    "go on with the table that --save wrote to this file",
                                    [](arguments& given, std::string_view value) {
                                        given.resumed = value;
                                        return !value.empty();
                                    }};

inline constexpr option save_to{"--save", "TABLE", "the name of a file",
                                "write the table to this file at the end, for --resume",
                                [](arguments& given, std::string_view value) {
                                    given.saved = value;
                                    return !value.empty();
                                }};

inline constexpr option connection{"--connection", "N", "the number of a connection", "only this connection",
                                   [](arguments& given, std::string_view value) {
                                       given.connection = parse_number<std::uint64_t>(value);
                                       return given.connection.has_value();
                                   }};

inline constexpr option interval{"--interval", "MS", "a number of milliseconds from 1 to 10^9",
                                 "how long an interval is at first (1000)",
                                 [](arguments& given, std::string_view value) {
                                     const auto read = parse_number<std::uint32_t>(value);
                                     given.interval = std::chrono::milliseconds{read.value_or(0)};
                                     return read && *read >= 1 && *read <= 1'000'000'000;
                                 }};

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

inline constexpr option rules{"--rules", "evidence|wireshark|repeated_sequence",
                              "evidence, wireshark or repeated_sequence", "what tells a retransmission (evidence)",
                              [](arguments& given, std::string_view value) {
                                  if (value == "evidence") given.rules = rule_set::evidence;
                                  else if (value == "wireshark") given.rules = rule_set::wireshark;
                                  else if (value == "repeated_sequence") given.rules = rule_set::repeated_sequence;
                                  else return false;
                                  return true;
                              }};

inline constexpr option threads{"--threads", "N", "a number from 1 to 256", "on so many processors (1)",
                                [](arguments& given, std::string_view value) {
                                    const auto read = parse_number<std::size_t>(value);
                                    given.threads = read.value_or(0);
                                    return given.threads >= 1 && given.threads <= 256;
                                }};

using options = std::initializer_list<const option*>;

/// What a program reads.
struct operand {
    std::string_view name;
    std::string_view noun;
    std::string_view meaning;
    std::string_view question;
    bool several = false;
};

inline constexpr operand one_capture{"FILE|-", "file", "FILE is a pcap or pcapng capture, - standard input.",
                                     "Which capture? Name a file, or - for standard input."};
inline constexpr operand several_captures{"FILE|-...", "file",
                                          "FILE is a pcap or pcapng capture, - standard input.\n"
                                          "Several are one capture: the packets of each follow those of the one "
                                          "before, whatever their times, unless they are told to\n"
                                          "be taken by time.",
                                          one_capture.question, true};

inline constexpr operand captures_by_time{
    "FILE|-...", "file",
    "FILE is a pcap or pcapng capture, - standard input. The packets of several are taken in the order of their times.",
    one_capture.question, true};

[[nodiscard]] inline std::string usage(std::string_view program, options known, const operand& wanted) {
    std::string line = "usage: " + std::string{program};
    for (const option* each : known) {
        line.append(" [").append(each->name).append(each->value.empty() ? "" : " ").append(each->value).append("]");
    }
    return line.append(" ").append(wanted.name).append("\n");
}

/// Reads the command line. At a mistake, --help or --version the program ends here.
[[nodiscard]] inline arguments parse(int count, char* const* values, options known,
                                     const operand& wanted = several_captures) {
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
                      << TCPLENS_VERSION_PATCH << '\n';
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

[[nodiscard]] inline bool is_terminal(int descriptor) {
#ifdef _WIN32
    return _isatty(descriptor) != 0;
#else
    return isatty(descriptor) != 0;
#endif
}

/// What people call a file.
[[nodiscard]] inline std::string name_of(const std::string& file) {
    return file == "-" ? "standard input" : file;
}
[[nodiscard]] inline std::vector<std::string> file_names(const arguments& given) {
    std::vector<std::string> names;
    for (const std::string& each : given.files) names.push_back(name_of(each));
    return names;
}

/// Opens one capture.
struct open_argument {
    tcplens::capture_file operator()(const std::string& file) const {
        if (file != "-") return tcplens::capture_file{file};
        // Ctrl-C ends `tcpdump -w - | report -` at its source; the answers for what came through are still wanted.
        std::error_code unknown;
        if (std::filesystem::is_fifo("/dev/stdin", unknown)) std::signal(SIGINT, SIG_IGN);
        return tcplens::capture_file{tcplens::file_stream::standard_input()};
    }
};

using series = tcplens::basic_capture_series<open_argument>;

/// The captures that were named, as one that goes on behind the packet of this number.
[[nodiscard]] inline series open(const arguments& given, std::uint64_t numbers_before = 0) {
    return series{given.files, {}, numbers_before};
}

/// What was wrong with a file.
struct file_problem {
    std::string file; ///< as people call it
    std::string sentence;
};
[[nodiscard]] inline std::vector<file_problem> problems(const arguments& given, const series& captures) {
    std::vector<file_problem> all;
    for (const tcplens::series_error& each : captures.errors()) {
        all.push_back({name_of(given.files[each.file]), to_string(each.error)});
    }
    return all;
}

/// Calls `use(rules)` with the rules asked for: each set has its own type, so `use` is a template.
template <class Use>
exit_status with_rules(rule_set asked_for, Use use) {
    switch (asked_for) {
    case rule_set::wireshark: return use(tcplens::wireshark_rules{});
    case rule_set::repeated_sequence: return use(tcplens::repeated_sequence_rules{});
    case rule_set::evidence: break;
    }
    return use(tcplens::evidence_rules{});
}

/// Calls `use(table)` with an empty table that has the rules asked for.
template <class Use>
exit_status with_table(rule_set asked_for, Use use) {
    return with_rules(asked_for,
                      [&]<class Rules>(const Rules&) { return use(tcplens::basic_connection_table<Rules>{}); });
}

/// Shows on a terminal how far reading got, if it takes long.
class progress {
public:
    explicit progress(const series& of) : of_(of) {}
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    ~progress() {
        if (shown_) std::cerr << "\r\x1b[K" << std::flush;
    }

    void update() {
        constexpr std::uint32_t packets_between_looks = 1u << 15; // a look at the clock costs more than a packet
        if (++since_look_ < packets_between_looks) return;
        since_look_ = 0;
        const auto now = std::chrono::steady_clock::now();
        if (!terminal_ || now < next_) return;
        next_ = now + std::chrono::milliseconds{250};
        shown_ = true;
        std::cerr << '\r' << of_.packets() << " packets";
        if (of_.files().size() > 1) std::cerr << ", file " << of_.begun() << " of " << of_.files().size();
        const tcplens::capture_file* const file = of_.current();
        if (const auto size = file ? file->size() : std::nullopt) {
            std::cerr << ", " << file->position() * 100 / *size << " %";
        }
        std::cerr << std::flush;
    }

private:
    const series& of_;
    bool terminal_ = is_terminal(2);
    bool shown_ = false;
    std::uint32_t since_look_ = 0;
    std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::seconds{1};
};

/// The packets of captures, and how far they are. (A std::views::transform, which clang 14 does not take.)
struct watched_packets {
    series& of;
    progress& shown;

    class iterator : public decltype(of.begin()) {
    public:
        using base = decltype(of.begin());
        iterator() = default;
        iterator(base at, progress& shown) : base(at), shown_(&shown) {}
        iterator& operator++() {
            shown_->update();
            base::operator++();
            return *this;
        }
        void operator++(int) { ++*this; }

    private:
        progress* shown_ = nullptr;
    };

    [[nodiscard]] iterator begin() const { return {of.begin(), shown}; }
    [[nodiscard]] std::default_sentinel_t end() const { return {}; }
};

/// Gives the table every packet that there is.
template <class Table>
void read(series& captures, Table& table) {
    progress shown{captures};
    table.add_all(watched_packets{captures, shown});
}

/// Complains of what went wrong with reading or writing, if anything did.
[[nodiscard]] inline exit_status conclude(const arguments& given, const std::vector<file_problem>& problems) {
    const bool written = static_cast<bool>(std::cout.flush());
    for (const file_problem& each : problems) {
        std::cerr << given.program << ": " << each.file << ": " << each.sentence << '\n';
    }
    if (!written) std::cerr << given.program << ": The output could not be written.\n";
    return !problems.empty() || !written ? exit_status::bad_input : exit_status::good;
}
[[nodiscard]] inline exit_status conclude(const arguments& given, const series& captures) {
    return conclude(given, problems(given, captures));
}

} // namespace example
