// SPDX-License-Identifier: MIT
#pragma once

// The arguments of a subcommand. CLI11 parses them; here they get the sentences that tell what was wrong with them, and what
// the help, the man page and the completions say of them.

#include "packet_choice.hpp"

#include <tcplens/analysis/terms/server_filter.hpp>
#include <tcplens/wire/decode_options.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace program {

/// A mistake on the command line: a sentence, which main() shows together with where to look for help, and status 2.
class usage_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
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

class command_line {
public:
    /// \param name of the subcommand, behind "tcplens"
    explicit command_line(std::string_view name);
    command_line(const command_line&) = delete;
    command_line& operator=(const command_line&) = delete;
    ~command_line();

    /// What is told of an argument.
    struct argument {
        std::string names{};                ///< "--sort", "-C", "-t,--top"; "FILE" of an operand
        std::string value{};                ///< stands for its value: "N"; empty of a flag
        std::string needs{};                ///< what the value must be, behind "needs": "a number from 1 to 256"
        std::string meaning{};              ///< a phrase without a full stop
        std::vector<std::string> choices{}; ///< the values, if there are just these
        bool is_operand = false;
        bool is_file = false; ///< the value is the name of a file
        bool several = false;
        bool required = false;
    };
    using setter = std::function<bool(std::string_view value)>; ///< false if the value is none

    // --- declaring arguments

    /// An option without a value.
    void flag(std::string names, std::string meaning, bool& to);
    /// An option with a value; the last one counts.
    void option(argument what, setter set);
    /// One of some words.
    template <class Value, class To = Value>
    void choice(std::string names, std::vector<std::pair<std::string, Value>> values, std::string meaning, To& to);
    /// A whole number. Help names the range after the meaning if its upper end is below 100,000.
    template <class Number>
    void number(std::string names, std::string value, Number least, Number most, std::string meaning, Number& to);
    /// A file that is written or read besides captures.
    void file(std::string names, std::string value, std::string meaning, std::string& to);
    /// What stands without an option, before the captures.
    void operand(argument what, setter set);
    /// The captures, one at least; which of their packets are read, and where UDP tunnels are found in them. Both must outlive this.
    void captures(capture_list& files, tcplens::decode_options& decoding);

    // --- what several subcommands have

    void server_filter(std::optional<tcplens::address>& address, std::optional<std::uint16_t>& port);
    /// --connection N. `meaning` says what of it is asked for.
    void connection(std::string meaning, std::optional<std::uint64_t>& number);
    /// A number from 0 to 1.
    void rate(std::string names, std::string value, std::string meaning, double& to);

    // --- using it

    /// Reads the words behind the subcommand. \throws usage_error
    void parse(std::vector<std::string> words);
    /// Whether -h or --help was among them; then nothing else was looked at.
    [[nodiscard]] bool help_wanted() const noexcept { return help_wanted_; }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// In the order in which they were declared, operands last.
    [[nodiscard]] const std::vector<argument>& arguments() const noexcept { return arguments_; }
    /// "tcplens report [--detailed] [--server-ip A] … FILE..."
    [[nodiscard]] std::string usage() const;

private:
    struct parser;

    /// The option that may have been meant, without its dashes; empty if there is none.
    [[nodiscard]] std::string_view similar_option(std::string_view given) const;
    /// \throws usage_error if one was given.
    void refuse_unknown_options() const;

    void choice_of_packets(packet_choice& choice);
    static std::string phrase_of(const std::vector<std::string>& words);

    std::string name_;
    std::unique_ptr<parser> parser_;
    std::vector<argument> arguments_{};
    bool help_wanted_ = false;
};

template <class Value, class To>
void command_line::choice(std::string names, std::vector<std::pair<std::string, Value>> values, std::string meaning,
                          To& to) {
    argument what{.names = std::move(names), .meaning = std::move(meaning)};
    for (const auto& [word, value] : values) {
        what.choices.push_back(word);
        what.value += (what.value.empty() ? "" : "|") + word;
    }
    what.needs = phrase_of(what.choices);
    option(std::move(what), [values = std::move(values), &to](std::string_view given) {
        for (const auto& [word, value] : values) {
            if (word != given) continue;
            to = value;
            return true;
        }
        return false;
    });
}

template <class Number>
void command_line::number(std::string names, std::string value, Number least, Number most, std::string meaning,
                          Number& to) {
    constexpr std::uint64_t endless = 100'000;
    const std::string range = "from " + std::to_string(least) + " to " + std::to_string(most);
    if (most < endless) meaning += "; " + range;
    option({.names = std::move(names),
            .value = std::move(value),
            .needs = "a number " + range,
            .meaning = std::move(meaning)},
           [&to, least, most](std::string_view given) {
               const std::optional<Number> read = parse_number<Number>(given);
               if (!read || *read < least || *read > most) return false;
               to = *read;
               return true;
           });
}

} // namespace program
