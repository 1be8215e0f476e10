// SPDX-License-Identifier: MIT
#include "../../support/capture_writer.hpp"
#include "../../support/reading.hpp"
#include "../../support/test_folder.hpp"

#include <tcplens/capture/file/capture_file.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <ios>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#ifndef _WIN32
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#endif

using namespace tcplens;

using namespace tcplens::detail;
using capture_writer::byte_vector;
using capture_writer::counting;
using capture_writer::pcap_writer;
using capture_writer::pcapng_writer;
using capture_writer::text;

namespace {

static_assert(std::ranges::input_range<capture_file>);
static_assert(std::is_nothrow_move_constructible_v<file_stream> && !std::is_copy_constructible_v<file_stream>);
static_assert(std::is_move_constructible_v<capture_file> && !std::is_copy_constructible_v<capture_file>);

byte_vector two_packets() {
    return pcap_writer{}.record(1, 0, text("first")).record(2, 0, text("second")).bytes();
}

byte_vector many_packets(std::size_t count) {
    pcap_writer capture;
    for (std::size_t i = 0; i < count; ++i) capture.record(0, 0, counting(1000));
    return capture.bytes();
}

} // namespace

TEST_CASE("capture_file: a capture file of either format is read whole") {
    const test_folder folder;
    const byte_vector pcap = two_packets();
    const byte_vector pcapng = pcapng_writer{}.interface().enhanced(0, 1, text("a")).bytes();
    CHECK(read_all(capture_file{folder.file("a.pcap", pcap)}) == read_memory(pcap));
    CHECK(read_all(capture_file{folder.file("b", pcapng)}) == read_memory(pcapng));

    capture_file capture{folder.path() / "a.pcap"};
    CHECK(capture.size() == pcap.size());
    CHECK(capture.position() == 24);
    CHECK(capture.packets() == 0);
    CHECK(!capture.error());
    REQUIRE(capture.next() != nullptr);
    CHECK(capture.position() == 24 + 16 + 5);
    CHECK(capture.packets() == 1);
    static_assert(!capture_file::bytes_stay());
}

TEST_CASE("capture_file: a path is a string of any kind, or a std::filesystem::path") {
    const test_folder folder;
    const byte_vector bytes = two_packets();
    const std::filesystem::path path = folder.file("a.pcap", bytes);
    const std::string string = path.string();
    std::vector<char> characters{string.begin(), string.end()};
    characters.push_back('\0');
    CHECK(read_all(capture_file{path}) == read_memory(bytes));
    CHECK(read_all(capture_file{string}) == read_memory(bytes));
    CHECK(read_all(capture_file{string.c_str()}) == read_memory(bytes));
    CHECK(read_all(capture_file{characters.data()}) == read_memory(bytes)); // as argv has them
    CHECK(read_all(capture_file{(string + "b").substr(0, string.size())}) == read_memory(bytes));
    CHECK(read_all(capture_file{std::string_view{string + "b"}.substr(0, string.size())}) == read_memory(bytes));
    CHECK(capture_file{"no such file"}.error()->code == capture_error_code::file_not_found);
    static_assert(!std::is_constructible_v<capture_file, int>);
    static_assert(!std::is_convertible_v<std::string, capture_file>);
}

TEST_CASE("capture_file: a capture can be moved in the middle") {
    const test_folder folder;
    capture_file first{folder.file("a.pcap", two_packets())};
    REQUIRE(first.next() != nullptr);
    capture_file second{std::move(first)};
    const packet two = *second.next();
    CHECK(std::ranges::equal(two.bytes, text("second")));
    CHECK(two.number == 2);
    CHECK(second.next() == nullptr);
}

TEST_CASE("capture_file: a file that is cut short gives the packets before the cut") {
    const test_folder folder;
    byte_vector bytes = two_packets();
    bytes.pop_back();
    const reading result = read_all(capture_file{folder.file("cut.pcap", bytes)});
    CHECK(result.packets.size() == 1);
    check_error(
        result.error,
        {.code = capture_error_code::truncated, .offset = 45, .packet_number = 2, .needed = 22, .available = 21});
}

TEST_CASE("capture_file: a missing file, a directory, an empty file and other files each have their own error") {
    const test_folder folder;
    const auto error_of = [](const std::filesystem::path& path) { return read_all(capture_file{path}).error; };
    check_error(error_of(folder.path() / "missing"), {.code = capture_error_code::file_not_found});
    check_error(error_of(folder.path() / "missing" / "below"), {.code = capture_error_code::file_not_found});
    check_error(error_of(""), {.code = capture_error_code::file_not_found});
    check_error(error_of(folder.path()), {.code = capture_error_code::is_a_directory});
    check_error(error_of(folder.file("empty", {})), {.code = capture_error_code::empty});
    check_error(error_of(folder.file("text", text("no capture"))),
                {.code = capture_error_code::not_a_capture, .available = 0x6e6f2063});
    check_error(error_of(folder.file("text", text("\x89PNG\r\n"))),
                {.code = capture_error_code::not_a_capture, .available = 0x89504e47});
    check_error(error_of(folder.file("a.pcap.gz", text("\x1f\x8b\x08"))), {.code = capture_error_code::compressed});

    capture_file missing{folder.path() / "missing"};
    CHECK(missing.packets() == 0);
    CHECK(missing.position() == 0);
    CHECK(missing.next() == nullptr);
}

TEST_CASE("capture_file: a file stream that could not be opened gives its error to the capture") {
    const test_folder folder;
    const reading result = read_all(capture_file{file_stream{folder.path() / "missing"}});
    check_error(result.error, {.code = capture_error_code::file_not_found});
    file_stream closed{folder.path() / "missing"};
    CHECK(closed.descriptor() == -1);
    std::byte byte{};
    CHECK(closed(std::span{&byte, 1}) == -EBADF);
}

TEST_CASE("capture_file: a file that is open is read from where it is") {
    const test_folder folder;
    const byte_vector bytes = many_packets(200);
    const auto path = folder.file("a.pcap", bytes);
    CHECK(read_all(capture_file{file_stream{path}}) == read_memory(bytes));
    capture_file capture{file_stream{path}};
    CHECK(capture.size() == bytes.size());
    REQUIRE(capture.next() != nullptr);
    CHECK(capture.packets() == 1);
    CHECK(capture.position() == 24 + 1016);
}

TEST_CASE("capture_file: a file stream can be moved and assigned") {
    const test_folder folder;
    const byte_vector bytes = two_packets();
    file_stream first{folder.file("a", bytes)};
    file_stream other{folder.file("b", text("b"))};
    CHECK(first.regular_size() == bytes.size());
    other = std::move(first);
    CHECK(other.regular_size() == bytes.size());
    byte_vector buffer(1000);
    CHECK(other(buffer) == static_cast<std::ptrdiff_t>(bytes.size()));
    CHECK(other(buffer) == 0);
}

TEST_CASE("capture_file: what no packet is in is passed over, and not read, up to the end of the file") {
    const test_folder folder;
    const byte_vector bytes = many_packets(200); // more than one read
    for (const std::uint64_t far : {std::uint64_t{100'000}, std::uint64_t{64} << 20}) {
        CAPTURE(far);
        const auto path = folder.file("long", bytes);
        std::filesystem::resize_file(path, bytes.size() + far);
        std::ofstream{path, std::ios::binary | std::ios::app} << "the end";
        const std::uint64_t size = bytes.size() + far + 7;

        stream_source source{file_stream{path}};
        CHECK(source.peek(1)[0] == bytes[0]);
        CHECK(source.skip(bytes.size() + far) == bytes.size() + far);
        CHECK(source.position() == bytes.size() + far);
        REQUIRE(source.peek(7).size() == 7);
        CHECK(source.peek(7)[4] == std::byte{'e'});
        CHECK(source.skip(far) == 7);
        CHECK(source.position() == size);
        CHECK(!source.read_error());
        CHECK(!source.change());

        stream_source cut{file_stream{path}};
        CHECK(cut.peek(1).size() >= 1);
        std::filesystem::resize_file(path, size - 10);
        CHECK(cut.skip(2 * size) == size - 10);
        CHECK((cut.change() && cut.change()->shrank));
    }
    file_stream stream{folder.file("short", bytes)};
    CHECK(stream.skip(std::uint64_t{1} << 30) == 0); // nothing was read
    byte_vector buffer(10);
    CHECK(stream(buffer) == 10);
    CHECK(buffer[0] == bytes[0]);
    CHECK(stream.skip(1000) == 0);                   // too near
    CHECK(stream.skip(std::uint64_t{1} << 63) == 0); // the file is shorter than what is worth it
    CHECK(stream(buffer) == 10);
    CHECK(buffer[0] == bytes[10]);
}

#ifdef __linux__

TEST_CASE("capture_file: a long file takes no more memory than a short one") {
    const auto resident = [] { // in bytes
        std::ifstream file{"/proc/self/statm"};
        std::size_t all = 0;
        std::size_t pages = 0;
        file >> all >> pages;
        return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    };
    const test_folder folder;
    const auto path = folder.file("long.pcap", many_packets(60'000));
    capture_file capture{path};
    const std::size_t before = resident();
    std::size_t most = before;
    unsigned sum = 0;
    for (const packet& each : capture) {
        sum += std::to_integer<unsigned>(each.bytes[each.number % 1000]); // all pages are looked at
        if (each.number % 1000 == 1) most = std::max(most, resident());
    }
    CHECK(sum != 0);
    CHECK(capture.packets() == 60'000);
    CHECK(most - before < 1024 * 1024);
}

#endif

#ifndef _WIN32

TEST_CASE("capture_file: a file without read permission is the error permission_denied") {
    const test_folder folder;
    const auto path = folder.file("secret.pcap", two_packets());
    REQUIRE(::chmod(path.c_str(), 0) == 0);
    std::filesystem::permissions(folder.path(), std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
    // root may read everything: in a child that is nobody
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(2);
        capture_file capture{path};
        const bool right = capture.error() && capture.error()->code == capture_error_code::permission_denied &&
                           capture.begin() == capture.end();
        ::_exit(right ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("capture_file: any other reason of the system is the error open_failed with its errno") {
    const test_folder folder;
    const auto loop = folder.path() / "loop";
    std::filesystem::create_symlink(loop, loop);
    const reading result = read_all(capture_file{loop});
    check_error(result.error, {.code = capture_error_code::open_failed});
    CHECK(result.error->system_error == ELOOP);
}

TEST_CASE("capture_file: a FIFO is read as a stream") {
    const test_folder folder;
    const byte_vector bytes = many_packets(300); // more than a pipe holds
    const auto path = folder.path() / "fifo";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    std::thread writer{[&] {
        std::ofstream out{path, std::ios::binary};
        out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }};
    const reading result = read_all(capture_file{path});
    writer.join();
    CHECK(result.packets.size() == 300);
    CHECK(result == read_memory(bytes));
}

TEST_CASE("capture_file: a device is read as a stream") {
    check_error(read_all(capture_file{"/dev/null"}).error, {.code = capture_error_code::empty});
    check_error(read_all(capture_file{"/dev/zero"}).error, {.code = capture_error_code::not_a_capture});
}

TEST_CASE("capture_file: standard input is read as a stream, by its own name and as /dev/stdin") {
    const byte_vector bytes = two_packets();
    const int saved = ::dup(0);
    REQUIRE(saved >= 0);
    for (const bool by_path : {false, true}) {
        if (by_path && !std::filesystem::exists("/dev/stdin")) continue;
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        REQUIRE(::write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
        ::close(ends[1]);
        ::dup2(ends[0], 0);
        ::close(ends[0]);
        const reading result =
            by_path ? read_all(capture_file{"/dev/stdin"}) : read_all(capture_file{file_stream::standard_input()});
        CHECK(result == read_memory(bytes));
        CHECK(::fcntl(0, F_GETFD) != -1); // it stays open
    }
    ::dup2(saved, 0);
    ::close(saved);
}

TEST_CASE("capture_file: a live capture delivers each packet as soon as it has been written") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const byte_vector bytes = two_packets();
    const auto write = [&](std::size_t from, std::size_t to) {
        REQUIRE(::write(ends[1], bytes.data() + from, to - from) == static_cast<ssize_t>(to - from));
    };
    write(0, 24 + 16 + 5);
    capture_file capture{std::filesystem::path{"/dev/fd/" + std::to_string(ends[0])}};
    REQUIRE(!capture.error());
    const packet* const first = capture.next(); // would wait for ever if it asked for more than one packet
    REQUIRE(first != nullptr);
    CHECK(first->bytes.size() == 5);
    write(24 + 16 + 5, bytes.size());
    ::close(ends[1]);
    const packet* const second = capture.next();
    REQUIRE(second != nullptr);
    CHECK(second->bytes.size() == 6);
    CHECK(capture.next() == nullptr);
    CHECK(!capture.error());
    ::close(ends[0]);
}

#endif
