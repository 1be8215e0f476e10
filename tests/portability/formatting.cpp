// SPDX-License-Identifier: MIT
// What std::format takes of tcplens. Only compiled, with a standard library that has std::format.
#include <tcplens/connection/observers/connection_opening.hpp>
#include <tcplens/connection/saved/restore_error.hpp>
#include <tcplens/connection/zeek/zeek_conn_state.hpp>
#include <tcplens/tcplens.hpp>
#include <tcplens/text.hpp>

#include <concepts>
#include <format>
#include <string>
#include <version>

#if !defined(__cpp_lib_format)
#error This standard library has no std::format.
#endif

namespace {

template <class... Values>
concept formattable = (std::semiregular<std::formatter<Values, char>> && ...);

static_assert(formattable<tcplens::address, tcplens::endpoint, tcplens::connection_name, tcplens::timestamp>);
static_assert(formattable<tcplens::verdict, tcplens::verdict_kinds, tcplens::evidence_set>);
static_assert(formattable<tcplens::capture_error, tcplens::restore_error>);
static_assert(
    formattable<tcplens::anomaly_category, tcplens::capture_error_code, tcplens::close_reason,
                tcplens::connection_page::order, tcplens::connection_page::state,
                tcplens::connections_report::connection_status, tcplens::direction, tcplens::end_reason,
                tcplens::traffic_flow_report::flow_balance, tcplens::handshake_state, tcplens::idle_class,
                tcplens::link_type, tcplens::opening_outcome, tcplens::packet_outcome, tcplens::restore_error_code,
                tcplens::role_basis, tcplens::traffic_flow_report::rst_source, tcplens::zeek_conn_state>);
static_assert(!std::default_initializable<std::formatter<tcplens::segment, char>>);
static_assert(!std::default_initializable<std::formatter<tcplens::connection, char>>);

} // namespace

// The format strings are checked while this is compiled.
std::string format_all(const tcplens::connection& connection, const tcplens::verdict& verdict);
std::string format_all(const tcplens::connection& connection, const tcplens::verdict& verdict) {
    return std::format("{} {:>30} {:<10} {} {:%FT%TZ}", connection.client, connection.server.address,
                       connection.close_reason, verdict, connection.first_time);
}
