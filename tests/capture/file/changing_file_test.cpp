// SPDX-License-Identifier: MIT
// What other programs and disks do to a file while it is read: each on a file, on standard input and on a pipe.
#include "../../support/capture_writer.hpp"
#include "../../support/reading.hpp"
#include "../../support/test_folder.hpp"

#include <tcplens/capture/file/capture_file.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>

#ifndef _WIN32
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

using namespace tcplens;
using capture_writer::byte_vector;
using capture_writer::byte_writer;
using capture_writer::counting;
using capture_writer::pcap_writer;
using capture_writer::pcapng_writer;

namespace {

constexpr std::size_t packet_count = 300;
constexpr std::size_t record_length = 16 + 1000;

/// More than a reader buffers. The first packet tells two of them apart.
byte_vector capture_from(std::uint32_t seconds) {
    pcap_writer capture;
    for (std::size_t i = 0; i < packet_count; ++i)
        capture.record(seconds + static_cast<std::uint32_t>(i), 0, counting(1000));
    return capture.bytes();
}

void append(const std::filesystem::path& to, std::span<const std::byte> bytes) {
    std::ofstream out{to, std::ios::binary | std::ios::app};
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// The bytes in place of those of the file, which stays the same file: what cp does, and a ring of one file.
void write_over(const std::filesystem::path& file, std::span<const std::byte> bytes) {
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// Standard input is a descriptor as long as this lives.
class input_from {
public:
    explicit input_from(int descriptor) : saved_(::dup(0)) { ::dup2(descriptor, 0); }
    ~input_from() {
        ::dup2(saved_, 0);
        ::close(saved_);
    }
    input_from(const input_from&) = delete;
    input_from& operator=(const input_from&) = delete;

private:
    int saved_;
};

/// Opens a file by its path, and as standard input that a shell redirected, and calls test(capture) with each.
template <class Test>
void with_both(const std::filesystem::path& path, std::span<const std::byte> bytes, Test test) {
    {
        write_over(path, bytes);
        capture_file capture{path};
        test(capture);
    }
    write_over(path, bytes);
    const int descriptor = ::open(path.c_str(), O_RDONLY);
    REQUIRE(descriptor >= 0);
    const input_from redirected{descriptor};
    capture_file capture{file_stream::standard_input()};
    test(capture);
    ::close(descriptor);
}

std::uint64_t read_rest(capture_file& capture) {
    while (capture.next() != nullptr) {
    }
    CHECK(capture.next() == nullptr);
    return capture.packets();
}

} // namespace

TEST_CASE("changing file: a file that is cut while it is read ends with its packets so far and the error file_shrank") {
    const test_folder folder;
    const auto path = folder.path() / "ring.pcap";
    const byte_vector bytes = capture_from(1'000);
    // to nothing, within a packet behind what is buffered, and between two packets
    for (const std::size_t left : {std::size_t{0}, 24 + 200 * record_length + 100, 24 + 200 * record_length}) {
        CAPTURE(left);
        with_both(path, bytes, [&](capture_file& capture) {
            REQUIRE(capture.next() != nullptr);
            std::filesystem::resize_file(path, left);
            const std::uint64_t packets = read_rest(capture);
            if (left != 0) CHECK(packets == 200);
            CHECK((packets >= 1 && packets < packet_count));
            check_error(capture.error(), {.code = capture_error_code::file_shrank,
                                          .offset = 24 + packets * record_length,
                                          .packet_number = packets + 1,
                                          .needed = bytes.size(),
                                          .available = left});
        });
    }
    capture_error error{
        .code = capture_error_code::file_shrank, .packet_number = 588, .needed = 98'304, .available = 24};
    CHECK(to_string(error) ==
          "was cut while it was read: it had 98,304 bytes and has 24 now. The 587 packets before the cut were read.");
}

TEST_CASE("changing file: a pcapng file that is cut while it is read ends likewise") {
    const test_folder folder;
    pcapng_writer capture;
    capture.interface();
    for (std::size_t i = 0; i < packet_count; ++i) capture.enhanced(0, i, counting(1000));
    const std::size_t left = capture.ends()[2 + 199];
    with_both(folder.path() / "ring.pcapng", capture.bytes(), [&](capture_file& reader) {
        REQUIRE(reader.next() != nullptr);
        std::filesystem::resize_file(folder.path() / "ring.pcapng", left);
        CHECK(read_rest(reader) == 200);
        check_error(reader.error(), {.code = capture_error_code::file_shrank,
                                     .offset = left,
                                     .packet_number = 201,
                                     .needed = capture.bytes().size(),
                                     .available = left});
    });
}

TEST_CASE("changing file: what is appended to a file while it is read is read too") {
    const test_folder folder;
    const auto path = folder.path() / "live.pcap";
    const byte_vector bytes = capture_from(1'000);
    const auto cut = std::span{bytes}.first(24 + 200 * record_length + 7); // within a record
    with_both(path, cut, [&](capture_file& capture) {
        CHECK(capture.size() == cut.size());
        REQUIRE(capture.next() != nullptr);
        append(path, std::span{bytes}.subspan(cut.size()));
        CHECK(read_rest(capture) == packet_count);
        CHECK(!capture.error());
        CHECK(capture.size() == bytes.size());
    });
}

TEST_CASE("changing file: a file that is written anew while it is read is the error file_overwritten") {
    const test_folder folder;
    const auto path = folder.path() / "ring.pcap";
    // The records of the new capture stand where those of the old one did: nothing else tells them apart.
    with_both(path, capture_from(1'000), [&](capture_file& capture) {
        REQUIRE(capture.next() != nullptr);
        write_over(path, capture_from(5'000));
        CHECK(read_rest(capture) >= 1);
        REQUIRE(capture.error());
        CHECK(to_string(capture.error()->code) == "file_overwritten");
    });
    // Shorter than what was read: the file has shrunk.
    with_both(path, capture_from(1'000), [&](capture_file& capture) {
        REQUIRE(capture.next() != nullptr);
        write_over(path, pcap_writer{}.record(5'000, 0, counting(10)).bytes());
        CHECK(read_rest(capture) >= 1);
        REQUIRE(capture.error());
        CHECK(to_string(capture.error()->code) == "file_shrank");
    });
    // The writer of the old capture goes on where it was: there are zeros where the beginning stood.
    with_both(path, capture_from(1'000), [&](capture_file& capture) {
        REQUIRE(capture.next() != nullptr);
        std::filesystem::resize_file(path, 0);
        std::filesystem::resize_file(path, 24 + packet_count * record_length);
        append(path, pcap_writer{}.record(2'000, 0, counting(10)).bytes());
        CHECK(read_rest(capture) >= 1);
        REQUIRE(capture.error());
        CHECK(to_string(capture.error()->code) == "file_overwritten");
    });
}

TEST_CASE("changing file: a file that another one is renamed over, or that is removed, is read to its end") {
    const test_folder folder;
    const auto path = folder.path() / "rotated.pcap";
    const byte_vector bytes = capture_from(1'000);
    const reading expected = read_memory(bytes);
    with_both(path, bytes, [&](capture_file& capture) {
        REQUIRE(capture.next() != nullptr);
        write_over(folder.path() / "new.pcap", capture_from(5'000));
        std::filesystem::rename(folder.path() / "new.pcap", path);
        CHECK(read_rest(capture) == packet_count);
        CHECK(!capture.error());
    });
    with_both(path, bytes, [&](capture_file& capture) {
        REQUIRE(capture.next() != nullptr);
        std::filesystem::remove(path);
        CHECK(read_rest(capture) == packet_count);
        CHECK(!capture.error());
    });
    CHECK(expected.packets.size() == packet_count);
}

TEST_CASE("changing file: standard input that was read before is a capture from there on") {
    const test_folder folder;
    const auto path = folder.path() / "behind.pcap";
    const byte_vector bytes = capture_from(1'000);
    write_over(path, counting(100));
    append(path, bytes);
    const int descriptor = ::open(path.c_str(), O_RDONLY);
    REQUIRE(::lseek(descriptor, 100, SEEK_SET) == 100);
    const input_from redirected{descriptor};
    capture_file capture{file_stream::standard_input()};
    CHECK(capture.size() == bytes.size());
    CHECK(read_rest(capture) == packet_count);
    CHECK(!capture.error());
    ::close(descriptor);
}

TEST_CASE("changing file: a pipe whose writer ends within a packet is a capture cut short") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const byte_vector bytes = pcap_writer{}.record(1, 0, counting(100)).record(2, 0, counting(100)).bytes();
    REQUIRE(::write(ends[1], bytes.data(), bytes.size() - 1) == static_cast<ssize_t>(bytes.size() - 1));
    ::close(ends[1]);
    const input_from redirected{ends[0]};
    capture_file capture{file_stream::standard_input()};
    CHECK(!capture.size());
    CHECK(read_rest(capture) == 1);
    check_error(
        capture.error(),
        {.code = capture_error_code::truncated, .offset = 140, .packet_number = 2, .needed = 116, .available = 115});
    ::close(ends[0]);
}

TEST_CASE("changing file: a pipe that does not wait is waited for") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    REQUIRE(::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    const byte_vector bytes = pcap_writer{}.record(1, 0, counting(100)).record(2, 0, counting(100)).bytes();
    std::thread writer{[&] {
        for (std::size_t at = 0; at < bytes.size(); at += 60) {
            std::this_thread::sleep_for(std::chrono::milliseconds{2});
            const std::size_t count = std::min<std::size_t>(60, bytes.size() - at);
            if (::write(ends[1], bytes.data() + at, count) != static_cast<ssize_t>(count)) break;
        }
        ::close(ends[1]);
    }};
    {
        const input_from redirected{ends[0]};
        capture_file capture{file_stream::standard_input()};
        CHECK(read_rest(capture) == 2);
        CHECK(!capture.error());
    }
    writer.join();
    ::close(ends[0]);
}

#ifdef __linux__

TEST_CASE("changing file: a file that cannot be read is the error read_failed") {
    capture_file capture{"/proc/self/mem"}; // nothing is mapped at 0
    CHECK(read_rest(capture) == 0);
    check_error(capture.error(), {.code = capture_error_code::read_failed, .needed = 24});
    CHECK(capture.error()->system_error == EIO);
}

TEST_CASE("changing file: a device that fails in the middle keeps the packets before, and is the error read_failed") {
    // The controlling end of a terminal: reading fails with EIO once the other end is closed and all was read.
    const int outer = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(outer >= 0);
    REQUIRE(::grantpt(outer) == 0);
    REQUIRE(::unlockpt(outer) == 0);
    const char* const name = ::ptsname(outer);
    REQUIRE(name != nullptr);
    const int inner = ::open(name, O_RDWR | O_NOCTTY);
    REQUIRE(inner >= 0);
    termios mode{};
    REQUIRE(::tcgetattr(inner, &mode) == 0);
    ::cfmakeraw(&mode);
    REQUIRE(::tcsetattr(inner, TCSANOW, &mode) == 0);
    const byte_vector bytes = pcap_writer{}.record(1, 0, counting(100)).record(2, 0, counting(100)).bytes();
    REQUIRE(::write(inner, bytes.data(), 200) == 200);
    ::close(inner);

    const input_from redirected{outer};
    capture_file capture{file_stream::standard_input()};
    CHECK(read_rest(capture) == 1);
    check_error(
        capture.error(),
        {.code = capture_error_code::read_failed, .offset = 140, .packet_number = 2, .needed = 116, .available = 60});
    CHECK(capture.error()->system_error == EIO);
    ::close(outer);
}

#endif

TEST_CASE("changing file: a disk that fails in the middle of a file keeps the packets before") {
    // A filler that fails where a disk would: everything above it is the same.
    struct failing {
        file_stream file;
        std::size_t left;

        std::ptrdiff_t operator()(std::span<std::byte> buffer) {
            if (left == 0) return -EIO;
            const std::ptrdiff_t count = file(buffer.first(std::min(buffer.size(), left)));
            if (count > 0) left -= static_cast<std::size_t>(count);
            return count;
        }
        [[nodiscard]] auto change() const { return file.change(); }
    };
    const test_folder folder;
    const auto path = folder.file("bad_sector.pcap", capture_from(1'000));
    for (const bool cut : {false, true}) {
        capture_reader reader{stream_source{failing{file_stream{path}, 24 + 200 * record_length + 9}}};
        REQUIRE(reader.next() != nullptr);
        if (cut) std::filesystem::resize_file(path, 100);
        while (reader.next() != nullptr) {
        }
        if (cut) {
            CHECK(to_string(reader.error()->code) == "file_shrank");
            continue;
        }
        CHECK(reader.packets() == 200);
        check_error(reader.error(), {.code = capture_error_code::read_failed,
                                     .offset = 24 + 200 * record_length,
                                     .packet_number = 201,
                                     .needed = 16,
                                     .available = 9});
        CHECK(reader.error()->system_error == EIO);
    }
}

#endif
