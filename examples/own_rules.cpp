// SPDX-License-Identifier: MIT
// A rule set of one's own: what ends below the highest number that its sender reached was sent again.

#include <tcplens/tcplens.hpp>

#include <iostream>

class highest_number_rules {
public:
    struct side_state {
        tcplens::sequence_number highest{}; // after the last byte that it sent
        bool heard = false;
    };
    // What the rules remember of each connection. Its size is fixed, whatever the peers send.
    struct connection_state {
        tcplens::per_side<side_state> sides{};
    };

    [[nodiscard]] tcplens::verdict judge(const tcplens::rule_input& next, connection_state& state) const noexcept {
        side_state& sender = state.sides[next.sender];
        const tcplens::sequence_number end = next.segment.sequence_end();
        const bool reached = sender.heard && !before(sender.highest, end); // not `<`: sequence numbers wrap
        if (!reached) sender.highest = end;
        sender.heard = true;
        if (!reached || next.segment.payload_length == 0) return {};
        return {.kinds = tcplens::verdict_kinds::retransmission, .evidence = tcplens::evidence_set::bytes_seen};
    }
};
static_assert(tcplens::segment_rules<highest_number_rules>);

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::basic_connection_table<highest_number_rules> table;
    table.add_all(capture);
    const auto report = tcplens::analyze_retransmissions(table);
    std::cout << report.total_retransmissions << " of " << report.total_packets << " packets were sent again\n";
    return capture.error() ? 1 : 0;
}
