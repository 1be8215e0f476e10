// SPDX-License-Identifier: MIT
// The subcommand segments: JSON lines.
#include "../support/story.hpp"
#include "running.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using enum tcplens::verdict_kinds;

namespace {

using json = nlohmann::ordered_json;

std::vector<json> objects_of(const run_result& ran) {
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    std::vector<json> objects;
    for (const std::string& line : lines_of(ran.out)) objects.push_back(json::parse(line));
    return objects;
}

// 1 to 3: the handshake. 4: data. 5: it is sent again after a timeout. 6 and 7: a hole, and 8: what fills it after more than half a round trip.
std::vector<std::byte> a_resend_and_a_filled_hole() {
    story s{{.families = story_families::v6}}; // without Identifications, which would decide
    auto [client, server] = s.established({.timestamps = false});
    client.sends(1, 100);
    s.after(300ms);
    client.sends(1, 100).expect(retransmission);
    s.after(10ms);
    server.acks(101);
    const auto& late = client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    s.after(6ms);
    s.captures(late).expect(out_of_order);
    return s.capture();
}

} // namespace

TEST_CASE("segments --format json prints an object a line, with the certainty of each") {
    const temporary_folder folder;
    const std::string file = folder.write("resend.pcap", a_resend_and_a_filled_hole());
    const std::vector<json> all = objects_of(run(program("segments --format json --explain ") + file));
    REQUIRE(all.size() == 8);
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(all[i]["frame"] == i + 1);
        CHECK(all[i]["connection"] == 0);
        CHECK(all[i]["certainty"].is_string());
        CHECK(all[i]["readings"].size() >= 1);
    }
    CHECK(all[0]["flags"] == json{"syn"});
    CHECK(all[0]["acknowledgment"].is_null());
    CHECK(all[0]["kinds"] == json::array());
    CHECK(all[0]["earlier_frame"].is_null());
    CHECK(all[0]["elapsed_ns"].is_null());
    CHECK(all[3]["sequence"] == 1);
    CHECK(all[3]["acknowledgment"] == 1);
    CHECK(all[3]["payload_bytes"] == 100);
    CHECK(all[3]["readings"] == json{"new"});
    CHECK(all[4]["kinds"] == json{"retransmission"});
    CHECK(all[4]["certainty"] == "certain");
    CHECK(all[4]["readings"] == json{"retransmission"});
    CHECK(all[4]["evidence"] == json{"bytes_seen", "silence"});
    CHECK(all[4]["earlier_frame"] == 4);
    CHECK(all[4]["elapsed_ns"] == 300'000'000);
}

TEST_CASE("segments --format json has the segments that have a verdict or are not certainly new") {
    const temporary_folder folder;
    const std::string file = folder.write("resend.pcap", a_resend_and_a_filled_hole());
    std::vector<json> all = objects_of(run(program("segments --format json --explain ") + file));
    std::erase_if(all, [](const json& each) { return each["kinds"].empty() && each["certainty"] == "certain"; });
    CHECK(objects_of(run(program("segments --format json ") + file)) == all);
    // The text has the same segments, with the same readings where it is undecided.
    const std::vector<std::string> lines = lines_of(run(program("segments --certainty ") + file).out);
    REQUIRE(lines.size() == all.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::string certainty = all[i]["certainty"];
        if (certainty == "undecided") {
            char before = ':';
            for (const json& each : all[i]["readings"]) certainty += before + each.get<std::string>(), before = '|';
        }
        CHECK(lines[i].ends_with('\t' + certainty));
    }
    CHECK(all.back()["certainty"] == "undecided");
    CHECK(all.back()["readings"].size() == 2);
}

TEST_CASE("segments --format json has sequence numbers as captured with --raw") {
    const temporary_folder folder;
    const std::string file = folder.write("resend.pcap", a_resend_and_a_filled_hole());
    const std::vector<json> relative = objects_of(run(program("segments --format json --explain ") + file));
    const std::vector<json> raw = objects_of(run(program("segments --format json --explain --raw ") + file));
    REQUIRE(raw.size() == relative.size());
    const auto first = raw[0]["sequence"].get<std::uint32_t>();
    CHECK(first != 0);
    CHECK(raw[3]["sequence"] == first + relative[3]["sequence"].get<std::uint32_t>());
    CHECK(relative[0]["sequence"] == 0);
}
