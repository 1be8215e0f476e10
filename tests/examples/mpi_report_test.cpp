// SPDX-License-Identifier: MIT
// Whoever runs this looks for "mpirun is missing", and takes the test as skipped.
#include "../support/capture_writer.hpp"
#include "busy_capture.hpp"
#include "running.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

using capture_writer::byte_vector;

bool mpirun_is_missing() {
    if (run("command -v mpirun timeout").status == 0) return false;
    std::puts("mpirun is missing");
    return true;
}

// Whatever the machine has: few processors, root, no way to others. Open MPI itself leaks.
run_result mpirun(const std::string& arguments) {
    return run("OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_plm=isolated "
               "OMPI_MCA_mpi_yield_when_idle=1 ASAN_OPTIONS=detect_leaks=0 "
               "timeout 100 mpirun --oversubscribe --bind-to none " +
               arguments);
}

// By one process, without mpirun.
run_result alone(const std::string& arguments) {
    return run("OMPI_MCA_plm=isolated ASAN_OPTIONS=detect_leaks=0 " + example("mpi_report") + arguments);
}

// That it says of packets and connections what tcplens says.
void check_totals(const run_result& ran, const std::string& files) {
    const auto told = nlohmann::json::parse(run(program("report --format json --by-time") + files).out);
    const auto line = [&](std::string_view name, const nlohmann::json& count) {
        const std::size_t at = ran.out.find(std::string{"\n  "}.append(name).append(" "));
        REQUIRE(at != std::string::npos);
        const std::string text = ran.out.substr(at + 1, ran.out.find('\n', at + 1) - at - 1);
        CHECK(text.ends_with(" " + std::to_string(count.get<std::uint64_t>())));
    };
    line("packets", told["capture"]["packets"]);
    line("TCP", told["capture"]["tcp_packets"]);
    const auto& summary = told["connections"]["summary"];
    line("total", summary["total_connections"]);
    line("handshake completed", summary["successful_handshakes"]);
    line("closed normally", summary["normal_close"]);
    const std::string again = std::to_string(told["retransmissions"]["total_retransmissions"].get<std::uint64_t>());
    CHECK(contains(ran.out, "\nRetransmissions\n  " + again + " of "));
}

void check_same(const run_result& ran, const run_result& expected) {
    CHECK(ran.status == expected.status);
    CHECK(ran.out == expected.out);
}

} // namespace

TEST_CASE("ranks answer together as one process does, however many there are") {
    if (mpirun_is_missing()) return;
    const temporary_folder folder;
    std::string tidy;
    for (std::size_t i = 0; const auto& each : busy_capture{}.deal(5)) {
        tidy += std::string{" "}.append(folder.write("tidy" + std::to_string(i++), busy_capture::pcap_of(each)));
    }
    // Packets at the same time in several files, times that run back, packets without a time, a file without packets
    std::string untidy;
    for (std::size_t i = 0; const auto& each : busy_capture{2000, true}.deal(4)) {
        untidy += std::string{" "}.append(folder.write("untidy" + std::to_string(i++), busy_capture::pcapng_of(each)));
    }
    untidy += std::string{" "}.append(folder.write("untidy4", busy_capture::pcap_of({})));
    const run_result expected = alone(" --detailed" + tidy);
    const run_result expected_untidy = alone(" --detailed" + untidy);
    check_totals(expected, tidy);
    check_totals(expected_untidy, untidy);
    CHECK(contains(expected.out, ": UDP (IP protocol 17), not TCP\n"));
    for (const std::string ranks : {"1", "2", "3", "7"}) {
        CAPTURE(ranks);
        const std::string program = "-n " + ranks + " " + example("mpi_report") + " --detailed";
        check_same(mpirun(program + tidy), expected); // in one round
        check_same(mpirun(program + " --round 17" + untidy), expected_untidy);
    }
}

TEST_CASE("each rank may have files of its own, and what is wrong with them is told once, in the order of files") {
    if (mpirun_is_missing()) return;
    const temporary_folder folder;
    std::vector<std::string> files;
    for (std::size_t i = 0; const auto& each : busy_capture{500}.deal(4)) {
        byte_vector bytes = busy_capture::pcap_of(each);
        if (i == 1) bytes.resize(bytes.size() - 1);
        files.push_back(std::string{" "}.append(folder.write("own" + std::to_string(i++), bytes)));
    }
    const std::string missing = std::string{" "}.append(folder.file("missing"));
    const run_result expected = alone(files[0] + files[1] + missing + files[2] + files[3]);
    CHECK(expected.status == 1);
    CHECK(contains(expected.out, "own1: cut off at byte "));
    const std::string told = expected.err.substr(expected.err.find("mpi_report: "));
    CHECK(std::ranges::count(told, '\n') == 2);
    const std::string one = "-n 1 " + example("mpi_report") + " --local";
    const run_result local =
        mpirun(one + files[0] + files[1] + missing + " : " + one + files[2] + " : " + one + files[3]);
    check_same(local, expected);
    CHECK(contains(local.err, told));
    CHECK(local.err.find(told) == local.err.rfind(told));
    const run_result dealt =
        mpirun("-n 3 " + example("mpi_report") + files[0] + files[1] + missing + files[2] + files[3]);
    check_same(dealt, expected);
    CHECK(contains(dealt.err, told));
}

TEST_CASE("ranks with other files than the rest are refused, unless these are their own; and so is standard input") {
    if (mpirun_is_missing()) return;
    const std::string one = "-n 1 " + example("mpi_report");
    const run_result different = mpirun(one + " a : " + one + " b");
    CHECK(different.status == 2);
    CHECK(contains(different.err, "mpi_report: The ranks were given different files"));
    const run_result some_local = mpirun(one + " --local a : " + one + " a");
    CHECK(some_local.status == 2);
    CHECK(contains(some_local.err, "mpi_report: Some ranks were given --local, and some were not."));
    const run_result input = mpirun(one + " a - : " + one + " a -");
    CHECK(input.status == 2);
    CHECK(contains(input.err, "mpi_report: Standard input is not that of all ranks"));
    const run_result one_of_two = mpirun(one + " a : " + one + " --nonsense a");
    CHECK(one_of_two.status == 2);
    CHECK(contains(one_of_two.err, "mpi_report: The command line of another rank makes no sense."));
    const run_result usage = mpirun("-n 2 " + example("mpi_report") + " --nonsense");
    CHECK(usage.status == 2);
    CHECK(contains(usage.err, "mpi_report: There is no option '--nonsense'.\nusage: mpi_report "));
    CHECK(usage.err.find("usage:") == usage.err.rfind("usage:"));
}
