// SPDX-License-Identifier: MIT
#include "../support/connections.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

using namespace tcplens;

namespace {

endpoint at(std::string_view host, std::uint16_t port) {
    return {address::parse(host).value(), port};
}

std::string base64(std::string_view text) {
    return detail::to_base64(std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string sha1(std::string_view text) {
    detail::short_sha1 hash;
    for (const char each : text) hash.append(static_cast<std::uint8_t>(each));
    std::string hex;
    for (const std::uint8_t each : hash.digest()) {
        hex += "0123456789abcdef"[each >> 4];
        hex += "0123456789abcdef"[each & 0xf];
    }
    return hex;
}

} // namespace

TEST_CASE("Community ID: the TCP connections of the specification's baseline") {
    const endpoint a = at("128.232.110.120", 34855);
    const endpoint b = at("66.35.250.204", 80);
    CHECK(community_id(a, b) == "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    CHECK(community_id(b, a) == "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    CHECK(community_id(a, b, 1) == "1:3V71V58M3Ksw/yuFALMcW0LAHvc=");
    const endpoint c = at("2001:470:e5bf:dead:4957:2174:e82c:4887", 63943);
    const endpoint d = at("2607:f8b0:400c:c03::1a", 25);
    CHECK(community_id(c, d) == "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
    CHECK(community_id(d, c) == "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
    CHECK(community_id(d, c, 1) == "1:eJYTW6AOzFLlSUoESovMjnu7rMw=");
}

TEST_CASE("Community ID: of equal addresses the ports decide the order") {
    CHECK(community_id(at("10.0.0.1", 1234), at("10.0.0.1", 80)) ==
          community_id(at("10.0.0.1", 80), at("10.0.0.1", 1234)));
    CHECK(community_id(at("10.0.0.1", 80), at("10.0.0.2", 1234)) !=
          community_id(at("10.0.0.1", 1234), at("10.0.0.2", 80)));
}

TEST_CASE("Community ID: a connection has that of its endpoints, whatever the roles") {
    connection of = hand_made(0);
    const std::string id = community_id(of);
    CHECK(id == community_id(of.client, of.server));
    CHECK(id.size() == 30);
    of.swap_roles();
    CHECK(community_id(of) == id);
    CHECK(community_id(of, 7) != id);
}

TEST_CASE("SHA-1 and Base64: the examples of FIPS 180 and RFC 4648") {
    CHECK(sha1("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(sha1("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(sha1("0123456789012345678901234567890123456789012345678901234") ==
          "9f3a4ce7f66b1b74c34da2c5d732c39f81e0f8df");
    CHECK(base64("").empty());
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
    CHECK(base64("foob") == "Zm9vYg==");
    CHECK(base64("fooba") == "Zm9vYmE=");
    CHECK(base64("foobar") == "Zm9vYmFy");
    CHECK(base64("\xfb\xff\xfe") == "+//+");
}
