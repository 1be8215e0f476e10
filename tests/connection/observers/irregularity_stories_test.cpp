// SPDX-License-Identifier: MIT
// Each irregularity with a story that meets its definition, one that just misses it, and one in which an attacker forges it.
#include "../../support/decoding.hpp"
#include "../../support/irregular_talk.hpp"

#include <tcplens/connection/observers/content_irregularity_observer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace tcplens;

using namespace flag_bits;
using namespace std::chrono_literals;

namespace {

using oddity_set = segment::oddity_set;

/// A connection; and beside it, for what segments alone cannot tell, another one of whole packets.
class stage : public irregular_talk {
public:
    /// A SYN with number 100, and an ICMP error that quotes one with number `quoted`.
    void notice(const char* icmp, std::uint32_t quoted) {
        using namespace packet_builder;
        table_type table;
        add_to(table, tcp_packet({.source = client_, .destination = server_, .sequence = 100, .flags = SYN}));
        const byte_vector quote =
            tcp_ip_packet({.source = client_, .destination = server_, .sequence = quoted, .flags = SYN});
        add_to(table,
               framed_ip_packet({.source = at("192.0.2.254", 0), .destination = client_}, 1, join({hex(icmp), quote})));
        whole_ = table.begin()->irregularities;
    }
    /// Data with the same number twice: `first`, then `second`.
    void bytes(std::string_view first, std::string_view second) {
        using namespace packet_builder;
        basic_connection_table<evidence_rules, content_irregularity_observer> table;
        for (const std::string_view data : {first, second}) {
            byte_vector frame = tcp_packet({.source = client_,
                                            .destination = server_,
                                            .ip_id = static_cast<std::uint16_t>(packets_ + 7),
                                            .sequence = 101,
                                            .flags = ACK,
                                            .payload_length = static_cast<std::uint32_t>(data.size())});
            std::ranges::transform(data, frame.end() - static_cast<std::ptrdiff_t>(data.size()),
                                   [](char each) { return static_cast<std::byte>(each); });
            add_to(table, frame);
        }
        whole_ = table.begin()->irregularities;
    }

    [[nodiscard]] bool has(irregularity kind) const {
        return whole_.has(kind) || std::ranges::count(names(), to_string(kind)) > 0;
    }

private:
    void add_to(auto& table, const auto& frame) {
        ++packets_;
        const auto time = timestamp{std::chrono::seconds{1'700'000'000 + packets_}};
        table.add(*packet_builder::captured_packet{frame, {.time = time, .number = packets_}});
    }

    endpoint client_ = packet_builder::at("10.0.0.1", 40000);
    endpoint server_ = packet_builder::at("10.0.0.2", 80);
    std::uint64_t packets_ = 0;
    connection_irregularities whole_{};
};

using play = void (*)(stage&);

/// Each begins behind stage::open(): the client sends 121 next, the server 601, and both windows are 1000 bytes.
struct fact {
    irregularity kind;
    play meets;
    play misses;
    play forges;
};

void four_times(stage& s, std::uint32_t length) {
    for (int i = 0; i < 4; ++i) s.client({.sequence = 121, .acknowledgment = 601, .length = length, .after = 1000ms});
}
void acknowledge_in_turn(stage& s, std::uint32_t client_next, int rounds) {
    for (int i = 0; i < rounds; ++i) {
        s.server({.sequence = 601, .acknowledgment = 121});
        s.client({.sequence = client_next, .acknowledgment = 601});
    }
}

constexpr fact resets[]{
    {irregularity::rst_in_window, [](stage& s) { s.server({.flags = RST, .sequence = 1601}); },
     [](stage& s) { s.server({.flags = RST, .sequence = 601}); },
     [](stage& s) { s.client({.flags = RST, .sequence = 300}); }},
    {irregularity::rst_outside_window, [](stage& s) { s.server({.flags = RST, .sequence = 1602}); },
     [](stage& s) { s.server({.flags = RST, .sequence = 1601}); },
     [](stage& s) { s.client({.flags = RST, .sequence = 500'000}); }},
    {irregularity::rst_acknowledges_nothing,
     [](stage& s) { s.server({.flags = RST | ACK, .sequence = 601, .acknowledgment = 122}); },
     [](stage& s) { s.server({.flags = RST | ACK, .sequence = 601, .acknowledgment = 121}); },
     [](stage& s) { s.client({.flags = RST | ACK, .sequence = 121, .acknowledgment = 9'000'000}); }},
    {irregularity::rst_after_fin,
     [](stage& s) {
         s.server({.flags = FIN | ACK, .sequence = 601, .acknowledgment = 121});
         s.server({.flags = RST, .sequence = 602});
     },
     [](stage& s) {
         s.client({.flags = FIN | ACK, .sequence = 121, .acknowledgment = 601});
         s.server({.flags = RST, .sequence = 601});
     },
     [](stage& s) {
         s.client({.flags = FIN | ACK, .sequence = 121, .acknowledgment = 601});
         s.client({.flags = RST, .sequence = 122, .hop_limit = 44});
     }},
    {irregularity::rst_repeated,
     [](stage& s) {
         s.server({.flags = RST, .sequence = 601});
         s.server({.flags = RST, .sequence = 601});
     },
     [](stage& s) {
         s.server({.flags = RST, .sequence = 601});
         s.client({.flags = RST, .sequence = 121});
     },
     [](stage& s) {
         for (const std::uint32_t number : {601U, 1601U, 2601U}) s.server({.flags = RST, .sequence = number});
     }},
    {irregularity::sent_after_rst,
     [](stage& s) {
         s.server({.flags = RST, .sequence = 601});
         s.server({.sequence = 601, .acknowledgment = 121, .length = 1});
     },
     [](stage& s) {
         s.server({.flags = RST, .sequence = 601});
         s.server({.sequence = 551, .acknowledgment = 121, .length = 50});
     },
     [](stage& s) {
         s.client({.flags = RST, .sequence = 121, .hop_limit = 44});
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20});
     }},
    {irregularity::rst_hop_limit, [](stage& s) { s.server({.flags = RST, .sequence = 601, .hop_limit = 56}); },
     [](stage& s) { s.server({.flags = RST, .sequence = 601}); },
     [](stage& s) { s.server({.flags = RST, .sequence = 601, .hop_limit = 64}); }},
    {irregularity::rst_ip_id,
     [](stage& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .length = 10});
         s.server({.flags = RST, .sequence = 611, .ip_id = 40'000});
     },
     [](stage& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .length = 10});
         s.server({.flags = RST, .sequence = 611, .ip_id = 34'000});
     },
     [](stage& s) { s.client({.flags = RST, .sequence = 121, .ip_id = 54'321}); }},
    {irregularity::rst_too_soon,
     [](stage& s) {
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20});
         s.server({.flags = RST, .sequence = 601, .after = 0ms});
     },
     [](stage& s) {
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20});
         s.server({.flags = RST, .sequence = 601, .after = 1ms}); // a tenth of what it needs
     },
     [](stage& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .length = 20});
         s.client({.flags = RST, .sequence = 121, .hop_limit = 44, .after = 0ms});
     }},
};

constexpr fact third_parties[]{
    {irregularity::second_syn_ack,
     [](stage& s) { s.server({.flags = SYN | ACK, .sequence = 501, .acknowledgment = 101}); },
     [](stage& s) { s.server({.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101}); },
     [](stage& s) { s.server({.flags = SYN | ACK, .sequence = 9'000, .acknowledgment = 101, .hop_limit = 44}); }},
    {irregularity::syn_while_open, [](stage& s) { s.client({.flags = SYN, .sequence = 130}); },
     [](stage& s) { s.client({.flags = SYN, .sequence = 100}); },
     [](stage& s) { s.client({.flags = SYN, .sequence = 2'000'000'000, .hop_limit = 44}); }},
    {irregularity::challenge_ack,
     [](stage& s) {
         s.server({.flags = RST, .sequence = 1200});
         s.client({.sequence = 121, .acknowledgment = 601});
     },
     [](stage& s) {
         s.server({.flags = RST, .sequence = 601});
         s.client({.sequence = 121, .acknowledgment = 601});
     },
     [](stage& s) {
         s.client({.flags = RST, .sequence = 7, .hop_limit = 44});
         s.server({.sequence = 601, .acknowledgment = 121});
     }},
    {irregularity::ack_storm, [](stage& s) { acknowledge_in_turn(s, 121, 8); },
     [](stage& s) { acknowledge_in_turn(s, 121, 7); },
     [](stage& s) {
         s.client({.sequence = 121, .acknowledgment = 601, .length = 8, .hop_limit = 60});
         acknowledge_in_turn(s, 121, 9);
     }},
    {irregularity::data_beyond_window,
     [](stage& s) { s.client({.sequence = 121, .acknowledgment = 601, .length = 1002}); },
     [](stage& s) { s.client({.sequence = 121, .acknowledgment = 601, .length = 1001}); }, // a probe of one byte
     [](stage& s) { s.server({.sequence = 2'000, .acknowledgment = 121, .length = 100, .hop_limit = 44}); }},
    {irregularity::bytes_changed, [](stage& s) { s.bytes("GET /index.html", "GET /other.html"); },
     [](stage& s) { s.bytes("GET /index.html", "GET /index.html"); },
     [](stage& s) { s.bytes("HTTP/1.1 302 x\r\n", "HTTP/1.1 200 OK\r\nServer: y\r\n"); }},
    {irregularity::hop_limit_changed,
     [](stage& s) { s.server({.sequence = 601, .acknowledgment = 121, .length = 5, .hop_limit = 56}); },
     [](stage& s) { s.server({.flags = RST, .sequence = 601, .hop_limit = 56}); },
     [](stage& s) { s.client({.sequence = 121, .acknowledgment = 601, .length = 5, .hop_limit = 44}); }},
    {irregularity::clock_changed,
     [](stage& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .length = 5, .hop_limit = 56, .clock = 10'000});
         s.server({.sequence = 606, .acknowledgment = 121, .length = 5, .hop_limit = 57, .clock = 4'999});
     },
     [](stage& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .length = 5, .hop_limit = 56, .clock = 10'000});
         s.server({.sequence = 606, .acknowledgment = 121, .length = 5, .hop_limit = 57, .clock = 5'000});
     },
     [](stage& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .length = 5, .hop_limit = 56, .clock = 10'000});
         s.server({.flags = FIN | ACK, .sequence = 606, .acknowledgment = 121, .clock = 2'000'000'000});
     }},
};

constexpr fact headers[]{
    {irregularity::odd_flags, [](stage& s) { s.client({.flags = 0, .sequence = 121}); },
     [](stage& s) { s.client({.flags = FIN | PSH | URG | ACK, .sequence = 121, .acknowledgment = 601}); },
     [](stage& s) { s.server({.flags = FIN | PSH | URG, .sequence = 601, .hop_limit = 44}); }},
    {irregularity::number_without_ack,
     [](stage& s) { s.client({.flags = PSH, .sequence = 121, .acknowledgment = 1, .length = 5}); },
     [](stage& s) { s.client({.flags = PSH, .sequence = 121, .length = 5}); },
     [](stage& s) { s.client({.flags = SYN, .sequence = 130, .acknowledgment = 0x68656c6c}); }},
    {irregularity::reserved_bits,
     [](stage& s) { s.client({.sequence = 121, .acknowledgment = 601, .oddities = oddity_set::reserved_bits}); },
     [](stage& s) { s.client({.flags = ACK | 0x1c0, .sequence = 121, .acknowledgment = 601}); }, // AE, CWR, ECE
     [](stage& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .hop_limit = 44, .oddities = oddity_set::reserved_bits});
     }},
    {irregularity::urgent_pointer,
     [](stage& s) { s.client({.sequence = 121, .acknowledgment = 601, .oddities = oddity_set::urgent_pointer}); },
     [](stage& s) { s.client({.flags = ACK | URG, .sequence = 121, .acknowledgment = 601, .length = 5}); },
     [](stage& s) {
         s.server({.sequence = 601, .acknowledgment = 121, .hop_limit = 44, .oddities = oddity_set::urgent_pointer});
     }},
    {irregularity::tiny_fragment,
     [](stage& s) { s.client({.sequence = 121, .acknowledgment = 601, .oddities = oddity_set::tiny_fragment}); },
     [](stage& s) { s.client({.sequence = 121, .acknowledgment = 601}); },
     [](stage& s) {
         s.server({.flags = RST, .sequence = 601, .hop_limit = 44, .oddities = oddity_set::tiny_fragment});
         s.client({.flags = SYN, .sequence = 130, .oddities = oddity_set::tiny_fragment});
     }},
    {irregularity::bad_checksum,
     [](stage& s) { s.client({.sequence = 121, .acknowledgment = 601, .checksum = checksum_state::bad}); },
     [](stage& s) { s.client({.sequence = 121, .acknowledgment = 601, .checksum = checksum_state::good}); },
     [](stage& s) { s.server({.flags = RST, .sequence = 601, .checksum = checksum_state::bad}); }},
};

constexpr fact paths[]{
    {irregularity::congestion_experienced,
     [](stage& s) { s.server({.sequence = 601, .acknowledgment = 121, .length = 5, .ecn = 3}); },
     [](stage& s) { s.server({.sequence = 601, .acknowledgment = 121, .length = 5, .ecn = 2}); },
     [](stage& s) { s.client({.sequence = 121, .acknowledgment = 601, .hop_limit = 44, .ecn = 3}); }},
    {irregularity::ece, [](stage& s) { s.client({.flags = ACK | ECE, .sequence = 121, .acknowledgment = 601}); },
     [](stage& s) { s.client({.flags = SYN | ECE | CWR, .sequence = 130}); },
     [](stage& s) { s.server({.flags = ACK | ECE, .sequence = 601, .acknowledgment = 121, .hop_limit = 44}); }},
    {irregularity::cwr,
     [](stage& s) { s.client({.flags = ACK | CWR, .sequence = 121, .acknowledgment = 601, .length = 5}); },
     [](stage& s) { s.client({.flags = SYN | ECE | CWR, .sequence = 130}); },
     [](stage& s) { s.server({.flags = ACK | CWR, .sequence = 601, .acknowledgment = 121, .hop_limit = 44}); }},
    {irregularity::zero_window, [](stage& s) { s.server({.sequence = 601, .acknowledgment = 121, .window = 0}); },
     [](stage& s) { s.server({.sequence = 601, .acknowledgment = 121, .window = 1}); },
     [](stage& s) { s.server({.sequence = 601, .acknowledgment = 121, .hop_limit = 44, .window = 0}); }},
    {irregularity::timeout,
     [](stage& s) {
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20});
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20, .after = 1000ms});
     },
     [](stage& s) {
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20});
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20, .after = 20ms});
     },
     [](stage& s) {
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20});
         s.client({.sequence = 121, .acknowledgment = 601, .length = 20, .hop_limit = 44, .after = 2000ms});
     }},
    {irregularity::large_segment_lost, [](stage& s) { four_times(s, 537); }, [](stage& s) { four_times(s, 536); },
     [](stage& s) {
         for (int i = 0; i < 4; ++i) {
             s.server({.sequence = 601, .acknowledgment = 121, .length = 900, .hop_limit = 44, .after = 900ms});
         }
     }},
};

/// These begin without a handshake.
constexpr fact beginnings[]{
    {irregularity::ack_on_nothing,
     [](stage& s) {
         s.client({.sequence = 7, .acknowledgment = 99});
         s.server({.flags = RST, .sequence = 99});
     },
     [](stage& s) {
         s.client({.sequence = 7, .acknowledgment = 99, .length = 1});
         s.server({.flags = RST, .sequence = 99});
     },
     [](stage& s) {
         s.client({.sequence = 7, .acknowledgment = 99, .hop_limit = 44});
         s.server({.flags = RST, .sequence = 99, .hop_limit = 44});
     }},
    {irregularity::icmp_unreachable, [](stage& s) { s.notice("0301 0000 00000000", 100); },
     [](stage& s) { s.notice("0304 0000 00000044", 100); }, [](stage& s) { s.notice("0303 0000 00000000", 9'000); }},
    {irregularity::icmp_packet_too_big, [](stage& s) { s.notice("0304 0000 00000044", 100); },
     [](stage& s) { s.notice("0303 0000 00000044", 100); }, [](stage& s) { s.notice("0304 0000 00000044", 9'000); }},
    {irregularity::icmp_time_exceeded, [](stage& s) { s.notice("0b00 0000 00000000", 100); },
     [](stage& s) { s.notice("0c00 0000 00000000", 100); }, [](stage& s) { s.notice("0b00 0000 00000000", 9'000); }},
    {irregularity::icmp_other, [](stage& s) { s.notice("0400 0000 00000000", 100); },
     [](stage& s) { s.notice("0b00 0000 00000000", 100); }, [](stage& s) { s.notice("0400 0000 00000000", 9'000); }},
    {irregularity::icmp_out_of_place, [](stage& s) { s.notice("0301 0000 00000000", 102); },
     [](stage& s) { s.notice("0301 0000 00000000", 101); },
     [](stage& s) { s.notice("0301 0000 00000000", 9'000'000); }},
};

void tell(const fact& of, bool opened) {
    CAPTURE(std::string{to_string(of.kind)});
    const auto leaves = [&](play story) {
        stage s;
        if (opened) s.open();
        story(s);
        return s.has(of.kind);
    };
    CHECK(leaves(of.meets));
    CHECK(!leaves(of.misses));
    CHECK(leaves(of.forges));
}

} // namespace

TEST_CASE("irregularities: each has a story that meets it, one that just misses it, and one that forges it") {
    std::size_t told = 0;
    std::uint64_t kinds = 0;
    const auto tell_all = [&](const auto& facts, bool opened) {
        for (const fact& each : facts) {
            tell(each, opened);
            ++told;
            kinds |= std::uint64_t{1} << static_cast<unsigned>(each.kind);
        }
    };
    tell_all(resets, true);
    tell_all(third_parties, true);
    tell_all(headers, true);
    tell_all(paths, true);
    tell_all(beginnings, false);
    CHECK(told == connection_irregularities::kinds);
    CHECK(kinds == (std::uint64_t{1} << connection_irregularities::kinds) - 1);
}
