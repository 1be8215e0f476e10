// SPDX-License-Identifier: MIT
// report --format html: one page that stands by itself.
#include "../support/capture_writer.hpp"
#include "../support/packet_builder.hpp"
#include "running.hpp"
#include "two_connections.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view lossy = "tests/data/lab/few_losses-3/a.pcap";

bool is_installed(std::string_view name) {
    return run("command -v " + std::string{name} + " >/dev/null").status == 0;
}

std::string page_of(const std::string& arguments) {
    const run_result ran = run(program("report --format html ") + arguments);
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    return ran.out;
}

std::size_t count_of(std::string_view text, std::string_view what) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size()))
        ++count;
    return count;
}

/// What stands between the first `begin` and the next `end`.
std::string between(const std::string& text, std::string_view begin, std::string_view end) {
    const std::size_t from = text.find(begin);
    REQUIRE(from != std::string::npos);
    const std::size_t at = from + begin.size();
    return text.substr(at, text.find(end, at) - at);
}

/// SYNs of so many connections.
std::vector<std::byte> attempts(std::uint32_t count) {
    using namespace packet_builder;
    capture_writer::pcap_writer file;
    for (std::uint32_t i = 0; i < count; ++i) {
        file.record(
            1'700'000'000 + i / 1000, i % 1000,
            tcp_packet(
                {.source = at("192.0.2.1", static_cast<std::uint16_t>(1024 + i)), .sequence = i, .flags = flags::syn}));
    }
    return file.bytes();
}

std::string chromium(const std::string& arguments, const temporary_folder& folder) {
    return "timeout 240 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir=" +
           folder.file("profile") + " --enable-logging=stderr --v=0 " + arguments;
}

/// A copy of a page whose policy admits a second script, which writes into the element `answer`. Returns its path.
std::string with_script(const temporary_folder& folder, std::string page, const std::string& script) {
    const std::string policy = between(page, "<meta http-equiv=", "/>");
    page.erase(page.find(policy), policy.size());
    page.insert(page.find("</body>"), "<pre id=\"answer\"></pre><script>" + script + "</script>");
    std::string copied = folder.file("copy.html");
    std::ofstream{copied, std::ios::binary} << page;
    return copied;
}

} // namespace

TEST_CASE("the page has all parts, and loads nothing from elsewhere") {
    const std::string page = page_of(std::string{lossy});
    CHECK(page.starts_with("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">"));
    for (const std::string_view title : {"What stands out", "Observations", "Graphs", "Connections", "Anomalies",
                                         "Retransmissions", "What was not understood"}) {
        CHECK(contains(page, ">" + std::string{title} + "</h2>"));
    }
    CHECK(contains(page, "23 of 265 packets (8.68%) are retransmissions"));
    CHECK(count_of(page, "<th scope=\"row\"") == 10);
    CHECK(contains(page, "<a href=\"#graph-4\">4</a>"));
    CHECK(contains(page, "<figure id=\"graph-4\">"));
    const std::size_t graphs = count_of(page, "<figure id=");
    CHECK(graphs >= 3);
    CHECK(graphs <= 8);
    for (std::size_t at = page.find("<figure id="); at != std::string::npos; at = page.find("<figure id=", at + 1)) {
        CHECK(page.find("</figure>", at) - at <= 150'000);
    }

    CHECK(count_of(page, "default-src 'none'; script-src 'sha256-") == 1);
    CHECK(count_of(page, "http") == count_of(page, "xmlns=\"http") + count_of(page, "http-equiv"));
    CHECK_FALSE(contains(page, " src="));
    CHECK_FALSE(contains(page, "url("));
    CHECK_FALSE(contains(page, "@import"));
    CHECK_FALSE(contains(page, " style=\""));
    CHECK(count_of(page, "href=") == count_of(page, "href=\"#") + count_of(page, "href=\"data:,\""));
    CHECK(count_of(page, "<script>") == 1);
}

TEST_CASE("the policy of the page names the digests of its script and its style") {
    const std::string page = page_of("tests/data/handshake.pcap");
    if (!is_installed("openssl")) return;
    const temporary_folder folder;
    for (const std::string_view name : {"script", "style"}) {
        const std::string path = folder.file(name);
        std::ofstream{path, std::ios::binary}
            << between(page, "<" + std::string{name} + ">", "</" + std::string{name} + ">");
        const std::string digest = run("openssl dgst -sha256 -binary " + path + " | openssl base64 -A").out;
        CHECK(contains(page, std::string{name} + "-src 'sha256-" + digest + "'"));
    }
}

TEST_CASE("text from outside is escaped") {
    const temporary_folder folder;
    const std::string file = folder.write("<img src=x onerror=alert(1)>&\"'.pcap", two_connections());
    const std::string page = page_of("\"" + folder.file("<img src=x onerror=alert(1)>&\\\"'.pcap") + "\"");
    CHECK_FALSE(contains(page, "<img"));
    CHECK(contains(page, "&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;.pcap</h1>"));
    CHECK(std::filesystem::exists(file));
}

TEST_CASE("the table has the first 2,000 connections, and says what is left out") {
    const temporary_folder folder;
    const std::string file = folder.write("many.pcap", attempts(2500));
    const std::string page = page_of(file);
    CHECK(count_of(page, "<th scope=\"row\"") == 2000);
    CHECK(contains(page, "The first 2,000 of 2,500 connections; 500 are left out"));
    CHECK(page.size() < 3'000'000);
}

TEST_CASE("the page is made from a pipe, from damaged captures and with other options as well") {
    const temporary_folder folder;
    const run_result piped = run("cat tests/data/handshake.pcap | " + program("report --format html -"));
    CHECK(piped.status == 0);
    CHECK(contains(piped.out, "Connections are not drawn, since a pipe can be read only once."));

    const std::vector<std::byte> whole = two_connections();
    const std::string cut = folder.write("cut.pcap", std::span{whole}.first(whole.size() - 7));
    const std::string out = folder.file("out.html");
    const run_result damaged = run(program("report --format html -o ") + out + " " + cut);
    CHECK(damaged.status == 1);
    CHECK(contains(contents(out), "What was not understood</h2>\n<ul>\n<li>"));

    const std::string none = folder.file("none.html");
    CHECK(run(program("report --format html -o ") + none + " " + folder.file("missing.pcap")).status == 1);
    CHECK_FALSE(std::filesystem::exists(none));
    CHECK(run(program("report --format html -o ") + cut + " " + cut).status == 2);
    for (const std::string more :
         {"--rules wireshark", "--rules repeated_sequence", "--threads 2", "--by-time", "--no-observations"}) {
        CAPTURE(more);
        CHECK(count_of(page_of(more + " " + std::string{lossy}), "<th scope=\"row\"") == 10);
    }
    CHECK(count_of(page_of("--server-port 9000 " + std::string{lossy}), "<th scope=\"row\"") == 9);
    const std::string text = folder.file("report.txt");
    CHECK(run(program("report -o ") + text + " " + std::string{lossy}).status == 0);
    CHECK(contains(contents(text), "What stands out"));
}

TEST_CASE("the page is well-formed, and a browser shows it without complaints and sorts its table") {
    const temporary_folder folder;
    const std::string file = folder.file("report.html");
    CHECK(run(program("report --format html -o ") + file + " " + std::string{lossy}).status == 0);
    if (is_installed("xmllint")) CHECK(run("xmllint --noout " + file).err.empty());
    if (!is_installed("chromium")) {
        MESSAGE("chromium is missing: the page is not tried in it");
        return;
    }
    const run_result shown = run(chromium("--dump-dom file://" + file, folder));
    CHECK(shown.status == 0);
    CHECK(contains(shown.out, "</html>"));
    CHECK_FALSE(contains(shown.err, "CONSOLE"));

    const std::string copied = with_script(folder, contents(file), R"(
var told = [];
var buttons = document.querySelectorAll('#connections-table button');
[0, 0, 5, 5, 8].forEach(function (place) {
  buttons[place].click();
  var rows = Array.from(document.querySelectorAll('#connections-table tbody tr'));
  told.push(rows.map(function (row) { return row.cells[0].textContent; }).join(' '));
});
told.push(document.getElementById('sorted').textContent);
document.getElementById('answer').textContent = told.join('|');
)");
    const run_result sorted = run(chromium("--dump-dom file://" + copied, folder));
    const std::string answer = between(sorted.out, "<pre id=\"answer\">", "</pre>");
    CHECK(answer.starts_with("9 8 7 6 5 4 3 2 1 0|0 1 2 3 4 5 6 7 8 9|4 3 6 9 8 7 "));
    CHECK(contains(answer, "|0 3 4 ")); // 6, 5 and 4 retransmissions
    CHECK(answer.ends_with("|Sorted by retransmissions, descending."));
}

TEST_CASE("a browser sorts a table of 2,000 rows by each column") {
    if (!is_installed("chromium")) {
        MESSAGE("chromium is missing: the page is not tried in it");
        return;
    }
    const temporary_folder folder;
    const std::string file = folder.write("many.pcap", attempts(2500));
    // Each column twice, with the layout that follows. How long that takes is told; a machine that does much else takes longer.
    const std::string copied = with_script(folder, page_of(file), R"(
var body = document.querySelector('#connections-table tbody');
var heads = Array.from(document.querySelectorAll('#connections-table thead th'));
var slowest = 0;
var wrong = [];
function keyOf(row, place) {
  var value = row.cells[place].getAttribute('data-v');
  if (value !== null) return Number(value);
  return heads[place].className === 'n' ? Number(row.cells[place].textContent) : row.cells[place].textContent;
}
heads.forEach(function (head, place) {
  ['first', 'second'].forEach(function () {
    var begin = performance.now();
    head.firstElementChild.click();
    void document.body.offsetHeight;
    slowest = Math.max(slowest, performance.now() - begin);
    var down = head.getAttribute('aria-sort') === 'descending';
    var keys = Array.from(body.rows).map(function (row) { return keyOf(row, place); });
    var isSorted = keys.every(function (key, i) { return i === 0 || (down ? keys[i - 1] >= key : keys[i - 1] <= key); });
    if (keys.length !== 2000 || !isSorted) wrong.push(place);
  });
});
document.getElementById('answer').textContent = heads.length + ' columns, wrong: [' + wrong + '], slowest ' + slowest.toFixed(1) + ' ms';
)");
    const run_result sorted = run(chromium("--dump-dom file://" + copied, folder));
    const std::string answer = between(sorted.out, "<pre id=\"answer\">", "</pre>");
    MESSAGE(answer);
    CHECK(answer.starts_with("10 columns, wrong: [], slowest "));
}
