// SPDX-License-Identifier: MIT
#pragma once

// The rules by which a table judges segments, as --rules chooses them.

#include "command_line.hpp"

#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/tcplens.hpp>

namespace program {

enum class rule_set { evidence, wireshark, repeated_sequence };

inline void declare_rules(command_line& line, rule_set& to) {
    line.choice<rule_set>(
        "--rules",
        {{"evidence", rule_set::evidence},
         {"wireshark", rule_set::wireshark},
         {"repeated_sequence", rule_set::repeated_sequence}},
        "what tells a retransmission: the evidence in the segments (the default), what Wireshark says, or "
        "whether its sender used the sequence number of data before",
        to);
}

/// Calls `use(rules)` with the rules asked for: each set has its own type, so `use` is a template.
template <class Use>
auto with_rules(rule_set asked_for, Use use) {
    switch (asked_for) {
    case rule_set::wireshark: return use(tcplens::wireshark_rules{});
    case rule_set::repeated_sequence: return use(tcplens::repeated_sequence_rules{});
    case rule_set::evidence: break;
    }
    return use(tcplens::evidence_rules{});
}

} // namespace program
