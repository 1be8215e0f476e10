// SPDX-License-Identifier: MIT
#include <tcplens/archive/archive_reader.hpp>
#include <tcplens/archive/archive_writer.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
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

TEST_CASE("archive: a list reads what it wrote, and refuses optional values beyond their bound") {
    for (const std::optional<color> shade : {std::optional<color>{}, std::optional{color::blue}}) {
        listed before{sample};
        before.perhaps_shade = shade;
        const std::vector<std::byte> bytes = written(before);
        archive_reader reader{bytes};
        listed after{};
        after.perhaps_shade = color::red;
        reader(after);
        CHECK(reader.good());
        CHECK(reader.left() == 0);
        CHECK(static_cast<const plain&>(after) == before);
    }
    std::vector<std::byte> bytes = written(listed{sample});
    const std::size_t last_shade = bytes.size() - 1 - sizeof(double) - 1; // before a double and a bool
    CHECK(bytes[last_shade] == std::byte{2});
    bytes[last_shade] = std::byte{3};
    archive_reader reader{bytes};
    listed made_up{};
    reader(made_up);
    REQUIRE(reader.error());
    CHECK(reader.error()->offset == last_shade);
    CHECK(made_up.fraction == 0); // what follows an error is 0
}

TEST_CASE("archive: a number that is none is an error") {
    for (const double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                               -std::numeric_limits<double>::infinity()}) {
        const std::vector<std::byte> bytes = written(value);
        archive_reader reader{bytes};
        double read = 5;
        reader(read);
        CHECK(!reader.good());
        CHECK(read == 0);
    }
}

TEST_CASE("archive: bytes, sizes and names that are too long or others are errors") {
    const std::vector<std::byte> some{std::byte{1}, std::byte{2}, std::byte{3}};
    archive_writer writer;
    writer.bytes(some);
    writer.size(std::size_t{70'000});
    writer.same_type("rules");
    writer.expect_equal("limit", std::uint32_t{9});
    const std::vector<std::byte> bytes = std::move(writer).written();
    const auto read = [](const std::vector<std::byte>& from, std::string_view name, std::uint32_t limit) {
        archive_reader reader{from};
        std::vector<std::byte> values;
        std::size_t size = 0;
        reader.bytes(values);
        reader.size(size);
        reader.same_type(name);
        reader.expect_equal("limit", limit);
        CHECK((values.size() == 3 && size == 70'000) == (from.size() >= 15));
        return reader.error();
    };
    CHECK_FALSE(read(bytes, "rules", 9));
    REQUIRE(read(bytes, "ruler", 9));
    CHECK(read(bytes, "ruler", 9)->subject == "ruler");
    REQUIRE(read(bytes, "rules", 8));
    CHECK(read(bytes, "rules", 8)->subject == "limit");
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        CAPTURE(length);
        CHECK(read({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)}, "rules", 9));
    }
    std::vector<std::byte> too_long = bytes;
    too_long[0] = static_cast<std::byte>(bytes.size());
    archive_reader reader{too_long};
    std::vector<std::byte> values;
    reader.bytes(values);
    CHECK(!reader.good());
    CHECK(values.empty());
}
