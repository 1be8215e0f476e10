// SPDX-License-Identifier: MIT
// A server for the Model Context Protocol: language models ask about captures.

#include "../rule_sets.hpp"
#include "../subcommands.hpp"
#include "../text.hpp"
#include "allowed_host.hpp"
#ifndef _WIN32
#include "download.hpp"
#include "http_transport.hpp"
#include "server.hpp"
#include "stdio_transport.hpp"
#endif

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace program {

namespace {

struct mcp_options {
    std::vector<std::string> roots{};
    std::string written{};
    std::optional<std::uint16_t> http_port{};
    std::string http_host{"127.0.0.1"};
    std::string token_file{};
    std::uint64_t size_mb = 16'384;
    std::uint64_t connections = 200'000;
    std::uint64_t seconds = 60;
    std::vector<std::string> url_hosts{};
    std::uint64_t url_size_mb = 256;
    rule_set rules = rule_set::evidence;
};

void declare(command_line& line, mcp_options& given) {
    line.option({.names = "--root",
                 .value = "DIR",
                 .needs = "a folder",
                 .meaning = "a folder whose captures may be read; may be given several times",
                 .is_file = true,
                 .several = true,
                 .required = true},
                [&given](std::string_view value) {
                    given.roots.emplace_back(value);
                    return !value.empty();
                });
    line.file("--allow-write", "DIR", "let export_connection make new files in this folder", given.written);
    line.option({.names = "--allow-url",
                 .value = "HOST[:PORT]",
                 .needs = "the name of a host",
                 .meaning = "let captures be fetched by https from this host; may be given several times",
                 .several = true},
                [&given](std::string_view value) {
                    given.url_hosts.push_back(context_server::allowed_host(value));
                    return !given.url_hosts.back().empty();
                });
    declare_rules(line, given.rules);
    line.option({.names = "--http",
                 .value = "PORT",
                 .needs = "a port from 0 to 65535",
                 .meaning = "answer by Streamable HTTP at this port, and not on standard streams; 0 is any free port"},
                [&given](std::string_view value) {
                    given.http_port = parse_number<std::uint16_t>(value);
                    return given.http_port.has_value();
                });
    line.option({.names = "--http-host",
                 .value = "ADDRESS",
                 .needs = "an address of this machine",
                 .meaning = "with --http: listen at this address (127.0.0.1); others than loopback need --token-file"},
                [&given](std::string_view value) {
                    given.http_host = value;
                    return !value.empty();
                });
    line.file("--token-file", "FILE", "with --http: each request must carry the bearer token in this file",
              given.token_file);
    constexpr std::uint64_t most = 1'000'000'000;
    line.number<std::uint64_t>("--max-size", "MB", 1, most, "read no larger captures (16384)", given.size_mb);
    line.number<std::uint64_t>("--max-url-size", "MB", 1, most, "with --allow-url: fetch no larger files (256)",
                               given.url_size_mb);
    line.number<std::uint64_t>("--max-connections", "N", 1, most,
                               "keep no more connections in memory, about 3 kB each (200000)", given.connections);
    line.number<std::uint64_t>("--max-seconds", "N", 1, 86'400, "work no longer on one question (60)", given.seconds);
}

#ifdef _WIN32

exit_status run(const mcp_options&, session&) {
    return exit_status::bad_usage; // main() says what is missing
}

#else

/// The token in a file: its first line.
std::string token_in(const std::string& file) {
    std::ifstream in{file};
    std::string token;
    std::getline(in, token);
    while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
    constexpr std::size_t least_letters = 16;
    if (token.size() < least_letters) {
        throw usage_error{"--token-file needs a file whose first line is a token of 16 letters or more: " +
                          escaped(file)};
    }
    return token;
}

exit_status run_http(const mcp_options& given, session& with, context_server::server& answers) {
    using namespace context_server;
    if (!has_http()) {
        throw usage_error{"--http needs cpp-httplib (Debian: libcpp-httplib-dev), which this build of tcplens lacks."};
    }
    http_options how{.host = given.http_host, .port = *given.http_port};
    if (!given.token_file.empty()) how.token = token_in(given.token_file);
    if (how.token.empty() && !is_loopback(how.host)) {
        throw usage_error{"--http-host other than loopback needs --token-file: whoever has no token must not ask."};
    }
    const auto listening = [&](const std::string& url) { with.complain("mcp is at " + url + "."); };
    if (serve_http(answers, how, listening)) return exit_status::good;
    with.complain("The port " + std::to_string(how.port) + " of " + escaped(how.host) + " cannot be listened at.");
    return exit_status::bad_input;
}

exit_status run(const mcp_options& given, session& with) {
    using namespace context_server;
    if (given.roots.empty()) throw usage_error{"mcp needs --root DIR: the folder whose captures may be read."};
    if (!given.url_hosts.empty()) {
        if (const std::string problem = download_problem(); !problem.empty())
            throw usage_error{"--allow-url needs libcurl" + problem};
    }
    const roots folders{given.roots};
    std::optional<writable_folder> written;
    if (!given.written.empty()) written.emplace(given.written);
    capture_store captures{folders,
                           {.file_bytes = given.size_mb * 1'000'000,
                            .connections = given.connections,
                            .time = std::chrono::seconds{given.seconds}},
                           given.rules,
                           {.hosts = given.url_hosts, .most_bytes = given.url_size_mb * 1'000'000}};
    workshop tools{.captures = captures, .written = written ? &*written : nullptr};
    server answers{tools};
    if (given.http_port) return run_http(given, with, answers);
    if (given.http_host != "127.0.0.1" || !given.token_file.empty()) {
        throw usage_error{"--http-host and --token-file go with --http."};
    }
    if (serve_standard_streams(answers)) return exit_status::good;
    with.complain("The client closed the other end before all answers were sent.");
    return exit_status::bad_input;
}

#endif

} // namespace

const subcommand subcommands::mcp{
    .name = "mcp",
    .summary = "a server that answers language models (Model Context Protocol)",
    .description =
        "Answers the questions of language models about captures: a client such as an editor or a chat program starts "
        "it and sends JSON-RPC messages to its standard input. It speaks the revisions 2026-07-28, 2025-11-25 and "
        "2025-06-18 of the Model Context Protocol.\n\n"
        "It reads regular files beneath the folders of --root only, and with --allow-url what it fetches by https from "
        "the hosts that are named, if they have public addresses. It sends no payload, and bounds each answer, each "
        "capture and the time for each question. Its tools are analyze_tcp_connections, analyze_tcp_anomalies, "
        "analyze_tcp_retransmissions, analyze_traffic_flow, describe_capture, list_connections, get_connection, "
        "get_segments, find_observations, get_time_series, render_graph and, with --allow-write, export_connection.",
    .examples = {{"tcplens mcp --root /var/captures", "what a client starts"},
                 {"tcplens mcp --root /var/captures --allow-url captures.example.org",
                  "pcap_file may be a URL of this host, too"},
                 {"tcplens mcp --root . --allow-write exports", "connections may be written to new files in exports"}},
#ifdef _WIN32
    .missing = "the system calls of POSIX",
#endif
    .prepare = prepare<mcp_options, declare, run>,
};

} // namespace program
