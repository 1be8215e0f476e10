// SPDX-License-Identifier: MIT
#include "../../support/byte_talk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

using tcplens::byte_stream;
using policy = tcplens::byte_stream::overlap_policy;

namespace {

/// What is delivered under a policy: the byte at offset 0 comes last.
std::string taken(policy overlaps, std::initializer_list<std::pair<int, std::string_view>> segments,
                  std::size_t* conflicts = nullptr) {
    byte_talk talk{{.overlaps = overlaps}};
    talk.opens();
    for (const auto& [offset, text] : segments) talk.client(1 + offset, text);
    talk.client(1, ".");
    std::string all;
    for (const std::string& each : talk.events()) {
        if (each.starts_with("> conflict")) {
            if (conflicts != nullptr) ++*conflicts;
            continue;
        }
        all += each.substr(each.find(' ', 2) + 1);
    }
    return all;
}

} // namespace

TEST_CASE("overlaps: the later segment begins before the earlier one") {
    for (const policy each : {policy::last, policy::bsd, policy::linux_kernel})
        CHECK(taken(each, {{3, "OOOO"}, {1, "nnnn"}}) == ".nnnnOO");
    CHECK(taken(policy::first, {{3, "OOOO"}, {1, "nnnn"}}) == ".nnOOOO");
}

TEST_CASE("overlaps: the later segment begins behind the beginning of the earlier one") {
    for (const policy each : {policy::first, policy::bsd, policy::linux_kernel})
        CHECK(taken(each, {{1, "OOOO"}, {3, "nnnn"}}) == ".OOOOnn");
    CHECK(taken(policy::last, {{1, "OOOO"}, {3, "nnnn"}}) == ".OOnnnn");
}

TEST_CASE("overlaps: both begin at the same byte") {
    for (const policy each : {policy::first, policy::bsd, policy::linux_kernel})
        CHECK(taken(each, {{1, "OOOO"}, {1, "nn"}}) == ".OOOO");
    CHECK(taken(policy::last, {{1, "OOOO"}, {1, "nn"}}) == ".nnOO");
    for (const policy each : {policy::first, policy::bsd, policy::linux_kernel})
        CHECK(taken(each, {{1, "OOOO"}, {1, "nnnn"}}) == ".OOOO");
    CHECK(taken(policy::linux_kernel, {{1, "OO"}, {1, "nnnn"}}) == ".nnnn");
    CHECK(taken(policy::bsd, {{1, "OO"}, {1, "nnnn"}}) == ".OOnn");
    CHECK(taken(policy::first, {{1, "OO"}, {1, "nnnn"}}) == ".OOnn");
    CHECK(taken(policy::last, {{1, "OO"}, {1, "nnnn"}}) == ".nnnn");
}

TEST_CASE("overlaps: the later segment covers the earlier one, or lies within it") {
    CHECK(taken(policy::first, {{3, "OO"}, {1, "nnnnnn"}}) == ".nnOOnn");
    for (const policy each : {policy::last, policy::bsd, policy::linux_kernel})
        CHECK(taken(each, {{3, "OO"}, {1, "nnnnnn"}}) == ".nnnnnn");
    for (const policy each : {policy::first, policy::bsd, policy::linux_kernel})
        CHECK(taken(each, {{1, "OOOOOO"}, {3, "nn"}}) == ".OOOOOO");
    CHECK(taken(policy::last, {{1, "OOOOOO"}, {3, "nn"}}) == ".OOnnOO");
}

TEST_CASE("overlaps: what is left of a trimmed segment begins where it was trimmed") {
    // The first one keeps 5 and 6; a third one that begins at 4 is before those, and behind the second one.
    CHECK(taken(policy::bsd, {{3, "OOOO"}, {1, "nnnn"}, {4, "ttt"}}) == ".nnnntt");
    CHECK(taken(policy::first, {{3, "OOOO"}, {1, "nnnn"}, {4, "ttt"}}) == ".nnOOOO");
}

TEST_CASE("overlaps: the same content is no conflict, and each overlapped segment is one") {
    std::size_t conflicts = 0;
    CHECK(taken(policy::linux_kernel, {{1, "abcd"}, {3, "cdef"}}, &conflicts) == ".abcdef");
    CHECK(conflicts == 0);
    CHECK(taken(policy::last, {{1, "ab"}, {5, "ef"}, {1, "XbcdXf"}}, &conflicts) == ".XbcdXf");
    CHECK(conflicts == 2);
}

TEST_CASE("overlaps: policies hold across the blocks of the buffer") {
    for (const policy each : {policy::first, policy::last, policy::bsd, policy::linux_kernel}) {
        const std::string old(5000, 'O');
        const std::string later(5000, 'n');
        const std::string behind = taken(each, {{1, old}, {2001, later}});
        CHECK(behind.size() == 7001);
        CHECK(std::count(behind.begin(), behind.end(), 'O') == (each == policy::last ? 2000 : 5000));
        const std::string before = taken(each, {{2001, old}, {1, later}});
        CHECK(std::count(before.begin(), before.end(), 'O') == (each == policy::first ? 5000 : 2000));
        const std::string within = taken(each, {{1, old + old}, {2001, later}});
        CHECK(std::count(within.begin(), within.end(), 'n') == (each == policy::last ? 5000 : 0));
    }
}

TEST_CASE("overlaps: a segment in order meets held ones by the same rules") {
    byte_talk talk{{.overlaps = policy::first}};
    talk.opens().client(3, "CD").client(1, "abcdef");
    CHECK(talk.told() == joined({"> 0 ab", "> conflict 2 CD/cd earlier", "> 2 CDef"}));
    byte_talk other;
    other.opens().client(3, "CD").client(1, "abcdef");
    CHECK(other.told() == joined({"> 0 ab", "> conflict 2 CD/cd later", "> 2 cdef"}));
}
