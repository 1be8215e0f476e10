// SPDX-License-Identifier: MIT
// A hostile number of connections, each of which leaves data waiting behind a gap: memory stays in its bound. TCPLENS_MANY_CONNECTIONS is
// how many (100,000); docs/streams.md has what 10,000,000 took.
#include "../../support/packet_builder.hpp"

#include <tcplens/connection/rules/evidence_rules.hpp>
#include <tcplens/connection/streams/stream_observer.hpp>
#include <tcplens/connection/table/basic_connection_table.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

struct counting_sink {
    std::uint64_t* data_bytes;
    std::uint64_t* gap_bytes;
    std::uint64_t* length;
    void data(const tcplens::byte_stream::data& told) const { *data_bytes += told.bytes.size(); }
    void gap(const tcplens::byte_stream::gap& told) const { *gap_bytes += told.length; }
    void end(const tcplens::byte_stream::end& told) const { *length += told.offset; }
};

std::uint64_t connections_wanted() {
    const char* const wanted = std::getenv("TCPLENS_MANY_CONNECTIONS");
    return wanted == nullptr ? 100'000 : std::strtoull(wanted, nullptr, 10);
}

/// Gives a frame of Ethernet and IPv4 the client of a connection. Checksums are not looked at.
void set_client(packet_builder::byte_vector& frame, std::uint64_t connection) {
    for (std::size_t i = 0; i < 3; ++i) frame[14 + 13 + i] = static_cast<std::byte>(connection >> (16 + 8 * (2 - i)));
    frame[34] = static_cast<std::byte>(connection >> 8);
    frame[35] = static_cast<std::byte>(connection);
}

} // namespace

TEST_CASE("streams: memory stays in its bound, however many connections leave data behind gaps") {
    constexpr std::size_t at_a_time = 20'000;
    constexpr std::size_t most_waiting = std::size_t{8} << 20;
    constexpr std::size_t data_length = 1000;
    std::uint64_t data_bytes = 0;
    std::uint64_t gap_bytes = 0;
    std::uint64_t length = 0;
    tcplens::basic_connection_table table{
        tcplens::table_options{.max_connections = at_a_time}, tcplens::evidence_rules{},
        tcplens::stream_observer{counting_sink{&data_bytes, &gap_bytes, &length},
                                 {.table_bytes = most_waiting, .remembered_directions = 1024, .reserve = true}}};
    const auto& observer = table.observer<tcplens::stream_observer<counting_sink>>();

    auto syn = packet_builder::tcp_packet({.sequence = 0, .flags = packet_builder::flags::syn});
    auto data = packet_builder::tcp_packet({.sequence = 11, .payload_length = data_length}); // ten bytes are missing
    const std::uint64_t connections = connections_wanted();
    const auto ignore = [](const auto&, tcplens::end_reason) {};
    tcplens::timestamp now{std::chrono::seconds{1}};
    std::uint64_t most_seen = 0;
    for (std::uint64_t i = 0; i < connections; ++i) {
        for (packet_builder::byte_vector* const frame : {&syn, &data}) {
            set_client(*frame, i);
            table.add(now += std::chrono::microseconds{10}, tcplens::link_type::ethernet, *frame, frame->size(),
                      ignore);
        }
        most_seen = std::max(most_seen, observer.waiting_bytes());
    }
    CHECK(most_seen <= most_waiting);
    CHECK(most_seen > most_waiting / 2);
    CHECK(table.size() <= at_a_time);
    table.flush(ignore);
    CHECK(table.counters().begun == connections);
    CHECK(data_bytes == connections * data_length);
    CHECK(gap_bytes == connections * 10);
    CHECK(length == data_bytes + gap_bytes);
    CHECK(observer.waiting_bytes() == 0);
}
