// SPDX-License-Identifier: MIT
#pragma once

// Which connections are asked for, and which packets belong to them: what extract, bytes and split find out when they read the captures
// for the first time.

#include "captures.hpp"
#include "checksum_evidence.hpp"
#include "command_line.hpp"
#include "session.hpp"
#include "stream_begins.hpp"

#include <tcplens/connection.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace program {

/// The connections that are asked for: those with these numbers, of which one packet at least is chosen by the options that choose packets.
struct connection_query {
    capture_list files{};
    tcplens::decode_options decoding{};
    std::vector<std::uint64_t> numbers{}; ///< none: all
    bool with_icmp = false;               ///< with the ICMP errors about them
    bool follows_streams = false;         ///< connection_survey::checksums and ::begins are asked for; with one number

    [[nodiscard]] bool asks_for(std::uint64_t number) const noexcept;
};

/// Declares --connection N[,N…] for a query.
void declare_numbers(command_line& line, std::string meaning, std::vector<std::uint64_t>& numbers);

/// Declares --icmp for a query.
void declare_icmp(command_line& line, connection_query& query);

/// What one reading of the captures told.
struct connection_survey {
    std::uint64_t connections = 0;            ///< in the captures
    std::vector<bool> chosen{};               ///< by number: the connections that were asked for
    std::uint64_t chosen_count = 0;           ///< how many these are
    std::vector<tcplens::connection> named{}; ///< those whose number was asked for
    /// Packets with fragments, and the connections whose segments these belong to; those of the last fragments are not here.
    std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> fragments{};
    /// Packets with ICMP errors, and the connections whose segments they quote; only with connection_query::with_icmp.
    std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> icmp_errors{};
    /// By packet number: the packets of those whose number was asked for.
    std::vector<bool> packets{};
    bool has_nanoseconds = false;            ///< some time is no whole number of microseconds
    std::optional<std::uint8_t> fcs_bits{};  ///< of all interfaces, if they are alike
    checksum_evidence::decision checksums{}; ///< of the connection whose number was asked for
    stream_begins::segments begins{};        ///< likewise
    std::vector<file_problem> problems{};    ///< what went wrong with reading

    [[nodiscard]] bool is_chosen(std::uint64_t number) const noexcept {
        return number < chosen.size() && chosen[static_cast<std::size_t>(number)];
    }
    /// Whether one of them is chosen.
    [[nodiscard]] bool has_chosen(std::span<const std::uint64_t> numbers) const noexcept;
};

/// Files that can be read twice. A usage_error for those that cannot; standard input that is a file gets a name.
/// \param what reads twice, behind "tcplens"
[[nodiscard]] std::vector<std::string> readable_twice(const std::vector<std::string>& files, std::string_view what);

/// Reads the captures, and tells what is in them. Complains, and returns nothing, if a connection that was asked for is not there, or if
/// reading was interrupted: the status is then in `status`.
[[nodiscard]] std::optional<connection_survey> survey(const connection_query& query, session& with,
                                                      exit_status& status);

/// Reads the captures again: for each packet of the connections that were chosen, calls `take(packet, input, segments)`, until it returns
/// false. `segments`: those of the packet, with what the rules said, and their connections.
class second_reading {
public:
    struct judged_segment {
        tcplens::segment found{};
        tcplens::verdict said{};
        std::uint64_t connection = 0;
    };

    second_reading(const connection_query& query, const connection_survey& survey);

    /// The next packet of a chosen connection; nullptr at the end.
    const tcplens::packet* next();
    /// Its segments, in chosen connections or not. None: the packet has a fragment, or an ICMP error.
    [[nodiscard]] const std::vector<judged_segment>& segments() const noexcept { return segments_; }
    /// The chosen connections that it belongs to, each once.
    [[nodiscard]] const std::vector<std::uint64_t>& connections() const noexcept { return connections_; }
    [[nodiscard]] const captures& input() const noexcept { return input_; }

private:
    void note(std::uint64_t connection);

    const connection_survey& survey_;
    captures input_;
    tcplens::connection_table table_;
    std::vector<judged_segment> segments_{};
    std::vector<std::uint64_t> connections_{};
};

} // namespace program
