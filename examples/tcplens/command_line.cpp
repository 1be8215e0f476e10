// SPDX-License-Identifier: MIT
#include "command_line.hpp"

#include "udp_tunnels.hpp"

#include "text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

namespace program {

struct command_line::parser {
    CLI::App app{};
    /// What the value of an option must be, by its first name.
    std::map<std::string, std::string, std::less<>> needs{};
    std::set<std::string, std::less<>> flags{};
};

namespace {

/// The name by which messages call it: the last one, which is the long one.
std::string called(const std::string& names) {
    return names.substr(names.rfind(',') + 1);
}

/// Remembers an option that was given, so that it can be shown.
void remember(packet_choice& choice, std::string_view option, std::string_view value, std::string_view stands_for_it) {
    const std::string word = shell_word(value);
    choice.as_typed.append(" ").append(option).append(" ").append(word.empty() ? stands_for_it : word);
}

} // namespace

command_line::command_line(std::string_view name) : name_(name), parser_(std::make_unique<parser>()) {
    parser_->app.set_help_flag();
    parser_->app.allow_windows_style_options(false);
}

command_line::~command_line() = default;

std::string command_line::phrase_of(const std::vector<std::string>& words) {
    std::string phrase;
    for (std::size_t i = 0; i < words.size(); ++i) {
        phrase += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
        phrase += words[i];
    }
    return phrase;
}

void command_line::flag(std::string names, std::string meaning, bool& to) {
    parser_->app.add_flag(names, to)->disable_flag_override()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    for (const std::string& each : CLI::detail::split_names(names)) parser_->flags.insert(each);
    arguments_.push_back({.names = std::move(names), .value = {}, .needs = {}, .meaning = std::move(meaning)});
}

void command_line::option(argument what, setter set) {
    const std::string name = called(what.names);
    const auto take = [name, needs = what.needs, set = std::move(set)](const std::string& value) {
        if (!set(value)) throw usage_error{name + " needs " + needs + ", not '" + escaped(value) + "'."};
    };
    if (what.several) {
        const auto take_all = [take](const std::vector<std::string>& values) { std::ranges::for_each(values, take); };
        parser_->app.add_option_function<std::vector<std::string>>(what.names, take_all)->allow_extra_args(false);
    } else {
        parser_->app.add_option_function<std::string>(what.names, take)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    for (const std::string& each : CLI::detail::split_names(what.names)) parser_->needs[each] = what.needs;
    arguments_.push_back(std::move(what));
}

void command_line::file(std::string names, std::string value, std::string meaning, std::string& to) {
    option({.names = std::move(names),
            .value = std::move(value),
            .needs = "the name of a file",
            .meaning = std::move(meaning),
            .is_file = true},
           [&to](std::string_view given) {
               to = given;
               return !given.empty();
           });
}

void command_line::operand(argument what, setter set) {
    what.is_operand = true;
    const std::string name = what.names;
    const auto take = [name, needs = what.needs, set = std::move(set)](const std::string& value) {
        if (!set(value)) throw usage_error{name + " must be " + needs + ", not '" + escaped(value) + "'."};
    };
    parser_->app.add_option_function<std::string>(name, take)->required(what.required);
    arguments_.push_back(std::move(what));
}

void command_line::choice_of_packets(packet_choice& choice) {
    option({.names = "--net",
            .value = "NETWORK[,…]",
            .needs = "networks such as 10.0.0.0/8,2001:db8::/32",
            .meaning = "only packets with an end in one of these networks; may be given several times",
            .several = true},
           [&choice](std::string_view value) {
               remember(choice, "--net", value, "NETWORK");
               const auto networks = tcplens::segment_filter::parse_networks(value);
               choice.ends.networks.insert(choice.ends.networks.end(), networks.value.begin(), networks.value.end());
               return static_cast<bool>(networks);
           });
    option({.names = "--port",
            .value = "PORT[-PORT][,…]",
            .needs = "ports and ranges of ports such as 443,8000-8099",
            .meaning = "only packets from or to one of these TCP ports; may be given several times",
            .several = true},
           [&choice](std::string_view value) {
               remember(choice, "--port", value, "PORT");
               const auto ports = tcplens::segment_filter::parse_ports(value);
               choice.ends.ports.insert(choice.ends.ports.end(), ports.value.begin(), ports.value.end());
               return static_cast<bool>(ports);
           });
    const auto take_moment = [&choice](std::string_view name, std::optional<moment>& to) {
        return [&choice, name, &to](std::string_view value) {
            remember(choice, name, value, "TIME");
            to = parse_moment(value);
            return to.has_value();
        };
    };
    option({.names = "--since",
            .value = "TIME",
            .needs = std::string{moment_needs},
            .meaning = "only packets from this time on: 2026-11-22T03:11:57.25, in UTC unless Z or an offset such as "
                       "+01:00 follows; seconds since 1970; or +SECONDS after the first packet"},
           take_moment("--since", choice.since));
    option({.names = "--until",
            .value = "TIME",
            .needs = std::string{moment_needs},
            .meaning = "only packets before this time, likewise"},
           take_moment("--until", choice.until));
    option({.names = "--filter",
            .value = "EXPRESSION",
            .needs = "an expression of libpcap",
            .meaning = "only packets that this expression of libpcap matches, as tcpdump has it (pcap-filter(7)): 'tcp "
                       "port 80 and net 10/8'"},
           [&choice](std::string_view value) {
               if (!pcap_filter::is_available())
                   throw usage_error{
                       "--filter needs libpcap (Debian: libpcap-dev), which this build of tcplens lacks."};
               remember(choice, "--filter", value, "EXPRESSION");
               choice.expression = value;
               if (choice.expression.find_first_not_of(" \t\n") == std::string::npos) return false;
               if (const auto problem = pcap_filter::problem_of(choice.expression))
                   throw usage_error{"--filter: '" + escaped(value) +
                                     "' is no expression of libpcap: " + escaped(*problem) + "."};
               return true;
           });
}

void command_line::captures(capture_list& files, tcplens::decode_options& decoding) {
    files.choice.decoding = &decoding;
    choice_of_packets(files.choice);
    option({.names = "--tunnel",
            .value = "NAME=PORT",
            .needs = "a tunnel and its UDP port, such as vxlan=10800",
            .meaning = "find this tunnel at this UDP port, too; may be given several times: " + udp_tunnel_names(),
            .several = true},
           [&files, &decoding](std::string_view value) {
               remember(files.choice, "--tunnel", value, "NAME=PORT");
               if (const std::string wrong = add_tunnel_port(decoding, value); !wrong.empty())
                   throw usage_error{escaped(wrong)};
               return true;
           });
    const auto take = [&files](const std::vector<std::string>& values) {
        for (const std::string& each : values) {
            if (each.empty()) throw usage_error{"The name of the file is empty."};
            if (each == "-" && std::ranges::find(files, "-") != files.end()) {
                throw usage_error{"Standard input can be read once."};
            }
            files.push_back(each);
        }
    };
    parser_->app.add_option_function<std::vector<std::string>>("FILE", take)->required();
    arguments_.push_back({.names = "FILE",
                          .value = {},
                          .needs = {},
                          .meaning =
                              "a pcap or pcapng capture, as it is or packed by gzip or zstd; - is standard input. The "
                              "packets of several follow each other in the order of the files",
                          .is_operand = true,
                          .is_file = true,
                          .several = true,
                          .required = true});
}

void command_line::server_filter(std::optional<tcplens::address>& address, std::optional<std::uint16_t>& port) {
    option({.names = "--server-ip",
            .value = "A",
            .needs = "an IPv4 or IPv6 address",
            .meaning = "only connections to the server with this address"},
           [&address](std::string_view given) {
               address = tcplens::address::parse(given);
               return address.has_value();
           });
    option({.names = "--server-port",
            .value = "P",
            .needs = "a number from 0 to 65535",
            .meaning = "only connections to this port of a server"},
           [&port](std::string_view given) {
               port = parse_number<std::uint16_t>(given);
               return port.has_value();
           });
}

void command_line::connection(std::string meaning, std::optional<std::uint64_t>& number) {
    option({.names = "--connection",
            .value = "N",
            .needs = "the number of a connection",
            .meaning = std::move(meaning) + "; connections are numbered from 0, as they begin"},
           [&number](std::string_view given) {
               number = parse_number<std::uint64_t>(given);
               return number.has_value();
           });
}

void command_line::rate(std::string names, std::string value, std::string meaning, double& to) {
    option({.names = std::move(names),
            .value = std::move(value),
            .needs = "a rate from 0 to 1",
            .meaning = std::move(meaning)},
           [&to](std::string_view given) {
               // std::from_chars for double came late to some standard libraries.
               const std::string text{given};
               char* end = nullptr;
               to = std::strtod(text.c_str(), &end);
               if (text.empty() || end != text.c_str() + text.size()) return false;
               return to >= 0 && to <= 1; // a NaN is neither
           });
}

std::string command_line::usage() const {
    std::string line = "tcplens " + name_;
    for (const argument& each : arguments_) {
        if (each.is_operand) continue;
        line += " [" + called(each.names) + (each.value.empty() ? "" : " ") + each.value + "]";
    }
    for (const argument& each : arguments_) {
        if (!each.is_operand) continue;
        line += (each.required ? " " : " [") + each.names + (each.several ? "..." : "") + (each.required ? "" : "]");
    }
    return line;
}

std::string_view command_line::similar_option(std::string_view given) const {
    if (!given.starts_with("--")) return {};
    std::vector<std::string_view> names{"help"};
    for (const auto& [name, needs] : parser_->needs) {
        if (name.starts_with("--")) names.push_back(std::string_view{name}.substr(2));
    }
    for (const std::string& name : parser_->flags) {
        if (name.starts_with("--")) names.push_back(std::string_view{name}.substr(2));
    }
    return similar_word(given.substr(2, given.find('=') - 2), names);
}

void command_line::refuse_unknown_options() const {
    for (const std::string& each : parser_->app.remaining()) {
        if (!each.starts_with('-') || each == "-") continue;
        std::string sentence = "There is no option '" + escaped(each) + "'.";
        std::error_code failed;
        const std::string_view meant = similar_option(each);
        if (std::filesystem::exists(each, failed)) sentence += " The file of that name is './" + escaped(each) + "'.";
        else if (!meant.empty()) sentence += " Is '--" + std::string{meant} + "' meant?";
        throw usage_error{sentence};
    }
}

void command_line::parse(std::vector<std::string> words) {
    // "--option=value" becomes two words: CLI11 takes an empty value for none. And CLI11 splits "[a,b]" into two.
    std::vector<std::string> line;
    bool operands_only = false;
    bool is_value = false;
    for (std::string& word : words) {
        if (std::exchange(is_value, false)) {
            line.push_back(std::move(word));
            continue;
        }
        if (!operands_only && (word == "-h" || word == "--help")) {
            help_wanted_ = true;
            return;
        }
        operands_only = operands_only || word == "--";
        const std::size_t equals = word.find('=');
        const std::string option = word.substr(0, equals);
        const bool takes_value = !operands_only && parser_->needs.contains(option);
        is_value = takes_value && equals == std::string::npos;
        if (!operands_only && !takes_value && equals != std::string::npos && parser_->flags.contains(option)) {
            throw usage_error{option + " takes no value."};
        }
        if (takes_value && equals != std::string::npos) {
            line.push_back(option);
            line.push_back(word.substr(equals + 1));
        } else if (word.starts_with('[') && word.ends_with(']')) {
            line.push_back("./" + word);
        } else {
            line.push_back(std::move(word));
        }
    }
    std::ranges::reverse(line); // as CLI11 has it
    try {
        parser_->app.parse(std::move(line));
    } catch (const CLI::ExtrasError&) {
        refuse_unknown_options();
        throw usage_error{"There are more files or numbers than " + name_ + " takes."};
    } catch (const CLI::RequiredError& missing) {
        refuse_unknown_options(); // which may be why something is missing
        const std::string what = missing.what();
        if (what.starts_with("FILE")) throw usage_error{"Which capture? Name a file, or - for standard input."};
        throw usage_error{what.substr(0, what.find(' ')) + " is missing."};
    } catch (const CLI::ArgumentMismatch& wrong) {
        const std::string what = wrong.what();
        const std::string option = what.substr(0, what.find_first_of(": ="));
        const auto needs = parser_->needs.find(option);
        if (needs != parser_->needs.end()) throw usage_error{option + " needs " + needs->second + "."};
        throw usage_error{escaped(what) + "."};
    } catch (const CLI::ParseError& wrong) {
        throw usage_error{escaped(wrong.what()) + "."};
    }
}

} // namespace program
