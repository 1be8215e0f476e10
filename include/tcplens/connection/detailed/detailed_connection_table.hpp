// SPDX-License-Identifier: MIT
#pragma once

#include "../observers/closing_observer.hpp"
#include "../observers/irregularity_observer.hpp"
#include "../observers/opening_observer.hpp"
#include "../observers/profile_observer.hpp"
#include "../observers/skew_observer.hpp"
#include "../observers/time_observer.hpp"
#include "../rules/evidence_rules.hpp"
#include "../table/connection_table.hpp"
#include "../zeek/zeek_observer.hpp"

namespace tcplens::inline v1 {

/// A table whose connections have the facts of seven observers: opening, closing, profile, time, Zeek, skew and irregularities.
template <segment_rules Rules>
using basic_detailed_connection_table =
    basic_connection_table<Rules, opening_observer, closing_observer, profile_observer, time_observer, zeek_observer,
                           skew_observer, irregularity_observer>;

/// The same with the default rules.
using detailed_connection_table = basic_detailed_connection_table<evidence_rules>;

/// A connection of such a table: how it was opened and closed (`opening`, `closing`), counts of each direction (`profile`), where its
/// time went (`time`), what Zeek would have logged (`zeek`), how far the times of its directions are apart (`skew`), and what is out of the ordinary
/// (`irregularities`). The type does not depend on the rules.
using detailed_connection = detail::connection_with<opening_observer::facts, closing_observer::facts,
                                                    profile_observer::facts, time_observer::facts, zeek_observer::facts,
                                                    skew_observer::facts, irregularity_observer::facts>;

} // namespace tcplens::inline v1
