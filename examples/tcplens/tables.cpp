// SPDX-License-Identifier: MIT
#include "tables.hpp"

namespace program {

void read(captures& from, tcplens::detailed_connection_table& into) {
    from.add_to(into);
}

} // namespace program
