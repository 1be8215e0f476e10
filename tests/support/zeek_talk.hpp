// SPDX-License-Identifier: MIT
#pragma once

#include "segment_script.hpp"

#include <tcplens/connection/table/connection_table.hpp>
#include <tcplens/connection/zeek/zeek_observer.hpp>
#include <tcplens/connection/zeek/zeek_rules.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Two ends that talk, and what Zeek would log of it: a segment_script in short. Sequence numbers are relative: a SYN is at 0, data
/// begins at 1.
///
///     zeek_talk t;
///     t.a("S", 0);
///     t.b("SA", 0).acking(1);
///     CHECK(t.history() == "Sh");
///
/// `a` speaks first; flags are letters of "SFRA". Each segment is there at once, 1 ms after the one before.
class zeek_talk {
public:
    using table_type = tcplens::basic_connection_table<tcplens::zeek_rules, tcplens::zeek_observer>;

    struct setting {
        tcplens::zeek_options options{};
        std::uint16_t a_port = 40000;
        std::uint16_t b_port = 4444; ///< none that Zeek's scripts register
        std::uint32_t a_initial = 1000;
        std::uint32_t b_initial = 500'000;
        const char* b_address = "198.51.100.1";
        bool split = true; ///< whether any of it may begin another connection
    };

    explicit zeek_talk(const setting& how)
        : how_(how), table_(tcplens::table_options{.split_incarnations = how.split, .hash_key = tcplens::hash_key{1}},
                            tcplens::zeek_rules{how.options}, tcplens::zeek_observer{how.options}),
          script_{
              .ends = {segment_script::host("192.0.2.1", how.a_port), segment_script::host(how.b_address, how.b_port)},
              .initial = {how.a_initial, how.b_initial},
              .step = std::chrono::milliseconds{1}} {}
    zeek_talk() : zeek_talk(setting{}) {}

    /// Changes a segment, which the table gets at the end of the statement.
    class line {
    public:
        line(zeek_talk& in, const tcplens::segment& said) : in_(in), said_(said) {}
        line(const line&) = delete;
        line& operator=(const line&) = delete;
        ~line() { in_.said_ = in_.table_.add(said_); }

        line& acking(std::int64_t number) {
            said_.flags.bits |= segment_script::ack;
            const bool from_a = said_.source.port == in_.how_.a_port;
            said_.acknowledgment = in_.script_.number(from_a ? 1 : 0, number);
            return *this;
        }
        line& ack_field(std::uint32_t number) {
            said_.flags.bits |= segment_script::ack;
            said_.acknowledgment.value = number;
            return *this;
        }
        line& window(std::uint16_t field) {
            said_.window = field;
            return *this;
        }
        line& captured(std::uint32_t payload) {
            said_.captured_payload = payload;
            return *this;
        }
        line& checksum(tcplens::checksum_state state) {
            said_.checksum = state;
            return *this;
        }
        line& options_cut() {
            said_.options.cut = true;
            return *this;
        }

    private:
        zeek_talk& in_;
        tcplens::segment said_;
    };

    line a(std::string_view flags, std::int64_t at, std::uint32_t length = 0) { return say(true, flags, at, length); }
    line b(std::string_view flags, std::int64_t at, std::uint32_t length = 0) { return say(false, flags, at, length); }

    /// SYN, SYN-ACK, ACK.
    void handshake() {
        a("S", 0);
        b("SA", 0).acking(1);
        a("", 1).acking(1);
    }

    void after(std::chrono::nanoseconds time) { script_.now += time; }

    [[nodiscard]] const table_type& table() const { return table_; }
    [[nodiscard]] const tcplens::add_result<>& said() const { return said_; }
    [[nodiscard]] const table_type::connection_type& connection() const { return table_[table_.size() - 1]; }
    [[nodiscard]] const tcplens::zeek_record& zeek() const { return connection().zeek; }
    [[nodiscard]] std::string history() const { return std::string{zeek().history.view()}; }
    [[nodiscard]] std::string state() const { return std::string{to_string(zeek().conn_state)}; }
    /// Both, of the connection of that number.
    [[nodiscard]] std::string row(std::size_t number) const {
        const tcplens::zeek_record& of = table_[number].zeek;
        return std::string{to_string(of.conn_state)} + ' ' + std::string{of.history.view()};
    }
    [[nodiscard]] std::string row() const {
        REQUIRE(table_.size() == 1);
        return row(0);
    }
    /// Whether `a` is the originator of the latest.
    [[nodiscard]] bool a_began() const {
        const auto& of = connection();
        const tcplens::endpoint& orig =
            of.zeek.originator == tcplens::direction::client_to_server ? of.client : of.server;
        return orig.port == how_.a_port;
    }

private:
    line say(bool from_a, std::string_view flags, std::int64_t at, std::uint32_t length) {
        unsigned bits = 0;
        for (const char flag : flags) {
            bits |= flag == 'S'   ? segment_script::syn
                    : flag == 'F' ? segment_script::fin
                    : flag == 'R' ? segment_script::rst
                                  : segment_script::ack;
        }
        tcplens::segment said = script_.make(from_a ? 0 : 1, bits, at, 0, length);
        script_.segments.clear();
        said.acknowledgment = {};
        said.ip_length = 40 + length;
        said.ip_id.reset();
        return {*this, said};
    }

    setting how_;
    table_type table_;
    segment_script script_;
    tcplens::add_result<> said_{};
};

/// Calls `tell(talk)` with initial sequence numbers around which 31 and 32 bits come to their end.
template <class Tell>
void with_each_initial(const zeek_talk::setting& how, Tell tell) {
    for (const std::uint32_t initial : {1000u, 0u, 0x7ffffffau, 0x7fffffffu, 0xfffffffau, 0xffffffffu}) {
        CAPTURE(initial);
        zeek_talk::setting changed = how;
        changed.a_initial = initial;
        changed.b_initial = initial;
        zeek_talk talk{changed};
        tell(talk);
    }
}
template <class Tell>
void with_each_initial(Tell tell) {
    with_each_initial(zeek_talk::setting{}, tell);
}
