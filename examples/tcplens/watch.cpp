// SPDX-License-Identifier: MIT
// Follows the connections on a network interface as long as it is left open.

#include "subcommands.hpp"
#include "text.hpp"

#include <tcplens/tcplens.hpp>

#ifdef TCPLENS_HAS_WATCH
#include "watch_loop.hpp"
#endif

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace program {

namespace {

struct watch_options {
    std::string interface {};
    bool ring = false;
    std::string filter{};
    std::uint16_t snaplen = 256;
    std::uint32_t seconds = 0; ///< 0: until a signal comes
    std::uint32_t max_connections = 100'000;
    tcplens::full_policy when_full = tcplens::full_policy::evict;
    std::uint32_t idle_timeout = 300;
    std::uint32_t attempt_timeout = 5;
    std::uint32_t close_timeout = 5;
    bool ended = false;
    std::uint16_t metrics_port = 0; ///< 0: none
    tcplens::address metrics_address = *tcplens::address::parse("127.0.0.1");
    std::string metrics_file{};
    std::string user = "nobody";
};

void declare_bounds(command_line& line, watch_options& given) {
    constexpr std::uint32_t most_connections = 100'000'000;
    constexpr std::uint32_t longest = 31'536'000; // a year, as idle_timeouts has it
    line.number<std::uint32_t>("--max-connections", "N", 1, most_connections,
                               "how many connections are followed at once (100000, which take 400 MB from the start)",
                               given.max_connections);
    line.choice<tcplens::full_policy>(
        "--when-full", {{"evict", tcplens::full_policy::evict}, {"refuse", tcplens::full_policy::refuse}},
        "when there are as many: the connection that is missed least makes room (the default), or the new one is not "
        "followed",
        given.when_full);
    line.number<std::uint32_t>("--idle-timeout", "S", 1, longest,
                               "after how many seconds of silence a connection ends (300)", given.idle_timeout);
    line.number<std::uint32_t>("--attempt-timeout", "S", 1, longest,
                               "after how many seconds a SYN without an answer ends (5)", given.attempt_timeout);
    line.number<std::uint32_t>("--close-timeout", "S", 1, longest,
                               "after how many seconds a closed or half closed connection ends (5)",
                               given.close_timeout);
}

void declare_metrics(command_line& line, watch_options& given) {
    line.number<std::uint16_t>("--metrics-port", "N", 1, std::numeric_limits<std::uint16_t>::max(),
                               "serve metrics for Prometheus at this port, as http://127.0.0.1:N/metrics",
                               given.metrics_port);
    line.option(
        {.names = "--metrics-address",
         .value = "A",
         .needs = "an IPv4 or IPv6 address",
         .meaning = "with --metrics-port: at this address of the machine (127.0.0.1, which others do not reach)"},
        [&given](std::string_view text) {
            const auto parsed = tcplens::address::parse(text);
            if (parsed) given.metrics_address = *parsed;
            return parsed.has_value();
        });
    line.file("--metrics-file", "F",
              "write the metrics into this file each second, as the textfile collector of node_exporter reads them; it "
              "is complete at any time",
              given.metrics_file);
    line.option({.names = "--user",
                 .value = "NAME",
                 .needs = "the name of a user other than root",
                 .meaning = "whom root becomes once the interface is open (nobody)"},
                [&given](std::string_view text) {
                    given.user = text;
                    return !text.empty();
                });
}

void declare(command_line& line, watch_options& given) {
    line.flag("--ring", "capture through a ring of AF_PACKET instead of libpcap (Linux)", given.ring);
    line.option({.names = "--filter",
                 .value = "EXPRESSION",
                 .needs = "an expression of pcap-filter(7)",
                 .meaning = "only such packets; not with --ring"},
                [&given](std::string_view text) {
                    given.filter = text;
                    return !text.empty();
                });
    line.number<std::uint16_t>("--snaplen", "BYTES", 64, std::numeric_limits<std::uint16_t>::max(),
                               "how much of each packet is captured (256, which holds all headers but of deep tunnels)",
                               given.snaplen);
    line.number<std::uint32_t>("--seconds", "N", 1, 1'000'000'000, "end after so many seconds", given.seconds);
    declare_bounds(line, given);
    declare_metrics(line, given);
    line.flag("--ended", "a line for each connection that ends, where standard output is no terminal", given.ended);
    line.operand(
        {.names = "INTERFACE",
         .needs = "the name of a network interface",
         .meaning = "a network interface, as `ip link` lists them; \"any\" is all of them, but not with --ring",
         .required = true},
        [&given](std::string_view text) {
            given.interface = text;
            return !text.empty();
        });
}

#ifdef TCPLENS_HAS_WATCH

using namespace watching;

/// Bytes of memory that can be had without swapping, as far as the system says.
std::uint64_t available_memory() {
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    std::ifstream file{"/proc/meminfo"};
    std::string name;
    std::uint64_t number = 0;
    std::string rest;
    while (file >> name >> number && std::getline(file, rest)) {
        if (name == "MemAvailable:") least = number * 1024;
    }
    std::uint64_t limit = 0; // of the container
    std::uint64_t used = 0;
    if (std::ifstream{"/sys/fs/cgroup/memory.max"} >> limit && std::ifstream{"/sys/fs/cgroup/memory.current"} >> used) {
        least = std::min(least, limit - std::min(used, limit));
    }
    return least;
}

tcplens::table_options table_options_of(const watch_options& given) {
    using std::chrono::seconds;
    return {.max_connections = given.max_connections,
            .full_policy = given.when_full,
            .timeouts = {.attempt = seconds{given.attempt_timeout},
                         .established = seconds{given.idle_timeout},
                         .half_closed = seconds{given.close_timeout},
                         .closed = seconds{given.close_timeout}}};
}

std::string memory_sentence(const watch_options& given) {
    return "--max-connections " + std::to_string(given.max_connections) + " needs about " +
           bytes_text(memory_needed(given.max_connections)) + " of memory, which is not there";
}

/// \throws usage_error if there is not enough memory
void check_memory(const watch_options& given) {
    const std::uint64_t available = available_memory();
    if (memory_needed(given.max_connections) <= available) return;
    throw usage_error{memory_sentence(given) + ": " + bytes_text(available) + " are available."};
}

/// \throws usage_error if there is not enough memory
std::unique_ptr<watch_table> make_table(const watch_options& given, watch_table::end_teller on_end) {
    try {
        return std::make_unique<watch_table>(table_options_of(given), std::move(on_end));
    } catch (const std::bad_alloc&) {
        throw usage_error{memory_sentence(given) + "."};
    } catch (const std::length_error&) {
        throw usage_error{memory_sentence(given) + "."};
    }
}

/// \throws usage_error if root cannot become it, or would stay root
user find_unprivileged(const watch_options& given) {
    if (!is_root()) return {};
    const std::optional<user> found = find_user(given.user);
    if (!found) throw usage_error{"--user: There is no user '" + escaped(given.user) + "'."};
    if (found->id == 0) throw usage_error{"--user needs the name of a user other than root."};
    return *found;
}

/// The metrics before anything has happened.
std::string empty_page() {
    return metrics_text({.segments = {}, .connections = {}, .packets = {}}, metrics_format::prometheus);
}

std::unique_ptr<packet_source> open_source(const watch_options& given) {
    const source_options from{.interface = given.interface, .snaplen = given.snaplen, .filter = given.filter};
    const bool by_ring = given.ring || !has_pcap_source();
    if (given.ring && !has_ring_source()) throw usage_error{"--ring needs Linux."};
    if (by_ring && !given.filter.empty()) {
        throw usage_error{given.ring ? "--filter cannot be used with --ring."
                                     : "--filter needs libpcap (Debian: libpcap-dev), which this build lacks."};
    }
    return by_ring ? open_ring_source(from) : open_pcap_source(from);
}

/// Gives up all privileges. False: it has said why it cannot.
bool become_unprivileged(const user& to, const session& with) {
    if (const std::string why = drop_privileges(to); !why.empty()) {
        with.complain(why);
        return false;
    }
    if (is_root()) {
        with.complain("This user namespace has no user " + to.name +
                      ": the user stays as it is, without capabilities.");
    }
    return true;
}

exit_status conclude(const watch_options& given, const session& with, const std::string& problem) {
    const exit_status status = with.conclude();
    if (problem.empty()) return status;
    with.complain(given.interface, problem);
    return exit_status::bad_input;
}

exit_status run(const watch_options& given, session& with) {
    check_memory(given);
    if (given.metrics_port == 0 && given.metrics_address != watch_options{}.metrics_address)
        throw usage_error{"--metrics-address goes with --metrics-port."};
    const user unprivileged = find_unprivileged(given);
    std::unique_ptr<watch_loop> loop;
    metrics_server server{[&](metrics_format format) { return loop ? loop->page(format) : empty_page(); }};
    if (given.metrics_port != 0) {
        if (const std::string why = server.listen(given.metrics_address, given.metrics_port); !why.empty())
            throw usage_error{"--metrics-port " + std::to_string(given.metrics_port) + ": " + why};
    }
    metrics_file file;
    if (!given.metrics_file.empty()) {
        if (const std::string why = file.open(given.metrics_file, unprivileged, empty_page()); !why.empty())
            throw usage_error{"--metrics-file " + escaped(given.metrics_file) + ": " + why};
    }
    // While the table is made, packets wait in the kernel's buffer.
    const std::unique_ptr<packet_source> source = open_source(given);
    if (source->refuses_filter()) throw usage_error{source->problem()};
    if (!source->problem().empty()) return conclude(given, with, source->problem());
    const bool on_terminal = with.screen.can_move();
    const auto table = make_table(given, [&](const tcplens::connection& ended, tcplens::end_reason why) {
        if (given.ended && !on_terminal) print_ended(with.out, ended, why);
    });
    if (!become_unprivileged(unprivileged, with)) return exit_status::bad_input;

    const watched what{.interface = given.interface, .link = source->link(), .most_connections = given.max_connections};
    const auto shown = on_terminal ? make_screen(with, what) : make_plain_lines(with, what);
    loop = std::make_unique<watch_loop>(loop_parts{with, *source, *table, server, file, *shown}, what);
    std::string problem;
    try {
        problem = loop->run(given.seconds == 0 ? std::nullopt : std::optional{std::chrono::seconds{given.seconds}});
    } catch (const std::bad_alloc&) {
        problem = "There is not enough memory.";
    }
    shown->end();
    print_summary(with.out, *table, source->counts());
    return conclude(given, with, problem);
}

#else

exit_status run(const watch_options&, session&) {
    return exit_status::bad_usage; // main() says what is missing
}

#endif

} // namespace

const subcommand subcommands::watch{
    .name = "watch",
    .summary = "what happens on a network interface: a screen to leave open, and metrics",
    .description =
        "Follows the connections on INTERFACE until Ctrl-C, SIGTERM or --seconds ends it: rates, connections that "
        "begin "
        "and end, retransmissions, the worst connections and the busiest services of the last second, and what "
        "deserves a look as it arises. A terminal gets a screen that is drawn again each second; elsewhere there is a "
        "line a second. At the end the totals are printed.\n\n"
        "Capturing needs CAP_NET_RAW, or root. Once the interface is open all privileges are given up: root becomes "
        "the user nobody, or --user, without capabilities. An interface that goes away, or down, is waited for. "
        "Memory: --max-connections bounds it, and 50 MB; all of it is taken at the start.",
    .examples = {{"tcplens watch eth0", "a screen, until Ctrl-C"},
                 {"tcplens watch --filter 'tcp port 443' eth0", "HTTPS alone"},
                 {"tcplens watch --ended --seconds 60 eth0 > log", "a minute, with a line for each connection"},
                 {"tcplens watch --metrics-port 9797 eth0 > /dev/null", "for Prometheus"}},
#ifndef TCPLENS_HAS_WATCH
    .missing = "libpcap (Debian: libpcap-dev), or Linux,",
#endif
    .prepare = prepare<watch_options, declare, run>,
};

} // namespace program
