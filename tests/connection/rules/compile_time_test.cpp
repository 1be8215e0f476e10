// SPDX-License-Identifier: MIT
// Packet stories that the compiler checks: the state machine and the rule sets in constant expressions, where undefined behaviour does not compile.
#include <tcplens/connection/connection.hpp>
#include <tcplens/connection/rules/evidence_rules.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/table/connection_state_machine.hpp>
#include <tcplens/connection/tracking/count_segment.hpp>
#include <tcplens/connection/zeek/zeek_rules.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;

namespace {

/// A connection between two hosts whose numbers begin at `first`, as a table follows it, without the table.
template <class Rules>
class talk {
public:
    constexpr explicit talk(std::uint32_t first) : initial_{first, first + 0x8000'0000} {}

    constexpr talk& after(std::chrono::nanoseconds time) {
        now_ += time;
        return *this;
    }
    /// What is said of a segment. `sequence` and `acknowledgment` are relative: 0 is the SYN.
    constexpr verdict send(side from, std::uint16_t flags, std::uint32_t sequence, std::uint32_t acknowledgment,
                           std::uint32_t length = 0) {
        const segment next = make(from, flags, sequence, acknowledgment, length);
        ++packets_;
        ++ids_[static_cast<unsigned>(from)];
        if (packets_ == 1) machine_.begin(next, connection_, true);
        machine_.follow(next, from, connection_);
        const verdict told = rules_.judge({.segment = next, .sender = from}, state_);
        count_segment(next, told, connection_.statistics(machine_.way_of(from)));
        return told;
    }
    constexpr talk& open(std::chrono::nanoseconds round_trip) {
        send(side::first, 0x02, 0, 0);
        after(round_trip);
        send(side::second, 0x12, 0, 1);
        send(side::first, 0x10, 1, 1);
        return *this;
    }
    /// Whether a segment would begin another connection, where the rules tell that.
    [[nodiscard]] constexpr bool would_begin_another(side from, std::uint16_t flags, std::uint32_t sequence,
                                                     std::uint32_t acknowledgment) const {
        return rules_.begins_another({.segment = make(from, flags, sequence, acknowledgment, 0), .sender = from},
                                     state_);
    }
    [[nodiscard]] constexpr const connection& told() const { return connection_; }
    [[nodiscard]] constexpr const typename Rules::connection_state& state() const { return state_; }

private:
    [[nodiscard]] constexpr segment make(side from, std::uint16_t flags, std::uint32_t sequence,
                                         std::uint32_t acknowledgment, std::uint32_t length) const {
        const auto own = static_cast<unsigned>(from);
        segment next;
        next.time = now_;
        next.packet_number = packets_ + 1;
        next.source = own == 0 ? client_ : server_;
        next.destination = own == 0 ? server_ : client_;
        next.sequence = {initial_[own] + sequence};
        if ((flags & 0x10) != 0) next.acknowledgment = {initial_[1 - own] + acknowledgment};
        next.payload_length = next.captured_payload = length;
        next.ip_length = next.wire_length = length + 40;
        next.window = 1000;
        next.flags = {flags};
        next.hop_limit = 64;
        next.ip_id = static_cast<std::uint16_t>(ids_[own] + 1);
        return next;
    }
    static constexpr Rules make_rules() {
        if constexpr (std::is_same_v<Rules, repeated_sequence_rules>) return Rules{64, hash_key{1}};
        else return Rules{};
    }
    static constexpr address host(int number) {
        const std::array<std::byte, 4> bytes{std::byte{10}, std::byte{0}, std::byte{0}, static_cast<std::byte>(number)};
        return address::v4(bytes);
    }

    std::array<std::uint32_t, 2> initial_;
    endpoint client_{host(1), 40'000};
    endpoint server_{host(2), 443};
    timestamp now_{1'700'000'000s};
    std::uint64_t packets_ = 0;
    std::array<std::uint16_t, 2> ids_{};
    connection_state_machine machine_{};
    connection connection_{};
    Rules rules_ = make_rules();
    typename Rules::connection_state state_{};
};

/// With initial sequence numbers that are small, just below 2^31 and just below 2^32.
template <class Story>
constexpr bool anywhere(Story story) {
    return story(1000) && story(0x7fff'ff80) && story(0xffff'ff80);
}

constexpr side client = side::first;
constexpr side server = side::second;
using enum verdict_kinds;

template <class Rules>
constexpr bool opens_and_closes(std::uint32_t first) {
    talk<Rules> of{first};
    of.open(10ms);
    if (of.told().handshake != handshake_state::completed || of.told().role_basis != role_basis::syn) return false;
    if (of.send(client, 0x18, 1, 1, 300).is_retransmission()) return false;
    of.after(10ms).send(server, 0x10, 1, 301);
    of.send(client, 0x11, 301, 1);
    of.after(10ms).send(server, 0x11, 1, 302);
    of.after(1ms).send(client, 0x10, 302, 2);
    const connection& told = of.told();
    return told.closed && told.close_reason == close_reason::normal && told.closed_by == direction::client_to_server &&
           told.client_to_server.payload_bytes == 300 && told.client_to_server.retransmissions == 0;
}
// clang, up to 19, does not instantiate the function templates of evidence_rules in time for a constant expression.
#ifndef __clang__
#define TCPLENS_TEST_EVIDENCE_PROVEN(condition) static_assert(condition)
#else
#define TCPLENS_TEST_EVIDENCE_PROVEN(condition) static_assert(true)
#endif

TCPLENS_TEST_EVIDENCE_PROVEN(anywhere(opens_and_closes<evidence_rules>));
static_assert(anywhere(opens_and_closes<wireshark_rules>));

template <class Rules>
constexpr bool is_reset(std::uint32_t first) {
    talk<Rules> of{first};
    of.open(10ms);
    of.send(server, 0x14, 1, 1);
    return of.told().close_reason == close_reason::reset && of.told().closed_by == direction::server_to_client;
}
TCPLENS_TEST_EVIDENCE_PROVEN(anywhere(is_reset<evidence_rules>));
static_assert(anywhere(is_reset<wireshark_rules>));

/// Three duplicate acknowledgments, then the segment again.
template <class Rules>
constexpr bool is_retransmitted_fast(std::uint32_t first) {
    talk<Rules> of{first};
    of.open(20ms);
    for (std::uint32_t i = 0; i < 5; ++i) {
        of.after(100us);
        if (of.send(client, 0x10, 1 + 100 * i, 1, 100).is_retransmission()) return false;
    }
    of.after(20ms);
    of.send(server, 0x10, 1, 1);
    for (int i = 0; i < 3; ++i) {
        of.after(100us);
        if (!of.send(server, 0x10, 1, 1).has(duplicate_ack)) return false;
    }
    of.after(1ms);
    const verdict again = of.send(client, 0x10, 1, 1, 100);
    return again.is_retransmission() && again.has(fast_retransmission) &&
           of.told().client_to_server.retransmissions == 1;
}
TCPLENS_TEST_EVIDENCE_PROVEN(anywhere(is_retransmitted_fast<evidence_rules>));
static_assert(anywhere(is_retransmitted_fast<wireshark_rules>));

constexpr bool is_lost_and_comes_late(std::uint32_t first) {
    talk<evidence_rules> of{first};
    of.open(20ms);
    of.send(client, 0x10, 1, 1, 100);
    of.after(100us);
    if (!of.send(client, 0x10, 201, 1, 100).has(lost_segment)) return false;
    of.after(10s); // far beyond the round trip: it cannot be late
    return of.send(client, 0x10, 101, 1, 100).is_retransmission();
}
// Not a constant expression for g++ 12: an assignment of `{}` within.

constexpr bool is_kept_alive(std::uint32_t first) {
    talk<evidence_rules> of{first};
    of.open(20ms);
    of.send(client, 0x10, 1, 1, 100);
    of.after(20ms).send(server, 0x10, 1, 101);
    of.after(60s);
    const verdict probe = of.send(client, 0x10, 100, 1, 1);
    of.after(20ms);
    return probe.has(keep_alive) && !probe.is_retransmission() && of.send(server, 0x10, 1, 101).has(keep_alive_ack);
}
TCPLENS_TEST_EVIDENCE_PROVEN(anywhere(is_kept_alive));

/// What Zeek's conn.log would say so far.
constexpr bool zeek_says(const talk<zeek_rules>& of, zeek_conn_state state, std::string_view history) {
    const zeek_record& told = of.state().record;
    return told.conn_state == state && told.history.view() == history && told.originator == direction::client_to_server;
}

constexpr bool is_sf_for_zeek(std::uint32_t first) {
    talk<zeek_rules> of{first};
    of.open(10ms);
    if (!zeek_says(of, zeek_conn_state::s1, "ShA")) return false;
    of.send(client, 0x18, 1, 1, 300);
    of.after(10ms).send(server, 0x10, 1, 301);
    of.send(client, 0x11, 301, 1);
    if (!zeek_says(of, zeek_conn_state::s2, "ShADaF")) return false;
    of.after(10ms).send(server, 0x11, 1, 302);
    of.after(1ms).send(client, 0x10, 302, 2);
    const zeek_record& told = of.state().record;
    return zeek_says(of, zeek_conn_state::sf, "ShADaFf") && told.orig.bytes == 300 && told.resp.bytes == 0 &&
           told.orig.packets == 5 && told.resp.packets == 3 && told.missed_bytes == 0;
}
static_assert(anywhere(is_sf_for_zeek));

constexpr bool is_refused_for_zeek(std::uint32_t first) {
    talk<zeek_rules> of{first};
    of.send(client, 0x02, 0, 0);
    if (!zeek_says(of, zeek_conn_state::s0, "S")) return false;
    of.after(1ms).send(server, 0x14, 0, 1);
    return zeek_says(of, zeek_conn_state::rej, "Sr");
}
static_assert(anywhere(is_refused_for_zeek));

constexpr bool is_reset_for_zeek(std::uint32_t first) {
    talk<zeek_rules> of{first};
    of.open(10ms).send(client, 0x14, 1, 1);
    return zeek_says(of, zeek_conn_state::rsto, "ShAR");
}
static_assert(anywhere(is_reset_for_zeek));

/// An attempt that nothing answered is over after some seconds: the next SYN then begins another row.
constexpr bool is_forgotten_by_zeek(std::uint32_t first) {
    talk<zeek_rules> of{first};
    of.send(client, 0x02, 0, 0);
    of.after(1s);
    if (of.would_begin_another(client, 0x02, 0, 0)) return false; // sent again
    of.after(30s);
    return of.would_begin_another(client, 0x02, 0, 0);
}
static_assert(anywhere(is_forgotten_by_zeek));

/// The ACK of the handshake has the number of the first data; and what is sent again in other pieces is not noticed.
constexpr bool repeats_numbers(std::uint32_t first) {
    talk<repeated_sequence_rules> of{first};
    of.open(10ms);
    if (!of.send(client, 0x18, 1, 1, 300).is_retransmission()) return false;
    if (of.send(client, 0x18, 301, 1, 300).is_retransmission()) return false;
    if (of.send(server, 0x18, 5, 1, 10).is_retransmission()) return false;
    if (of.send(client, 0x18, 151, 1, 300).is_retransmission()) return false;
    if (of.send(client, 0x10, 301, 1).is_retransmission()) return false; // no data
    const verdict again = of.send(client, 0x18, 301, 1, 300);
    return again.is_retransmission() && again.evidence == evidence_set::sequence_number_seen &&
           of.told().client_to_server.retransmissions == 2;
}
#if defined(__cpp_lib_constexpr_vector) && !defined(__clang__) // which takes issue with the vector of libstdc++ 12
static_assert(anywhere(repeats_numbers));
#endif

} // namespace

TEST_CASE("compile time: what the compiler proved holds at run time, too") {
    for (const std::uint32_t first : {1000u, 0x7fff'ff80u, 0xffff'ff80u, 77u}) {
        CHECK(opens_and_closes<evidence_rules>(first));
        CHECK(opens_and_closes<wireshark_rules>(first));
        CHECK(is_reset<wireshark_rules>(first));
        CHECK(is_retransmitted_fast<evidence_rules>(first));
        CHECK(is_retransmitted_fast<wireshark_rules>(first));
        CHECK(is_lost_and_comes_late(first));
        CHECK(is_kept_alive(first));
        CHECK(is_sf_for_zeek(first));
        CHECK(is_refused_for_zeek(first));
        CHECK(is_reset_for_zeek(first));
        CHECK(is_forgotten_by_zeek(first));
        CHECK(repeats_numbers(first));
    }
}
