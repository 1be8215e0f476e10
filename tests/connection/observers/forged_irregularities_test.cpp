// SPDX-License-Identifier: MIT
// Stories of attackers that write into a connection, or hide in it: which irregularities each leaves, and which it avoids.
#include "../../support/decoding.hpp"
#include "../../support/irregular_talk.hpp"

#include <tcplens/connection/observers/content_irregularity_observer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

using namespace tcplens;

using namespace flag_bits;
using namespace std::chrono_literals;

namespace {

using talk = irregular_talk;
using oddity_set = segment::oddity_set;

/// All begin with talk::open(): then the client sends 121 next, the server 601, and both windows are 1000 bytes.
struct forgery {
    std::string_view what;
    std::string_view leaves; ///< the names of the irregularities, in their order
    void (*play)(talk&);
};

constexpr forgery forgeries[]{
    // RSTs in the server's name
    {"a blind RST", "rst_in_window", [](talk& s) { s.server({.flags = RST, .sequence = 1200}); }},
    {"a blind RST that misses the window", "rst_outside_window",
     [](talk& s) { s.server({.flags = RST, .sequence = 500'000}); }},
    {"one that knows number, hop limit and Identification leaves nothing", "",
     [](talk& s) { s.server({.flags = RST, .sequence = 601}); }},
    {"three, a window apart, so that one hits", "rst_in_window rst_outside_window rst_repeated",
     [](talk& s) {
         for (const std::uint32_t number : {601U, 1601U, 2601U}) s.server({.flags = RST, .sequence = number});
     }},
    {"with an acknowledgment that is made up", "rst_acknowledges_nothing",
     [](talk& s) { s.server({.flags = RST | ACK, .sequence = 601, .acknowledgment = 77}); }},
    {"with the one that is due", "",
     [](talk& s) { s.server({.flags = RST | ACK, .sequence = 601, .acknowledgment = 121}); }},
    {"from another place", "rst_hop_limit",
     [](talk& s) { s.server({.flags = RST, .sequence = 601, .hop_limit = 48}); }},
    {"from a device that sets the hop limit of the client's segment, mirrored", "rst_hop_limit",
     [](talk& s) { s.server({.flags = RST, .sequence = 601, .hop_limit = 64}); }},
    {"with an Identification of its own", "rst_ip_id",
     [](talk& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .length = 10});
         s.server({.flags = RST, .sequence = 611, .ip_id = 60'000});
     }},
    {"with the next Identification", "",
     [](talk& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .length = 10});
         s.server({.flags = RST, .sequence = 611, .ip_id = 30'005});
     }},
    {"beside the client: sooner than the server can answer", "rst_too_soon",
     [](talk& s) {
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20});
         s.server({.flags = RST, .sequence = 601, .after = 0ms});
     }},
    {"after a wait as long as the server's", "",
     [](talk& s) {
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20});
         s.server({.flags = RST, .sequence = 601, .after = 10ms});
     }},
    {"and the server, which knows of none, goes on", "sent_after_rst",
     [](talk& s) {
         s.server({.flags = RST, .sequence = 601});
         s.server({.sequence = 601, .acknowledgment = 121, .length = 50});
     }},
    {"and what was under way comes late", "",
     [](talk& s) {
         s.server({.flags = RST, .sequence = 601});
         s.server({.sequence = 551, .acknowledgment = 121, .length = 50});
     }},
    {"behind a FIN", "rst_after_fin",
     [](talk& s) {
         s.server({.flags = FIN | ACK, .sequence = 601, .acknowledgment = 121});
         s.server({.flags = RST, .sequence = 602});
     }},
    {"with a checksum that its receiver does not take", "bad_checksum",
     [](talk& s) { s.server({.flags = RST, .sequence = 1200, .hop_limit = 48, .checksum = checksum_state::bad}); }},
    {"which the client challenges (RFC 5961)", "rst_in_window challenge_ack",
     [](talk& s) {
         s.server({.flags = RST, .sequence = 1200});
         s.client({.sequence = 121, .acknowledgment = 601});
     }},
    {"and data comes between: no challenge", "rst_in_window",
     [](talk& s) {
         s.server({.flags = RST, .sequence = 1200});
         s.client({.sequence = 121, .acknowledgment = 601, .length = 5});
         s.client({.sequence = 126, .acknowledgment = 601});
     }},
    // A third party
    {"a SYN-ACK with another number", "second_syn_ack",
     [](talk& s) { s.server({.flags = SYN | ACK, .sequence = 9'000, .acknowledgment = 101}); }},
    {"the SYN-ACK again", "", [](talk& s) { s.server({.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101}); }},
    {"a SYN in the window", "syn_while_open", [](talk& s) { s.client({.flags = SYN, .sequence = 130}); }},
    {"a copy of the SYN", "", [](talk& s) { s.client({.flags = SYN, .sequence = 100}); }},
    {"data that desynchronises the ends: each challenges the other", "ack_storm",
     [](talk& s) {
         for (int i = 0; i < 9; ++i) {
             s.server({.sequence = 601, .acknowledgment = 121});
             s.client({.sequence = 121, .acknowledgment = 601});
         }
     }},
    {"hidden: data in each round", "",
     [](talk& s) {
         for (std::uint32_t i = 0; i < 9; ++i) {
             s.server({.sequence = 601, .acknowledgment = 121 + i});
             s.client({.sequence = 121 + i, .acknowledgment = 601, .length = 1});
         }
     }},
    {"data far ahead of the window", "data_beyond_window",
     [](talk& s) { s.client({.sequence = 1900, .acknowledgment = 601, .length = 100}); }},
    {"data up to its end", "", [](talk& s) { s.client({.sequence = 121, .acknowledgment = 601, .length = 1000}); }},
    {"data from another place", "hop_limit_changed",
     [](talk& s) { s.server({.sequence = 601, .acknowledgment = 121, .length = 5, .hop_limit = 48}); }},
    {"with a clock of its own", "hop_limit_changed clock_changed",
     [](talk& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .length = 5, .hop_limit = 56, .clock = 1'000});
         s.server({.sequence = 606, .acknowledgment = 121, .length = 5, .hop_limit = 57, .clock = 3'000'000'000});
     }},
    {"a FIN with a clock of its own", "hop_limit_changed clock_changed",
     [](talk& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .length = 5, .hop_limit = 56, .clock = 1'000});
         s.server(
             {.flags = FIN | ACK, .sequence = 606, .acknowledgment = 121, .hop_limit = 56, .clock = 2'000'000'000});
     }},
    {"a clock that goes on", "hop_limit_changed",
     [](talk& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .length = 5, .hop_limit = 56, .clock = 1'000});
         s.server({.sequence = 606, .acknowledgment = 121, .length = 5, .hop_limit = 57, .clock = 1'010});
     }},
    {"hidden: a clock a little ahead", "hop_limit_changed",
     [](talk& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .length = 5, .hop_limit = 56, .clock = 1'000});
         s.server({.sequence = 606, .acknowledgment = 121, .length = 5, .hop_limit = 56, .clock = 4'000'000});
     }},
    // Fields that carry something
    {"no flag at all", "odd_flags", [](talk& s) { s.client({.flags = 0, .sequence = 121}); }},
    {"Xmas", "odd_flags", [](talk& s) { s.client({.flags = FIN | PSH | URG, .sequence = 121}); }},
    {"hidden: with ACK it is an odd close", "",
     [](talk& s) { s.client({.flags = FIN | PSH | URG | ACK, .sequence = 121, .acknowledgment = 601}); }},
    {"SYN and FIN", "syn_while_open odd_flags", [](talk& s) { s.client({.flags = SYN | FIN, .sequence = 130}); }},
    {"a message in the number of a SYN", "syn_while_open number_without_ack",
     [](talk& s) { s.client({.flags = SYN, .sequence = 130, .acknowledgment = 0x68656c6c}); }},
    {"hidden: in the sequence number", "syn_while_open", [](talk& s) { s.client({.flags = SYN, .sequence = 140}); }},
    {"reserved bits", "reserved_bits",
     [](talk& s) { s.client({.sequence = 121, .acknowledgment = 601, .oddities = oddity_set::reserved_bits}); }},
    {"an urgent pointer", "urgent_pointer",
     [](talk& s) { s.client({.sequence = 121, .acknowledgment = 601, .oddities = oddity_set::urgent_pointer}); }},
    {"a header in two fragments", "tiny_fragment",
     [](talk& s) { s.client({.sequence = 121, .acknowledgment = 601, .oddities = oddity_set::tiny_fragment}); }},
    // What looks like a path
    {"marks that no side negotiated", "congestion_experienced ece cwr",
     [](talk& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .length = 5, .ecn = 3});
         s.client({.flags = ACK | ECE, .sequence = 121, .acknowledgment = 606});
         s.server({.flags = ACK | CWR, .sequence = 606, .acknowledgment = 121, .length = 5});
     }},
    {"a window of 0 that stops the client", "zero_window",
     [](talk& s) { s.server({.sequence = 601, .acknowledgment = 121, .window = 0}); }},
    {"a window of 0 in a RST", "", [](talk& s) { s.server({.flags = RST, .sequence = 601, .window = 0}); }},
    {"the same data after a silence", "timeout",
     [](talk& s) {
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20});
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20, .after = 1000ms});
     }},
    {"the same data at once, as the network copies it", "",
     [](talk& s) {
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20, .ip_id = 5'000});
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20, .ip_id = 5'000, .after = 0ms});
     }},
    {"a large segment four times", "timeout large_segment_lost",
     [](talk& s) {
         for (int i = 0; i < 4; ++i) {
             s.client({.sequence = 121, .acknowledgment = 601, .length = 600, .after = 1000ms});
         }
     }},
    {"of which the peer acknowledges one", "timeout",
     [](talk& s) {
         for (int i = 0; i < 3; ++i) {
             s.client({.sequence = 121, .acknowledgment = 601, .length = 600, .after = 1000ms});
         }
         s.server({.sequence = 601, .acknowledgment = 721});
         s.client({.sequence = 121, .acknowledgment = 601, .length = 600, .after = 1000ms});
     }},
};

/// The connection of one SYN, and an ICMP error that quotes `quoted`.
std::string after_notice(const char* header, std::uint32_t quoted) {
    using namespace packet_builder;
    const endpoint client = at("10.0.0.1", 40000);
    const endpoint server = at("10.0.0.2", 80);
    irregular_talk::table_type table;
    const byte_vector syn = tcp_packet({.source = client, .destination = server, .sequence = 100, .flags = SYN});
    table.add(*captured_packet{syn, {.number = 1}});
    const byte_vector quoted_segment =
        tcp_ip_packet({.source = client, .destination = server, .sequence = quoted, .flags = SYN});
    const byte_vector error = framed_ip_packet({.source = at("192.0.2.254", 0), .destination = client}, 1,
                                               join({hex(header), quoted_segment}));
    table.add(*captured_packet{error, {.number = 2}});
    std::string names;
    for (const auto& each : table.begin()->irregularities.occurrences()) {
        names.append(names.empty() ? "" : " ").append(to_string(each.kind));
    }
    return names;
}

} // namespace

TEST_CASE("irregularities: what forged segments leave, and what hides") {
    for (const forgery& each : forgeries) {
        CAPTURE(std::string{each.what});
        talk played;
        played.open();
        REQUIRE(played.found().none());
        each.play(played);
        std::string left;
        for (const std::string_view name : played.names()) left.append(left.empty() ? "" : " ").append(name);
        CHECK(left == each.leaves);
    }
}

TEST_CASE("irregularities: an ACK that belongs to no connection, and one that hides as data") {
    for (const std::uint32_t length : {0U, 5U}) {
        talk probe;
        probe.client({.sequence = 7, .acknowledgment = 99, .length = length});
        probe.server({.flags = RST, .sequence = 99});
        CHECK(probe.found().has(irregularity::ack_on_nothing) == (length == 0));
    }
}

TEST_CASE("irregularities: ICMP errors that a blind attacker forges quote a number that was not sent (RFC 5927)") {
    CHECK(after_notice("0301 0000 00000000", 100) == "icmp_unreachable");
    CHECK(after_notice("0301 0000 00000000", 9'000'000) == "icmp_out_of_place icmp_unreachable");
    CHECK(after_notice("0304 0000 00000044", 9'000'000) == "icmp_out_of_place icmp_packet_too_big");
    CHECK(after_notice("0b00 0000 00000000", 9'000'000) == "icmp_out_of_place icmp_time_exceeded");
    CHECK(after_notice("0400 0000 00000000", 9'000'000) == "icmp_out_of_place icmp_other");
}

TEST_CASE("irregularities: zeros that fill a frame are no data, and more of them are") {
    using namespace packet_builder;
    for (const std::uint32_t zeros : {6U, 7U}) {
        basic_connection_table<evidence_rules, content_irregularity_observer> table;
        for (std::uint64_t number = 1; number <= 2; ++number) {
            const std::uint32_t length = number == 1 ? zeros : 100;
            byte_vector frame = tcp_packet({.source = at("10.0.0.1", 40000),
                                            .destination = at("10.0.0.2", 80),
                                            .ip_id = static_cast<std::uint16_t>(number),
                                            .sequence = 101,
                                            .flags = ACK,
                                            .payload_length = length});
            std::fill_n(frame.end() - length, length, std::byte{static_cast<unsigned char>(number - 1)});
            const auto time = timestamp{std::chrono::seconds{1'700'000'000 + number}};
            table.add(*captured_packet{frame, {.time = time, .number = number}});
        }
        CHECK(table.begin()->irregularities.has(irregularity::bytes_changed) == (zeros == 7));
    }
}

TEST_CASE("irregularities: one kind cannot push the first packet of another kind out") {
    connection_irregularities found;
    const auto add = [&](unsigned kind, std::uint64_t packet) {
        found.add(static_cast<irregularity>(kind), direction::client_to_server, packet, timestamp{1s * packet});
    };
    for (unsigned kind = 0; kind < 6; ++kind) {
        for (unsigned i = 0; i < 5; ++i) add(kind, 10 * kind + i + 1);
    }
    CHECK(found.occurrences().size() == connection_irregularities::kept_occurrences);
    for (unsigned kind = 6; kind < 12; ++kind) add(kind, 10 * kind + 1);
    for (unsigned kind = 0; kind < 12; ++kind) {
        CHECK(found.packets(static_cast<irregularity>(kind)) == std::array<std::uint64_t, 2>{10 * kind + 1, 0});
    }
    add(12, 121); // there are as many kinds as places
    CHECK(found.count(static_cast<irregularity>(12)) == 1);
    CHECK(found.packets(static_cast<irregularity>(12)) == std::array<std::uint64_t, 2>{});
    CHECK(found.occurrences()[11].time == timestamp{111s});
}
