// SPDX-License-Identifier: MIT
#include <tcplens/connection/table/connection_index.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <unordered_map>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

/// An index of keys whose hashes are what `hash` says, beside an unordered_map that is to agree with it.
class compared {
public:
    explicit compared(std::uint32_t (*hash)(std::uint64_t)) : hash_(hash) {}

    void put(std::uint64_t key) {
        const auto record = static_cast<std::uint32_t>(keys_.size());
        keys_.push_back(key);
        if (const auto [old, fresh] = expected_.try_emplace(key, record); fresh) {
            index_.insert(hash_(key), record);
        } else {
            index_.replace(hash_(key), old->second, record);
            old->second = record;
        }
    }
    void erase(std::uint64_t key) {
        const auto found = expected_.find(key);
        if (found == expected_.end()) return;
        index_.erase(hash_(key), found->second);
        expected_.erase(found);
    }
    [[nodiscard]] bool agrees_on(std::uint64_t key) const {
        const auto found = expected_.find(key);
        return find(key) == (found == expected_.end() ? connection_index::none : found->second);
    }
    [[nodiscard]] bool agrees() const {
        for (const auto& [key, record] : expected_) {
            if (find(key) != record) return false;
        }
        return true;
    }
    void reserve(std::size_t records) { index_.reserve(records); }
    [[nodiscard]] std::size_t size() const { return expected_.size(); }

private:
    [[nodiscard]] std::uint32_t find(std::uint64_t key) const {
        return index_.find(hash_(key), [&](std::uint32_t record) { return keys_[record] == key; });
    }

    std::uint32_t (*hash_)(std::uint64_t);
    connection_index index_;
    std::vector<std::uint64_t> keys_;
    std::unordered_map<std::uint64_t, std::uint32_t> expected_;
};

std::uint32_t spread(std::uint64_t key) {
    return static_cast<std::uint32_t>(key * 0x9e37'79b9'7f4a'7c15u >> 32);
}
std::uint32_t one_of_four(std::uint64_t key) {
    return static_cast<std::uint32_t>(key % 4) * 0x4000'0000u;
}
std::uint32_t at_the_end(std::uint64_t key) { // where it goes on at the beginning
    return 0xffff'ffffu - static_cast<std::uint32_t>(key % 3);
}
std::uint32_t always_the_same(std::uint64_t) {
    return 0;
}
std::uint32_t neighbours(std::uint64_t key) {
    return 0x8000'0000u + static_cast<std::uint32_t>(key);
}

} // namespace

TEST_CASE("an index finds what an unordered_map finds, whatever collides") {
    for (const auto hash : {spread, one_of_four, at_the_end, always_the_same, neighbours}) {
        for (const std::size_t reserved : {0u, 1u, 33u, 400u}) {
            compared index{hash};
            CHECK(index.agrees_on(0));
            if (reserved > 0) index.reserve(reserved);
            CHECK(index.agrees_on(0));
            std::mt19937_64 random{6};
            for (int i = 0; i < 1200; ++i) {
                const std::uint64_t key = random() % 800;
                CHECK(index.agrees_on(key));
                index.put(key); // in the place of the one before, if there was one
                CHECK(index.agrees_on(key));
                CHECK(index.agrees_on(random() % 800));
                if (i % 200 == 0) CHECK(index.agrees());
                if (i == 300 && reserved > 0) index.reserve(3 * reserved);
            }
            CHECK(index.size() > 500);
            CHECK(index.agrees());
        }
    }
}

TEST_CASE("an index forgets what is taken out, and nothing else, whatever collides") {
    for (const auto hash : {spread, one_of_four, at_the_end, always_the_same, neighbours}) {
        compared index{hash};
        std::mt19937_64 random{7};
        for (int i = 0; i < 4000; ++i) {
            const std::uint64_t key = random() % 60;
            if (random() % 2 == 0) index.put(key);
            else index.erase(key);
            CHECK(index.agrees_on(key));
            CHECK(index.agrees_on(random() % 60));
            if (i % 20 == 0) CHECK(index.agrees());
        }
        CHECK(index.size() > 10);
        for (std::uint64_t key = 0; key < 60; ++key) index.erase(key);
        for (std::uint64_t key = 0; key < 60; ++key) CHECK(index.agrees_on(key));
    }
}

TEST_CASE("an index grows and keeps what it holds") {
    compared index{spread};
    for (std::uint64_t key = 0; key < 100'000; ++key) index.put(key);
    CHECK(index.agrees());
    for (std::uint64_t key = 100'000; key < 200'000; ++key) CHECK(index.agrees_on(key));
    index.reserve(1); // of no effect
    CHECK(index.agrees());
    index.reserve(500'000);
    CHECK(index.agrees());
}

TEST_CASE("an index asks only about records of the same hash, each once") {
    connection_index index;
    for (std::uint32_t record = 0; record < 30; ++record) index.insert(record % 3, record);
    std::vector<std::uint32_t> asked;
    CHECK(index.find(1, [&](std::uint32_t record) {
        asked.push_back(record);
        return false;
    }) == connection_index::none);
    CHECK(asked.size() == 10);
    for (const std::uint32_t record : asked) CHECK(record % 3 == 1);
    CHECK(index.find(7, [](std::uint32_t) { return true; }) == connection_index::none);
    CHECK(index.find(2, [](std::uint32_t record) { return record == 29; }) == 29);
}
