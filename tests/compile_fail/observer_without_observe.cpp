// SPDX-License-Identifier: MIT
// expected: the observer has no `observe`: void observe(const observer_input&, connection_state&, facts&)
#include <tcplens/connection/observers/connection_observer.hpp>

struct my_observer {
    struct connection_state {};
    struct facts {
        int count = 0;
        void swap_roles() {}
        bool operator==(const facts&) const = default;
    };
};

static_assert(tcplens::check_observer<my_observer>());
