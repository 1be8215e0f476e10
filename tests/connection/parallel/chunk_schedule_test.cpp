// SPDX-License-Identifier: MIT
#include <tcplens/connection/parallel/chunk_schedule.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

using tcplens::detail::chunk_schedule;
using task = tcplens::detail::chunk_schedule::task;

namespace {

/// What is there to do, which has to be something: else this would wait for good.
void expect(chunk_schedule& schedule, std::size_t thread, task what, std::uint64_t chunk, std::size_t follower = 0) {
    const auto found = schedule.next(thread);
    CHECK(found.what == what);
    CHECK(found.chunk == chunk);
    CHECK(found.follower == follower);
}

} // namespace

TEST_CASE("one thread reads a chunk, settles it and follows it") {
    chunk_schedule schedule{1, 2, 70};
    expect(schedule, 0, task::read, 70);
    schedule.has_read(false);
    schedule.has_decoded(70);
    expect(schedule, 0, task::settle, 70);
    schedule.has_settled();
    expect(schedule, 0, task::follow, 70);
    schedule.has_followed(0);
    expect(schedule, 0, task::read, 71);
    schedule.has_read(true);
    schedule.has_decoded(71);
    expect(schedule, 0, task::settle, 71);
    schedule.has_settled();
    expect(schedule, 0, task::follow, 71);
    schedule.has_followed(0);
    CHECK(schedule.next(0).what == task::none);
    CHECK(schedule.next(0).what == task::none);
}

TEST_CASE("a chunk is settled as soon as those before it are") {
    chunk_schedule schedule{2, 4, 0};
    expect(schedule, 0, task::read, 0);
    schedule.has_read(false);
    expect(schedule, 1, task::read, 1);
    schedule.has_read(false);
    schedule.has_decoded(1);
    expect(schedule, 1, task::read, 2); // 1 has to wait for 0
    schedule.has_decoded(0);
    expect(schedule, 0, task::settle, 0);
    schedule.has_settled();
    expect(schedule, 0, task::settle, 1);
    schedule.has_settled();
    expect(schedule, 0, task::follow, 0);
    schedule.has_followed(0);
    expect(schedule, 0, task::follow, 1);
    // The other one is reading, and nothing else is left to do: this thread follows for it.
    schedule.has_followed(0);
    expect(schedule, 0, task::follow, 0, 1);
    schedule.has_read(true);
    schedule.has_decoded(2);
    expect(schedule, 1, task::settle, 2);
    schedule.has_settled();
    expect(schedule, 1, task::follow, 2, 0); // its own is busy
    schedule.has_followed(1);
    expect(schedule, 0, task::follow, 1, 1);
}

TEST_CASE("a chunk is not read before all have followed the one in whose place it comes") {
    chunk_schedule schedule{2, 2, 0};
    for (std::uint64_t chunk = 0; chunk < 2; ++chunk) {
        expect(schedule, 0, task::read, chunk);
        schedule.has_read(false);
    }
    schedule.has_decoded(0);
    schedule.has_decoded(1);
    for (std::uint64_t chunk = 0; chunk < 2; ++chunk) {
        expect(schedule, 0, task::settle, chunk);
        schedule.has_settled();
    }
    for (std::uint64_t chunk = 0; chunk < 2; ++chunk) {
        expect(schedule, 0, task::follow, chunk, 0);
        schedule.has_followed(0);
    }
    expect(schedule, 0, task::follow, 0, 1);
    schedule.has_followed(1);
    expect(schedule, 0, task::read, 2);
}

TEST_CASE("threads keep the order of each step") {
    constexpr std::uint64_t last = 2000;
    constexpr std::size_t followers = 3;
    constexpr std::size_t ring = 4;
    for (const std::size_t threads : {1u, 2u, 3u, 5u}) {
        CAPTURE(threads);
        chunk_schedule schedule{followers, ring, 0};
        // Written by one thread at a time, if the schedule is right; a thread sanitizer sees it if it is not.
        std::uint64_t read_up_to = 0;
        std::uint64_t settled_up_to = 0;
        std::array<std::uint64_t, followers> followed_up_to{};
        std::array<std::uint64_t, ring> chunks{};
        std::atomic<unsigned> wrong = 0;
        const auto work = [&](std::size_t thread) {
            for (;;) {
                const auto todo = schedule.next(thread % followers);
                std::uint64_t& chunk = chunks[todo.chunk % ring];
                switch (todo.what) {
                case task::read:
                    wrong += todo.chunk != read_up_to++ || todo.chunk > last;
                    schedule.has_read(todo.chunk == last);
                    chunk = 10 * todo.chunk;
                    schedule.has_decoded(todo.chunk);
                    break;
                case task::settle:
                    wrong += todo.chunk != settled_up_to++ || chunk != 10 * todo.chunk;
                    ++chunk;
                    schedule.has_settled();
                    break;
                case task::follow:
                    wrong += todo.chunk != followed_up_to[todo.follower]++ || chunk != 10 * todo.chunk + 1;
                    schedule.has_followed(todo.follower);
                    break;
                case task::none: return;
                }
            }
        };
        std::vector<std::thread> helpers;
        for (std::size_t thread = 1; thread < threads; ++thread) helpers.emplace_back(work, thread);
        work(0);
        for (std::thread& each : helpers) each.join();
        CHECK(wrong == 0);
        CHECK(read_up_to == last + 1);
        CHECK(settled_up_to == last + 1);
        CHECK(std::ranges::all_of(followed_up_to, [](std::uint64_t chunks_of_it) { return chunks_of_it == last + 1; }));
    }
}
