// SPDX-License-Identifier: MIT
// The subcommand connections: its orders, its table at any width, csv, JSON lines.
#include "../support/story.hpp"
#include "running.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using enum tcplens::verdict_kinds;

namespace {

std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields(1);
    for (const char each : line) {
        if (each == ',') fields.emplace_back();
        else fields.back() += each;
    }
    return fields;
}

// 0: data is sent twice, and the server resets it. 1 and 2: alike, with 100 bytes. 3: 5,000 bytes, slowly. 4: picked up midstream, and
// the server is heard first. 5: nothing answers.
std::vector<std::byte> six_connections() {
    story s;
    auto [first, first_server] = s.established();
    first.sends(1, 50);
    s.after(300ms);
    first.sends(1, 50).expect(retransmission);
    first_server.resets();
    for (const std::uint16_t port : {std::uint16_t{40001}, std::uint16_t{40002}}) {
        auto [client, server] = s.established({.client_port = port});
        client.sends(1, 100);
        s.after(10ms);
        server.acks(101);
    }
    auto [slow, slow_server] = s.established({.client_port = 40003});
    for (std::int64_t i = 0; i < 5; ++i) {
        slow.sends(1 + 1000 * i, 1000);
        s.after(400ms);
        slow_server.acks(1001 + 1000 * i);
    }
    auto [old_client, old_server] = s.midstream({.client_port = 40004, .server_port = 50000});
    old_server.sends(1, 10);
    s.after(1ms);
    old_client.acks(11);
    auto unheard = s.hosts({.client_port = 40005});
    unheard.client.syn();
    return s.capture();
}

/// The values of a column, in the order of the rows.
std::vector<std::string> column_of(const std::string& csv, std::string_view name) {
    const std::vector<std::string> lines = lines_of(csv);
    REQUIRE(!lines.empty());
    const std::vector<std::string> names = fields_of(lines[0]);
    const auto found = std::ranges::find(names, name);
    REQUIRE_MESSAGE(found != names.end(), std::string{name});
    std::vector<std::string> values;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::vector<std::string> fields = fields_of(lines[i]);
        REQUIRE(fields.size() == names.size());
        values.push_back(fields[static_cast<std::size_t>(found - names.begin())]);
    }
    return values;
}

using numbers = std::vector<std::string>;

} // namespace

TEST_CASE("connections sorts by what is asked for, and equals by their number") {
    const temporary_folder folder;
    const std::string file = folder.write("six.pcap", six_connections());
    const auto sorted = [&](const std::string& options) {
        const run_result ran = run(program("connections --format csv ") + options + " " + file);
        CHECK(ran.status == 0);
        CHECK(ran.err.empty());
        return column_of(ran.out, "number");
    };
    CHECK(sorted("--sort number") == numbers{"0", "1", "2", "3", "4", "5"});
    CHECK(sorted("--sort number --reverse") == numbers{"5", "4", "3", "2", "1", "0"});
    CHECK(sorted("--sort start") == numbers{"0", "1", "2", "3", "4", "5"});
    CHECK(sorted("--sort data") == numbers{"3", "1", "2", "0", "4", "5"});
    CHECK(sorted("--sort data --reverse") == numbers{"5", "4", "0", "1", "2", "3"}); // equals are not turned round
    CHECK(sorted("--sort retransmissions --top 1") == numbers{"0"});
    CHECK(sorted("--sort retransmissions") == numbers{"0", "1", "2", "3", "4", "5"});
    CHECK(sorted("--sort duration --top 2") == numbers{"3", "0"});
    // Those without a round trip come last, in both directions: 5 has none, and 4 that of its data.
    CHECK(sorted("--sort rtt").back() == "5");
    CHECK(sorted("--sort rtt --reverse").back() == "5");
    for (const char* order : {"bytes", "packets", "retransmission_rate", "throughput", "handshake", "path", "loss",
                              "window", "server", "idle"}) {
        CAPTURE(order);
        numbers all = sorted("--all --sort " + std::string{order});
        CHECK(all.size() == 6);
        // The first few are the same ones.
        CHECK(sorted("--top 3 --sort " + std::string{order}) == numbers(all.begin(), all.begin() + 3));
    }
    const run_result wrong = run(program("connections --sort nonsense ") + file);
    CHECK(wrong.status == 2);
    CHECK(contains(wrong.err, "--sort needs one of bytes, data, duration,"));
}

TEST_CASE("connections lists 20, so many as are asked for, or all") {
    const temporary_folder folder;
    story s;
    for (std::uint16_t i = 0; i < 25; ++i) s.established({.client_port = static_cast<std::uint16_t>(40000 + i)});
    const std::string file = folder.write("many.pcap", s.capture());
    const auto count = [&](const std::string& options) {
        return lines_of(run(program("connections --format json ") + options + " " + file).out).size();
    };
    CHECK(count("") == 20);
    CHECK(count("--top 7") == 7);
    CHECK(count("--top 1000000000") == 25);
    CHECK(count("--all") == 25);
    CHECK(count("--all --top 3") == 25);
    const std::string table = run(program("connections --sort start ") + file).out;
    CHECK(contains(table, "20 of 25 connections, first to begin first; --all shows all.\n"));
    CHECK_FALSE(contains(run(program("connections --all ") + file).out, " of 25 "));
    CHECK(run(program("connections --top 0 ") + file).status == 2);
}

TEST_CASE("the table of connections fits any width, and keeps the column that it is sorted by") {
    const temporary_folder folder;
    const std::string six = folder.write("six.pcap", six_connections());
    story over_ipv6{{.families = story_families::v6}};
    over_ipv6.established();
    const std::string ipv6 = folder.write("ipv6.pcap", over_ipv6.capture());
    for (const std::string& file : {six, ipv6, std::string{"tests/data/lab/few_losses-3/a.pcap"}}) {
        for (const std::size_t width : {40u, 60u, 80u, 200u}) {
            for (const std::string order : {"bytes", "retransmission_rate", "throughput", "idle"}) {
                const run_result ran =
                    run("COLUMNS=" + std::to_string(width) + " " + program("connections --sort ") + order + " " + file);
                CHECK(ran.status == 0);
                CAPTURE(ran.out);
                const std::vector<std::string> lines = lines_of(ran.out);
                REQUIRE(!lines.empty());
                for (const std::string& line : lines) CHECK(line.size() <= width);
                CHECK(contains(lines[0], order == "retransmission_rate" ? "retr/packet" : order));
                CHECK_FALSE(contains(ran.out, "\x1b")); // colours are for terminals
            }
        }
    }
    const std::string wide = run("COLUMNS=200 " + program("connections --sort number ") + six).out;
    for (const char* title : {"client", "server", "state", "start", "duration", "packets", "bytes", "retr", "rtt",
                              "throughput", "most time in"}) {
        CAPTURE(title);
        CHECK(contains(lines_of(wide)[0], title));
    }
    CHECK(contains(wide, " reset "));
    CHECK(contains(wide, " unanswered "));
    CHECK(contains(wide, " established "));
    CHECK(contains(wide, " midstream "));
}

TEST_CASE("connections marks a guess of the roles, in every format") {
    const temporary_folder folder;
    const std::string file = folder.write("six.pcap", six_connections());
    const std::string table = run("COLUMNS=200 " + program("connections --sort number ") + file).out;
    const std::vector<std::string> lines = lines_of(table);
    REQUIRE(lines.size() > 6);
    CHECK(contains(lines[1], " > "));
    CHECK(contains(lines[5], ":50000 ? ")); // it was heard first
    CHECK(contains(table, "? no SYN was captured: which end is the client is a guess."));
    CHECK_FALSE(contains(run(program("connections tests/data/handshake.pcap")).out, " ? "));

    const std::string csv = run(program("connections --sort number --format csv ") + file).out;
    CHECK(column_of(csv, "role_guessed") == numbers{"false", "false", "false", "false", "true", "false"});
    CHECK(column_of(csv, "role_basis")[4] == "first_packet");
    const std::string json = run(program("connections --sort number --format json ") + file).out;
    CHECK(nlohmann::json::parse(lines_of(json)[4])["role_guessed"] == true);

    // Where the server is asked for, and was taken for the client, the connection is shown the other way round.
    const std::string of_server = run(program("connections --server-port 40004 --format csv ") + file).out;
    CHECK(column_of(of_server, "number") == numbers{"4"});
    CHECK(column_of(of_server, "server_port") == numbers{"40004"});
    CHECK(column_of(of_server, "to_client_unique_bytes") == numbers{"0"});
    CHECK(column_of(of_server, "to_server_unique_bytes") == numbers{"10"});
}

TEST_CASE("connections in csv and as JSON lines: the same columns, with plain numbers") {
    const temporary_folder folder;
    const std::string file = folder.write("six.pcap", six_connections());
    const std::string csv = run(program("connections --sort number --format csv ") + file).out;
    const std::vector<std::string> rows = lines_of(csv);
    const std::vector<std::string> objects =
        lines_of(run(program("connections --sort number --format json ") + file).out);
    REQUIRE(rows.size() == 7);
    REQUIRE(objects.size() == 6);
    const std::vector<std::string> names = fields_of(rows[0]);
    for (std::size_t i = 0; i < objects.size(); ++i) {
        const auto object = nlohmann::ordered_json::parse(objects[i]);
        const std::vector<std::string> fields = fields_of(rows[i + 1]);
        REQUIRE(object.size() == names.size());
        std::size_t at = 0;
        for (const auto& member : object.items()) { // clang 14 captures no structured bindings
            const std::string& name = member.key();
            const auto& value = member.value();
            CAPTURE(name);
            CHECK(name == names[at]);
            if (value.is_null()) CHECK(fields[at].empty());
            else if (value.is_string()) CHECK(fields[at] == value.get<std::string>());
            else if (value.is_number_float()) CHECK(std::stod(fields[at]) == value.get<double>());
            else CHECK(fields[at] == value.dump());
            ++at;
        }
    }
    CHECK(column_of(csv, "state") ==
          numbers{"reset", "established", "established", "established", "midstream", "unanswered"});
    CHECK(column_of(csv, "to_server_retransmissions") == numbers{"1", "0", "0", "0", "0", "0"});
    CHECK(column_of(csv, "to_server_unique_bytes")[3] == "5000");
    CHECK(column_of(csv, "handshake_rtt_ns")[1] == "10000000");
    CHECK(column_of(csv, "closed_by") == numbers{"server", "", "", "", "", ""});
    // The parts sum up to the duration.
    const auto object = nlohmann::json::parse(objects[3]);
    std::int64_t sum = 0;
    for (const char* part : {"handshake", "path", "loss_recovery", "receiver_window", "receiver_application",
                             "sender_application", "teardown"}) {
        sum += object[std::string{part} + "_time_ns"].get<std::int64_t>();
    }
    CHECK(sum == object["duration_ns"]);
}

TEST_CASE("rtt and connections tell the same round trip of a handshake, copies in the capture or not") {
    const temporary_folder folder;
    story s;
    auto [client, server] = s.hosts();
    const auto& sent = client.syn();
    s.after(100us);
    s.captures(sent).expect(duplicate);
    s.after(20ms);
    server.syn_ack();
    client.acks(1);
    const std::string file = folder.write("copies.pcap", s.capture());
    const std::string listed = run(program("connections --format csv ") + file).out;
    const std::string rtt = run(program("rtt --format csv ") + file).out;
    for (const char* column : {"number", "handshake_rtt_ns", "handshake_rtt_certain", "opening"}) {
        CAPTURE(std::string{column});
        CHECK(column_of(rtt, column) == column_of(listed, column));
    }
    CHECK(column_of(rtt, "handshake_rtt_ns") == numbers{"20100000"});
}

TEST_CASE("connections says when there is none") {
    const temporary_folder folder;
    story s;
    s.established();
    const std::string file = folder.write("one.pcap", s.capture());
    const run_result none = run(program("connections --server-port 1 ") + file);
    CHECK(none.status == 0);
    CHECK(contains(none.out, "There is no TCP connection of that server in 3 packets."));
    CHECK(run(program("connections --server-port 1 --format json ") + file).out.empty());
    CHECK(lines_of(run(program("connections --server-port 1 --format csv ") + file).out).size() == 1);
}

TEST_CASE("connections of a capture that was cut short: those before the cut, and status 1") {
    const temporary_folder folder;
    std::vector<std::byte> capture = six_connections();
    capture.resize(capture.size() - 7);
    const std::string file = folder.write("cut.pcap", capture);
    const run_result ran = run(program("connections --format json ") + file);
    CHECK(ran.status == 1);
    CHECK(lines_of(ran.out).size() == 5);
    CHECK(ran.err.starts_with("tcplens: " + file + ": cut off at byte "));
}
