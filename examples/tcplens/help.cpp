// SPDX-License-Identifier: MIT
#include "help.hpp"

#include "build_facts.hpp"
#include "subcommands.hpp"
#include "text.hpp"
#ifndef _WIN32
#include "mcp/curl_library.hpp"
#endif

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
/// A status or an option.
struct named_meaning {
    std::string_view name;
    std::string_view meaning;
};
constexpr named_meaning statuses[]{
    {"0", "answered"},
    {"1", "a capture could not be read to its end, or output failed; the answer is for what was read"},
    {"2", "a wrong command line, an unknown subcommand, a connection that is not there, or an output "
          "that cannot be written"},
};

constexpr named_meaning general_options[]{
    {"-h, --help", "the page of tcplens; behind a subcommand, the page of that"},
    {"--version", "the version"},
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
        to.append("  ").append(split_at_bars(name));
        const std::size_t indent = left_ + 4;
        if (columns(name) > left_) to.append("\n").append(indent, ' ');
        else to += std::string(left_ - columns(name) + 2, ' ');
        to += wrapped(meaning, width_, indent, false) + "\n";
    }

private:
    /// The name, which goes on in another line where its choices are too long for one.
    [[nodiscard]] std::string split_at_bars(std::string_view name) const {
        std::string lines;
        for (std::size_t room = width_ - 2; columns(name) > room; room = width_ - 6) {
            const std::size_t bar = name.rfind('|', room - 1);
            if (bar == std::string_view::npos) break;
            lines.append(name.substr(0, bar + 1)).append("\n      ");
            name.remove_prefix(bar + 1);
        }
        return lines.append(name);
    }

    std::size_t width_;
    std::size_t left_;
};

constexpr std::size_t left_column = 22;
constexpr std::size_t narrow_left_column = 6; // longer names stand in lines of their own

void add_examples(std::string& to, const std::vector<example_line>& examples, std::size_t width) {
    to += "\nExamples:\n";
    for (const example_line& each : examples) {
        std::string command = wrapped(each.command, width - 4, 4, false); // goes on in the next line, as for a shell
        for (std::size_t end = command.find('\n'); end != std::string::npos; end = command.find('\n', end + 3)) {
            command.insert(end, " \\");
        }
        to.append("  ").append(command).append("\n");
        to += wrapped(each.meaning, width, 6) + "\n";
    }
}

} // namespace

std::string version_line() {
    return "tcplens " + std::to_string(TCPLENS_VERSION_MAJOR) + "." + std::to_string(TCPLENS_VERSION_MINOR) + "." +
           std::to_string(TCPLENS_VERSION_PATCH) + TCPLENS_VERSION_SUFFIX;
}

std::string version_page() {
#ifdef TCPLENS_HTTPLIB_VERSION
    constexpr std::string_view http = "cpp-httplib " TCPLENS_HTTPLIB_VERSION ": has mcp --http\n";
#else
    constexpr std::string_view http = "without cpp-httplib: has no mcp --http\n";
#endif
#ifdef _WIN32
    const std::string curl;
#else
    const std::string curl = context_server::curl_library_version();
#endif
    return version_line() + "\ncompiled by " + compiler_name() + "\n" + optional_libraries() + std::string{http} +
           (curl.empty() ? "without libcurl: has no mcp --allow-url\n" : "libcurl " + curl + ": has mcp --allow-url\n");
}

std::string help_page(std::size_t width) {
    width = std::min(width, most_columns);
    std::string page = wrapped(purpose, width) + "\n" + std::string{first_steps} + "\n";
    page += "\n" + wrapped("Usage: tcplens SUBCOMMAND [OPTION...] FILE...", width, 7, false) +
            "\n       tcplens SUBCOMMAND --help\n";
    page += "\nSubcommands:\n";
    const two_columns table{width, 14};
    for (const subcommand* each : all_subcommands()) table.add(page, each->name, each->summary);
    page += "\nOptions:\n";
    for (const auto& [name, meaning] : general_options) table.add(page, name, meaning);
    page.append("\n").append(wrapped(habits, width)).append("\n");
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
        std::string sentence = "This build cannot run it: it lacks ";
        sentence.append(of.missing).append(".");
        page.append("\n").append(wrapped(sentence, width)).append("\n");
    }
    const two_columns table{width, width < 70 ? narrow_left_column : left_column};
    if (std::ranges::any_of(line.arguments(), &argument::is_operand)) page += "\nArguments:\n";
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

// --- the man page, as man(7) has it

namespace {

/// Text for roff: backslashes, and lines that would be commands.
std::string roff(std::string_view text) {
    std::string safe;
    for (const char each : text) {
        if ((safe.empty() || safe.back() == '\n') && (each == '.' || each == '\'')) safe += "\\&";
        if (each == '\\') safe += "\\e";
        else if (each == '-') safe += "\\-";
        else safe += each;
    }
    return safe;
}

/// Paragraphs.
std::string roff_paragraphs(std::string_view text) {
    std::string page;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find("\n\n"), text.size());
        page += ".PP\n" + roff(text.substr(0, end)) + "\n";
        text.remove_prefix(std::min(end + 2, text.size()));
    }
    return page;
}

std::string roff_item(std::string_view name, std::string_view meaning) {
    return ".TP\n\\fB" + roff(name) + "\\fR\n" + roff(meaning) + "\n";
}

std::string roff_examples(const std::vector<example_line>& examples) {
    std::string page;
    for (const example_line& each : examples) page += roff_item(each.command, each.meaning);
    return page;
}

std::string roff_section(const subcommand& of) {
    command_line line{of.name};
    (void)of.prepare(line);
    std::string page = ".SH \"" + roff("tcplens " + std::string{of.name}) + "\"\n" + roff(of.summary) + "\n.PP\n\\fB" +
                       roff(line.usage()) + "\\fR\n" + roff_paragraphs(of.description);
    for (const argument& each : line.arguments()) page += roff_item(title_of(each), each.meaning);
    return page + ".PP\nExamples:\n" + roff_examples(of.examples);
}

} // namespace

std::string man_page() {
    std::string page = ".\\\" made by tcplens --man\n.TH TCPLENS 1 \"\" \"" + version_line() + "\"\n.SH NAME\n" +
                       roff("tcplens - tells what happened in the TCP connections of packet captures") +
                       "\n.SH SYNOPSIS\n\\fBtcplens\\fR \\fISUBCOMMAND\\fR [\\fIOPTION\\fR...] \\fIFILE\\fR...\n.SH "
                       "DESCRIPTION\n" +
                       roff(std::string{purpose} + " " + std::string{first_steps}) + "\n" + roff_paragraphs(habits);
    page += ".SH SUBCOMMANDS\n";
    for (const subcommand* each : all_subcommands()) page += roff_item(each->name, each->summary);
    for (const subcommand* each : all_subcommands()) page += roff_section(*each);
    page += ".SH OPTIONS\n";
    for (const auto& [name, meaning] : general_options) page += roff_item(name, meaning);
    page += ".SH \"EXIT STATUS\"\n";
    for (const auto& [status, meaning] : statuses) page += roff_item(status, meaning);
    page += ".SH ENVIRONMENT\n" + roff_item("NO_COLOR", "if it is set and not empty: no colours") +
            roff_item("COLUMNS", "the width of lines where standard output is no terminal");
    return page + ".SH EXAMPLES\n" + roff_examples(first_examples()) + ".SH \"SEE ALSO\"\n" +
           roff("tcpdump(1), tshark(1), zeek(8)") + "\n";
}

// --- completions

namespace {

/// The names of an option: "-t,--top" is two.
std::vector<std::string> names_of(const argument& of) {
    std::vector<std::string> names;
    std::string_view rest = of.names;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        names.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return names;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& each : words) text += (text.empty() ? "" : " ") + each;
    return text;
}

/// What _arguments of zsh takes as the text of an option.
std::string zsh_text(std::string_view text) {
    std::string safe;
    for (const char each : text) {
        if (each == '\'') safe += "'\\''";
        else if (each == '[' || each == ']' || each == ':' || each == '\\') (safe += '\\') += each;
        else safe += each;
    }
    return safe;
}

} // namespace

std::string bash_completion() {
    std::string names;
    std::string cases;
    for (const subcommand* each : all_subcommands()) {
        command_line line{each->name};
        (void)each->prepare(line);
        names.append(names.empty() ? "" : " ").append(each->name);
        std::string options = "-h --help";
        std::string values;
        for (const argument& argument : line.arguments()) {
            if (argument.is_operand) continue;
            const std::vector<std::string> own = names_of(argument);
            options.append(" ").append(joined(own));
            std::string pattern;
            for (const std::string& name : own) pattern += (pattern.empty() ? "" : "|") + name;
            if (!argument.choices.empty()) {
                values += "                " + pattern + ") values='" + joined(argument.choices) + "' ;;\n";
            } else if (!argument.value.empty() && !argument.is_file) {
                values += "                " + pattern + ") values=' ' ;;\n";
            }
        }
        cases += "        " + std::string{each->name} + ")\n            options='" + options + "'\n";
        if (!values.empty()) cases += "            case $previous in\n" + values + "            esac\n";
        cases += "            ;;\n";
    }
    return "# made by tcplens --bash-completion\n"
           "_tcplens() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} options= values=\n"
           "    if [[ $COMP_CWORD -eq 1 ]]; then\n"
           "        COMPREPLY=($(compgen -W '" +
           names +
           " --help --version' -- \"$word\"))\n"
           "        return\n"
           "    fi\n"
           "    case ${COMP_WORDS[1]} in\n" +
           cases +
           "    esac\n"
           "    if [[ -n $values ]]; then\n"
           "        COMPREPLY=($(compgen -W \"$values\" -- \"$word\"))\n"
           "    elif [[ $word == -* ]]; then\n"
           "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
           "    else\n"
           "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
           "    fi\n"
           "}\n"
           "complete -o filenames -F _tcplens tcplens\n";
}

std::string zsh_completion() {
    std::string names;
    std::string cases;
    for (const subcommand* each : all_subcommands()) {
        command_line line{each->name};
        (void)each->prepare(line);
        names += "        '" + std::string{each->name} + ":" + zsh_text(each->summary) + "'\n";
        cases += "        " + std::string{each->name} + ")\n            _arguments -s \\\n";
        for (const argument& argument : line.arguments()) {
            if (argument.is_operand) continue;
            for (const std::string& name : names_of(argument)) {
                cases += "                '*" + name + "[" + zsh_text(argument.meaning) + "]";
                if (!argument.choices.empty()) cases += ":value:(" + joined(argument.choices) + ")";
                else if (argument.is_file) cases += ":file:_files";
                else if (!argument.value.empty()) cases.append(":").append(zsh_text(argument.value)).append(":");
                cases += "' \\\n";
            }
        }
        cases +=
            "                '(-h --help)'{-h,--help}'[help]' \\\n                '*:file:_files'\n            ;;\n";
    }
    return "#compdef tcplens\n# made by tcplens --zsh-completion\n"
           "_tcplens() {\n"
           "    local -a subcommands=(\n" +
           names +
           "    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe subcommand subcommands\n"
           "        _arguments '--help[help]' '--version[version]'\n"
           "        return\n"
           "    fi\n"
           "    local name=$words[2]\n"
           "    shift words\n"
           "    (( CURRENT-- ))\n"
           "    case $name in\n" +
           cases +
           "    esac\n"
           "}\n"
           "_tcplens \"$@\"\n";
}

} // namespace program
