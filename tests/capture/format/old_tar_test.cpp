// SPDX-License-Identifier: MIT
#include <tcplens/capture/format/foreign_formats.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace tcplens::detail;

namespace {

/// The header of a tar archive without magic, with this text as the sum of its bytes.
std::vector<std::byte> old_tar(std::string_view sum) {
    std::vector<std::byte> made(512);
    const std::string_view name = "captures/a.pcap";
    for (std::size_t i = 0; i < name.size(); ++i) made[i] = static_cast<std::byte>(name[i]);
    for (std::size_t i = 0; i < sum.size(); ++i) made[148 + i] = static_cast<std::byte>(sum[i]);
    return made;
}

/// The sum of its bytes, the eight of the sum itself taken for spaces.
std::string right_sum() {
    unsigned sum = 8 * ' ';
    for (const std::byte each : old_tar("")) sum += std::to_integer<unsigned>(each);
    std::string digits;
    for (; sum > 0; sum /= 8) digits.insert(digits.begin(), static_cast<char>('0' + sum % 8));
    return digits;
}

} // namespace

TEST_CASE("old tar: a tar archive without magic is known by the sum of its header") {
    const std::string sum = right_sum();
    for (const std::string& text : {sum, "  " + sum, sum + " ", "00" + sum, "8" + sum, "x" + sum}) {
        CAPTURE(text);
        CHECK(is_old_tar(old_tar(text))); // what is no octal digit separates
    }
    std::string wrong = sum;
    wrong.back() = wrong.back() == '7' ? '6' : static_cast<char>(wrong.back() + 1);
    for (const std::string& text : {wrong, std::string{}, std::string{"xyz"}}) {
        CAPTURE(text);
        CHECK(!is_old_tar(old_tar(text)));
    }
    auto cut = old_tar(sum);
    cut.pop_back();
    CHECK(!is_old_tar(cut));
    auto nameless = old_tar(sum);
    nameless[0] = std::byte{};
    CHECK(!is_old_tar(nameless));
}
