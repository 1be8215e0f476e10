// SPDX-License-Identifier: MIT
#include "../support/evidence_rules_access.hpp"
#include "../support/plain_talk.hpp"
#include "require.hpp"

#include <tcplens/connection/rules/evidence_rules.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

using namespace tcplens;

namespace {

/// Numbers from the bytes of an input: as many bytes as the limit needs.
class told_choices {
public:
    explicit told_choices(std::span<const std::uint8_t> input) : input_(input) {}

    [[nodiscard]] bool empty() const { return input_.empty(); }
    [[nodiscard]] std::uint32_t below(std::uint32_t limit) {
        std::uint32_t number = 0;
        for (std::uint32_t rest = limit - 1; rest > 0; rest >>= 8) number = number << 8 | next_byte();
        return number % limit;
    }

private:
    [[nodiscard]] std::uint8_t next_byte() {
        if (input_.empty()) return 0;
        const std::uint8_t next = input_.front();
        input_ = input_.subspan(1);
        return next;
    }

    std::span<const std::uint8_t> input_;
};

using state = evidence_rules::connection_state;
using inner = detail::evidence_rules_access;

/// Whether rules remember the same of a connection. Which piece of the shared memory it has is the same, too.
bool remember_same(const evidence_rules& rules, const state& of, const evidence_rules& other_rules,
                   const state& other) {
    if (!(of == other)) return false;
    const auto* const memory = inner::long_memory_of(rules, of);
    const auto* const other_memory = inner::long_memory_of(other_rules, other);
    return memory == nullptr ? other_memory == nullptr : other_memory != nullptr && *memory == *other_memory;
}

} // namespace

// evidence_rules say and remember the same of each segment by the short ways as by the long one. Input: how many connections may have a
// long memory, and the choices of three talks (see plain_talk.hpp).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 || size > 16'384) return 0;
    told_choices choices{std::span{data, size}};
    constexpr std::uint32_t limits[]{0, 1, 2, 1000};
    const std::uint32_t limit = limits[choices.below(4)];
    evidence_rules rules{limit};
    evidence_rules measure{limit};
    std::array<plain_talk<told_choices>, 3> talks{plain_talk{choices}, plain_talk{choices}, plain_talk{choices}};
    std::array<state, 3> states{};
    std::array<state, 3> measures{};
    for (std::size_t i = 0; !choices.empty(); ++i) {
        const std::size_t which = i % 7 < 4 ? 0 : i % 3;
        const auto [sent, sender] = talks[which].next();
        const rule_input next{.segment = sent, .sender = sender};
        const verdict said = rules.judge(next, states[which]);
        require(said == inner::judge_with_care(measure, next, measures[which]));
        require(remember_same(rules, states[which], measure, measures[which]));
        if (sent.flags.rst() && choices.below(8) == 0) { // it leaves its table, and another one begins
            rules.forget(states[which]);
            measure.forget(measures[which]);
            states[which] = measures[which] = {};
        }
    }
    for (std::size_t i = 0; i < states.size(); ++i) require(remember_same(rules, states[i], measure, measures[i]));
    return 0;
}
