// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace tcplens::inline v0 {

/// The state of one end of a connection, as Zeek tells them apart.
enum class zeek_end_state : std::uint8_t {
    inactive,     ///< nothing was heard of it that counts
    syn_sent,     ///< the originator's SYN
    syn_ack_sent, ///< the originator began with a SYN-ACK
    partial,      ///< heard without its SYN
    established,
    closed, ///< it sent a FIN
    reset,  ///< it sent a RST
};
/// The greatest value that archives accept.
[[nodiscard]] constexpr zeek_end_state archive_limit(zeek_end_state) noexcept {
    return zeek_end_state::reset;
}

/// Zeek's conn_state: what became of a connection.
enum class zeek_conn_state : std::uint8_t {
    s0,     ///< attempt, no answer
    s1,     ///< established, not ended
    sf,     ///< normal: established and closed by both
    rej,    ///< attempt, refused
    s2,     ///< established, closed by the originator alone
    s3,     ///< established, closed by the responder alone
    rsto,   ///< established, aborted by the originator
    rstr,   ///< aborted by the responder
    rstos0, ///< the originator sent a SYN and then a RST; no SYN-ACK was seen
    rstrh,  ///< the responder sent a SYN-ACK and then a RST; no SYN was seen
    sh,     ///< the originator sent a SYN and then a FIN; no SYN-ACK was seen
    shr,    ///< the responder sent a SYN-ACK and then a FIN; no SYN was seen
    oth,    ///< no SYN was seen, or what none of the others covers
};
/// The greatest value that archives accept.
[[nodiscard]] constexpr zeek_conn_state archive_limit(zeek_conn_state) noexcept {
    return zeek_conn_state::oth;
}

/// As Zeek writes it: S0, RSTOS0, ...
[[nodiscard]] constexpr std::string_view to_string(zeek_conn_state state) noexcept {
    constexpr std::string_view names[]{"S0",   "S1",     "SF",    "REJ", "S2",  "S3", "RSTO",
                                       "RSTR", "RSTOS0", "RSTRH", "SH",  "SHR", "OTH"};
    return names[static_cast<unsigned>(state)];
}

namespace detail {

/// What the states of the two ends make of a connection. `no_bytes`: neither end sent any; `syn_then_reset`: the history has
/// the originator's SYN first, and then no H, A, F, G, I or Q of it before its R.
[[nodiscard]] constexpr zeek_conn_state conn_state_of(zeek_end_state originator, zeek_end_state responder,
                                                      bool no_bytes, bool syn_then_reset) noexcept {
    using enum zeek_end_state;
    const bool originator_absent = originator == inactive || originator == partial;
    const bool responder_absent = responder == inactive || responder == partial;
    if (responder == reset) {
        if (originator == syn_sent || originator == syn_ack_sent) return zeek_conn_state::rej;
        if (originator == reset && no_bytes) return zeek_conn_state::rej;
        return originator_absent ? zeek_conn_state::rstrh : zeek_conn_state::rstr;
    }
    if (originator == reset) {
        if (!responder_absent) return zeek_conn_state::rsto;
        return syn_then_reset ? zeek_conn_state::rstos0 : zeek_conn_state::oth;
    }
    if (originator == closed && responder == closed) return zeek_conn_state::sf;
    if (originator == closed) return responder_absent ? zeek_conn_state::sh : zeek_conn_state::s2;
    if (responder == closed) return originator_absent ? zeek_conn_state::shr : zeek_conn_state::s3;
    if (originator == syn_sent && responder == inactive) return zeek_conn_state::s0;
    if (originator == established && responder == established) return zeek_conn_state::s1;
    return zeek_conn_state::oth;
}

} // namespace detail

} // namespace tcplens::inline v0
