// SPDX-License-Identifier: MIT
// expected: `facts` of the observer has no `swap_roles`: void swap_roles()
#include <tcplens/connection/observers/connection_observer.hpp>

struct my_observer {
    struct connection_state {};
    struct facts {
        int count = 0;
        bool operator==(const facts&) const = default;
    };
    void observe(const tcplens::observer_input&, connection_state&, facts&) {}
};

static_assert(tcplens::check_observer<my_observer>());
