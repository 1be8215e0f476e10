// SPDX-License-Identifier: MIT
#include "../../support/capture_writer.hpp"
#include "../../support/reading.hpp"

#include <tcplens/capture/source/memory_source.hpp>
#include <tcplens/capture/source/stream_source.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>

using namespace tcplens;

using namespace tcplens::detail;
using capture_writer::byte_vector;
using capture_writer::counting;

namespace {

constexpr std::array<std::byte, 5> five{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}, std::byte{5}};

constexpr bool memory_is_read_while_compiling() {
    memory_source source{five};
    if (source.peek(2).size() < 2 || source.peek(2)[0] != std::byte{1}) return false;
    return source.skip(2) == 2 && source.position() == 2 && source.peek(1)[0] == std::byte{3};
}
static_assert(memory_is_read_while_compiling());

static_assert(byte_source<stream_source<chunked>>);
static_assert(!byte_source<int>);
static_assert(stream_filler<std::size_t (*)(std::span<std::byte>)>);
static_assert(!stream_filler<void (*)(std::span<std::byte>)>);

bool equal(std::span<const std::byte> a, std::span<const std::byte> b) {
    return std::ranges::equal(a, b);
}

} // namespace

TEST_CASE("byte sources: memory is read without a copy") {
    const byte_vector bytes = counting(10);
    memory_source source{bytes};
    CHECK(source.size() == 10);
    CHECK(source.peek(3).data() == bytes.data());
    CHECK(source.skip(4) == 4);
    CHECK(source.position() == 4);
    CHECK(source.peek(1).data() == bytes.data() + 4);
    CHECK(source.peek(100).size() == 6);
    CHECK(source.skip(std::numeric_limits<std::uint64_t>::max()) == 6);
    CHECK(source.peek(1).empty());
    CHECK(source.skip(1) == 0);
    CHECK(source.position() == 10);
    CHECK(!source.read_error());
}

TEST_CASE("byte sources: a stream gives the same windows as memory, however its bytes arrive") {
    const byte_vector bytes = counting(200'000); // more than the first buffer
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, bytes.size()}) {
        CAPTURE(chunk);
        stream_source source{chunked{bytes, chunk}};
        std::size_t at = 0;
        for (const std::size_t step : {0u, 1u, 16u, 3000u, 65'536u, 5u, 100'000u}) {
            const auto window = source.peek(step);
            REQUIRE(window.size() >= step);
            CHECK(equal(window.first(step), std::span{bytes}.subspan(at, step)));
            CHECK(source.skip(step) == step);
            at += step;
            CHECK(source.position() == at);
        }
        const auto rest = source.peek(bytes.size());
        CHECK(equal(rest, std::span{bytes}.subspan(at)));
        CHECK(source.skip(bytes.size()) == bytes.size() - at);
        CHECK(source.position() == bytes.size());
        CHECK(source.peek(1).empty());
        CHECK(!source.read_error());
    }
}

TEST_CASE("byte sources: a window stays where it is while the stream skips within it") {
    const byte_vector bytes = counting(1000);
    stream_source source{chunked{bytes, 100}};
    const auto window = source.peek(300);
    CHECK(source.skip(100) == 100);
    CHECK(source.skip(200) == 200);
    CHECK(equal(window.first(300), std::span{bytes}.first(300)));
}

TEST_CASE("byte sources: a long skip does not grow the buffer") {
    const byte_vector bytes = counting(1'000'000);
    std::size_t largest = 0;
    stream_source source{chunked{.bytes = bytes, .chunk = bytes.size(), .largest_buffer = &largest}};
    CHECK(source.skip(999'990) == 999'990);
    CHECK(source.position() == 999'990);
    CHECK(equal(source.peek(10), std::span{bytes}.last(10)));
    CHECK(largest == 64 * 1024);
}

TEST_CASE("byte sources: a buffer grows with what has arrived, not with what is asked for") {
    const byte_vector bytes = counting(100);
    std::size_t largest = 0;
    stream_source source{chunked{.bytes = bytes, .chunk = 10, .largest_buffer = &largest}};
    CHECK(source.peek(std::numeric_limits<std::uint32_t>::max()).size() == 100);
    CHECK(largest == 64 * 1024);
}

TEST_CASE("byte sources: the filler is called only when the buffer holds too few bytes") {
    const byte_vector bytes = counting(100);
    int calls = 0;
    stream_source source{[&, left = std::span<const std::byte>{bytes}](std::span<std::byte> buffer) mutable {
        ++calls;
        const std::size_t count = std::min<std::size_t>({left.size(), buffer.size(), 20});
        std::ranges::copy(left.first(count), buffer.begin());
        left = left.subspan(count);
        return count;
    }};
    CHECK(calls == 0);
    CHECK(source.peek(20).size() == 20);
    CHECK(calls == 1);
    CHECK(source.skip(15) == 15);
    CHECK(source.peek(5).size() == 5);
    CHECK(calls == 1);
    CHECK(source.peek(6).size() == 25);
    CHECK(calls == 2);
    CHECK(source.skip(25) == 25);
    CHECK(calls == 2);
}

TEST_CASE("byte sources: the filler is not called again after the end of the stream") {
    int calls = 0;
    stream_source source{[&](std::span<std::byte>) { return ++calls == 1 ? 5 : 0; }};
    CHECK(source.peek(6).size() == 5);
    CHECK(source.peek(6).size() == 5);
    CHECK(source.skip(6) == 5);
    CHECK(source.skip(1) == 0);
    CHECK(source.peek(1).empty());
    CHECK(calls == 2);
    CHECK(!source.read_error());
}

TEST_CASE("byte sources: a stream that fails keeps what had arrived and says why it ended") {
    const byte_vector bytes = counting(10);
    stream_source source{chunked{bytes, 4, -EIO}};
    CHECK(source.peek(8).size() == 8);
    CHECK(!source.read_error());
    CHECK(source.peek(11).size() == 10);
    CHECK(source.read_error() == std::optional<int>{EIO});

    stream_source skipping{chunked{bytes, 4, -EIO}};
    CHECK(skipping.skip(1000) == 10);
    CHECK(skipping.read_error() == std::optional<int>{EIO});
}

TEST_CASE("byte sources: a filler that returns an impossible number is a read error with errno 0") {
    for (const std::ptrdiff_t count : {std::ptrdiff_t{1 << 20}, std::numeric_limits<std::ptrdiff_t>::max(),
                                       std::numeric_limits<std::ptrdiff_t>::min()}) {
        stream_source source{[count](std::span<std::byte>) { return count; }};
        CHECK(source.peek(1).empty());
        CHECK(source.read_error() == std::optional<int>{0});
    }
    stream_source source{[](std::span<std::byte>) { return static_cast<std::size_t>(-1); }};
    CHECK(source.peek(1).empty());
    CHECK(source.read_error() == std::optional<int>{1});
}

TEST_CASE("byte sources: a stream can be moved in the middle") {
    const byte_vector bytes = counting(100);
    struct move_only {
        chunked from;
        std::unique_ptr<int> owned = nullptr;
        std::ptrdiff_t operator()(std::span<std::byte> buffer) { return from(buffer); }
    };
    stream_source first{move_only{{bytes, 10}}};
    CHECK(first.skip(15) == 15);
    stream_source second{std::move(first)};
    CHECK(second.position() == 15);
    CHECK(equal(second.peek(10).first(10), std::span{bytes}.subspan(15, 10)));
    CHECK(equal(second.peek(85), std::span{bytes}.subspan(15)));
}
