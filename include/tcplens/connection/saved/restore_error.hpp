// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tcplens::inline v1 {

/// Why a table could not be restored.
enum class restore_error_code : std::uint8_t {
    // The table is as it was.
    table_in_use,  ///< packets were added to the table before
    not_a_table,   ///< the bytes are no saved table
    other_version, ///< the bytes were saved in another version of the format
    truncated,     ///< bytes are missing at the end
    too_long,      ///< there are bytes behind the saved table
    bad_checksum,  ///< the bytes were damaged
    // The table can only be destroyed or assigned to, as one that was moved from.
    other_rules,          ///< the saved table has other rules or other observers
    other_options,        ///< the saved table, its rules or an observer have other options
    impossible_value,     ///< a value that no table has: the bytes were made by something other than save()
    too_many_connections, ///< more connections, or places for them, than `most_places` of restore()
};

/// The enumerator's name, e.g. "bad_checksum".
[[nodiscard]] constexpr std::string_view to_string(restore_error_code code) noexcept {
    switch (code) {
    case restore_error_code::table_in_use: return "table_in_use";
    case restore_error_code::not_a_table: return "not_a_table";
    case restore_error_code::other_version: return "other_version";
    case restore_error_code::truncated: return "truncated";
    case restore_error_code::too_long: return "too_long";
    case restore_error_code::bad_checksum: return "bad_checksum";
    case restore_error_code::other_rules: return "other_rules";
    case restore_error_code::other_options: return "other_options";
    case restore_error_code::impossible_value: return "impossible_value";
    case restore_error_code::too_many_connections: return "too_many_connections";
    }
    return "unknown";
}

/// Why and where restoring a table failed. See restore().
struct restore_error {
    /// What is wrong.
    restore_error_code code{};
    /// Where in the bytes the fault is, from 0.
    std::uint64_t offset = 0;
    /// The length in bytes, the format version or the number of connections that is required; 0 for other errors.
    std::uint64_t needed = 0;
    /// The length in bytes or the format version that was found, or the number of connections that is allowed; 0 for other errors.
    std::uint64_t available = 0;
    /// What differs from the table, for example "max_connections". Refers to static memory; may be empty.
    std::string_view subject{};

    /// Whether all members are equal.
    friend constexpr bool operator==(const restore_error&, const restore_error&) = default;
};

/// One sentence for a person: what is wrong, and what can be done if anything can. Does not name the file. Allocates.
[[nodiscard]] inline std::string to_string(const restore_error& error) {
    const auto& [code, offset, needed, available, subject] = error;
    const auto number = [](std::uint64_t value) { return std::to_string(value); };
    const std::string what{subject};
    switch (code) {
    case restore_error_code::table_in_use:
        return "A table can be restored only into one to which nothing was added yet.";
    case restore_error_code::not_a_table: return "It is no saved table: those begin with other bytes.";
    case restore_error_code::other_version:
        return "It was saved in version " + number(available) + " of the format, but only version " + number(needed) +
               " can be restored here: use the release of tcplens that saved it.";
    case restore_error_code::truncated:
        return "It should have " + number(needed) + " bytes, but only " + number(available) +
               " are there: it was cut short.";
    case restore_error_code::too_long:
        return "It should have " + number(needed) + " bytes, but " + number(available) +
               " are there: something was written behind it.";
    case restore_error_code::bad_checksum: return "Its checksum is wrong: it was damaged.";
    case restore_error_code::other_rules:
        return "It was saved by a table " + (what.empty() ? "with more observers" : "without `" + what + "`") +
               " (byte " + number(offset) + "): it can be restored only into a table of the same type.";
    case restore_error_code::other_options:
        return "It was saved by a table with another value of " + what + " (byte " + number(offset) +
               "): it can be restored only into a table with the same options.";
    case restore_error_code::impossible_value:
        return "At byte " + number(offset) + " it says what is true of no table: it was made by something else.";
    case restore_error_code::too_many_connections:
        return "It has places for " + number(needed) + " connections, and at most " + number(available) +
               " are to be restored.";
    }
    return "It could not be restored.";
}

} // namespace tcplens::inline v1
