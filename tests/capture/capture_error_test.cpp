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

TEST_CASE("capture_error: the message of a damaged capture says what is wrong, where, and which packets were read") {
    CHECK(message(truncated, {"packet record", 8120, 37}, 1530, 216) ==
          "cut off at byte 8,120 in packet 37 (needs 1,530 bytes, 216 are left). The 36 packets before it were read.");
    CHECK(message(truncated, {"file header", 0, 0}, 24, 7) ==
          "cut off at byte 0 in the file header (needs 24 bytes, 7 are left). No packet was read.");
    CHECK(message(truncated, {"block", 1000000, 1235}, 12, 4) ==
          "cut off at byte 1,000,000 in a block before packet 1,235 (needs 12 bytes, 4 are left). The 1,234 packets "
          "before it were read.");
    CHECK(message(truncated, {"", 0, 0}, 4, 3) ==
          "cut off at byte 0 in the capture (needs 4 bytes, 3 are left). No packet was read.");
    CHECK(message(bad_block_length, {"block", 48, 1}, 52, 48) ==
          "damaged at byte 48 in a block before packet 1: the block length is 52 at its start and 48 at its end. No "
          "packet was read.");
    CHECK(message(bad_block_length, {"simple packet block", 84, 2}, 33, 33) ==
          "damaged at byte 84 in packet 2: the block length 33 is impossible. The packet before it was read.");
    CHECK(message(bad_byte_order_magic, {"section header", 0, 0}, 0x1a2b3c4d, 0x0102ff04) ==
          "damaged at byte 0 in the section header: the byte-order magic is 0x0102ff04 (0x1a2b3c4d is right, in either "
          "byte order). No packet was read.");
    CHECK(message(bad_captured_length, {"packet block", 48, 1}, 65536, 4) ==
          "damaged at byte 48 in packet 1: it claims 65,536 captured bytes and has room for 4. No packet was read.");
    CHECK(
        message(bad_option, {"interface description", 28, 3}, 5, 4) ==
        "damaged at byte 28 in the interface description before packet 3: an option claims 5 bytes, 4 are left. The 2 "
        "packets before it were read.");
    CHECK(
        message(record_too_long, {"packet record", 24, 1}, 134217729, 134217728) ==
        "damaged at byte 24 in packet 1: it claims 134,217,729 bytes, at most 134,217,728 are possible. No packet was "
        "read.");
    CHECK(
        message(unknown_interface, {"packet block", 48, 1}, 3, 1) ==
        "damaged at byte 48 in packet 1: it names interface 3 (counted from 0), and only 1 is described. No packet was "
        "read.");
    CHECK(message(too_many_interfaces, {"interface description", 1310748, 1}, 65537, 65536) ==
          "damaged at byte 1,310,748 in the interface description before packet 1: the section describes 65,537 "
          "interfaces, at most 65,536 are possible. No packet was read.");
    CHECK(message(unsupported_version, {"file header", 0, 0}, 2, 1) ==
          "unsupported version 1 in the file header at byte 0 (version 2 is read).");
    CHECK(message(unsupported_version, {"section header", 480, 2}, 1, 2) ==
          "unsupported version 2 in the section header at byte 480 (version 1 is read). The packets of this section "
          "were skipped; all other packets were read.");
}

TEST_CASE("capture_error: the message of a file that is no capture says what to do") {
    CHECK(message(not_a_capture, {"", 0, 0}, 0, 0x89fffefd) ==
          "is neither a pcap nor a pcapng capture (begins with 0x89fffefd). Wireshark's editcap converts other capture "
          "formats: editcap -F pcapng FILE NEW_FILE.");
    CHECK(message(compressed, {"gzip", 0, 0}, 0, 0) == "is compressed (gzip). Unpack it first, or read the output of "
                                                       "'gzip -dc FILE' through a pipe (of a tar archive in it: "
                                                       "'tar -xOf FILE').");
    CHECK(message(compressed, {"zip", 0, 0}, 0, 0) ==
          "is compressed (zip). Unpack it first, or read the output of 'unzip -p FILE' through a pipe.");
    CHECK(to_string(capture_error{.code = empty}) == "is empty: there is not even the header of a capture.");
}

TEST_CASE("capture_error: an error of the system is given in its words") {
    const std::string words = std::generic_category().message(EIO);
    CHECK(to_string(capture_error{.code = open_failed, .system_error = EIO}) == "cannot be opened (" + words + ").");
    CHECK(to_string(capture_error{.code = open_failed}) == "cannot be opened.");
    CHECK(to_string(capture_error{.code = read_failed, .offset = 45, .packet_number = 3, .system_error = EIO}) ==
          "reading failed at byte 45 (" + words + "). The 2 packets before it were read.");
    CHECK(to_string(capture_error{.code = file_not_found}) == "there is no such file.");
    CHECK(to_string(capture_error{.code = permission_denied}) == "permission to read the file is denied.");
    CHECK(to_string(capture_error{.code = is_a_directory}) == "is a directory, not a capture file.");
}

TEST_CASE("capture_error: each code has its own name") {
    std::set<std::string_view> names;
    for (int code = 0; code <= static_cast<int>(too_many_interfaces); ++code) {
        names.insert(to_string(static_cast<capture_error_code>(code)));
    }
    CHECK(names.size() == static_cast<std::size_t>(too_many_interfaces) + 1);
    CHECK(!names.contains("unknown"));
    CHECK(to_string(record_too_long) == "record_too_long");
    CHECK(to_string(static_cast<capture_error_code>(200)) == "unknown");
}

TEST_CASE("capture_error: the sentence of each code, with and without a packet") {
    CHECK(message(altered, {detail::altered_by::crs_before_lfs, 300, 3}, 0, 0) ==
          "was changed by a transfer as text (LF became CR LF), as is seen at byte 300 in packet 3. Transfer it again "
          "as bytes: FTP in binary mode, adb exec-out, no terminal (ssh -T, kubectl exec without -t). The 2 packets "
          "before it were read.");
    CHECK(message(altered, {detail::altered_by::line_ends, 0, 0}, 0, 0)
              .starts_with("was changed by a transfer as text (its line ends were changed). "));
    CHECK(message(truncated, {"packet record", 24, 0}, 16, 7) ==
          "cut off at byte 24 in the packet record (needs 16 bytes, 7 are left). No packet was read.");
    CHECK(message(compressed, {"a kind of tomorrow", 0, 0}, 0, 0) ==
          "is compressed (a kind of tomorrow). Unpack it first.");
    CHECK(message(record_too_long, {"packet record", 24, 2}, 900'000'000, 134'217'728) ==
          "damaged at byte 24 in packet 2: it claims 900,000,000 bytes, at most 134,217,728 are possible. The packet "
          "before it was read.");
    CHECK(message(zero_gap, {"packet record", 24, 2}, 0, 4096).find("4,096 zero bytes stand where a packet is due") !=
          std::string::npos);
    CHECK(message(unknown_interface, {"packet block", 24, 1}, 7, 2)
              .find("it names interface 7 (counted from 0), and only 2 are described") != std::string::npos);
    CHECK(message(too_many_interfaces, {"interface description", 24, 0}, 65'537, 65'536)
              .find("the section describes 65,537 interfaces, at most 65,536 are possible") != std::string::npos);
    CHECK(message(file_overwritten, {"", 0, 5}, 0, 0).find("The 4 packets before that was noticed were read.") !=
          std::string::npos);
    CHECK(message(static_cast<capture_error_code>(200), {"", 0, 0}, 0, 0) ==
          "damaged at byte 0 in the capture: unknown error. No packet was read.");
}
