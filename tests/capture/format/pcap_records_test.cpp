// SPDX-License-Identifier: MIT
// What headers of pcap files say falsely, and records prove.
#include "../../support/capture_writer.hpp"
#include "../../support/packet_builder.hpp"
#include "../../support/reading.hpp"

#include <tcplens/capture/file/capture_reader.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace tcplens;
using namespace std::chrono_literals;
using capture_writer::byte_vector;
using capture_writer::byte_writer;
using capture_writer::counting;
using capture_writer::pcap_options;
using capture_writer::pcap_variant;
using capture_writer::pcap_writer;
using capture_writer::text;

namespace {

/// A packet that begins as one of this link layer does.
byte_vector frame(link_type link, std::size_t length = 90) {
    byte_vector bytes = counting(length);
    const auto put = [&](std::size_t at, std::initializer_list<unsigned> values) {
        for (const unsigned each : values) bytes[at++] = static_cast<std::byte>(each);
    };
    switch (link) {
    case link_type::ethernet: put(0, {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45}); break;
    case link_type::raw: put(0, {0x45, 0, 0, 90}); break;
    case link_type::null: put(0, {2, 0, 0, 0, 0x45, 0, 0, 86}); break;
    case link_type::linux_sll: put(0, {0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}); break;
    case link_type::linux_sll2: put(0, {8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 4, 6}); break;
    default: break;
    }
    return bytes;
}

/// Records with more in their headers than the magic says. `fields`: what stands behind the usual ones.
byte_vector patched(const pcap_options& options, const byte_vector& fields, std::size_t records,
                    std::uint32_t from = 1'700'000'000) {
    pcap_writer capture{options};
    for (std::size_t i = 0; i < records; ++i) {
        const byte_vector bytes = frame(link_type{options.link}, 80 + i % 3);
        const auto length = static_cast<std::uint32_t>(bytes.size());
        capture.record_header(from + static_cast<std::uint32_t>(i), 1'000, length, length).raw(fields).raw(bytes);
    }
    return capture.bytes();
}

byte_vector kuznetzov_fields(std::endian order, std::uint32_t interface, std::uint8_t type) {
    return byte_writer{order}.put(interface).put(std::uint16_t{0x0800}).put(type).put(std::uint8_t{0}).bytes();
}

} // namespace

TEST_CASE("pcap records: headers of 20, 24 and 28 bytes under the usual magic are told by the first two records") {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        for (const link_type link :
             {link_type::ethernet, link_type::raw, link_type::null, link_type::linux_sll, link_type::linux_sll2}) {
            for (const std::size_t records : {1u, 2u, 3u, 12u}) {
                for (const std::size_t more : {4u, 8u, 12u}) {
                    CAPTURE(more);
                    CAPTURE(to_string(link));
                    CAPTURE(records);
                    byte_vector fields(more, std::byte{0});
                    if (more >= 8) std::ranges::copy(kuznetzov_fields(order, 2, 4), fields.begin());
                    const byte_vector bytes =
                        patched({.order = order, .link = static_cast<std::uint32_t>(link)}, fields, records);
                    const reading result = read_memory(bytes);
                    CHECK(!result.error);
                    REQUIRE(result.packets.size() == records);
                    CHECK(result.packets[0].bytes == frame(link, 80));
                    CHECK(result == read_stream(bytes, 1));
                    CHECK(result == read_stream(bytes, 64 * 1024));
                }
            }
        }
    }
}

TEST_CASE("pcap records: a patched capture of 1999 is told, too") {
    const byte_vector bytes = patched({}, kuznetzov_fields(std::endian::little, 2, 0), 5, 930'000'000);
    CHECK(read_memory(bytes).packets.size() == 5);
    CHECK(!read_memory(bytes).error);
}

TEST_CASE("pcap records: longer headers are told of a link layer, too, whose frames all may be right") {
    const pcap_options user_defined{.link = 147};
    for (const std::size_t more : {8u, 12u}) {
        CAPTURE(more);
        byte_vector fields = kuznetzov_fields(std::endian::little, 2, 4);
        fields.resize(more);
        const reading result = read_memory(patched(user_defined, fields, 5));
        CHECK(!result.error);
        REQUIRE(result.packets.size() == 5);
        CHECK(result.packets[0].bytes == counting(80));
    }
    const reading usual = read_memory(patched(user_defined, {}, 5));
    CHECK(!usual.error);
    CHECK(usual.packets.size() == 5);
}

TEST_CASE("pcap records: headers of 28 bytes under Kuznetzov's magic are told, and those of 16") {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        byte_vector fields = kuznetzov_fields(order, 2, 0);
        fields.resize(12, std::byte{0x5a});
        pcap_writer capture{{.order = order, .variant = pcap_variant::kuznetzov}};
        pcap_writer usual{{.order = order}};
        byte_vector short_headers = pcap_writer{{.order = order, .variant = pcap_variant::kuznetzov}}.bytes();
        for (std::uint32_t i = 0; i < 4; ++i) {
            const byte_vector bytes = frame(link_type::ethernet);
            capture.record_header(1'700'000'000 + i, 0, 90, 90).raw(byte_vector(4, std::byte{0x5a})).raw(bytes);
            usual.record(1'700'000'000 + i, 0, bytes);
        }
        const reading longer = read_memory(capture.bytes());
        CHECK(!longer.error);
        REQUIRE(longer.packets.size() == 4);
        CHECK(longer.packets[3].bytes == frame(link_type::ethernet));
        short_headers.insert(short_headers.end(), usual.bytes().begin() + 24, usual.bytes().end());
        const reading shorter = read_memory(short_headers);
        CHECK(!shorter.error);
        CHECK(shorter.packets.size() == 4);
    }
}

TEST_CASE("pcap records: usual captures are read as usual, whatever their first packet looks like") {
    // a frame that looks like more of the header, followed by a record of the usual kind, by damage, by nothing
    byte_vector odd = frame(link_type::ethernet);
    const byte_vector fields = kuznetzov_fields(std::endian::little, 2, 0);
    std::ranges::copy(fields, odd.begin());
    odd[12] = std::byte{0x12};
    const auto first = pcap_writer{}.record(1'700'000'000, 0, odd);
    CHECK(read_memory(first.bytes()).packets.at(0).bytes == odd);
    const reading two = read_memory(pcap_writer{first}.record(1'700'000'001, 0, odd).bytes());
    CHECK(!two.error);
    CHECK(two.packets.at(0).bytes == odd);
    const reading cut = read_memory(pcap_writer{first}.raw(counting(9)).bytes());
    CHECK(cut.packets.at(0).bytes == odd);
    check_error(
        cut.error,
        {.code = capture_error_code::truncated, .offset = 130, .packet_number = 2, .needed = 16, .available = 9});
    const reading damaged = read_memory(pcap_writer{first}.record_header(5, 0, 0xffff'ffff, 1).raw({}).bytes());
    CHECK(damaged.packets.at(0).bytes == odd);
    CHECK(to_string(damaged.error->code) == "record_too_long");
}

TEST_CASE("pcap records: only a doubtful first packet of a live capture waits for the second") {
    const auto packets_before_second = [](const byte_vector& first) {
        const auto one = pcap_writer{}.record(1'700'000'000, 0, first);
        std::size_t asked_in_vain = 0;
        capture_reader reader{
            stream_source{[&, left = std::span<const std::byte>{one.bytes()}](std::span<std::byte> buffer) mutable {
                const std::size_t count = std::min(left.size(), buffer.size());
                if (count == 0) ++asked_in_vain;
                std::ranges::copy(left.first(count), buffer.begin());
                left = left.subspan(count);
                return count;
            }}};
        CHECK(reader.next() != nullptr);
        return asked_in_vain;
    };
    CHECK(packets_before_second(frame(link_type::ethernet)) == 0);
    CHECK(packets_before_second(frame(link_type::ethernet, 39)) == 0);
    CHECK(packets_before_second(counting(90)) == 1);
    CHECK(packets_before_second(counting(262'144)) == 1);
    CHECK(packets_before_second(counting(262'145)) == 0); // longer than any program captures: that says enough
}

TEST_CASE("pcap records: version 2.2 of AIX has interface types for link types, and nanoseconds") {
    for (const auto& [type, link] : {std::pair{6u, link_type::ethernet}, std::pair{9u, link_type::token_ring},
                                     std::pair{15u, link_type::fddi}, std::pair{24u, link_type::null}}) {
        for (const std::endian order : {std::endian::little, std::endian::big}) {
            const auto capture = pcap_writer{{.order = order, .link = type, .minor = 2}}
                                     .record_header(10, 999'999'000, 3, 60)
                                     .raw(text("abc"))
                                     .record_header(11, 5, 60, 3)
                                     .raw(text("def"));
            const reading result = read_memory(capture.bytes());
            CHECK(!result.error);
            REQUIRE(result.packets.size() == 2);
            CHECK(result.packets[0].link == link);
            CHECK(result.packets[0].time == timestamp{10s + 999'999'000ns});
            CHECK(result.packets[1].time == timestamp{11s + 5ns});
            CHECK(result.packets[1].bytes == text("def"));
            CHECK(result.skipped == skipped_parts{});
        }
    }
    const auto real = pcap_writer{{.link = 1, .minor = 2}}.record_header(10, 5, 60, 3).raw(text("abc"));
    CHECK(read_memory(real.bytes()).packets.at(0).time == timestamp{10s + 5us});
}

TEST_CASE("pcap records: CRs that a transfer put before LFs are told where they show") {
    pcap_writer capture;
    for (std::uint32_t i = 0; i < 4; ++i) {
        byte_vector bytes = frame(link_type::ethernet);
        std::ranges::replace(bytes, std::byte{'\n'}, std::byte{0});
        if (i == 1) bytes[50] = std::byte{'\n'};
        if (i == 2) bytes[60] = std::byte{'\n'};
        capture.record(1'700'000'000 + i, 0, bytes);
    }
    byte_vector changed;
    for (const std::byte each : capture.bytes()) {
        if (each == std::byte{'\n'}) changed.push_back(std::byte{'\r'});
        changed.push_back(each);
    }
    const reading result = read_memory(changed);
    CHECK(result.packets.size() == 2);
    check_error(result.error, {.code = capture_error_code::altered,
                               .offset = 24 + 2 * 106,
                               .packet_number = 3,
                               .needed = result.error->needed,
                               .available = result.error->available});
    CHECK(
        to_string(*result.error) ==
        "was changed by a transfer as text (LF became CR LF), as is seen at byte 236 in packet 3. Transfer it again as "
        "bytes: FTP in "
        "binary mode, adb exec-out, no terminal (ssh -T, kubectl exec without -t). The 2 packets before it were read.");
    CHECK(result == read_stream(changed, 7));
    // a lone LF: something else has damaged it
    changed.back() = std::byte{'\n'};
    CHECK(to_string(read_memory(changed).error->code) != "altered");
}

TEST_CASE("pcap records: the first bytes of a frame are right, wrong or unknown for its link layer") {
    using tcplens::detail::pcap::check_frame;
    using tcplens::detail::pcap::frame_check;
    const auto check = [](tcplens::link_type link, std::string_view digits, std::size_t length = 40) {
        auto frame = packet_builder::hex(digits);
        if (frame.size() < length) frame.resize(length);
        return check_frame(link, frame);
    };
    using enum tcplens::link_type;
    const std::string addresses = "0102030405060708090a0b0c";
    CHECK(check(ethernet, addresses + "0800") == frame_check::right);
    CHECK(check(ethernet, addresses + "0026424203") == frame_check::right); // spanning tree
    CHECK(check(ethernet, addresses + "0026424303") == frame_check::wrong);
    CHECK(check(ethernet, addresses + "0026252503") == frame_check::wrong);
    CHECK(check(ethernet, addresses + "0002424203") == frame_check::wrong);
    CHECK(check(ethernet, addresses + "05dd424203") == frame_check::wrong);
    CHECK(check(ethernet, "", 16) == frame_check::unknown);
    for (const auto link : {raw, raw_dlt, raw_bsd, ipv4, ipv6}) {
        CHECK(check(link, "45000028") == frame_check::right);
        CHECK(check(link, "45000000") == frame_check::right); // segmentation offload
        CHECK(check(link, "45000013") == frame_check::wrong);
        CHECK(check(link, "44000028") == frame_check::wrong);
        CHECK(check(link, "60000000") == frame_check::right);
        CHECK(check(link, "60000000", 39) == frame_check::wrong);
        CHECK(check(link, "70000000") == frame_check::wrong);
        CHECK(check(link, "45", 19) == frame_check::unknown);
    }
    for (const auto link : {null, loop}) {
        CHECK(check(link, "0200000045000028") == frame_check::right);
        CHECK(check(link, "0000000245000028") == frame_check::right);
        CHECK(check(link, "0200000245000028") == frame_check::wrong);
        CHECK(check(link, "0001000245000028") == frame_check::wrong);
        CHECK(check(link, "0000010245000028") == frame_check::wrong);
        CHECK(check(link, "0200000075000028") == frame_check::wrong);
        CHECK(check(link, "", 23) == frame_check::unknown);
    }
    CHECK(check(linux_sll, "00000001000601020304050600000800") == frame_check::right);
    CHECK(check(linux_sll, "00050001000601020304050600000800") == frame_check::wrong);
    CHECK(check(linux_sll, "00000001002101020304050600000800") == frame_check::wrong);
    CHECK(check(linux_sll, "00000001000601020304050600001234") == frame_check::wrong);
    CHECK(check(linux_sll, "", 15) == frame_check::unknown);
    CHECK(check(linux_sll2, "08000000000000020001040601020304") == frame_check::right);
    CHECK(check(linux_sll2, "12340000000000020001040601020304") == frame_check::wrong);
    CHECK(check(linux_sll2, "08000001000000020001040601020304") == frame_check::wrong);
    CHECK(check(linux_sll2, "08000000000000020001050601020304") == frame_check::wrong);
    CHECK(check(linux_sll2, "08000000000000020001042101020304") == frame_check::wrong);
    CHECK(check(linux_sll2, "", 19) == frame_check::unknown);
    CHECK(check(ppp, "ff030021") == frame_check::unknown);
}
