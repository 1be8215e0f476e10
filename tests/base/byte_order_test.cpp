// SPDX-License-Identifier: MIT
#include <tcplens/base/byte_order.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

constexpr std::array bytes{std::byte{0xff}, std::byte{0x81}, std::byte{0x02}, std::byte{0x03}, std::byte{0x04},
                           std::byte{0x05}, std::byte{0x06}, std::byte{0x07}, std::byte{0x88}};

// while compiling, it takes another way
static_assert(load_big<std::uint16_t>(bytes.data() + 1) == 0x8102);
static_assert(load_little<std::uint16_t>(bytes.data() + 1) == 0x0281);
static_assert(load_big<std::uint32_t>(bytes.data() + 1) == 0x81020304);
static_assert(load_little<std::uint32_t>(bytes.data() + 1) == 0x04030281);
static_assert(load_big<std::uint64_t>(bytes.data() + 1) == 0x8102030405060788);
static_assert(load_little<std::uint64_t>(bytes.data() + 1) == 0x8807060504030281);
static_assert(reverse_bytes(std::uint8_t{0x12}) == 0x12);
static_assert(reverse_bytes(std::uint16_t{0x1234}) == 0x3412);
static_assert(reverse_bytes(std::uint32_t{0x12345678}) == 0x78563412);
static_assert(reverse_bytes(std::uint64_t{0x123456789abcdef0}) == 0xf0debc9a78563412);

} // namespace

TEST_CASE("byte order: integers are loaded from any address, in either byte order") {
    const std::byte* volatile where = bytes.data() + 1; // not known to the compiler, and odd
    const std::byte* const at = where;
    CHECK(load_big<std::uint8_t>(at) == 0x81);
    CHECK(load_little<std::uint8_t>(at) == 0x81);
    CHECK(load_big<std::uint16_t>(at) == 0x8102);
    CHECK(load_little<std::uint16_t>(at) == 0x0281);
    CHECK(load_big<std::uint32_t>(at) == 0x81020304);
    CHECK(load_little<std::uint32_t>(at) == 0x04030281);
    CHECK(load_big<std::uint64_t>(at) == 0x8102030405060788);
    CHECK(load_little<std::uint64_t>(at) == 0x8807060504030281);
}
