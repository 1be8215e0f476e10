// SPDX-License-Identifier: MIT
// Each irregularity: the packets that show it, and those that just do not.
#include <tcplens/analysis/analyze_observations.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/observers/irregularity_observer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace tcplens;

using enum irregularity;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t FIN = 1, SYN = 2, RST = 4, ACK = 16, ECE = 64, CWR = 128;
using table_type = basic_connection_table<evidence_rules, irregularity_observer>;

/// One connection. The client's data begins at 101, the server's at 501.
class talk {
public:
    explicit talk(bool v6 = false) : v6_(v6) {
        client_ = {*address::parse(v6 ? "2001:db8::1" : "192.0.2.1"), 40000};
        server_ = {*address::parse(v6 ? "2001:db8::2" : "192.0.2.2"), 80};
    }

    struct header {
        std::uint16_t flags = ACK;
        std::uint32_t sequence = 0;
        std::uint32_t acknowledgment = 0;
        std::uint32_t length = 0;
        std::uint8_t hop_limit = 0; ///< 0: the side's own
        std::uint16_t ip_id = 0;    ///< 0: the side's counter
        std::uint8_t ecn = 0;
        std::uint16_t window = 1000;
        checksum_state checksum = checksum_state::not_verified;
    };
    void client(const header& sent) { add(client_, server_, sent, 64, client_id_); }
    void server(const header& sent) { add(server_, client_, sent, 57, server_id_); }
    void open() {
        client({.flags = SYN, .sequence = 100});
        server({.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101});
        client({.sequence = 101, .acknowledgment = 501});
        client({.sequence = 101, .acknowledgment = 501, .length = 20});
        server({.sequence = 501, .acknowledgment = 121, .length = 50});
        client({.sequence = 121, .acknowledgment = 551});
        server({.sequence = 551, .acknowledgment = 121, .length = 50});
        client({.sequence = 121, .acknowledgment = 601});
    }

    [[nodiscard]] const connection_irregularities& found() const { return table_.begin()->irregularities; }
    /// The names of all that occurred.
    [[nodiscard]] std::vector<std::string_view> names() const {
        std::vector<std::string_view> all;
        for (std::size_t i = 0; i < connection_irregularities::kinds; ++i) {
            if (found().has(static_cast<irregularity>(i))) all.push_back(to_string(static_cast<irregularity>(i)));
        }
        return all;
    }
    [[nodiscard]] const table_type& table() const { return table_; }
    [[nodiscard]] bool observes(observation_kind kind) const {
        const auto report = analyze_observations(table_);
        CHECK(report.not_available.empty());
        return std::ranges::count(report.items, kind, &observation::kind) > 0;
    }

private:
    void add(const endpoint& from, const endpoint& to, const header& sent, std::uint8_t hop_limit, std::uint16_t& id) {
        now_ += 10ms;
        segment next{.time = now_,
                     .packet_number = ++number_,
                     .source = from,
                     .destination = to,
                     .sequence = {sent.sequence},
                     .acknowledgment = {sent.acknowledgment},
                     .payload_length = sent.length,
                     .window = sent.window,
                     .flags = {sent.flags},
                     .checksum = sent.checksum,
                     .hop_limit = sent.hop_limit != 0 ? sent.hop_limit : hop_limit,
                     .ecn = sent.ecn};
        if (!v6_) next.ip_id = sent.ip_id != 0 ? sent.ip_id : ++id;
        table_.add(next);
    }

    bool v6_;
    endpoint client_, server_;
    std::uint16_t client_id_ = 1000;
    std::uint16_t server_id_ = 30000;
    timestamp now_{std::chrono::seconds{1'700'000'000}};
    std::uint64_t number_ = 0;
    table_type table_{};
};

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

TEST_CASE("irregularities: counts stop at their bound, and follow the roles") {
    connection_irregularities many;
    for (int i = 1; i <= 70'000; ++i) many.add(ece, direction::client_to_server, static_cast<std::uint64_t>(i));
    CHECK(many.count(ece) == 65'535);
    CHECK(many.packets(ece) == std::array<std::uint64_t, 2>{1, 2});
    many.swap_roles();
    CHECK(many.count(ece, direction::server_to_client) == 65'535);
    CHECK(many.count(ece, direction::client_to_server) == 0);
}
