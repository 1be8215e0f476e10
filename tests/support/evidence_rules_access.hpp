// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/connection/rules/evidence_rules.hpp>

namespace tcplens::inline v1::detail {

struct evidence_rules_access {
    /// The verdict without the fast path.
    static verdict judge_with_care(evidence_rules& rules, const rule_input& next,
                                   evidence_rules::connection_state& state) {
        return rules.judge_with_care(next, state);
    }
    /// The long memory of both sides, or null.
    static const per_side<evidence::long_memory>* long_memory_of(const evidence_rules& rules,
                                                                 const evidence_rules::connection_state& state) {
        return evidence_rules::is_busy(state) ? &rules.memory_of(state) : nullptr;
    }
};

} // namespace tcplens::inline v1::detail
