// SPDX-License-Identifier: MIT
#include <string_view>

namespace {

struct {
    int count = 0;
    int line = 0;
    std::string_view sentence{};
} failed;

void record(const char*, int line, const char* sentence) {
    failed = {.count = failed.count + 1, .line = line, .sentence = sentence};
}

} // namespace

#define TCPLENS_CHECKS 1
#define TCPLENS_CHECK_FAILED(file, line, sentence) record(file, line, sentence)
#include <tcplens/base/check.hpp>

#include <doctest/doctest.h>

TEST_CASE("check: a handler takes the place of the abort") {
    TCPLENS_CHECK(1 + 1 == 2, "sums are right");
    CHECK(failed.count == 0);
    TCPLENS_CHECK(1 + 1 == 3, "sums are wrong");
    CHECK(failed.count == 1);
    CHECK(failed.line == __LINE__ - 2);
    CHECK(failed.sentence == "sums are wrong");
}
