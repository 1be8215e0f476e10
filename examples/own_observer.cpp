// SPDX-License-Identifier: MIT
// An observer of one's own: the longest pause between two segments of each connection.

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>

class pause_observer {
public:
    // What each connection of the table has besides: it becomes a base of the connection.
    struct facts {
        std::chrono::nanoseconds longest_pause{};

        void swap_roles() noexcept {} // nothing here depends on who the client is
        [[nodiscard]] friend bool operator==(const facts&, const facts&) noexcept = default;
    };
    // What the observer remembers of each connection. Its size is fixed, whatever the peers send.
    struct connection_state {
        tcplens::timestamp last{};
    };
    static constexpr bool per_connection = true; // it shares nothing between connections, so parallel tables take it

    void observe(const tcplens::observer_input& next, connection_state& state, facts& known) const noexcept {
        if (!next.begins_connection)
            known.longest_pause = (std::max)(known.longest_pause, next.segment.time - state.last);
        state.last = next.segment.time;
    }
};
static_assert(tcplens::connection_observer<pause_observer>);

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::basic_connection_table<tcplens::evidence_rules, pause_observer> table;
    table.add_all(capture);
    for (const auto& connection : table) {
        const auto pause = std::chrono::duration<double, std::milli>{connection.longest_pause};
        std::cout << to_string(connection.client) << ": longest pause " << pause.count() << " ms\n";
    }
    return capture.error() ? 1 : 0;
}
