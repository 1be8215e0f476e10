// SPDX-License-Identifier: MIT
// expected: the observer lists the hook `fits`, but does not have it as: bool fits(const connection_state&, const facts&, direction first) const
#include <tcplens/connection/observers/connection_observer.hpp>

struct my_observer {
    struct connection_state {};
    struct facts {
        int count = 0;
        void swap_roles() {}
        bool operator==(const facts&) const = default;
    };
    static constexpr auto hooks = tcplens::observer_hooks::saving | tcplens::observer_hooks::fits;
    static constexpr auto saved_as = "my_observer";
    bool fits(const connection_state&, const facts&) const { return true; }
    void observe(const tcplens::observer_input&, connection_state&, facts&) {}
};

static_assert(tcplens::check_observer<my_observer>());
