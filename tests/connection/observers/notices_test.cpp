// SPDX-License-Identifier: MIT
// What ICMP errors say of the segments that they quote.
#include "../../support/decoding.hpp"

#include <tcplens/connection/observers/connection_observer.hpp>
#include <tcplens/connection/parallel/parallel_connection_table.hpp>
#include <tcplens/connection/rules/evidence_rules.hpp>
#include <tcplens/connection/table/basic_connection_table.hpp>
#include <tcplens/wire/decode/decoder.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

using namespace tcplens;
using namespace packet_builder;

namespace {

struct notice_facts {
    struct told {
        std::uint64_t count = 0;
        std::uint64_t packet = 0;
        std::uint32_t mtu = 0;
        direction way = direction::client_to_server;

        friend bool operator==(const told&, const told&) = default;
    } notices{};

    void swap_roles() noexcept { notices.way = opposite(notices.way); }
    friend bool operator==(const notice_facts&, const notice_facts&) = default;
};

struct notice_observer {
    static constexpr auto hooks = observer_hooks::notices;
    static constexpr bool per_connection = true;
    using facts = notice_facts;
    struct connection_state {};

    void observe(const observer_input&, connection_state&, facts&) noexcept {}
    void take_notice(const notice_input& next, connection_state&, facts& of) noexcept {
        ++of.notices.count;
        of.notices.packet = next.notice.packet_number;
        of.notices.mtu = next.notice.mtu;
        of.notices.way = next.quoted_direction;
    }
};
static_assert(check_observer<notice_observer>());

const endpoint client = at("10.0.0.1", 40000);
const endpoint server = at("10.0.0.2", 80);
const endpoint client6 = at("2001:db8::1", 40000);
const endpoint server6 = at("2001:db8::2", 80);
const endpoint router = at("192.0.2.254", 0);
const endpoint router6 = at("2001:db8::fe", 0);

/// Of a packet of 1500 bytes, the header and so many bytes behind it.
byte_vector quoted(bool v6, std::size_t bytes) {
    byte_vector whole = tcp_ip_packet({.source = v6 ? client6 : client,
                                       .destination = v6 ? server6 : server,
                                       .ip_id = 0x4242,
                                       .sequence = 99,
                                       .flags = flags::ack,
                                       .payload_length = v6 ? 1440u : 1460u});
    whole.resize((v6 ? 40 : 20) + bytes);
    return whole;
}
byte_vector error(bool v6, const byte_vector& header, std::size_t bytes = 8) {
    const tcp_packet_options around{.source = v6 ? router6 : router, .destination = v6 ? client6 : client};
    return framed_ip_packet(around, v6 ? 58 : 1, join({header, quoted(v6, bytes)}));
}

} // namespace

TEST_CASE("ICMP notices: an error that quotes TCP tells what, of which segment, and who says so") {
    struct expected {
        bool v6;
        const char* header;
        icmp_notice::subject about;
        std::uint32_t mtu;
    };
    using enum icmp_notice::subject;
    for (const expected& each :
         {expected{false, "0300 0000 00000000", unreachable, 0}, expected{false, "0303 0000 00000000", unreachable, 0},
          expected{false, "0304 0000 00000578", packet_too_big, 1400},
          expected{false, "0400 0000 00000000", source_quench, 0}, expected{false, "0501 0000 0a0000fe", redirect, 0},
          expected{false, "0b00 0000 00000000", time_exceeded, 0},
          expected{false, "0c00 0000 00000000", parameter_problem, 0},
          expected{true, "0104 0000 00000000", unreachable, 0},
          expected{true, "0200 0000 00000500", packet_too_big, 1280},
          expected{true, "0301 0000 00000000", time_exceeded, 0},
          expected{true, "0401 0000 00000028", parameter_problem, 0}}) {
        CAPTURE(each.header);
        for (const std::size_t bytes : {8u, 20u, 200u}) {
            const byte_vector frame = error(each.v6, hex(each.header), bytes);
            const captured_packet captured{frame, {.number = 12}};
            decoder reader;
            segment untouched;
            const decode_result result = reader.decode(*captured, untouched);
            CHECK(result.outcome == packet_outcome::not_tcp);
            CHECK(result.stopped_at == (each.v6 ? ip_protocol::icmp6 : ip_protocol::icmp));
            REQUIRE(result.has_notice);
            CHECK(!result.more);
            const icmp_notice& notice = reader.notice();
            CHECK(notice.about == each.about);
            CHECK(notice.v6 == each.v6);
            CHECK(notice.mtu == each.mtu);
            CHECK(notice.packet_number == 12);
            CHECK(notice.sender == (each.v6 ? router6 : router).address);
            CHECK(notice.receiver == (each.v6 ? client6 : client).address);
            CHECK(notice.quoted_source == (each.v6 ? client6 : client));
            CHECK(notice.quoted_destination == (each.v6 ? server6 : server));
            CHECK(notice.quoted_sequence.value == 99);
            CHECK(notice.quoted_length == 1500);
            CHECK(notice.quoted_id.has_value() == !each.v6);
            CHECK(untouched == segment{});
        }
    }
}

TEST_CASE("ICMP notices: an error cut at each byte, or of something else, is none") {
    for (const bool v6 : {false, true}) {
        const byte_vector frame = error(v6, hex(v6 ? "0104 0000 00000000" : "0300 0000 00000000"));
        for (std::size_t length = 0; length < frame.size(); ++length) {
            CAPTURE(length);
            decoder reader;
            segment untouched;
            CHECK(!reader.decode(*captured_packet{frame, {.snapshot_length = length}}, untouched).has_notice);
            CHECK(!reader.decode(*captured_packet{std::span{frame}.first(length)}, untouched).has_notice);
        }
    }
    const auto has_notice = [](const byte_vector& frame) {
        decoder reader;
        segment untouched;
        return reader.decode(*captured_packet{frame}, untouched).has_notice;
    };
    CHECK(has_notice(error(false, hex("0300 0000 00000000"))));
    CHECK(!has_notice(error(false, hex("0800 0000 00000000")))); // an echo request
    CHECK(!has_notice(error(true, hex("8000 0000 00000000"))));
    CHECK(!has_notice(framed_ip_packet({}, 1, join({hex("0300 0000 00000000"), ip_packet({}, 17, byte_vector(8))}))));
    byte_vector fragment = error(false, hex("0300 0000 00000000"));
    overwrite(fragment, 14 + 20 + 8 + 6, hex("0010")); // the quoted packet is a later fragment
    CHECK(!has_notice(fragment));
}

TEST_CASE("ICMP notices: observers of the quoted connection get them, and nothing counts them as segments") {
    using table_type = basic_connection_table<evidence_rules, notice_observer>;
    const byte_vector syn = tcp_packet({.source = client, .destination = server, .sequence = 98, .flags = flags::syn});
    const byte_vector from_server = tcp_packet({.source = server,
                                                .destination = client,
                                                .sequence = 7,
                                                .acknowledgment = 99,
                                                .flags = flags::syn | flags::ack});
    const byte_vector other = tcp_packet({.source = client, .destination = at("10.0.0.3", 80), .flags = flags::syn});
    const byte_vector stranger = framed_ip_packet({.source = router, .destination = server}, 1,
                                                  join({hex("0300 0000 00000000"), tcp_ip_packet()}));
    std::vector<captured_packet> captured;
    std::uint64_t number = 0;
    for (const byte_vector& each : {syn, other, error(false, hex("0304 0000 00000578")), from_server, stranger,
                                    error(false, hex("0b00 0000 00000000"))})
        captured.emplace_back(each, capture_options{.number = ++number});
    std::vector<packet> packets;
    for (const captured_packet& each : captured) packets.push_back(*each);

    table_type one_by_one{table_options{}, evidence_rules{}, notice_observer{}};
    for (const packet& each : packets) one_by_one.add(each);
    table_type at_once{table_options{}, evidence_rules{}, notice_observer{}};
    at_once.add_all(packets);
    for (const table_type* table : {&one_by_one, &at_once}) {
        CHECK(table->statistics().packets == 6);
        CHECK(table->statistics().tcp == 3);
        CHECK(table->statistics().not_tcp == 3);
        CHECK(table->statistics().icmp_notices == 3);
        REQUIRE(table->size() == 2);
        CHECK((*table)[0].notices.count == 2);
        CHECK((*table)[0].notices.packet == 6);
        CHECK((*table)[0].notices.way == direction::client_to_server);
        CHECK((*table)[0].client_to_server.packets == 1);
        CHECK((*table)[0].last_packet == 4);
        CHECK((*table)[1].notices.count == 0);
    }
    for (const std::size_t tables : {1u, 2u, 5u}) {
        basic_parallel_connection_table<evidence_rules, notice_observer> parallel{tables, table_options{},
                                                                                  evidence_rules{}, notice_observer{}};
        parallel.add_all(packets);
        CHECK(parallel.statistics() == at_once.statistics());
        REQUIRE(parallel.size() == at_once.size());
        for (std::size_t i = 0; i < parallel.size(); ++i) CHECK(parallel[i] == at_once[i]);
    }
}
