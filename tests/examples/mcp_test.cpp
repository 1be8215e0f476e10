// SPDX-License-Identifier: MIT
// The server mcp, message by message. tests/mcp has the clients of others.
#include "../support/capture_writer.hpp"
#include "../support/story.hpp"
#include "running.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/stat.h>

using namespace std::chrono_literals;
using json = nlohmann::ordered_json;
namespace files = std::filesystem;

namespace {

/// Two connections: one that is closed after a retransmission, and one that the server resets.
std::vector<std::byte> two_connections() {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    s.after(300ms);
    client.sends(1, 100).expect(tcplens::verdict_kinds::retransmission);
    server.acks(101);
    client.fins();
    server.fins();
    client.acks(2);
    auto [other, refusing] = s.established({.client_port = 40001});
    other.sends(1, 50);
    refusing.resets();
    return s.capture();
}

json request(const json& id, const std::string& method, json params = json::object(), bool stateless = true) {
    if (stateless) {
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28";
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json::object();
    }
    return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}};
}

json call(const json& id, const std::string& tool, const json& arguments) {
    return request(id, "tools/call", {{"name", tool}, {"arguments", arguments}});
}

json initialize(const std::string& revision) {
    return request(0, "initialize",
                   {{"protocolVersion", revision},
                    {"capabilities", json::object()},
                    {"clientInfo", {{"name", "test"}, {"version", "1"}}}},
                   false);
}

/// What the server writes when it reads these lines.
std::vector<json> answers(const temporary_folder& folder, const std::string& lines, const std::string& more = {}) {
    folder.write("requests", std::as_bytes(std::span{lines}));
    const run_result ran =
        run(program("mcp") + " --root '" + folder.file("root") + "' " + more + " < '" + folder.file("requests") + "'");
    CAPTURE(ran.err);
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    std::vector<json> all;
    for (const std::string& line : lines_of(ran.out)) {
        REQUIRE(json::accept(line));
        all.push_back(json::parse(line));
    }
    return all;
}

std::string lines(const std::vector<json>& messages) {
    std::string text;
    for (const json& each : messages) text += each.dump() + "\n";
    return text;
}

/// The answers by their ids.
std::map<std::string, json> by_id(const std::vector<json>& all) {
    std::map<std::string, json> found;
    for (const json& each : all) {
        CHECK(each["jsonrpc"] == "2.0");
        if (each.contains("id")) found[each["id"].dump()] = each;
    }
    return found;
}

/// A folder with a root, in which a capture is.
struct rooted_folder : temporary_folder {
    rooted_folder() {
        files::create_directory(file("root"));
        write("root/two.pcap", two_connections());
    }
};

std::string text_of(const json& answer) {
    return answer["result"]["content"][0]["text"];
}

} // namespace

TEST_CASE("mcp: both generations of the protocol list the same") {
    const rooted_folder folder;
    const auto stateless = by_id(answers(
        folder, lines({request("a", "server/discover"), request(2, "tools/list"), request(3, "prompts/list"),
                       request(4, "resources/list"), request(5, "resources/templates/list"), request(6, "ping")})));
    const json& discovered = stateless.at("\"a\"")["result"];
    CHECK(discovered["supportedVersions"][0] == "2026-07-28");
    CHECK(discovered["resultType"] == "complete");
    CHECK(discovered["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "tcplens");
    for (const char* const id : {"2", "3", "4", "5"}) {
        CHECK(stateless.at(id)["result"]["resultType"] == "complete");
        CHECK(stateless.at(id)["result"].contains("ttlMs"));
        CHECK(stateless.at(id)["result"].contains("cacheScope"));
    }
    CHECK(stateless.at("6")["error"]["code"] == -32601); // this revision has no ping
    const json& tools = stateless.at("2")["result"]["tools"];
    CHECK(tools.size() == 11); // export_connection needs --allow-write
    CHECK(stateless.at("2")["result"].dump().size() < 12'288);

    for (const std::string revision : {"2025-11-25", "2025-06-18", "1999-01-01"}) {
        const auto session = by_id(answers(folder, lines({initialize(revision),
                                                          {{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}},
                                                          request(1, "tools/list", json::object(), false),
                                                          request(2, "ping", json::object(), false),
                                                          request(3, "server/discover", json::object(), false)})));
        CHECK(session.at("0")["result"]["protocolVersion"] == (revision == "1999-01-01" ? "2025-11-25" : revision));
        CHECK(session.at("1")["result"]["tools"] == tools);
        CHECK_FALSE(session.at("1")["result"].contains("resultType"));
        CHECK(session.at("2")["result"] == json::object());
        CHECK(session.at("3")["error"]["code"] == -32601);
        CHECK(session.size() == 4);
    }
}

TEST_CASE("mcp: requests say which revision they speak") {
    const rooted_folder folder;
    json unknown = request(1, "tools/list");
    unknown["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "1900-01-01";
    json lacking = request(2, "tools/list");
    lacking["params"]["_meta"].erase("io.modelcontextprotocol/clientCapabilities");
    const auto said =
        by_id(answers(folder, lines({unknown, lacking, request(3, "tools/list", json::object(), false)})));
    CHECK(said.at("1")["error"]["code"] == -32022);
    CHECK(said.at("1")["error"]["data"]["requested"] == "1900-01-01");
    CHECK(said.at("1")["error"]["data"]["supported"][0] == "2026-07-28");
    CHECK(said.at("2")["error"]["code"] == -32602);
    CHECK(said.at("3")["error"]["code"] == -32602); // neither a session nor a revision
}

TEST_CASE("mcp: the four tools say what report says") {
    const rooted_folder folder;
    const std::string capture = folder.file("root/two.pcap");
    const run_result ran = run(program("report") + " --format json --server-ip 198.51.100.1 '" + capture + "'");
    CHECK(ran.status == 0);
    const json report = json::parse(ran.out);
    const json question = {{"pcap_file", capture}, {"server_ip", "198.51.100.1"}};
    const auto said = by_id(answers(
        folder, lines({call(1, "analyze_tcp_connections", question), call(2, "analyze_tcp_anomalies", question),
                       call(3, "analyze_tcp_retransmissions", question), call(4, "analyze_traffic_flow", question)})));
    const std::pair<const char*, const char*> sections[]{
        {"1", "connections"}, {"2", "anomalies"}, {"3", "retransmissions"}, {"4", "traffic_flow"}};
    for (const auto& [id, section] : sections) {
        const json& whole = said.at(id);
        CAPTURE(whole.dump());
        const json& answer = whole["result"]["structuredContent"];
        for (const auto& each : report[section].items()) {
            const std::string& name = each.key();
            const json& value = each.value();
            CAPTURE(name);
            REQUIRE(answer.contains(name));
            if (value.is_array() && !value.empty() && value[0].is_object()) { // rows have packet numbers besides
                CHECK(answer[name].size() == value.size());
                for (std::size_t i = 0; i < value.size(); ++i) {
                    for (const auto& [field, expected] : value[i].items()) CHECK(answer[name][i][field] == expected);
                }
            } else {
                CHECK(answer[name] == value);
            }
        }
    }
    CHECK(said.at("1")["result"]["structuredContent"]["evidence_packets"]["syn"].size() == 2);
}

TEST_CASE("mcp: wrong and cut messages are answered by an error each, and the server goes on") {
    const rooted_folder folder;
    const std::string whole = call(7, "describe_capture", {{"pcap_file", "two.pcap"}}).dump();
    const std::string others[]{"[]",
                               "1",
                               "null",
                               "\"x\"",
                               "{}",
                               R"({"jsonrpc":"1.0","id":1,"method":"ping"})",
                               R"({"jsonrpc":"2.0","id":null,"method":"ping"})",
                               R"({"jsonrpc":"2.0","id":{},"method":"ping"})",
                               R"({"jsonrpc":"2.0","id":1,"method":5})",
                               R"({"jsonrpc":"2.0","id":1,"result":{}})",
                               R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})",
                               R"({"jsonrpc":"2.0","id":1,"method":"no/such"})",
                               "\xff\xfe",
                               std::string(100, '['),
                               std::string(2'000'000, 'x')};
    std::string text;
    std::size_t wrong = 0;
    for (std::size_t length = 1; wrong + std::size(others) < 1000; length = length % (whole.size() - 1) + 1, ++wrong)
        text += whole.substr(0, length) + "\n";
    for (const std::string& each : others) {
        text += each + "\n";
        ++wrong;
    }
    CHECK(wrong == 1000);
    text += whole + "\n";
    const std::vector<json> all = answers(folder, text);
    CHECK(all.size() == 1001);
    std::size_t errors = 0;
    for (const json& each : all)
        errors += each.contains("error") && !each["error"]["message"].get<std::string>().empty();
    CHECK(errors == 1000);
    CHECK(text_of(by_id(all).at("7")).starts_with("two.pcap: pcap"));
}

TEST_CASE("mcp: where the system starts no thread, each request is answered all the same") {
    const rooted_folder folder;
    // A thread would need a stack of 4 GB, and the process may have 2 GB.
    const std::string limits = "ulimit -s 4000000 && ulimit -v 2000000 && ";
    if (run(limits + program("--version")).status != 0)
        return; // with AddressSanitizer, which needs more, or not permitted
    const std::string asked =
        lines({initialize("2025-06-18"), request(1, "ping", json::object(), false), request(2, "tools/list")});
    folder.write("requests", std::as_bytes(std::span{asked}));
    const run_result ran =
        run(limits + program("mcp --root ") + folder.file("root") + " < '" + folder.file("requests") + "'");
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK(lines_of(ran.out).size() == 3);
}

TEST_CASE("mcp: nothing outside of the roots can be read") {
    const rooted_folder folder;
    story s;
    auto [client, server] = s.established({.client_port = 50000});
    client.sends(1, 9);
    folder.write("outside.pcap", s.capture());
    const std::string root = folder.file("root");
    files::create_symlink(folder.file("outside.pcap"), root + "/absolute.pcap");
    files::create_symlink("../outside.pcap", root + "/relative.pcap");
    files::create_symlink("..", root + "/up");
    files::create_symlink("loop", root + "/loop");
    files::create_symlink("/dev/zero", root + "/zero");
    files::create_symlink("/proc/self", root + "/proc");
    files::create_directory(root + "/folder");
    REQUIRE(mkfifo((root + "/fifo.pcap").c_str(), 0600) == 0);
    std::vector<json> asked;
    const std::string paths[]{"absolute.pcap",
                              "relative.pcap",
                              "up/outside.pcap",
                              "../outside.pcap",
                              "loop",
                              "zero",
                              "proc/environ",
                              "folder",
                              "fifo.pcap",
                              folder.file("outside.pcap"),
                              root + "/../outside.pcap",
                              "/etc/passwd",
                              "/proc/self/environ",
                              "/dev/zero",
                              "",
                              std::string("two.pcap\0x", 10),
                              std::string(5000, 'a'),
                              "https://example.com/a.pcap",
                              "folder/../../outside.pcap"};
    for (const std::string& path : paths)
        asked.push_back(call(asked.size(), "describe_capture", {{"pcap_file", path}}));
    asked.push_back(call(asked.size(), "describe_capture", {{"pcap_file", root + "/two.pcap"}}));
    const auto said = by_id(answers(folder, lines(asked)));
    for (std::size_t i = 0; i < std::size(paths); ++i) {
        CAPTURE(paths[i]);
        const json& result = said.at(std::to_string(i))["result"];
        CHECK(result["isError"] == true);
        CHECK_FALSE(contains(result.dump(), "50000"));
    }
    CHECK_FALSE(said.at(std::to_string(std::size(paths)))["result"].contains("isError"));
}

TEST_CASE("mcp: a folder that is exchanged for a symbolic link meanwhile leads nowhere") {
    const rooted_folder folder;
    const std::string root = folder.file("root");
    files::create_directory(root + "/inside");
    files::create_directory(folder.file("outside"));
    folder.write("root/inside/a.pcap", two_connections());
    story s;
    auto [client, server] = s.established({.client_port = 50000});
    client.sends(1, 9);
    folder.write("outside/a.pcap", s.capture()); // one connection
    files::create_symlink(folder.file("outside"), root + "/link");
    std::vector<json> asked;
    for (int i = 0; i < 400; ++i) asked.push_back(call(i, "describe_capture", {{"pcap_file", "swap/a.pcap"}}));
    std::atomic<bool> done{false};
    std::thread swapper{[&] {
        std::error_code ignored;
        while (!done) {
            for (const char* const name : {"/inside", "/link"}) {
                files::rename(root + name, root + "/swap", ignored);
                files::rename(root + "/swap", root + name, ignored);
            }
        }
    }};
    const std::vector<json> all = answers(folder, lines(asked));
    done = true;
    swapper.join();
    CHECK(all.size() == 400);
    for (const json& each : all) {
        if (each["result"].contains("isError")) continue;
        CHECK(each["result"]["structuredContent"]["connections_total"] == 2);
    }
}

TEST_CASE("mcp: pages follow each other, and a cursor fits its question alone") {
    const rooted_folder folder;
    const json question = {{"pcap_file", "two.pcap"}, {"limit", 1}};
    const auto first = by_id(answers(folder, lines({call(1, "list_connections", question)})));
    const json& page = first.at("1")["result"]["structuredContent"];
    CHECK(page["connections"].size() == 1);
    CHECK(page["connections_total"] == 2);
    CHECK(page["connections_left_out"] == 1);
    json next = question;
    next["cursor"] = page["next_cursor"];
    json other = next;
    other["order"] = "bytes";
    const auto second =
        by_id(answers(folder, lines({call(1, "list_connections", next), call(2, "list_connections", other)})));
    CHECK(second.at("1")["result"]["structuredContent"]["connections"][0]["number"] == 1);
    CHECK_FALSE(second.at("1")["result"]["structuredContent"].contains("next_cursor"));
    CHECK(second.at("2")["result"]["isError"] == true);
}

TEST_CASE("mcp: export_connection writes new files in its folder, and nowhere else") {
    const rooted_folder folder;
    files::create_directory(folder.file("exports"));
    const auto ask = [](int id, const std::string& name) {
        return call(id, "export_connection",
                    {{"pcap_file", "two.pcap"}, {"connection", 1}, {"name", name}, {"headers_only", id == 5}});
    };
    const auto said = by_id(answers(
        folder, lines({ask(1, "one"), ask(2, "one.pcapng"), ask(3, "../out"), ask(4, ".hidden"), ask(5, "short")}),
        "--allow-write '" + folder.file("exports") + "'"));
    CHECK(said.at("1")["result"]["structuredContent"]["packets_written"] == 5);
    for (const char* const id : {"2", "3", "4"}) CHECK(said.at(id)["result"]["isError"] == true);
    const run_result ran = run(program("report") + " --format json '" + folder.file("exports/one.pcapng") + "'");
    CHECK(json::parse(ran.out)["connections"]["summary"]["reset_connections"] == 1);
    CHECK(files::file_size(folder.file("exports/short.pcapng")) < files::file_size(folder.file("exports/one.pcapng")));
    const auto refused = by_id(answers(folder, lines({ask(1, "two")})));
    CHECK(contains(text_of(refused.at("1")), "--allow-write"));
}

TEST_CASE("mcp: segments, resources and prompts") {
    const rooted_folder folder;
    const auto said = by_id(answers(
        folder,
        lines({call(1, "get_segments", {{"pcap_file", "two.pcap"}, {"connection", 0}, {"only", "noted"}}),
               request(2, "resources/list"), request(3, "resources/read", {{"uri", "tcplens://capture/nonsense"}}),
               request(4, "prompts/get",
                       {{"name", "tcp_security_analysis"},
                        {"arguments", {{"pcap_file", "two.pcap"}, {"server", "[::1]:443"}}}}),
               request(5, "prompts/get", {{"name", "tcp_security_analysis"}}), call(6, "no_such_tool", json::object()),
               call(7, "get_connection", {{"pcap_file", "two.pcap"}, {"connection", "x"}})})));
    const json& segment = said.at("1")["result"]["structuredContent"]["segments"][0];
    CHECK(segment["verdict"][0] == "retransmission");
    CHECK(segment["earlier_packet"].get<std::uint64_t>() < segment["packet"].get<std::uint64_t>());
    const std::string uri = said.at("2")["result"]["resources"][0]["uri"];
    CHECK(said.at("3")["error"]["code"] == -32602);
    CHECK(contains(said.at("4")["result"]["messages"][0]["content"]["text"].get<std::string>(), "server_port 443"));
    CHECK(said.at("5")["error"]["code"] == -32602);
    CHECK(said.at("6")["error"]["code"] == -32602);
    CHECK(said.at("7")["result"]["isError"] == true);
    const auto read = by_id(answers(folder, lines({request(1, "resources/read", {{"uri", uri + "/connection/1"}}),
                                                   request(2, "resources/read", {{"uri", uri + "/graph/0"}})})));
    CHECK(json::parse(read.at("1")["result"]["contents"][0]["text"].get<std::string>())["connection"]["state"] ==
          "reset");
    CHECK(read.at("2")["result"]["contents"][0]["mimeType"] == "image/svg+xml");
}
