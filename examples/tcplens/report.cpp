// SPDX-License-Identifier: MIT
// The four answers: which connections there are, what is odd, what was sent again, and what flows to and from a server.

#include "report.hpp"

#include "output_file.hpp"
#include "subcommands.hpp"
#include "table_file.hpp"

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>

namespace program {

namespace {

constexpr std::size_t usual_width = 100; // of text in a file

void declare(command_line& line, report_options& given) {
    line.choice<report_format>(
        "--format", {{"text", report_format::text}, {"json", report_format::json}, {"html", report_format::html}},
        "text for people (the default), one JSON object with all that there is, or a page with graphs", given.format);
    declare_output(line, given.output);
    line.server_filter(given.server_ip, given.server_port);
    line.rate("--threshold", "R", "the rate of retransmissions that is worth a note (0.02)", given.threshold);
    declare_rules(line, given.rules);
    line.flag("--detailed", "all connections, not only some; in json (there the first 10) with all facts of each",
              given.detailed);
    line.number<std::size_t>("--threads", "N", 1, 256,
                             "follow connections on so many processors (1); options that choose packets make it 1",
                             given.threads);
    line.flag("--by-time", "take the packets of all files in the order of their times, not one file after the other",
              given.by_time);
    line.file("--save", "TABLE", "write the table of connections to this file at the end, for --resume", given.saved);
    line.file("--resume", "TABLE",
              "go on with the table that --save wrote to this file, with the same --rules and --tunnel", given.resumed);
    line.flag("--no-observations", "leave out what deserves a look, which takes some more time", given.no_observations);
    line.captures(given.files, given.decoding);
}

exit_status answer(const report_options& given, session& with) {
    switch (given.rules) {
    case rule_set::wireshark: return report_by_wireshark(given, with);
    case rule_set::repeated_sequence: return report_by_repeated_sequence(given, with);
    case rule_set::evidence: break;
    }
    return report_by_evidence(given, with);
}

/// The same to the file of -o. If nothing is written, what had its name is left as it was.
exit_status answer_into_file(const report_options& given, session& with) {
    const auto file = std::make_unique<output_buffer>(given.output);
    if (!file->is_open()) {
        with.complain(given.output, file->complaint());
        return exit_status::bad_usage;
    }
    std::ostream stream{file.get()};
    session to_file{stream};
    to_file.screen = terminal{with.screen.is_terminal() ? usual_width : with.screen.width(), false, false};
    const exit_status status = answer(given, to_file);
    if (file->is_empty() || file->commit()) return status;
    with.complain(given.output, file->complaint());
    return exit_status::bad_input;
}

exit_status run(const report_options& given, session& with) {
    if ((given.by_time || given.threads > 1) && !(given.resumed.empty() && given.saved.empty())) {
        throw usage_error{"--resume and --save go with neither --by-time nor --threads."};
    }
    if (given.threads > 1 && given.rules != rule_set::evidence) {
        throw usage_error{
            "--threads goes with the rules evidence only."}; // others would take longer to compile than to run
    }
    const packet_choice& choice = given.files.choice;
    if (given.by_time &&
        ((choice.since && choice.since->after_first_packet) || (choice.until && choice.until->after_first_packet))) {
        throw usage_error{
            "With --by-time, --since and --until need times of the clock, not seconds after the first packet."};
    }
    if (!check_tables(with, given.files, given.resumed, given.saved)) return exit_status::bad_usage;
    if (is_standard_output(given.output)) return answer(given, with);
    check_output(given.output, given.files);
    check_output(given.output, {given.saved, given.resumed});
    return answer_into_file(given, with);
}

} // namespace

const subcommand subcommands::report{
    .name = "report",
    .summary = "the answer first: connections, what is wrong, retransmissions",
    .description =
        "Answers four questions: which connections there are and how they ended, what is odd, what was sent again, "
        "and, "
        "with --server-ip, what flows to and from that server.\n"
        "\n"
        "With --format html it writes one page that loads nothing from elsewhere, with a table of the first 2,000 "
        "connections and "
        "up to eight graphs; for those it reads the captures once more.\n"
        "\n"
        "The table of all connections can be saved and resumed, so that the files of a rotating capture are read "
        "once each.",
    .examples = {{"tcplens report trace.pcap", "what there is, and what is wrong"},
                 {"tcplens report --server-ip 192.0.2.1 --server-port 443 monday.pcap tuesday.pcap.gz",
                  "one server, in two files that follow each other"},
                 {"tcplens report --format json --detailed trace.pcap", "all facts of all connections, for programs"},
                 {"tcplens report --format html -o report.html trace.pcap",
                  "a page with graphs, to read and to send on"},
                 {"tcpdump -w - | tcplens report -", "what comes in until Ctrl-C"}},
    .prepare = prepare<report_options, declare, run>,
};

} // namespace program
