// SPDX-License-Identifier: MIT
// Each irregularity: the packets that show it, and those that just do not.
#include "../../support/decoding.hpp"
#include "../../support/irregular_talk.hpp"

#include <tcplens/analysis/analyze_observations.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/observers/content_irregularity_observer.hpp>
#include <tcplens/connection/observers/irregularity_observer.hpp>
#include <tcplens/connection/observers/profile_observer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace tcplens;

using enum irregularity;
using namespace flag_bits;
using namespace std::chrono_literals;

namespace {

using ecn_state = connection_irregularities::ecn_state;
using place_type = connection_irregularities::reset::place_type;
using table_type = irregular_talk::table_type;
using talk = irregular_talk;

using names = std::vector<std::string_view>;

} // namespace

TEST_CASE("irregularities: an ordinary connection, closed or reset, has none") {
    for (const bool v6 : {false, true}) {
        talk closed{v6};
        closed.open();
        closed.client({.flags = FIN | ACK, .sequence = 121, .acknowledgment = 601});
        closed.server({.flags = FIN | ACK, .sequence = 601, .acknowledgment = 122});
        closed.client({.sequence = 122, .acknowledgment = 602});
        CHECK(closed.found().none());

        talk reset{v6};
        reset.open();
        reset.client({.flags = RST | ACK, .sequence = 121, .acknowledgment = 601});
        CHECK(reset.found().none());
        CHECK(!reset.observes(observation_kind::reset_out_of_place));

        talk refused{v6};
        refused.client({.flags = SYN, .sequence = 100});
        refused.server({.flags = RST | ACK, .sequence = 0, .acknowledgment = 101});
        CHECK(refused.found().none());
    }
}

TEST_CASE("irregularities: a RST by its number (RFC 5961 section 3.2)") {
    for (const bool v6 : {false, true}) {
        talk exact{v6};
        exact.open();
        exact.server({.flags = RST, .sequence = 601});
        CHECK(exact.names() == names{});

        talk in_window{v6};
        in_window.open();
        in_window.server({.flags = RST, .sequence = 602});
        CHECK(in_window.names() == names{"rst_in_window"});
        CHECK(in_window.observes(observation_kind::reset_out_of_place));

        talk last_in_window{v6};
        last_in_window.open();
        last_in_window.server({.flags = RST, .sequence = 601 + 1000});
        CHECK(last_in_window.names() == names{"rst_in_window"});

        talk outside{v6};
        outside.open();
        outside.server({.flags = RST, .sequence = 601 + 1001});
        CHECK(outside.names() == names{"rst_outside_window"});
        CHECK(!outside.observes(observation_kind::reset_out_of_place)); // late data is answered so, too
    }
}

TEST_CASE("irregularities: a RST by what it acknowledges, by its hop limit and by its Identification") {
    talk nothing;
    nothing.open();
    nothing.server({.flags = RST | ACK, .sequence = 601, .acknowledgment = 5'000});
    CHECK(nothing.names() == names{"rst_acknowledges_nothing"});

    talk of_the_syn;
    of_the_syn.client({.flags = SYN, .sequence = 100});
    of_the_syn.server({.flags = RST | ACK, .acknowledgment = 100}); // should be 101
    CHECK(of_the_syn.names() == names{"rst_acknowledges_nothing"});

    talk hops;
    hops.open();
    hops.server({.flags = RST, .sequence = 601, .hop_limit = 60});
    CHECK(hops.names() == names{"rst_hop_limit"});
    CHECK(hops.found().packets(rst_hop_limit)[0] == 9);

    talk early; // the first segment of its side
    early.client({.flags = SYN, .sequence = 100});
    early.server({.flags = RST | ACK, .acknowledgment = 101, .hop_limit = 60});
    early.server({.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101});
    CHECK(early.names() == names{"sent_after_rst", "rst_hop_limit"});
    CHECK(early.found().packets(rst_hop_limit)[0] == 2);
    CHECK(early.observes(observation_kind::reset_out_of_place));

    const auto observed = analyze_observations(early.table()).items;
    const auto reset = std::ranges::find(observed, observation_kind::reset_out_of_place, &observation::kind);
    REQUIRE(reset != observed.end());
    CHECK(reset->text.starts_with("A RST does not fit between " + to_string(early.table().begin()->client) + " and " +
                                  to_string(early.table().begin()->server) + ": "));

    talk same; // and its side has that hop limit
    same.client({.flags = SYN, .sequence = 100});
    same.server({.flags = RST | ACK, .acknowledgment = 101});
    same.server({.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101});
    CHECK(same.names() == names{"sent_after_rst"});

    traffic<table_type> no_hops; // each RST counts once, also where the hop limits of its side tell nothing
    const endpoint asking = no_hops.at(1, 40000), answering = no_hops.at(2, 80);
    no_hops.syn(asking, answering);
    no_hops.sends(answering, asking, {.flags = RST | ACK, .acknowledgment = 101, .hop_limit = 60});
    for (int i = 0; i < 3; ++i) {
        no_hops.sends(answering, asking, {.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101, .hop_limit = 0});
    }
    CHECK(no_hops.table().begin()->irregularities.count(rst_hop_limit, direction::server_to_client) == 1);

    talk id;
    id.open();
    id.server({.sequence = 601, .acknowledgment = 121, .length = 10});
    id.server({.flags = RST, .sequence = 611, .ip_id = 60000});
    CHECK(id.names() == names{"rst_ip_id"});
    talk near_id;
    near_id.open();
    near_id.server({.sequence = 601, .acknowledgment = 121, .length = 10});
    near_id.server({.flags = RST, .sequence = 611, .ip_id = 30100});
    CHECK(near_id.names() == names{});
}

TEST_CASE("irregularities: what comes after a RST") {
    talk s;
    s.open();
    s.server({.flags = RST, .sequence = 601});
    s.server({.flags = RST, .sequence = 601});
    CHECK(s.names() == names{"rst_repeated"});
    s.server({.sequence = 551, .acknowledgment = 121, .length = 50}); // was sent before
    CHECK(s.names() == names{"rst_repeated"});
    s.server({.sequence = 601, .acknowledgment = 121, .length = 50});
    CHECK(s.names() == names{"rst_repeated", "sent_after_rst"});

    talk closing;
    closing.open();
    closing.client({.flags = FIN | ACK, .sequence = 121, .acknowledgment = 601});
    closing.client({.flags = RST, .sequence = 122});
    CHECK(closing.names() == names{"rst_after_fin"});
}

TEST_CASE("irregularities: SYNs and SYN-ACKs where there should be none") {
    talk again;
    again.client({.flags = SYN, .sequence = 100});
    again.server({.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101});
    again.server({.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101});
    CHECK(again.names() == names{}); // sent again
    again.server({.flags = SYN | ACK, .sequence = 900, .acknowledgment = 101});
    CHECK(again.names() == names{"second_syn_ack"});
    CHECK(again.observes(observation_kind::takeover_signs));
}

TEST_CASE("irregularities: a challenge ACK answers what did not fit (RFC 5961)") {
    talk s;
    s.open();
    s.server({.flags = RST, .sequence = 700});
    s.client({.sequence = 121, .acknowledgment = 601});
    CHECK(s.names() == names{"rst_in_window", "challenge_ack"});
}

TEST_CASE("irregularities: eight ACKs without data of each side, and no data between them, are a storm") {
    const auto ack = [](talk& s, bool by_server) {
        if (by_server) s.server({.sequence = 601, .acknowledgment = 121});
        else s.client({.sequence = 121, .acknowledgment = 601});
    };
    talk s;
    s.open(); // ends with one of the client
    for (int i = 0; i < 14; ++i) {
        ack(s, i % 2 == 0);
        CHECK(!s.found().has(ack_storm));
    }
    SUBCASE("the sixteenth") {
        ack(s, true);
        CHECK(s.found().has(ack_storm));
        CHECK(s.observes(observation_kind::takeover_signs));
    }
    SUBCASE("data between them") {
        s.server({.sequence = 601, .acknowledgment = 121, .length = 10});
        s.client({.sequence = 121, .acknowledgment = 611});
        CHECK(s.names() == names{});
    }
    SUBCASE("one side alone") {
        talk one;
        one.open();
        for (int i = 0; i < 40; ++i) ack(one, true);
        CHECK(one.names() == names{});
    }
}

TEST_CASE("irregularities: data beyond the window, but not a probe of one byte") {
    talk s;
    s.open();
    s.client({.sequence = 121, .acknowledgment = 601, .length = 1000});
    s.client({.sequence = 1121, .acknowledgment = 601, .length = 1});
    CHECK(s.names() == names{});
    s.client({.sequence = 1122, .acknowledgment = 601, .length = 2});
    CHECK(s.names() == names{"data_beyond_window"});
}

TEST_CASE("irregularities: flags that make no sense, and an acknowledgment number without ACK") {
    talk null;
    null.client({.flags = 0, .sequence = 1});
    CHECK(null.names() == names{"odd_flags"});
    talk both;
    both.client({.flags = SYN | FIN, .sequence = 1});
    CHECK(both.names() == names{"odd_flags"});
    talk number;
    number.client({.flags = SYN, .sequence = 1, .acknowledgment = 7});
    CHECK(number.names() == names{"number_without_ack"});
    CHECK(number.observes(observation_kind::covert_field_use));
}

TEST_CASE("irregularities: hop limits that change, ECN marks, bad checksums") {
    talk s;
    s.open();
    s.client({.sequence = 121, .acknowledgment = 601, .length = 5, .hop_limit = 63});
    s.client({.sequence = 126, .acknowledgment = 601, .length = 5, .hop_limit = 63});
    CHECK(s.found().count(hop_limit_changed, direction::client_to_server) == 1);
    s.server({.flags = ACK | ECE, .sequence = 601, .acknowledgment = 131});
    s.client({.flags = ACK | CWR, .sequence = 131, .acknowledgment = 601, .length = 5, .hop_limit = 63, .ecn = 3});
    CHECK(s.names() == names{"hop_limit_changed", "congestion_experienced", "ece", "cwr"});
    s.server({.flags = RST, .sequence = 1, .checksum = checksum_state::bad});
    CHECK(s.names() == names{"hop_limit_changed", "bad_checksum", "congestion_experienced", "ece", "cwr"});
}

TEST_CASE("irregularities: the hop limit of what follows a SYN is compared with that of the latest SYN") {
    talk s;
    s.client({.flags = SYN, .sequence = 100});
    s.client({.flags = SYN, .sequence = 100, .hop_limit = 63});
    s.server({.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101});
    CHECK(s.found().count(hop_limit_changed, direction::client_to_server) == 1);
    s.client({.sequence = 101, .acknowledgment = 501}); // as the first SYN
    CHECK(s.found().count(hop_limit_changed, direction::client_to_server) == 2);
    s.client({.sequence = 101, .acknowledgment = 501, .length = 20});
    s.server({.sequence = 501, .acknowledgment = 121, .length = 50});
    s.server({.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101, .hop_limit = 44});
    s.server({.sequence = 551, .acknowledgment = 121, .length = 50}); // as all but the SYN-ACK before it
    CHECK(s.found().count(hop_limit_changed, direction::client_to_server) == 2);
    CHECK(s.found().count(hop_limit_changed, direction::server_to_client) == 2);
}

TEST_CASE("irregularities: RSTs are kept with their place, hop limit, Identification and time") {
    talk s;
    s.open();
    s.server({.flags = RST, .sequence = 601, .hop_limit = 60, .ip_id = 31000, .after = 40ms});
    s.client({.flags = RST, .sequence = 5'000'000});
    const auto& [first, second] = s.found().resets();
    CHECK(first.packet == 9);
    CHECK(first.place == place_type::exact);
    CHECK(first.sent_in == direction::server_to_client);
    CHECK(first.hop_limit == 60);
    CHECK(first.usual_hop_limit == 57);
    CHECK(first.ip_id == 31000);
    CHECK(first.ip_id_before == 30003);
    CHECK(first.since_peer == 40ms);
    CHECK(second.packet == 10);
    CHECK(second.place == place_type::outside);
    CHECK(second.sent_in == direction::client_to_server);
}

TEST_CASE("irregularities: a RST that comes sooner than its sender can answer") {
    for (const auto after : {4ms, 5ms}) { // its SYN-ACK took 50 ms
        talk s;
        s.client({.flags = SYN, .sequence = 100});
        s.server({.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101, .after = 50ms});
        s.client({.sequence = 101, .acknowledgment = 501});
        s.client({.sequence = 101, .acknowledgment = 501, .length = 20});
        s.server({.flags = RST, .sequence = 501, .after = after});
        CHECK(s.found().has(rst_too_soon) == (after == 4ms));
        CHECK(!s.observes(observation_kind::reset_out_of_place)); // weak: a server may close at any time
    }
}

TEST_CASE("irregularities: a RST that answers an ACK of no connection, but not one of a connection") {
    talk probe;
    probe.client({.sequence = 7, .acknowledgment = 99});
    probe.server({.flags = RST, .sequence = 99});
    CHECK(probe.names() == names{"ack_on_nothing"});
    CHECK(probe.found().packets(ack_on_nothing)[0] == 1);
    talk known;
    known.client({.sequence = 7, .acknowledgment = 99, .length = 5});
    known.server({.flags = RST, .sequence = 99});
    CHECK(known.names() == names{});
}

TEST_CASE("irregularities: a SYN into an open connection, but not a late copy of its own SYN") {
    talk s;
    s.open();
    s.client({.flags = SYN, .sequence = 100});
    CHECK(!s.found().has(syn_while_open));
}

TEST_CASE("irregularities: reserved bits, an urgent pointer without URG, tiny fragments") {
    talk s;
    s.open();
    s.client({.sequence = 121, .acknowledgment = 601, .length = 5, .oddities = segment::oddity_set::reserved_bits});
    s.client({.sequence = 126, .acknowledgment = 601, .length = 5, .oddities = segment::oddity_set::urgent_pointer});
    s.client({.sequence = 131, .acknowledgment = 601, .length = 5, .oddities = segment::oddity_set::tiny_fragment});
    s.client({.sequence = 136, .acknowledgment = 601, .length = 5});
    CHECK(s.names() == names{"reserved_bits", "urgent_pointer", "tiny_fragment"});
    CHECK(s.found().packets(irregularity::reserved_bits)[0] == 9);
    CHECK(s.observes(observation_kind::covert_field_use));
}

TEST_CASE("irregularities: timestamps run on, and do not run back or leap") {
    const auto opened = [](talk& s) {
        s.client({.flags = SYN, .sequence = 100, .clock = 1'000'000});
        s.server({.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101, .clock = 5});
        s.client({.sequence = 101, .acknowledgment = 501, .clock = 1'000'010});
        s.client({.flags = ACK | FIN, .sequence = 101, .acknowledgment = 501, .length = 9, .clock = 1'000'020});
    };
    talk runs;
    opened(runs);
    CHECK(runs.names() == names{});
    for (const std::uint32_t clock : {900'000U, 900'000'000U}) {
        CAPTURE(clock);
        talk other;
        opened(other);
        other.client({.flags = ACK | FIN, .sequence = 101, .acknowledgment = 501, .length = 10, .clock = clock});
        CHECK(other.found().has(clock_changed));
        CHECK(!other.observes(observation_kind::takeover_signs)); // alone it is weak
    }
}

TEST_CASE("irregularities: hop limit and clock that change together are signs of a third party") {
    talk s;
    s.client({.flags = SYN, .sequence = 100, .clock = 1'000'000});
    s.server({.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101, .clock = 5});
    s.client({.sequence = 101, .acknowledgment = 501, .clock = 1'000'010});
    s.client({.sequence = 101, .acknowledgment = 501, .length = 9, .hop_limit = 200, .clock = 77});
    CHECK(s.names() == names{"hop_limit_changed", "clock_changed"});
    CHECK(s.observes(observation_kind::takeover_signs));
}

TEST_CASE("irregularities: ECN as SYNs agree on it, classic and accurate (RFC 3168, RFC 9768)") {
    struct agreed {
        std::uint16_t syn;
        std::uint16_t syn_ack;
        ecn_state state;
    };
    for (const agreed& each :
         {agreed{0, ECE, ecn_state::none}, agreed{ECE, ECE, ecn_state::none}, agreed{ECE | CWR, 0, ecn_state::offered},
          agreed{ECE | CWR, ECE, ecn_state::classic}, agreed{ECE | CWR, ECE | CWR, ecn_state::offered},
          agreed{AE | ECE | CWR, ECE, ecn_state::classic}, agreed{AE | ECE | CWR, CWR, ecn_state::accurate},
          agreed{AE | ECE | CWR, AE, ecn_state::accurate},
          agreed{AE | ECE | CWR, AE | ECE | CWR, ecn_state::offered}}) {
        CAPTURE(each.syn);
        CAPTURE(each.syn_ack);
        talk s;
        s.client({.flags = static_cast<std::uint16_t>(SYN | each.syn), .sequence = 100});
        s.server(
            {.flags = static_cast<std::uint16_t>(SYN | ACK | each.syn_ack), .sequence = 500, .acknowledgment = 101});
        CHECK(s.found().ecn() == each.state);
        s.client({.flags = ACK | ECE | CWR, .sequence = 101, .acknowledgment = 501, .ecn = 3});
        CHECK(s.found().count(ece, direction::client_to_server) == (each.state != ecn_state::accurate));
        CHECK(s.found().count(cwr, direction::client_to_server) == (each.state != ecn_state::accurate));
        CHECK(s.found().count(congestion_experienced, direction::client_to_server) == 1);
    }
}

TEST_CASE("irregularities: windows of 0, and a large segment that never arrives") {
    talk s;
    s.open();
    s.server({.sequence = 601, .acknowledgment = 121, .window = 0});
    CHECK(s.names() == names{"zero_window"});
    for (const std::uint32_t length : {536U, 537U}) {
        for (const int copies : {2, 3}) {
            CAPTURE(length);
            CAPTURE(copies);
            talk lost;
            lost.open();
            for (int i = 0; i <= copies; ++i) {
                lost.client({.sequence = 121, .acknowledgment = 601, .length = length, .after = 1000ms});
            }
            CHECK(lost.found().has(large_segment_lost) == (length == 537 && copies == 3));
            CHECK(lost.found().has(timeout));
            CHECK(lost.observes(observation_kind::path_trouble) == (length == 537 && copies == 3));
        }
    }
}

TEST_CASE("irregularities: ICMP errors that quote the connection, and those that quote what was not sent") {
    using namespace packet_builder;
    const endpoint client = at("10.0.0.1", 40000);
    const endpoint server = at("10.0.0.2", 80);
    for (const std::uint32_t quoted_sequence : {100U, 5'000'000U}) {
        const auto table_after = [&](const char* header) {
            table_type table;
            const byte_vector syn =
                tcp_packet({.source = client, .destination = server, .sequence = 100, .flags = flags::syn});
            table.add(*captured_packet{syn, {.number = 1}});
            byte_vector quoted = tcp_ip_packet(
                {.source = client, .destination = server, .sequence = quoted_sequence, .flags = flags::syn});
            const byte_vector error = framed_ip_packet({.source = at("192.0.2.254", 0), .destination = client}, 1,
                                                       join({hex(header), quoted}));
            table.add(*captured_packet{error, {.number = 2}});
            return table;
        };
        const auto expect = [&](const char* header, irregularity kind) {
            const table_type table = table_after(header);
            const connection_irregularities& found = table.begin()->irregularities;
            CHECK(found.count(kind, direction::client_to_server) == 1);
            CHECK(found.packets(kind)[0] == 2);
            CHECK(found.has(icmp_out_of_place) == (quoted_sequence != 100));
        };
        expect("0301 0000 00000000", icmp_unreachable);
        expect("0304 0000 00000578", icmp_packet_too_big);
        expect("0b00 0000 00000000", icmp_time_exceeded);
        expect("0400 0000 00000000", icmp_other);
    }
}

TEST_CASE("irregularities: bytes that are sent again with another content, in any pieces that hold the first ones") {
    using namespace packet_builder;
    const endpoint client = at("10.0.0.1", 40000);
    const endpoint server = at("10.0.0.2", 80);
    const auto changed = [&](std::size_t first, std::size_t again, std::size_t changed_at) {
        basic_connection_table<evidence_rules, content_irregularity_observer> table;
        std::uint64_t number = 0;
        const auto sends = [&](std::uint32_t sequence, std::size_t length, std::size_t other, bool by_server = false) {
            byte_vector frame = tcp_packet({.source = by_server ? server : client,
                                            .destination = by_server ? client : server,
                                            .ip_id = static_cast<std::uint16_t>(++number),
                                            .sequence = by_server ? 500 : sequence,
                                            .acknowledgment = by_server ? sequence : 501,
                                            .flags = flags::ack,
                                            .payload_length = static_cast<std::uint32_t>(length)});
            for (std::size_t i = 0; i < length; ++i) {
                frame[frame.size() - length + i] = std::byte{static_cast<unsigned char>(sequence + i + (i == other))};
            }
            const auto time = timestamp{std::chrono::seconds{1'700'000'000 + number}};
            table.add(*captured_packet{frame, {.time = time, .number = number}});
        };
        constexpr std::size_t nowhere = 1000;
        sends(101, 10, nowhere);
        sends(111, 0, nowhere, true);
        sends(111, first, nowhere);
        sends(111, again, changed_at);
        return table.begin()->irregularities.count(bytes_changed);
    };
    CHECK(changed(100, 100, 1000) == 0);
    for (const std::size_t at : {0U, 1U, 50U, 98U, 99U}) CHECK(changed(100, 100, at) == 1);
    CHECK(changed(100, 200, 1000) == 0);
    CHECK(changed(100, 200, 99) == 1);
    CHECK(changed(100, 200, 100) == 0); // news
    CHECK(changed(100, 50, 1000) == 0);
}

TEST_CASE("irregularities: bits of the headers as decode() finds them") {
    using namespace packet_builder;
    const auto oddities = [](std::uint16_t flags) {
        const byte_vector frame = tcp_packet({.flags = flags});
        segment found;
        static_cast<void>(decode(*captured_packet{frame}, found));
        return found.oddities;
    };
    CHECK(oddities(ACK) == segment::oddity_set::none);
    CHECK(oddities(ACK | AE) == segment::oddity_set::none); // no reserved bit: RFC 9768
    for (const unsigned bit : {0x200U, 0x400U, 0x800U}) {
        CHECK(oddities(static_cast<std::uint16_t>(ACK | bit)) == segment::oddity_set::reserved_bits);
    }
    for (const bool urg : {false, true}) {
        byte_vector frame = tcp_packet({.flags = static_cast<std::uint16_t>(urg ? ACK | 32 : ACK)});
        frame[14 + 20 + 19] = std::byte{1}; // the urgent pointer
        segment found;
        static_cast<void>(decode(*captured_packet{frame}, found));
        CHECK(found.oddities == (urg ? segment::oddity_set::none : segment::oddity_set::urgent_pointer));
    }
}

TEST_CASE("irregularities: the fast way for ordinary segments comes to the same as the careful one") {
    // With a hop limit that changes each time, all segments of the client need care.
    talk plain;
    talk careful;
    plain.open();
    careful.open();
    for (std::uint32_t i = 0; i < 40; ++i) {
        const std::uint32_t at = 121 + 10 * i;
        const auto hop_limit = static_cast<std::uint8_t>(100 + i % 2);
        plain.client({.sequence = at, .acknowledgment = 601, .length = 10});
        careful.client({.sequence = at, .acknowledgment = 601, .length = 10, .hop_limit = hop_limit});
        plain.server({.sequence = 601, .acknowledgment = at + 10});
        careful.server({.sequence = 601, .acknowledgment = at + 10});
    }
    CHECK(plain.names() == names{});
    CHECK(careful.names() == names{"hop_limit_changed"});
    for (talk* each : {&plain, &careful}) {
        each->client({.sequence = 521, .acknowledgment = 601, .length = 1002}); // beyond the window
        each->server({.flags = RST, .sequence = 700});
        each->client({.sequence = 1523, .acknowledgment = 601});
        CHECK(each->found().has(data_beyond_window));
        CHECK(each->found().has(rst_in_window));
        CHECK(each->found().has(challenge_ack));
    }
    CHECK(plain.found().resets()[0].ip_id_before == careful.found().resets()[0].ip_id_before);
    CHECK(plain.found().resets()[0].since_peer == careful.found().resets()[0].since_peer);
}

TEST_CASE("irregularities: for the caches a record with the observer is a line longer than one without") {
    using plain = detail::connection_record<evidence_rules>;
    using observed = detail::connection_record<evidence_rules, irregularity_observer>;
    using detailed = detail::connection_record<evidence_rules, profile_observer>;
    CHECK(plain::touched_bytes() == sizeof(plain));
    CHECK(observed::touched_bytes() <= sizeof(plain) + 64);
    CHECK(detailed::touched_bytes() == sizeof(detailed)); // it touches all that it remembers
}

TEST_CASE("irregularities: counts stop at their bound, and follow the roles") {
    connection_irregularities many;
    for (int i = 1; i <= 70'000; ++i) many.add(ece, direction::client_to_server, static_cast<std::uint64_t>(i), {});
    CHECK(many.count(ece) == 65'535);
    CHECK(many.packets(ece) == std::array<std::uint64_t, 2>{1, 2});
    many.swap_roles();
    CHECK(many.count(ece, direction::server_to_client) == 65'535);
    CHECK(many.count(ece, direction::client_to_server) == 0);
}
