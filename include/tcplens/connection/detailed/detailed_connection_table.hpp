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

/// A table whose connections have the facts of five observers: opening, closing, profile, time and Zeek.
template <segment_rules Rules>
using basic_detailed_connection_table =
    basic_connection_table<Rules, opening_observer, closing_observer, profile_observer, time_observer, zeek_observer>;

/// The same with the default rules.
using detailed_connection_table = basic_detailed_connection_table<evidence_rules>;

/// A connection of such a table: how it was opened and closed (`opening`, `closing`), counts of each direction (`profile`), where its
/// time went (`time`), and what Zeek would have logged (`zeek`). The type does not depend on the rules.
using detailed_connection =
    detail::connection_with<opening_observer::facts, closing_observer::facts, profile_observer::facts,
                            time_observer::facts, zeek_observer::facts>;

} // namespace tcplens::inline v0
