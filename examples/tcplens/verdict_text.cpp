// SPDX-License-Identifier: MIT
#include "verdict_text.hpp"

#include <algorithm>

namespace program {

std::string milliseconds_text(std::chrono::nanoseconds time) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    const auto size = microseconds < 0 ? -microseconds : microseconds;
    std::string text = microseconds < 0 ? "-" : "";
    text += std::to_string(size / 1000) + '.' + std::to_string(1000 + size % 1000).substr(1);
    return text + " ms";
}

std::string certainty_text(const tcplens::verdict& said) {
    std::string text{to_string(said.certainty)};
    if (said.certainty != tcplens::verdict::certainty_level::undecided) return text;
    text += ':' + to_string(said.reading());
    if (said.alternatives != tcplens::verdict::reading_set::none) text += ',' + to_string(said.alternatives);
    std::ranges::replace(text, ',', '|');
    return text;
}

std::string verdict_text(const tcplens::verdict& said) {
    std::string text;
    if (said.kinds != tcplens::verdict_kinds::none) text += ": " + to_string(said.kinds);
    if (said.evidence != tcplens::evidence_set::none) text += ", because of " + to_string(said.evidence);
    if (!said.is_certain()) text += ", " + certainty_text(said);
    if (said.earlier_packet != 0)
        text += ", " + milliseconds_text(said.elapsed) + " after #" + std::to_string(said.earlier_packet);
    return text;
}

} // namespace program
