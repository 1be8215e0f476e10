// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace tcplens::inline v1 {

/// Zeek's conn_state: how a connection went, as the column of conn.log has it.
///
/// The originator is the side that Zeek takes to have begun; see zeek_record::originator.
enum class zeek_conn_state : std::uint8_t {
    s0,     ///< The originator sent a SYN, and nothing answered.
    s1,     ///< The connection was established, and no side closed it.
    sf,     ///< The connection was established, and both sides closed it.
    rej,    ///< The originator sent a SYN, and the responder refused it.
    s2,     ///< The connection was established, and only the originator closed it.
    s3,     ///< The connection was established, and only the responder closed it.
    rsto,   ///< The connection was established, and the originator reset it.
    rstr,   ///< The responder reset the connection.
    rstos0, ///< The originator sent a SYN and then a RST. No SYN-ACK was captured.
    rstrh,  ///< The responder sent a SYN-ACK and then a RST. No SYN was captured.
    sh,     ///< The originator sent a SYN and then a FIN. No SYN-ACK was captured.
    shr,    ///< The responder sent a SYN-ACK and then a FIN. No SYN was captured.
    oth,    ///< No SYN was captured, or none of the other values fits.
};

/// The greatest value that archives accept.
[[nodiscard]] constexpr zeek_conn_state tcplens_archive_limit(zeek_conn_state) noexcept {
    return zeek_conn_state::oth;
}

/// The name that Zeek writes: `S0`, `RSTOS0`, …
[[nodiscard]] constexpr std::string_view to_string(zeek_conn_state state) noexcept {
    constexpr std::string_view names[]{"S0",   "S1",     "SF",    "REJ", "S2",  "S3", "RSTO",
                                       "RSTR", "RSTOS0", "RSTRH", "SH",  "SHR", "OTH"};
    return names[static_cast<unsigned>(state)];
}

} // namespace tcplens::inline v1
