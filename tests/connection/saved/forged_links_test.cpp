// SPDX-License-Identifier: MIT
// Saved tables in which the connections of the same endpoints are linked in an order that no traffic makes.
#include <tcplens/connection/saved/saved_table.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include "../../support/saved_bytes.hpp"
#include "../../support/segment_script.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace tcplens;
using namespace std::chrono_literals;

namespace {

const table_options fixed{.hash_key = hash_key{1}};

std::vector<std::byte> bytes_of(const connection& of) {
    archive_writer writer;
    connection copy = of;
    writer(copy);
    return writer.written();
}

/// Writes another number for a connection into a saved table.
void renumber(std::vector<std::byte>& saved, const connection& of, std::uint64_t number) {
    connection changed = of;
    changed.number = number;
    const std::vector<std::byte> before = bytes_of(of);
    const std::vector<std::byte> after = bytes_of(changed);
    const auto place = std::search(saved.begin(), saved.end(), before.begin(), before.end());
    REQUIRE(place != saved.end());
    std::copy(after.begin(), after.end(), place);
}

} // namespace

TEST_CASE("a saved table in which a connection has a later one before it is an error") {
    connection_table table{fixed};
    segment_script gone;
    gone.ends[0].port = 50'000;
    gone.open();
    segment_script talk;
    talk.open();
    talk.reopen(0x10000000);
    talk.client(segment_script::syn, 0, 0); // blind: the first connection may go on
    for (const segment& each : gone.segments) table.add(each);
    table.flush([](const connection&, end_reason) {}); // from now on numbers are not those of places in memory
    for (const segment& each : talk.segments) table.add(each);
    REQUIRE(table.size() == 2);
    connection first;
    connection second;
    for (const connection& each : table) (each.number == 1 ? first : second) = each;
    REQUIRE(first.number == 1);
    REQUIRE(second.number == 2);

    std::vector<std::byte> saved = save(table);
    connection_table restored{fixed};
    REQUIRE_FALSE(restore(restored, saved));
    REQUIRE(restored.size() == 2);

    renumber(saved, second, 3);
    renumber(saved, first, 2);
    connection second_now = second;
    second_now.number = 3;
    renumber(saved, second_now, 1);
    saved_bytes::mend(saved);
    connection_table forged{fixed};
    CHECK(restore(forged, saved).has_value());
}
