// SPDX-License-Identifier: MIT
#pragma once

#include "../observers/connection_observer.hpp"
#include "../rules/segment_rules.hpp"
#include "../table/basic_connection_table.hpp"
#include "restore_error.hpp"
#include "table_archive.hpp"

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace tcplens::inline v1 {

/// A whole table as bytes, from which restore() makes the same table on any machine. Fragments of IP packets that the table waits for
/// are included; table_options::hash_key, which is secret, is not. Rules and observers must have the hook `saving`.
///
/// Takes time in proportion to the table, during which no packet can be added: 0.24 s for 50,000 attempts, which are 49 MB. Allocates
/// as much memory as there are bytes, and for a moment up to twice that.
template <segment_rules Rules, connection_observer... Observers>
[[nodiscard]] std::vector<std::byte> save(const basic_connection_table<Rules, Observers...>& table) {
    return detail::table_archive::save(table);
}

/// Restores what save() wrote into a table to which nothing was added yet, of the same type and made with the same options,
/// `decoding` included; only `hash_key` may differ. The table then goes on as the saved one would have. Returns nothing on success.
///
/// Damaged bytes are an error. Forged bytes are checked too, and if they are accepted, the table stays within its bounds whatever is
/// added. What state an error leaves the table in: see restore_error_code.
///
/// A connection has 500 bytes or more among the bytes, and takes 1 to 8 KB in the table, by its observers, and 2 KB more while it is
/// busy; a place that the saved table had for further connections has 5 bytes, and takes 70 until a connection is there, and as much
/// address space as one. A table with more than `most_places` of both together is the error too_many_connections, before any of this
/// memory is taken. To see how long a file must be before reading it, pass its first 28 bytes: the error truncated tells its length in
/// `needed`.
template <segment_rules Rules, connection_observer... Observers>
[[nodiscard]] std::optional<restore_error>
restore(basic_connection_table<Rules, Observers...>& table, std::span<const std::byte> bytes,
        std::size_t most_places = (std::numeric_limits<std::size_t>::max)()) {
    return detail::table_archive::restore(table, bytes, most_places);
}

} // namespace tcplens::inline v1
