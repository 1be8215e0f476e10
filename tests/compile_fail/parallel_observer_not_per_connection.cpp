// SPDX-License-Identifier: MIT
// expected: a parallel table takes only observers that declare: static constexpr bool per_connection = true
#include <tcplens/connection/parallel/parallel_connection_table.hpp>

struct my_observer {
    struct connection_state {};
    struct facts {
        int count = 0;
        void swap_roles() {}
        bool operator==(const facts&) const = default;
    };
    void observe(const tcplens::observer_input&, connection_state&, facts&) {}
};

tcplens::basic_parallel_connection_table<tcplens::evidence_rules, my_observer> table;
