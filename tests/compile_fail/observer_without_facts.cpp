// SPDX-License-Identifier: MIT
// expected: the observer has no type `facts`
#include <tcplens/connection/observers/connection_observer.hpp>

struct my_observer {
    struct connection_state {};
};

static_assert(tcplens::check_observer<my_observer>());
