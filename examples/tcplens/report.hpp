// SPDX-License-Identifier: MIT
#pragma once

// What the parts of the subcommand report share: its options, and the answers as text and as JSON.

#include "capture_summary.hpp"
#include "connection_list.hpp"
#include "report_sections.hpp"
#include "rule_sets.hpp"
#include "session.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace program {

enum class report_format { text, json, html };

struct report_options {
    capture_list files{};
    tcplens::decode_options decoding{};
    report_format format = report_format::text;
    std::optional<tcplens::address> server_ip{};
    std::optional<std::uint16_t> server_port{};
    double threshold = 0.02;
    rule_set rules = rule_set::evidence;
    bool detailed = false;
    std::size_t threads = 1;
    bool by_time = false;
    std::string resumed{}; ///< a file with a table, or empty
    std::string saved{};   ///< likewise
    bool no_observations = false;
    std::string output{}; ///< a file, or empty for standard output

    [[nodiscard]] tcplens::server_filter server() const { return {.address = server_ip, .port = server_port}; }
    /// Whether the connections need the facts of the observers. \sa connection_list::details
    /// Saved tables always have them, so that whoever resumes one may ask for them.
    [[nodiscard]] bool needs_details() const {
        return (format == report_format::json && detailed) || !saved.empty() || !resumed.empty() ||
               (format == report_format::html && !needs_times_only());
    }
    /// Whether a table with what the observations and the bars of the page need is enough, which is the fastest.
    [[nodiscard]] bool needs_times_only() const {
        return format == report_format::html && rules == rule_set::evidence && threads == 1 && !by_time &&
               saved.empty() && resumed.empty();
    }
};

/// Writes the answers as text.
void write_report_text(session& with, const report_options& given, const capture_summary& captures,
                       connection_list& connections);
/// Writes them as one JSON object.
void write_report_json(session& with, const report_options& given, const capture_summary& captures,
                       connection_list& connections);

/// Writes them as one page of HTML, with graphs, for which it reads the captures once more where it can.
void write_report_html(session& with, const report_options& given, const capture_summary& captures,
                       connection_list& connections);

/// Which sections are made: those of the text, or those that the page has not in another form.
enum class report_parts { text, page };
/// A width in which no line is broken.
inline constexpr std::size_t no_width = 1'000'000;
/// The answers as sections of text; the first says what the captures are.
[[nodiscard]] report_sections sections_of_report(const report_options& given, const capture_summary& captures,
                                                 connection_list& connections, report_parts parts, std::size_t width);
/// Whether there is nothing to tell but why the files could not be opened: that stands on standard error.
[[nodiscard]] bool nothing_was_opened(const capture_summary& captures);

/// Reads the captures and writes the answers, with the tables of these rules. Each is compiled in a file of its own.
exit_status report_by_evidence(const report_options& given, session& with);
exit_status report_by_wireshark(const report_options& given, session& with);
exit_status report_by_repeated_sequence(const report_options& given, session& with);

} // namespace program
