// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <tcplens/connection/observers/connection_opening.hpp>
#include <tcplens/connection/saved/restore_error.hpp>
#include <tcplens/connection/zeek/zeek_conn_state.hpp>
#include <tcplens/tcplens.hpp>
#include <tcplens/text.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

namespace user {

// What a program outside of namespace tcplens writes.
std::string text_of(const auto& value) {
    std::ostringstream stream;
    stream << value;
    return stream.str();
}

// Types of a program's own that have to do with tcplens: their text is the program's business.
template <class Value>
struct box {
    Value content{};
};
template <class Value>
std::string to_string(const box<Value>&) {
    return "to_string";
}
template <class Value>
std::ostream& operator<<(std::ostream& stream, const box<Value>&) {
    return stream << "operator<<";
}

enum class color { red };
std::string_view to_string(color);

using tcplens::operator<<;

template <class Value>
concept streamable = requires(std::ostream& stream, const Value& value) {
    stream << value;
};

static_assert(!streamable<color>); // although it has a to_string(), and the operator of tcplens is in sight
static_assert(streamable<tcplens::timestamp>);

} // namespace user

namespace {

template <class Value>
concept streamable = requires(std::ostream& stream, const Value& value) {
    stream << value;
};

constexpr tcplens::timestamp at(std::int64_t nanoseconds) {
    return tcplens::timestamp{std::chrono::nanoseconds{nanoseconds}};
}

} // namespace

static_assert(streamable<tcplens::restore_error>);
static_assert(streamable<tcplens::restore_error_code>);
static_assert(streamable<tcplens::zeek_conn_state>);
static_assert(streamable<tcplens::opening_outcome>);
static_assert(!streamable<tcplens::checksum_state>); // has no to_string()
static_assert(!streamable<tcplens::segment>);
static_assert(!streamable<tcplens::connection>);

TEST_CASE("text: addresses, endpoints and connection names are written as to_string() has them") {
    const tcplens::address v6 = tcplens::address::parse("2001:db8::1").value();
    const tcplens::endpoint client{tcplens::address::parse("192.0.2.1").value(), 49152};
    CHECK(user::text_of(v6) == "2001:db8::1");
    CHECK(user::text_of(tcplens::endpoint{v6, 80}) == "[2001:db8::1]:80");
    CHECK(user::text_of(tcplens::connection_name{
              .client = client, .server = {v6, 443}, .number = 3, .role_basis = tcplens::role_basis::syn}) ==
          "192.0.2.1:49152 -> [2001:db8::1]:443");
    CHECK(user::text_of(tcplens::connection_name{.client = client, .server = {v6, 443}}) ==
          "192.0.2.1:49152 -> [2001:db8::1]:443 (roles guessed)");
}

TEST_CASE("text: enumerators are written by their names") {
    CHECK(user::text_of(tcplens::direction::server_to_client) == "server_to_client");
    CHECK(user::text_of(tcplens::handshake_state::failed) == "failed");
    CHECK(user::text_of(tcplens::close_reason::reset) == "reset");
    CHECK(user::text_of(tcplens::role_basis::syn_ack) == "syn_ack");
    CHECK(user::text_of(tcplens::end_reason::evicted) == "evicted");
    CHECK(user::text_of(tcplens::idle_class::half_closed) == "half_closed");
    CHECK(user::text_of(tcplens::packet_outcome::not_tcp) == "not_tcp");
    CHECK(user::text_of(tcplens::connections_report::connection_status::closed) == "closed");
    CHECK(user::text_of(tcplens::anomaly_category::reliability) == "reliability");
    CHECK(user::text_of(tcplens::connection_page::order::bytes) == "bytes");
    CHECK(user::text_of(tcplens::connection_page::state::attempt) == "attempt");
    CHECK(user::text_of(tcplens::traffic_flow_report::rst_source::server) == "server");
    CHECK(user::text_of(tcplens::traffic_flow_report::flow_balance::client_heavy) == "client_heavy");
    CHECK(user::text_of(tcplens::capture_error_code::truncated) == "truncated");
    CHECK(user::text_of(tcplens::link_type::ethernet) == to_string(tcplens::link_type::ethernet));
}

TEST_CASE("text: errors are written as their sentences") {
    const tcplens::capture_error error{.code = tcplens::capture_error_code::file_not_found};
    CHECK(user::text_of(error) == to_string(error));
    CHECK_FALSE(user::text_of(error).empty());
}

TEST_CASE("text: a verdict is written with its evidence and the earlier packet") {
    using enum tcplens::verdict_kinds;
    using tcplens::evidence_set;
    CHECK(user::text_of(retransmission | fast_retransmission) == "retransmission,fast_retransmission");
    CHECK(user::text_of(evidence_set::bytes_seen | evidence_set::ip_id) == "bytes_seen,ip_id");
    CHECK(user::text_of(tcplens::verdict{}) == "none");
    CHECK(user::text_of(tcplens::verdict{.kinds = duplicate_ack}) == "duplicate_ack");
    CHECK(user::text_of(tcplens::verdict{.kinds = retransmission,
                                         .evidence = evidence_set::bytes_seen | evidence_set::round_trip,
                                         .earlier_packet = 17,
                                         .elapsed = 200ms}) ==
          "retransmission (bytes_seen,round_trip), 0.200000000 s after packet 17");
    CHECK(user::text_of(tcplens::verdict{.kinds = duplicate, .earlier_packet = 2, .elapsed = 12s + 34ns}) ==
          "duplicate, 12.000000034 s after packet 2");
    CHECK(user::text_of(tcplens::verdict{.kinds = duplicate, .earlier_packet = 2, .elapsed = -1us}) ==
          "duplicate, -0.000001000 s after packet 2");
}

TEST_CASE("text: a time is ISO 8601 in UTC with nanoseconds") {
    using tcplens::to_string;
    CHECK(to_string(at(0)) == "1970-01-01T00:00:00.000000000Z");
    CHECK(to_string(at(1'796'000'000'123'456'789)) == "2026-11-30T00:53:20.123456789Z");
    CHECK(to_string(at(-1)) == "1969-12-31T23:59:59.999999999Z");
    CHECK(to_string(at(951'782'400'000'000'000)) == "2000-02-29T00:00:00.000000000Z");
    CHECK(to_string(tcplens::timestamp::max()) == "2262-04-11T23:47:16.854775807Z");
    CHECK(to_string(tcplens::timestamp::min()) == "1677-09-21T00:12:43.145224192Z");

    using tcplens::operator<<;
    std::ostringstream stream;
    stream << at(42);
    CHECK(stream.str() == "1970-01-01T00:00:00.000000042Z");
}

TEST_CASE("text: the width of the stream applies") {
    std::ostringstream stream;
    stream << std::setw(10) << tcplens::close_reason::reset << '|' << std::left << std::setw(7)
           << tcplens::close_reason::normal << '|';
    CHECK(stream.str() == "     reset|normal |");
}

TEST_CASE("text: a type of somebody else keeps its own operator") {
    CHECK(user::text_of(user::box<tcplens::address>{}) == "operator<<");
}

#if defined(__cpp_lib_format)
TEST_CASE("text: std::format takes the same types") {
    CHECK(std::format("{:>6}|{}", tcplens::close_reason::reset, tcplens::address{}) == " reset|::");
    CHECK(std::format("{}", tcplens::verdict{}) == "none");
    CHECK(std::format("{:%FT%TZ}", at(42)) == "1970-01-01T00:00:00.000000042Z");
}
#endif
