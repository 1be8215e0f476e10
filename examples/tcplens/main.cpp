// SPDX-License-Identifier: MIT
// The program tcplens: it finds the subcommand that is asked for, and runs it.

#include "help.hpp"
#include "session.hpp"
#include "subcommands.hpp"
#include "text.hpp"

#include <algorithm>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace program;
using words = std::vector<std::string>;

exit_status refuse(const session& with, const std::string& sentence, std::string_view page) {
    with.complain(sentence);
    with.complain("See `tcplens " + std::string{page} + (page.empty() ? "" : " ") + "--help`.");
    return exit_status::bad_usage;
}

exit_status print(session& with, const std::string& text) {
    with.out << text;
    return with.conclude();
}

/// Options may stand before the subcommand: its name is then the first word that is one.
void move_name_to_front(words& line) {
    if (line.empty() || !line[0].starts_with('-') || line[0] == "-" || line[0] == "--version") return;
    const auto name =
        std::ranges::find_if(line, [](const std::string& each) { return find_subcommand(each) != nullptr; });
    if (name != line.end()) std::rotate(line.begin(), name, name + 1);
}

exit_status run(session& with, words line) {
    if (line.size() >= 1 && line[0] == "help") {
        if (line.size() == 1) line = {"--help"};
        else line = {line[1], "--help"};
    }
    move_name_to_front(line);
    if (line.empty()) {
        with.complain("Which subcommand? `tcplens --help` lists them; `tcplens report FILE` is the first to try.");
        return exit_status::bad_usage;
    }
    const std::string name = line[0];
    if (name == "-h" || name == "--help") return print(with, help_page(with.screen.width()));
    if (name == "--version") return print(with, version_page());
    // For whoever builds and installs it
    if (name == "--man") return print(with, man_page());
    if (name == "--bash-completion") return print(with, bash_completion());
    if (name == "--zsh-completion") return print(with, zsh_completion());

    const subcommand* const asked_for = find_subcommand(name);
    if (asked_for == nullptr) {
        if (name.starts_with('-') && name != "-")
            return refuse(with, "There is no option '" + escaped(name) + "'.", "");
        std::string sentence = "There is no subcommand '" + escaped(name) + "'.";
        const std::string_view similar = similar_name(name);
        if (!similar.empty()) sentence += " Is '" + std::string{similar} + "' meant?";
        return refuse(with, sentence, "");
    }
    line.erase(line.begin());
    command_line arguments{asked_for->name};
    const auto runner = asked_for->prepare(arguments);
    try {
        arguments.parse(std::move(line));
        if (arguments.help_wanted()) return print(with, help_page(*asked_for, with.screen.width()));
        if (!asked_for->missing.empty()) {
            with.complain(name + " needs " + std::string{asked_for->missing} + ", which this build of tcplens lacks.");
            return exit_status::bad_usage;
        }
        return runner(with);
    } catch (const usage_error& mistake) {
        return refuse(with, mistake.what(), name);
    }
}

} // namespace

int main(int count, char** values) {
    std::ios::sync_with_stdio(false);
    session with{std::cout};
    try {
        return static_cast<int>(run(with, words(values + (count > 0), values + count)));
    } catch (const std::bad_alloc&) {
        with.complain("There is not enough memory.");
    } catch (const std::exception& unforeseen) {
        with.complain(escaped(unforeseen.what()));
    }
    return static_cast<int>(exit_status::bad_input);
}
