// SPDX-License-Identifier: MIT
// expected: the observer has a member `archive`, but does not list it: add observer_hooks::saving to its `hooks`
#include <tcplens/connection/observers/connection_observer.hpp>

struct my_observer {
    struct connection_state {};
    struct facts {
        int count = 0;
        void swap_roles() {}
        bool operator==(const facts&) const = default;
    };
    static void archive(auto&, my_observer&) {}
    void observe(const tcplens::observer_input&, connection_state&, facts&) {}
};

static_assert(tcplens::check_observer<my_observer>());
