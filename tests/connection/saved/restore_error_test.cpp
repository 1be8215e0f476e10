// SPDX-License-Identifier: MIT
#include <tcplens/connection/saved/restore_error.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace tcplens;

TEST_CASE("restore errors: each has a name and a sentence of its own, and says what is known") {
    std::vector<std::string> sentences;
    std::vector<std::string> names;
    constexpr auto last = static_cast<std::uint8_t>(restore_error_code::too_many_connections);
    for (std::uint8_t code = 0; code <= last; ++code) {
        const restore_error error{.code = static_cast<restore_error_code>(code),
                                  .offset = 1234,
                                  .needed = 77,
                                  .available = 55,
                                  .subject = "max_connections"};
        for (const std::string& each : sentences) CHECK(each != to_string(error));
        for (const std::string& each : names) CHECK(each != to_string(error.code));
        sentences.push_back(to_string(error));
        names.emplace_back(to_string(error.code));
        CHECK(sentences.back().ends_with('.'));
        CHECK(names.back() != "unknown");
    }
    CHECK(sentences[static_cast<std::size_t>(restore_error_code::truncated)] ==
          "It should have 77 bytes, but only 55 are there: it was cut short.");
    CHECK(sentences[static_cast<std::size_t>(restore_error_code::other_rules)] ==
          "It was saved by a table without `max_connections` (byte 1234): it can be restored only into a table of the "
          "same type.");
    CHECK(to_string(restore_error{.code = restore_error_code::other_rules, .offset = 9}) ==
          "It was saved by a table with more observers (byte 9): it can be restored only into a table of the same "
          "type.");
    const auto beyond = static_cast<restore_error_code>(last + 1);
    CHECK(to_string(beyond) == "unknown");
    CHECK(to_string(restore_error{.code = beyond}).ends_with('.'));
}
