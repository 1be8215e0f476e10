// SPDX-License-Identifier: MIT
#pragma once

#include "../observers/closing_observer.hpp"
#include "../observers/opening_observer.hpp"
#include "../observers/profile_observer.hpp"
#include "../observers/time_observer.hpp"
#include "../rules/evidence_rules.hpp"
#include "../table/connection_table.hpp"
#include "../zeek/zeek_observer.hpp"

namespace tcplens::inline v0 {

/// A table of connections with all that can be told of each in bounded memory.
template <segment_rules Rules>
using basic_detailed_connection_table =
    basic_connection_table<Rules, opening_observer, closing_observer, profile_observer, time_observer, zeek_observer>;

using detailed_connection_table = basic_detailed_connection_table<evidence_rules>;

/// A connection, and how it was opened and closed (`opening`, `closing`), what each direction was like (`profile`), where its
/// time went (`time`), and what Zeek would have logged (`zeek`). The same whatever the rules.
using detailed_connection = connection_with<opening_observer::facts, closing_observer::facts, profile_observer::facts,
                                            time_observer::facts, zeek_observer::facts>;

} // namespace tcplens::inline v0
