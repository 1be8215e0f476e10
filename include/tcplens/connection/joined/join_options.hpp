// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v1 {

/// How connection_joiner joins.
struct join_options {
    /// What decides which of two segments came first that different tables saw.
    enum class join_order : std::uint8_t {
        /// The times of the segments. The clocks must agree better than the time between a segment and its answer.
        time,
        /// The packet numbers of the segments: for the packets of one capture that were dealt to several tables.
        packet_number,
    };

    join_order order = join_order::time; ///< What decides the order of segments that different tables saw.
    bool split_incarnations = true;      ///< The value of table_options::split_incarnations of the tables.
};

} // namespace tcplens::inline v1
