// SPDX-License-Identifier: MIT
#pragma once

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

namespace tcplens::inline v0 {

/// The secret of a hash: who does not know it cannot pick values that collide.
class hash_key {
public:
    static constexpr std::size_t word_count = 6;

    /// The key that a seed stands for; for runs that must repeat in every detail. No result depends on a key.
    constexpr explicit hash_key(std::uint64_t seed) noexcept {
        for (auto& word :
             words_) { // splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014)
            std::uint64_t mixed = (seed += 0x9e3779b97f4a7c15u);
            mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
            mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
            word = mixed ^ (mixed >> 31);
        }
    }

    /// A key from the system's source of randomness.
    [[nodiscard]] static hash_key random() {
#if defined(                                                                                                           \
    TCPLENS_HAS_GETRANDOM) // as std::random_device does, for which all engines and distributions would be compiled
        return hash_key{random_seed()};
#else
        std::random_device source;
        return hash_key{std::uint64_t{source()} << 32 | source()};
#endif
    }

    [[nodiscard]] constexpr std::uint64_t word(std::size_t index) const noexcept {
        return words_[index];
    }

private:
#if defined(TCPLENS_HAS_GETRANDOM)
    [[nodiscard]] static std::uint64_t random_seed() noexcept {
        std::uint64_t seed = 0;
        ssize_t got = 0;
        do { // so early after booting that it waits, it may be interrupted
            got = ::getrandom(&seed, sizeof seed, 0);
        } while (got < 0 && errno == EINTR);
        if (got == static_cast<ssize_t>(sizeof seed)) return seed;
        // It may be forbidden (seccomp), or older than it.
        std::FILE* const device = std::fopen("/dev/urandom", "rb");
        if (device == nullptr || std::fread(&seed, sizeof seed, 1, device) != 1) std::abort(); // as a throw would
        std::fclose(device);
        return seed;
    }
#endif

    std::array<std::uint64_t, word_count> words_{};
};

} // namespace tcplens::inline v0
