// SPDX-License-Identifier: MIT
// Keys: those of seeds repeat, random ones do not, also where the system's call for randomness is interrupted or forbidden.
#include <tcplens/base/hash_key.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <set>

#if defined(TCPLENS_HAS_GETRANDOM)
#include <cerrno>

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace {

/// What the next calls of getrandom() answer: so often EINTR, then ENOSYS if it is forbidden.
int interruptions = 0;
bool is_forbidden = false;

} // namespace

// In place of that of the C library, for this program.
extern "C" ssize_t getrandom(void* into, std::size_t length, unsigned flags) {
    if (interruptions > 0) {
        --interruptions;
        errno = EINTR;
        return -1;
    }
    if (is_forbidden) {
        errno = ENOSYS;
        return -1;
    }
    return static_cast<ssize_t>(::syscall(SYS_getrandom, into, length, flags));
}
#endif

using tcplens::hash_key;

TEST_CASE("hash key: a seed makes the same key each time, with words that differ") {
    std::set<std::uint64_t> words;
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
        for (std::size_t i = 0; i < hash_key::word_count; ++i) {
            CHECK(hash_key{seed}.word(i) == hash_key{seed}.word(i));
            CHECK(hash_key{seed} == hash_key{seed});
            CHECK(hash_key{seed} != hash_key{seed + 1});
            words.insert(hash_key{seed}.word(i));
        }
    }
    CHECK(words.size() == 3 * hash_key::word_count);
}

TEST_CASE("hash key: random keys differ, also where the system's call is interrupted or forbidden") {
    std::set<std::uint64_t> words;
    for (int round = 0; round < 12; ++round) {
#if defined(TCPLENS_HAS_GETRANDOM)
        interruptions = round % 3;
        is_forbidden = round >= 6;
#endif
        const hash_key key = hash_key::random();
        for (std::size_t i = 0; i < hash_key::word_count; ++i) words.insert(key.word(i));
    }
#if defined(TCPLENS_HAS_GETRANDOM)
    CHECK(interruptions == 0); // it was asked
    is_forbidden = false;
#endif
    CHECK(words.size() == 12 * hash_key::word_count);
}
