// SPDX-License-Identifier: MIT
// -o of report and graph: the file takes its place once it is whole.
#include "running.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace files = std::filesystem;

namespace {

constexpr std::string_view lossy = "tests/data/lab/few_losses-3/a.pcap";

void put(const std::string& file, std::string_view text) {
    std::ofstream{file, std::ios::binary} << text;
}

std::ptrdiff_t files_in(const temporary_folder& folder) {
    return std::distance(files::directory_iterator{folder.file("")}, {});
}

/// The beginnings of command lines that write to what follows.
const std::string commands[]{"report -o ",
                             "report --format json -o ",
                             "report --format html -o ",
                             "graph --connection 0 -o ",
                             "graph --connection 0 --xplot -o ",
                             "graph -o "};

} // namespace

TEST_CASE("-o replaces a file, and the target of a link, and keeps its rights") {
    const temporary_folder folder;
    const std::string file = folder.file("out");
    for (const std::string& each : commands) {
        CAPTURE(each);
        const std::string to_pipe = run(program(each.substr(0, each.find(" -o"))) + " " + std::string{lossy}).out;
        put(file, "what was there");
        files::permissions(file, files::perms::owner_read | files::perms::owner_write);
        files::create_symlink("out", folder.file("link"));
        CHECK(run(program(each) + folder.file("link") + " " + std::string{lossy}).status == 0);
        CHECK(files::is_symlink(folder.file("link")));
        CHECK(contents(file) == to_pipe);
        CHECK(files::status(file).permissions() == (files::perms::owner_read | files::perms::owner_write));
        CHECK(files_in(folder) == 2);
        files::remove(folder.file("link"));
        files::remove(file);
    }
}

TEST_CASE("-o to standard output, a pipe and a device") {
    const temporary_folder folder;
    for (const std::string& each : commands) {
        CAPTURE(each);
        const std::string plain = run(program(each.substr(0, each.find(" -o"))) + " " + std::string{lossy}).out;
        CHECK(run(program(each) + "- " + std::string{lossy}).out == plain);
        CHECK(run(program(each) + "/dev/stdout " + std::string{lossy}).out == plain);
        const std::string before_and_behind =
            run("{ echo before; " + program(each) + "/dev/stdout " + std::string{lossy} + "; echo behind; } > " +
                folder.file("all") + "; cat " + folder.file("all"))
                .out;
        CHECK(before_and_behind == "before\n" + plain + "behind\n");
        const std::string pipe = folder.file("pipe");
        const run_result piped = run("mkfifo " + pipe + "; cat " + pipe + " & " + program(each) + pipe + " " +
                                     std::string{lossy} + "; status=$?; wait; rm " + pipe + "; exit $status");
        CHECK(piped.status == 0);
        CHECK(piped.out == plain);
        if (!files::exists("/dev/full")) continue; // Linux has it
        const run_result full = run(program(each) + "/dev/full " + std::string{lossy});
        CHECK(full.status == 1);
        CHECK(contains(full.err, "/dev/full: writing failed at byte 0 (No space left on device)."));
        CHECK(files::exists("/dev/full"));
    }
}

TEST_CASE("a file that cannot be made whole leaves what had its name") {
    const temporary_folder folder;
    const std::string file = folder.file("out");
    put(file, "what was there");
    for (const std::string& each : commands) {
        CAPTURE(each);
        // The system takes no more than 512 or 1,024 bytes.
        const run_result ran =
            run("trap '' XFSZ; ulimit -f 1; exec " + program(each) + file + " " + std::string{lossy} + " 2>&1");
        CHECK(ran.status == 1);
        CHECK(contains(ran.out, "writing failed at byte"));
        CHECK(contents(file) == "what was there");
        CHECK(files_in(folder) == 1);
        CHECK(run(program(each) + folder.file("no/such/folder") + " " + std::string{lossy}).status == 2);
    }
    CHECK(run(program("report --format html -o ") + file + " " + folder.file("missing.pcap")).status == 1);
    CHECK(contents(file) == "what was there");
}

TEST_CASE("a capture that is read is never written over") {
    const temporary_folder folder;
    const std::string file = folder.file("a.pcap");
    files::copy_file(lossy, file);
    files::create_symlink("a.pcap", folder.file("link"));
    files::create_hard_link(file, folder.file("other name"));
    const std::string whole = contents(file);
    for (const std::string& each : commands) {
        for (const std::string_view name : {"a.pcap", "link", "other name"}) {
            CAPTURE(each);
            CHECK(run(program(each) + "'" + folder.file(name) + "' " + file).status == 2);
            CHECK(contents(file) == whole);
        }
        CHECK(run(program(each) + file + " - < " + file).status == 2);
        CHECK(contents(file) == whole);
    }
}
