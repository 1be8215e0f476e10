// SPDX-License-Identifier: MIT
#include <tcplens/archive/archive_reader.hpp>
#include <tcplens/archive/archive_writer.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

using namespace tcplens;

namespace {

enum class color : std::uint8_t { red, green, blue };
[[nodiscard]] constexpr color tcplens_archive_limit(color) noexcept {
    return color::blue;
}

struct inner {
    std::uint16_t small = 0;
    std::optional<std::uint32_t> perhaps{};

    [[nodiscard]] friend bool operator==(const inner&, const inner&) noexcept = default;
};

struct single {
    std::array<inner, 2> inners{};
};

struct plain {
    std::uint8_t first = 1;
    inner nested{};
    std::optional<inner> perhaps{};
    std::array<std::uint16_t, 3> numbers{};
    std::chrono::nanoseconds time{};
    timestamp at{};
    std::optional<timestamp> perhaps_at{};
    color shade = color::red;
    std::optional<color> perhaps_shade{};
    double fraction = 0;
    bool flag = false;

    [[nodiscard]] friend bool operator==(const plain&, const plain&) noexcept = default;
};

/// The same, with each member named.
struct listed : plain {
    friend void archive(auto& ar, listed& of) {
        ar(of.first, of.nested.small, of.nested.perhaps, of.perhaps, of.numbers[0], of.numbers[1], of.numbers[2],
           of.time, of.at, of.perhaps_at);
        ar.bounded(of.shade, color::blue);
        ar.bounded(of.perhaps_shade, color::blue);
        ar(of.fraction, of.flag);
    }
};

struct range {
    std::uint8_t begin = 0;
    std::uint8_t end = 1;

    [[nodiscard]] friend bool is_consistent(const range& of) noexcept { return of.begin < of.end; }
};

const plain sample{.first = 7,
                   .nested = {.small = 300, .perhaps = 5},
                   .perhaps = inner{.small = 2, .perhaps = std::nullopt},
                   .numbers = {1, 2, 3},
                   .time = std::chrono::nanoseconds{-1},
                   .at = timestamp{std::chrono::nanoseconds{1'000}},
                   .perhaps_at = timestamp{std::chrono::nanoseconds{2'000}},
                   .shade = color::green,
                   .perhaps_shade = color::blue,
                   .fraction = 0.5,
                   .flag = true};

template <class Value>
std::vector<std::byte> written(const Value& value) {
    archive_writer writer;
    writer(value);
    return std::move(writer).written();
}

static_assert(detail::count_members<inner>() == 2);
static_assert(detail::count_members<single>() == 1);
static_assert(detail::count_members<plain>() == 11);
static_assert(detail::count_members<range>() == 2);

} // namespace

TEST_CASE("archive: a plain struct is written member by member, in the order of declaration") {
    CHECK(written(sample) == written(listed{sample}));
    CHECK(written(plain{}) == written(listed{}));
}

TEST_CASE("archive: a plain struct is read back") {
    const std::vector<std::byte> bytes = written(sample);
    archive_reader reader{bytes};
    plain read;
    reader(read);
    CHECK(reader.good());
    CHECK(reader.left() == 0);
    CHECK(read == sample);
}

TEST_CASE("archive: each cut of a plain struct is an error, and what is missing is 0") {
    const std::vector<std::byte> bytes = written(sample);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        archive_reader reader{std::span{bytes}.first(length)};
        plain read;
        reader(read);
        CHECK_FALSE(reader.good());
        CHECK_FALSE(read.flag);
    }
}

TEST_CASE("archive: an enumerator above the limit is an error") {
    for (const unsigned value : {0u, 2u, 3u, 255u}) {
        const std::array bytes{static_cast<std::byte>(value)};
        archive_reader reader{bytes};
        color read = color::green;
        reader(read);
        CHECK(reader.good() == (value <= 2));
        CHECK(read == (value <= 2 ? static_cast<color>(value) : color::red));
    }
}

TEST_CASE("archive: a plain struct that is not consistent is an error and becomes its default") {
    for (const auto& [begin, end] : {std::pair{1, 3}, std::pair{3, 3}, std::pair{4, 3}}) {
        const std::array bytes{static_cast<std::byte>(begin), static_cast<std::byte>(end)};
        archive_reader reader{bytes, 10};
        range read;
        reader(read);
        CHECK(reader.good() == (begin < end));
        CHECK(read.begin == (begin < end ? begin : 0));
        CHECK(read.end == (begin < end ? end : 1));
        if (begin >= end) CHECK(reader.error()->offset == 11);
    }
}
