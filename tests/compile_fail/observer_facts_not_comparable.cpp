// SPDX-License-Identifier: MIT
// expected: `facts` of the observer must be comparable with ==
#include <tcplens/connection/observers/connection_observer.hpp>

struct my_observer {
    struct connection_state {};
    struct facts {
        int count = 0;
        void swap_roles() {}
    };
    void observe(const tcplens::observer_input&, connection_state&, facts&) {}
};

static_assert(tcplens::check_observer<my_observer>());
