// SPDX-License-Identifier: MIT
#pragma once

#include "check.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__linux__) && __has_include(<sys/random.h>)
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <sys/random.h>
#define TCPLENS_HAS_GETRANDOM 1
#else
#include <random>
#endif

namespace tcplens::inline v1 {

/// The secret key of a hash. An attacker who does not know the key cannot choose values that collide. No result depends on a key.
class hash_key {
public:
    /// The number of words of a key.
    static constexpr std::size_t word_count = 6;

    /// Makes the key of a seed, always the same one: for runs that must repeat in every detail.
    constexpr explicit hash_key(std::uint64_t seed) noexcept {
        for (auto& word :
             words_) { // splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014)
            std::uint64_t mixed = (seed += 0x9e3779b97f4a7c15u);
            mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
            mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
            word = mixed ^ (mixed >> 31);
        }
    }

    /// Makes a key of random bits, all of them from the system's source of randomness. Aborts if there is none.
    [[nodiscard]] static hash_key random() {
        hash_key key{0};
        key.fill_randomly();
        return key;
    }

    /// One word of the key. @pre `index` is less than `word_count`.
    [[nodiscard]] constexpr std::uint64_t word(std::size_t index) const noexcept {
        TCPLENS_CHECK(index < word_count, "index is less than word_count");
        return words_[index];
    }

    /// Whether both are the same key.
    [[nodiscard]] friend constexpr bool operator==(const hash_key&, const hash_key&) noexcept = default;

private:
#if defined(TCPLENS_HAS_GETRANDOM)
    // What std::random_device does as well, for which <random> would be compiled with all its engines and distributions.
    void fill_randomly() noexcept {
        ssize_t got = 0;
        do { // it may wait shortly after booting, and be interrupted then
            got = ::getrandom(words_.data(), sizeof words_, 0);
        } while (got < 0 && errno == EINTR);
        if (got == static_cast<ssize_t>(sizeof words_)) return;
        // The call may be forbidden (seccomp), or unknown to the kernel.
        std::FILE* const device = std::fopen("/dev/urandom", "rb");
        if (device == nullptr || std::fread(words_.data(), sizeof words_, 1, device) != 1) std::abort();
        std::fclose(device);
    }
#else
    void fill_randomly() {
        std::random_device source;
        for (auto& word : words_) word = std::uint64_t{source()} << 32 | source();
    }
#endif

    std::array<std::uint64_t, word_count> words_{};
};

} // namespace tcplens::inline v1
