// SPDX-License-Identifier: MIT
// The subcommand graph: what its pictures show is what the other subcommands say.
#include "../support/capture_writer.hpp"
#include "../support/packet_builder.hpp"
#include "../support/story.hpp"
#include "running.hpp"
#include "two_connections.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using enum tcplens::verdict_kinds;

namespace {

constexpr std::string_view lossy = "tests/data/lab/few_losses-3/a.pcap";
constexpr std::string_view kinds[]{"time-sequence", "round-trip", "in-flight", "throughput",
                                   "ladder",        "time-spent", "overview"};
constexpr std::size_t most_bytes = 2'000'000;

bool is_installed(std::string_view name) {
    return run("command -v " + std::string{name} + " >/dev/null").status == 0;
}

/// The value of an attribute in the tag that begins at `at`.
std::optional<std::string> attribute(std::string_view text, std::size_t at, std::string_view name) {
    const std::string_view tag = text.substr(at, text.find('>', at) - at);
    const std::string begin = " " + std::string{name} + "=\"";
    const std::size_t found = tag.find(begin);
    if (found == std::string_view::npos) return std::nullopt;
    const std::size_t value = found + begin.size();
    return std::string{tag.substr(value, tag.find('"', value) - value)};
}

/// What the marks of a picture say of segments with a verdict.
struct read_marks {
    std::map<std::uint64_t, std::string> single{}; ///< verdict by packet
    std::map<std::string, std::uint64_t> counts{}; ///< of packets, by verdict
    std::size_t merged = 0;                        ///< marks of several packets
};

read_marks marks_of(std::string_view svg) {
    read_marks found;
    for (std::size_t at = svg.find("<g data-packet="); at != std::string_view::npos;
         at = svg.find("<g data-packet=", at + 1)) {
        const auto verdict = attribute(svg, at, "data-verdict");
        if (!verdict) continue;
        const std::uint64_t packet = std::stoull(*attribute(svg, at, "data-packet"));
        const auto count = attribute(svg, at, "data-count");
        found.counts[*verdict] += count ? std::stoull(*count) : 1;
        found.merged += count.has_value();
        if (!count) CHECK_MESSAGE(found.single.emplace(packet, *verdict).second, "two marks of packet ", packet);
        // The tooltip names the packet and the verdict.
        const std::size_t title = svg.find("<title>", at) + 7;
        const std::string_view tooltip = svg.substr(title, svg.find("</title>", title) - title);
        CHECK(contains(tooltip, std::to_string(packet)));
        CHECK(contains(tooltip, verdict->substr(0, verdict->find(','))));
    }
    return found;
}

/// The same of what `segments` prints.
read_marks segments_of(const std::string& file, std::uint64_t connection, const std::string& more = {}) {
    read_marks found;
    const run_result ran =
        run(program("segments ") + more + " --connection " + std::to_string(connection) + " " + file);
    CHECK(ran.status == 0);
    for (const std::string& line : lines_of(ran.out)) {
        const std::string verdict = line.substr(line.rfind('\t') + 1);
        found.single[std::stoull(line)] = verdict;
        ++found.counts[verdict];
    }
    return found;
}

std::string draw(const std::string& file, std::uint64_t connection, const std::string& more = {}) {
    const run_result ran = run(program("graph ") + more + " --connection " + std::to_string(connection) + " " + file);
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK(ran.out.size() <= most_bytes);
    return ran.out;
}

void check_marks(const std::string& file, std::uint64_t connection, const std::string& more = {}) {
    CAPTURE(file);
    CAPTURE(connection);
    const read_marks drawn = marks_of(draw(file, connection, more));
    const read_marks said = segments_of(file, connection, more);
    CHECK(drawn.merged == 0);
    CHECK(drawn.single == said.single);
}

/// One sender of 120,000 segments, of which it sends each fourth again at once, and a receiver that acknowledges each.
std::vector<std::byte> long_transfer() {
    using namespace packet_builder;
    capture_writer::pcap_writer file;
    std::uint32_t microseconds = 0;
    const auto add = [&](const byte_vector& bytes) {
        microseconds += 10;
        file.record(1'700'000'000 + microseconds / 1'000'000, microseconds % 1'000'000, bytes);
    };
    for (std::uint32_t i = 0; i < 120'000; ++i) {
        const tcp_packet_options data{.ip_id = static_cast<std::uint16_t>(2 * i + 1),
                                      .sequence = 1000 + i * 10,
                                      .acknowledgment = 1,
                                      .payload_length = 10};
        add(tcp_packet(data));
        add(tcp_packet(
            {.source = data.destination, .destination = data.source, .sequence = 1, .acknowledgment = 1010 + i * 10}));
        if (i % 4 != 0) continue;
        tcp_packet_options again = data;
        again.ip_id = static_cast<std::uint16_t>(2 * i + 2);
        add(tcp_packet(again));
    }
    return file.bytes();
}

} // namespace

TEST_CASE("the time-sequence graph shows what segments says") {
    for (std::uint64_t connection = 0; connection < 10; ++connection) check_marks(std::string{lossy}, connection);
    check_marks(std::string{lossy}, 0, "--rules wireshark");
    check_marks("tests/data/lab/few_late-9/b.pcap", 0);
    const temporary_folder folder;
    check_marks(folder.write("two.pcap", two_connections()), 1);

    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(10ms);
    server.acks(101).window(0).expect(zero_window);
    s.after(400ms);
    client.sends(101, 1).expect(zero_window_probe);
    s.after(10ms);
    server.acks(101).window(0).expect(zero_window | zero_window_probe_ack);
    s.after(100ms);
    server.acks(101).window(8192).expect(window_update);
    s.after(1ms);
    server.resets();
    const std::string file = folder.write("window.pcap", s.capture());
    check_marks(file, 0);
    const std::string svg = draw(file, 0);
    CHECK(contains(svg, " data-closed-window="));
    CHECK(contains(svg, " data-flags=\"RST\""));
    CHECK(contains(svg, " data-flags=\"SYN\""));
    CHECK(contains(svg, "window closed (1)"));
}

TEST_CASE("a picture has a bounded size, and loses no segment with a verdict") {
    const temporary_folder folder;
    const std::string file = folder.write("long.pcap", long_transfer());
    const read_marks said = segments_of(file, 0);
    CHECK(said.single.size() >= 30'000);
    const read_marks drawn = marks_of(draw(file, 0));
    CHECK(drawn.counts == said.counts);
    CHECK(drawn.merged > 100);
    for (const std::string_view kind : kinds) {
        CAPTURE(kind);
        CHECK(draw(file, 0, "--kind " + std::string{kind}).size() > 2000);
    }
    CHECK(contains(draw(file, 0, "--kind ladder --segments 5"), "further segments are left out"));
}

TEST_CASE("pictures are SVG with titles, units and tooltips, and refer to nothing outside") {
    const temporary_folder folder;
    for (const std::string_view kind : kinds) {
        CAPTURE(kind);
        const std::string svg = draw(std::string{lossy}, 4, "--kind " + std::string{kind});
        CHECK(svg.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\""));
        CHECK(svg.ends_with("</svg>\n"));
        CHECK(contains(svg, "prefers-color-scheme:dark"));
        CHECK(contains(svg, "><title>"));
        CHECK_FALSE(contains(svg, "href"));
        CHECK_FALSE(contains(svg, "url("));
        CHECK_FALSE(contains(svg, " style=\""));
        if (kind != "ladder") CHECK((contains(svg, "[ms]") || contains(svg, "[s]")));
        if (is_installed("xmllint")) {
            const std::string path = folder.file(std::string{kind} + ".svg");
            CHECK(run(program("graph ") + "--kind " + std::string{kind} + " --connection 4 -o " + path + " " +
                      std::string{lossy})
                      .status == 0);
            CHECK(contents(path) == svg);
            CHECK(run("xmllint --noout " + path).status == 0);
        }
    }
    CHECK(contains(draw(std::string{lossy}, 0, "--kind ladder --odd"), "data-verdict=\"retransmission"));
    CHECK(contains(run(program("graph ") + std::string{lossy}).out, "Overview of the capture"));
    CHECK(contains(run(program("graph --kind time-spent ") + std::string{lossy}).out, "#4 10.77.0.1:39388"));
}

TEST_CASE("graph --xplot writes one direction for xplot.org") {
    const std::string plot = draw(std::string{lossy}, 0, "--xplot");
    CHECK(plot.starts_with("timeval double\ntitle\n10.77.0.1:39366_==>_10.77.0.2:9000 (time sequence graph"));
    CHECK(plot.ends_with("\ngo\n"));
    CHECK(contains(plot, "fast_retransmission"));
    CHECK(contains(plot, "duplicate_ack"));
    CHECK(contains(draw(std::string{lossy}, 0, "--xplot --direction to-client"), "10.77.0.2:9000_==>_10.77.0.1:39366"));
}

TEST_CASE("graph refuses what it cannot draw, and writes no file then") {
    const temporary_folder folder;
    const std::string file = folder.file("out.svg");
    const std::string to_file = " -o " + file + " tests/data/handshake.pcap";
    const run_result beyond = run(program("graph --connection 3") + to_file);
    CHECK(beyond.status == 2);
    CHECK(beyond.err == "tcplens: There is no connection 3 in what was read: the last of 3 is 2.\n");
    for (const std::string kind : {"", "--kind time-spent "}) {
        const std::string other = "graph --connection 0 " + kind + "--port 1 ";
        const run_result unchosen = run(program(other) + "tests/data/handshake.pcap");
        CHECK(unchosen.status == 2);
        CHECK(unchosen.err == "tcplens: No packet of connection 0 was chosen.\n");
    }
    CHECK(run(program("graph --kind time-spent --connection 3") + to_file).status == 2);
    CHECK(run(program("graph --kind ladder") + to_file).status == 2);
    CHECK(run(program("graph --xplot") + to_file).status == 2);
    CHECK(run(program("graph --connection 0 --xplot --kind ladder") + to_file).status == 2);
    CHECK_FALSE(std::filesystem::exists(file));
    CHECK(
        run(program("graph --connection 0 -o " + folder.file("none/out.svg") + " tests/data/handshake.pcap")).status ==
        2);

    const std::string capture = folder.write("two.pcap", two_connections());
    const std::string before = contents(capture);
    CHECK(run(program("graph --connection 0 -o " + capture + " " + capture)).status == 2);
    CHECK(contents(capture) == before);
}
