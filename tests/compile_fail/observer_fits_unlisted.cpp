// SPDX-License-Identifier: MIT
// expected: the observer has a member `fits`, but does not list it: add observer_hooks::fits to its `hooks`
#include <tcplens/connection/observers/connection_observer.hpp>

struct my_observer {
    struct connection_state {};
    struct facts {
        int count = 0;
        void swap_roles() {}
        bool operator==(const facts&) const = default;
    };
    bool fits(const connection_state&, const facts&, tcplens::direction) const { return true; }
    void observe(const tcplens::observer_input&, connection_state&, facts&) {}
};

static_assert(tcplens::check_observer<my_observer>());
