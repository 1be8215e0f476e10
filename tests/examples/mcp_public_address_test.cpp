// SPDX-License-Identifier: MIT
// Which addresses a server may fetch from, and which hosts --allow-url takes.
#include "../../examples/tcplens/mcp/allowed_host.hpp"
#include "../../examples/tcplens/mcp/public_address.hpp"

#include <tcplens/base/byte_order.hpp>
#include <tcplens/wire/address.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace program::context_server;

namespace {

/// An address as connect() gets it: what is written with dots is IPv4, all others IPv6, mapped ones too.
bool is_public(std::string_view text) {
    const auto address = tcplens::address::parse(text);
    REQUIRE_MESSAGE(address, text);
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::to_integer<std::uint8_t>(address->bytes()[i]);
    if (text.find(':') != std::string_view::npos) return is_public_v6(bytes);
    return is_public_v4(static_cast<std::uint32_t>(bytes[12]) << 24 | static_cast<std::uint32_t>(bytes[13]) << 16 |
                        static_cast<std::uint32_t>(bytes[14]) << 8 | bytes[15]);
}

} // namespace

TEST_CASE(
    "addresses of this machine, of private networks and of none are not public, up to their first and last ones") {
    for (const std::string_view each : {"0.0.0.0",
                                        "0.255.255.255",
                                        "10.0.0.0",
                                        "10.255.255.255",
                                        "100.64.0.0",
                                        "100.127.255.255",
                                        "127.0.0.1",
                                        "127.255.255.255",
                                        "169.254.0.0",
                                        "169.254.169.254",
                                        "172.16.0.0",
                                        "172.31.255.255",
                                        "192.0.0.1",
                                        "192.0.2.255",
                                        "192.31.196.1",
                                        "192.52.193.1",
                                        "192.88.99.1",
                                        "192.168.0.0",
                                        "192.168.255.255",
                                        "192.175.48.1",
                                        "198.18.0.0",
                                        "198.19.255.255",
                                        "198.51.100.1",
                                        "203.0.113.255",
                                        "224.0.0.1",
                                        "239.255.255.255",
                                        "240.0.0.0",
                                        "255.255.255.255",
                                        "::",
                                        "::1",
                                        "::7f00:1",
                                        "::ffff:127.0.0.1",
                                        "::ffff:8.8.8.8",
                                        "64:ff9b::808:808",
                                        "64:ff9b:1::1",
                                        "100::1",
                                        "1fff:ffff::",
                                        "2001::1",
                                        "2001:1ff::1",
                                        "2001:db8::1",
                                        "2002:808:808::",
                                        "3fff::1",
                                        "3fff:fff:ffff::",
                                        "4000::",
                                        "5f00::1",
                                        "fc00::1",
                                        "fdff::1",
                                        "fe80::1",
                                        "fec0::1",
                                        "ff02::1"}) {
        CAPTURE(each);
        CHECK_FALSE(is_public(each));
    }
}

TEST_CASE("all others are public") {
    for (const std::string_view each :
         {"1.0.0.0",         "8.8.8.8",     "9.255.255.255",   "11.0.0.0",    "100.63.255.255", "100.128.0.0",
          "126.255.255.255", "128.0.0.0",   "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
          "192.0.1.0",       "192.0.3.0",   "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
          "203.0.112.1",     "203.0.114.1", "223.255.255.255", "2000::1",     "2001:200::1",    "2001:db7::1",
          "2001:db9::1",     "2003::1",     "2606:4700::1",    "3ffe::1",     "3fff:1000::1"}) {
        CAPTURE(each);
        CHECK(is_public(each));
    }
}

TEST_CASE("--allow-url takes a host and perhaps a port, in small letters") {
    CHECK(allowed_host("Captures.Example.ORG") == "captures.example.org");
    CHECK(allowed_host("a-b.example:8443") == "a-b.example:8443");
    CHECK(allowed_host("[2001:DB8::1]") == "[2001:db8::1]");
    CHECK(allowed_host("[2001:db8::1]:443") == "[2001:db8::1]:443");
    for (const std::string_view each :
         {"", ":443", "a:", "a:0", "a:65536", "a:x", "a:1:2", "https://a", "a/b", "a b", "*.a", "[::1", "::1", "a@b"}) {
        CAPTURE(each);
        CHECK(allowed_host(each).empty());
    }
}
