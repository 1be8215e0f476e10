// SPDX-License-Identifier: MIT
// Recordings whose senders wrote down what their kernel said of them: busy and receiver-limited times and least round trips
// beside the sender.
// See tests/lab.
#include <tcplens/capture.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/observers/profile_observer.hpp>
#include <tcplens/connection/observers/time_observer.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

/// The rows of a file of which the first line names the columns.
std::vector<std::map<std::string, std::string>> rows_of(const std::string& file) {
    std::ifstream in{file};
    std::vector<std::string> names;
    std::vector<std::map<std::string, std::string>> rows;
    for (std::string line; std::getline(in, line);) {
        std::istringstream columns{line};
        const bool first = names.empty();
        if (!first) rows.emplace_back();
        std::size_t at = 0;
        for (std::string column; std::getline(columns, column, '\t'); ++at) {
            if (first) names.push_back(column);
            else rows.back()[names.at(at)] = column;
        }
    }
    return rows;
}

/// As the tables name it.
std::string name_of(const endpoint& of) {
    return to_string(of.address) + ' ' + std::to_string(of.port);
}

double microseconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::micro>{time}.count();
}

} // namespace

TEST_CASE("time observer: busy and receiver-limited times are those of the sending kernel") {
    double busy = 0;
    double kernels_busy = 0;
    double limited = 0;
    double kernels_limited = 0;
    unsigned senders = 0;
    for (const std::string folder : {"tests/data/lab/few_limits-1/", "tests/data/lab/few_limits_lossy-1/"}) {
        for (const std::string host : {"a", "b"}) {
            capture_file capture{folder + host + ".pcap"};
            basic_connection_table<evidence_rules, time_observer> table;
            for (const packet& each : capture) table.add(each);
            REQUIRE_FALSE(capture.error());
            std::map<std::string, time_attribution::sending_times> told;
            for (const auto& each : table) {
                CHECK(each.time.duration == each.last_time - each.first_time);
                told[name_of(each.client) + ' ' + name_of(each.server)] = each.time.client_to_server;
                told[name_of(each.server) + ' ' + name_of(each.client)] = each.time.server_to_client;
            }
            for (auto& row : rows_of(folder + host + ".tcpinfo.tsv")) {
                CAPTURE(folder + host + ' ' + row["scenario"] + ' ' + row["local"]);
                const std::string key = row["local"] + ' ' + row["peer"];
                REQUIRE(told.contains(key));
                // Linux counts in ticks, here of 4 ms: one may be missed or gained at each turn.
                const double kernel_busy = std::stod(row["busy_time_us"]);
                const double ours_busy = microseconds(told[key].busy);
                CHECK(std::abs(ours_busy - kernel_busy) <= 0.05 * kernel_busy + 12000);
                const double kernel_limited = std::stod(row["rwnd_limited_us"]);
                const double ours_limited = microseconds(told[key].receiver_limited);
                CHECK(std::abs(ours_limited - kernel_limited) <= 0.1 * kernel_limited + 40000);
                busy += ours_busy;
                kernels_busy += kernel_busy;
                limited += ours_limited;
                kernels_limited += kernel_limited;
                ++senders;
            }
        }
    }
    CHECK(senders >= 20);
    CHECK(busy == doctest::Approx(kernels_busy).epsilon(0.01));
    CHECK(kernels_limited > 400000);
    CHECK(limited == doctest::Approx(kernels_limited).epsilon(0.15));
}

TEST_CASE("profile observer: the least round trip is that of the sending kernel") {
    unsigned senders = 0;
    for (const std::string folder : {"tests/data/lab/few_limits-1/", "tests/data/lab/few_limits_lossy-1/"}) {
        for (const std::string host : {"a", "b"}) {
            capture_file capture{folder + host + ".pcap"};
            basic_connection_table<evidence_rules, profile_observer> table;
            for (const packet& each : capture) table.add(each);
            REQUIRE_FALSE(capture.error());
            std::map<std::string, std::optional<std::chrono::nanoseconds>> told;
            for (const auto& each : table) {
                told[name_of(each.client) + ' ' + name_of(each.server)] = each.profile.client_to_server.kernel_min_rtt;
                told[name_of(each.server) + ' ' + name_of(each.client)] = each.profile.server_to_client.kernel_min_rtt;
            }
            for (auto& row : rows_of(folder + host + ".tcpinfo.tsv")) {
                CAPTURE(folder + host + ' ' + row["scenario"] + ' ' + row["local"]);
                const auto ours = told[row["local"] + ' ' + row["peer"]];
                REQUIRE(ours);
                const double kernel = std::stod(row["min_rtt_us"]);
                // The capture is taken some microseconds after the kernel's own clock is read.
                CHECK(std::abs(microseconds(*ours) - kernel) <= 0.03 * kernel + 300);
                ++senders;
            }
        }
    }
    CHECK(senders >= 20);
}
