// SPDX-License-Identifier: MIT
#include "help.hpp"

#include "subcommands.hpp"
#include "text.hpp"

#include <tcplens/version.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace program {

namespace {

constexpr std::string_view purpose =
    "tcplens reads packet captures (pcap and pcapng), follows every TCP connection in them, and tells what happened.";
constexpr std::string_view first_steps = "Begin with `tcplens report FILE`.";
constexpr std::string_view habits =
    "Options may stand anywhere. Text has units (1.2 MB, 34.1 ms); csv and json have plain numbers, with the unit in "
    "the name of "
    "the column. Files that gzip or zstd packed are read as they are. Memory: what the connections need and 32 MB, "
    "unless a "
    "subcommand says otherwise; a file packed by zstd --ultra or --long may need up to 128 MB more.\n"
    "\n"
    "Ctrl-C ends reading: the answer is then for what was read. Output has colours on a terminal only, and none where "
    "NO_COLOR "
    "is set; lines are as wide as the terminal, or as COLUMNS says.";
struct status_line {
    std::string_view status;
    std::string_view meaning;
};
constexpr status_line statuses[]{
    {"0", "answered"},
    {"1", "a capture could not be read to its end, or output failed; the answer is for what was read"},
    {"2", "a wrong command line, an unknown subcommand, or a connection that is not there"},
};

constexpr std::size_t most_columns = 100; // longer lines are hard to read

std::vector<example_line> first_examples() {
    return {{"tcplens report trace.pcap", "what there is, and what is wrong"},
            {"tcplens segments --explain trace.pcap", "each segment, what it was and why"},
            {"tcpdump -w - | tcplens report -", "until Ctrl-C"}};
}

using argument = command_line::argument;

/// "-t, --top N"
std::string title_of(const argument& of) {
    std::string title;
    for (const char each : of.names) title.append(1, each).append(each == ',' ? " " : "");
    if (of.is_operand) return title + (of.several ? "..." : "");
    return title + (of.value.empty() ? "" : " ") + of.value;
}

/// Two columns: what something is called, and behind it, or below it where it is long, what it is.
class two_columns {
public:
    two_columns(std::size_t width, std::size_t left) : width_(width), left_(left) {}
    void add(std::string& to, std::string_view name, std::string_view meaning) const {
        to.append("  ").append(name);
        const std::size_t indent = left_ + 4;
        if (columns(name) > left_) to += "\n" + std::string(indent, ' ');
        else to += std::string(left_ - columns(name) + 2, ' ');
        to += wrapped(meaning, width_, indent, false) + "\n";
    }

private:
    std::size_t width_;
    std::size_t left_;
};

constexpr std::size_t left_column = 22;

void add_examples(std::string& to, const std::vector<example_line>& examples, std::size_t width) {
    to += "\nExamples:\n";
    for (const example_line& each : examples) {
        to.append("  ").append(each.command).append("\n");
        to += wrapped(each.meaning, width, 6) + "\n";
    }
}

} // namespace

std::string version_line() {
    return "tcplens " + std::to_string(TCPLENS_VERSION_MAJOR) + "." + std::to_string(TCPLENS_VERSION_MINOR) + "." +
           std::to_string(TCPLENS_VERSION_PATCH);
}

std::string help_page(std::size_t width) {
    width = std::min(width, most_columns);
    std::string page = wrapped(purpose, width) + "\n" + std::string{first_steps} + "\n";
    page += "\nUsage: tcplens SUBCOMMAND [OPTION...] FILE...\n       tcplens SUBCOMMAND --help\n";
    page += "\nSubcommands:\n";
    const two_columns table{width, 14};
    for (const subcommand* each : all_subcommands()) table.add(page, each->name, each->summary);
    page += "\nOptions:\n";
    table.add(page, "-h, --help", "this page; behind a subcommand, the page of that");
    table.add(page, "--version", "the version");
    page += "\n" + wrapped(habits, width) + "\n";
    page += "\nExit status:\n";
    const two_columns narrow{width, 1};
    for (const auto& [status, meaning] : statuses) narrow.add(page, status, meaning);
    add_examples(page, first_examples(), width);
    return page;
}

std::string help_page(const subcommand& of, std::size_t width) {
    width = std::min(width, most_columns);
    command_line line{of.name};
    (void)of.prepare(line);
    std::string page = wrapped("Usage: " + line.usage(), width) + "\n\n" + wrapped(of.description, width) + "\n";
    if (!of.missing.empty()) {
        page += "\n" + wrapped("This build cannot run it: it lacks " + std::string{of.missing} + ".", width) + "\n";
    }
    const two_columns table{width, left_column};
    page += "\nArguments:\n";
    for (const argument& each : line.arguments()) {
        if (each.is_operand) table.add(page, title_of(each), each.meaning);
    }
    page += "\nOptions:\n";
    for (const argument& each : line.arguments()) {
        if (!each.is_operand) table.add(page, title_of(each), each.meaning);
    }
    table.add(page, "-h, --help", "this page");
    add_examples(page, of.examples, width);
    return page;
}

std::string man_page() {
    return {};
}

std::string bash_completion() {
    return {};
}

std::string zsh_completion() {
    return {};
}

} // namespace program
