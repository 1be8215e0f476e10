// SPDX-License-Identifier: MIT
#pragma once

#include "zeek_conn_state.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail {

/// The state of one end of a connection, as Zeek tells them apart.
enum class zeek_end_state : std::uint8_t {
    inactive,     ///< nothing that counts was captured of it
    syn_sent,     ///< the originator sent a SYN
    syn_ack_sent, ///< the originator began with a SYN-ACK
    partial,      ///< captured without its SYN
    established,
    closed, ///< it sent a FIN
    reset,  ///< it sent a RST
};

[[nodiscard]] constexpr zeek_end_state tcplens_archive_limit(zeek_end_state) noexcept {
    return zeek_end_state::reset;
}

/// Whether Zeek has seen nothing of an end, or has picked it up midstream.
[[nodiscard]] constexpr bool is_absent(zeek_end_state state) noexcept {
    return state == zeek_end_state::inactive || state == zeek_end_state::partial;
}

/// The conn_state of a connection of which an end was reset.
[[nodiscard]] constexpr zeek_conn_state conn_state_of_reset(zeek_end_state originator, zeek_end_state responder,
                                                            bool no_bytes, bool syn_then_reset) noexcept {
    using enum zeek_end_state;
    if (responder == reset) {
        if (originator == syn_sent || originator == syn_ack_sent) return zeek_conn_state::rej;
        if (originator == reset && no_bytes) return zeek_conn_state::rej;
        return is_absent(originator) ? zeek_conn_state::rstrh : zeek_conn_state::rstr;
    }
    if (!is_absent(responder)) return zeek_conn_state::rsto;
    return syn_then_reset ? zeek_conn_state::rstos0 : zeek_conn_state::oth;
}

/// The conn_state of a connection whose ends are in these states. `no_bytes`: neither end sent any; `syn_then_reset`: the history
/// has the originator's SYN first, and then none of its letters H, A, F, G, I and Q before its R.
[[nodiscard]] constexpr zeek_conn_state conn_state_of(zeek_end_state originator, zeek_end_state responder,
                                                      bool no_bytes, bool syn_then_reset) noexcept {
    using enum zeek_end_state;
    if (originator == reset || responder == reset) {
        return conn_state_of_reset(originator, responder, no_bytes, syn_then_reset);
    }
    if (originator == closed && responder == closed) return zeek_conn_state::sf;
    if (originator == closed) return is_absent(responder) ? zeek_conn_state::sh : zeek_conn_state::s2;
    if (responder == closed) return is_absent(originator) ? zeek_conn_state::shr : zeek_conn_state::s3;
    if (originator == syn_sent && responder == inactive) return zeek_conn_state::s0;
    if (originator == established && responder == established) return zeek_conn_state::s1;
    return zeek_conn_state::oth;
}

} // namespace tcplens::inline v1::detail
