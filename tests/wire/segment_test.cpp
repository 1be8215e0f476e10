// SPDX-License-Identifier: MIT
#include <tcplens/wire/segment.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

constexpr segment with(std::uint16_t flags, std::uint32_t payload_length) {
    segment made{};
    made.sequence = {0xffff'fffe};
    made.payload_length = payload_length;
    made.flags = {flags};
    return made;
}

constexpr std::uint16_t fin = 0x001;
constexpr std::uint16_t syn = 0x002;

} // namespace

TEST_CASE("segment: SYN and FIN occupy a sequence number each") { // RFC 9293 3.4
    CHECK(with(0, 0).sequence_length() == 0);
    CHECK(with(0, 100).sequence_length() == 100);
    CHECK(with(syn, 0).sequence_length() == 1);
    CHECK(with(fin, 0).sequence_length() == 1);
    CHECK(with(fin, 100).sequence_length() == 101);
    CHECK(with(syn | fin, 100).sequence_length() == 102);
    CHECK(with(0x1fc, 0).sequence_length() == 0); // all the others
}

TEST_CASE("segment: the end of a segment wraps at 2^32") {
    CHECK(with(0, 0).sequence_end() == sequence_number{0xffff'fffe});
    CHECK(with(0, 1).sequence_end() == sequence_number{0xffff'ffff});
    CHECK(with(0, 2).sequence_end() == sequence_number{0});
    CHECK(with(fin, 100).sequence_end() == sequence_number{99});
}

TEST_CASE("segment: data begins after a SYN, and before a FIN") {
    CHECK(with(0, 5).payload_begin() == sequence_number{0xffff'fffe});
    CHECK(with(fin, 5).payload_begin() == sequence_number{0xffff'fffe});
    CHECK(with(syn, 5).payload_begin() == sequence_number{0xffff'ffff});
}

TEST_CASE("TCP flags: each flag has its own bit") {
    struct named {
        std::uint16_t bit;
        bool (tcp_flags::*flag)() const noexcept;
    };
    // RFC 9293 3.1; AE is RFC 9768 3
    const named all[]{{0x001, &tcp_flags::fin}, {0x002, &tcp_flags::syn}, {0x004, &tcp_flags::rst},
                      {0x008, &tcp_flags::psh}, {0x010, &tcp_flags::ack}, {0x020, &tcp_flags::urg},
                      {0x040, &tcp_flags::ece}, {0x080, &tcp_flags::cwr}, {0x100, &tcp_flags::ae}};
    for (const named& one : all) {
        for (const named& other : all) CHECK((tcp_flags{one.bit}.*other.flag)() == (one.bit == other.bit));
    }
}

TEST_CASE("segment: a SACK block reports duplicate data below the acknowledgment, or within a second block") {
    segment sent;
    sent.flags.bits = 0x10;
    const auto reports = [&](std::uint32_t acknowledgment, std::initializer_list<sack_block> blocks) {
        sent.acknowledgment = {acknowledgment};
        sent.options = {};
        for (const sack_block& each : blocks) sent.options.sack_block_storage[sent.options.sack_block_count++] = each;
        return sent.reports_duplicate();
    };
    CHECK_FALSE(reports(1000, {}));
    CHECK(reports(1000, {{{900}, {1000}}}));
    CHECK(reports(1000, {{{1100}, {1200}}, {{1000}, {1300}}}));
    CHECK(reports(1000, {{{1100}, {1200}}, {{1100}, {1200}}}));
    CHECK_FALSE(reports(1000, {{{1100}, {1200}}, {{1150}, {1300}}}));
    CHECK_FALSE(reports(1000, {{{1100}, {1200}}, {{1000}, {1150}}}));
    CHECK_FALSE(reports(1000, {{{1100}, {1200}}}));
    CHECK_FALSE(reports(0x7fff'fe00, {{{0x7fff'ff00}, {0x8000'0100}}}));
}
