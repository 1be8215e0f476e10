// SPDX-License-Identifier: MIT
#include <tcplens/capture/capture_error.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

using namespace tcplens;

using enum capture_error_code;

namespace {

struct place {
    std::string_view subject;
    std::uint64_t offset;
    std::uint64_t packet_number;
};

std::string message(capture_error_code code, const place& at, std::uint64_t needed, std::uint64_t available) {
    return to_string(capture_error{.code = code,
                                   .offset = at.offset,
                                   .packet_number = at.packet_number,
                                   .needed = needed,
                                   .available = available,
                                   .subject = at.subject});
}

} // namespace

TEST_CASE("an error's message says what is wrong, where, and what is good") {
    CHECK(message(truncated, {"packet record", 8120, 37}, 1530, 216) ==
          "The packet record at byte 8120 (packet 37) calls for 1530 bytes, but only 216 are left: the capture was cut "
          "short, or its length is damaged; the 36 packets before it are good.");
    CHECK(message(truncated, {"file header", 0, 0}, 24, 7) ==
          "The file header at byte 0 calls for 24 bytes, but only 7 are left: the capture was cut short, or its length "
          "is damaged.");
    CHECK(message(bad_block_length, {"block", 48, 1}, 52, 48) ==
          "The block at byte 48 (packet 1) claims a length of 52 bytes at its start, but 48 at its end.");
    CHECK(message(bad_block_length, {"simple packet block", 84, 2}, 33, 33) ==
          "The simple packet block at byte 84 (packet 2) claims an impossible length of 33 bytes; the packet before it "
          "is good.");
    CHECK(message(bad_byte_order_magic, {"section header", 0, 0}, 0x1a2b3c4d, 0x0102ff04) ==
          "The section header at byte 0 has 0x0102ff04 for its byte-order magic, which must be 0x1a2b3c4d in either "
          "order.");
    CHECK(message(bad_captured_length, {"packet block", 48, 1}, 65536, 4) ==
          "The packet block at byte 48 (packet 1) claims 65536 captured bytes, but there is room for 4 in it.");
    CHECK(message(bad_option, {"interface description", 28, 1}, 5, 4) ==
          "The interface description at byte 28 (packet 1) has an option that claims 5 bytes where 4 are right.");
    CHECK(message(record_too_long, {"packet record", 24, 1}, 134217729, 134217728) ==
          "The packet record at byte 24 (packet 1) claims 134217729 bytes, more than the 134217728 that any link type "
          "has: the capture is damaged there.");
    CHECK(message(unknown_interface, {"packet block", 48, 1}, 3, 1) ==
          "The packet block at byte 48 (packet 1) belongs to interface 3 (counted from 0), but its section has "
          "described 1.");
    CHECK(message(too_many_interfaces, {"interface description", 1310748, 1}, 65537, 65536) ==
          "The interface description at byte 1310748 (packet 1) is number 65537 of its section, and no more than 65536 "
          "are followed.");
    CHECK(message(unsupported_version, {"file header", 0, 0}, 2, 1) ==
          "The file header at byte 0 has major version 1, but only version 2 is known.");
    CHECK(message(unsupported_version, {"section header", 480, 2}, 1, 2) ==
          "The section header at byte 480 (packet 2) has major version 2, but only version 1 is known: the packets of "
          "that section were skipped.");
}

TEST_CASE("an error of the system is told in its words") {
    const std::string words = std::generic_category().message(EIO);
    CHECK(to_string(capture_error{.code = open_failed, .system_error = EIO}) ==
          "It could not be opened: " + words + ".");
    CHECK(to_string(capture_error{.code = open_failed}) == "It could not be opened.");
    CHECK(to_string(capture_error{.code = read_failed, .offset = 45, .packet_number = 3, .system_error = EIO}) ==
          "Reading failed behind byte 45: " + words + "; the 2 packets before it are good.");
    CHECK(to_string(capture_error{.code = file_not_found}) == "There is no such file.");
    CHECK(to_string(capture_error{.code = permission_denied}) == "There is no permission to read it.");
    CHECK(to_string(capture_error{.code = is_a_directory}) == "It is a directory, not a capture file.");
    CHECK(to_string(capture_error{.code = empty}) == "It is empty: not even the header of a capture is there.");
}

TEST_CASE("each code has its own name") {
    std::set<std::string_view> names;
    for (int code = 0; code <= static_cast<int>(too_many_interfaces); ++code) {
        names.insert(to_string(static_cast<capture_error_code>(code)));
    }
    CHECK(names.size() == static_cast<std::size_t>(too_many_interfaces) + 1);
    CHECK(!names.contains("unknown"));
    CHECK(to_string(record_too_long) == "record_too_long");
    CHECK(to_string(static_cast<capture_error_code>(200)) == "unknown");
}
