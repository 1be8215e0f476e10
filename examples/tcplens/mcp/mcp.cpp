// SPDX-License-Identifier: MIT
// A server for the Model Context Protocol: language models ask about captures.

#include "../subcommands.hpp"
#include "../text.hpp"
#include "server.hpp"
#include "stdio_transport.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace program {

namespace {

struct options {
    std::vector<std::string> roots{};
    std::string written{};
    std::uint64_t size_mb = 16'384;
    std::uint64_t connections = 200'000;
    std::uint64_t seconds = 60;
};

void declare(command_line& line, options& given) {
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
    constexpr std::uint64_t most = 1'000'000'000;
    line.number<std::uint64_t>("--max-size", "MB", 1, most, "read no larger captures (16384)", given.size_mb);
    line.number<std::uint64_t>("--max-connections", "N", 1, most,
                               "keep no more connections in memory, about 3 kB each (200000)", given.connections);
    line.number<std::uint64_t>("--max-seconds", "N", 1, 86'400, "work no longer on one question (60)", given.seconds);
}

exit_status run(const options& given, session& with) {
    using namespace context_server;
    if (given.roots.empty()) throw usage_error{"mcp needs --root DIR: the folder whose captures may be read."};
    const roots folders{given.roots};
    std::optional<writable_folder> written;
    if (!given.written.empty()) written.emplace(given.written);
    capture_store captures{folders,
                           {.file_bytes = given.size_mb * 1'000'000,
                            .connections = given.connections,
                            .time = std::chrono::seconds{given.seconds}}};
    workshop tools{.captures = captures, .written = written ? &*written : nullptr};
    server answers{tools};
    if (serve_standard_streams(answers)) return exit_status::good;
    with.complain("The client closed the other end before all answers were sent.");
    return exit_status::bad_input;
}

} // namespace

const subcommand subcommands::mcp{
    .name = "mcp",
    .summary = "a server that answers language models (Model Context Protocol)",
    .description =
        "Answers the questions of language models about captures: a client such as an editor or a chat program starts "
        "it and sends JSON-RPC messages to its standard input. It speaks the revisions 2026-07-28, 2025-11-25 and "
        "2025-06-18 of the Model Context Protocol.\n\n"
        "It reads regular files beneath the folders of --root only, sends no payload, and bounds each answer, each "
        "capture and the time for each question. Its tools are analyze_tcp_connections, analyze_tcp_anomalies, "
        "analyze_tcp_retransmissions, analyze_traffic_flow, describe_capture, list_connections, get_connection, "
        "get_segments, find_observations, get_time_series, render_graph and, with --allow-write, export_connection.",
    .examples = {{"tcplens mcp --root /var/captures", "what a client starts"},
                 {"tcplens mcp --root . --allow-write exports", "connections may be written to new files in exports"}},
    .prepare = prepare<options, declare, run>,
};

} // namespace program
