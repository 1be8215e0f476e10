// SPDX-License-Identifier: MIT
// Every packet of some connections, written as a capture.

#include "connection_survey.hpp"
#include "frame_output.hpp"
#include "interruption.hpp"
#include "subcommands.hpp"
#include "text.hpp"
#include "verdict_text.hpp"

#include <optional>
#include <string>
#include <utility>

namespace program {

namespace {

struct extract_options {
    connection_query query{};
    std::string output{};
    bool comments = false;
};

void declare(command_line& line, extract_options& given) {
    declare_numbers(line, "only these connections", given.query.numbers);
    declare_icmp(line, given.query);
    line.file(
        "-o,--output", "CAPTURE",
        "the capture that is written: pcap if its name ends with .pcap, .cap or .dmp, pcapng otherwise; - is standard "
        "output",
        given.output);
    line.flag("--comments", "give each packet a comment: what its segment was, and why (pcapng only)", given.comments);
    line.captures(given.query.files, given.query.decoding);
}

/// What is said of a packet: its number in the capture that was read, and each of its segments.
std::string comment_on(const tcplens::packet& packet, const second_reading& reading, const connection_survey& told) {
    std::string text = "#" + std::to_string(packet.number);
    if (reading.segments().empty()) {
        const bool is_error = told.icmp_errors.contains(packet.number);
        return text + (is_error ? " an ICMP error about" : " a fragment of") + " a segment of connection " +
               std::to_string(reading.connections().front());
    }
    std::string separator = " ";
    for (const second_reading::judged_segment& each : reading.segments()) {
        text += separator + "connection " + std::to_string(each.connection);
        const std::string said = verdict_text(each.said);
        text += said.empty() ? ": new" : said.starts_with(':') ? said : ": new" + said;
        separator = "; ";
    }
    return text;
}

exit_status run(const extract_options& given, session& with) {
    if (given.output.empty()) throw usage_error{"Which capture is to be written? Name it behind -o."};
    const written_format format = format_of(given.output);
    if (given.comments && format == written_format::pcap)
        throw usage_error{"pcap has no room for comments: give the output a name that ends with .pcapng."};
    connection_query query = given.query;
    static_cast<std::vector<std::string>&>(query.files) = readable_twice(query.files, "extract");

    tcplens::output_file output = open_output(given.output, query.files);
    if (output.error()) return complain_of_output(with, given.output, output.error());
    exit_status status = exit_status::good;
    const std::optional<connection_survey> told = survey(query, with, status);
    if (!told) return status;

    frame_output written{std::move(output),
                         {.format = format, .nanoseconds = told->has_nanoseconds, .fcs_bits = told->fcs_bits}};
    second_reading reading{query, *told};
    while (const tcplens::packet* const packet = reading.next()) {
        const std::string comment = given.comments ? comment_on(*packet, reading, *told) : std::string{};
        if (!written.write(*packet, reading.input(), comment))
            return complain_of_output(with, given.output, written.error());
    }
    if (interrupted()) {
        with.complain("Reading was interrupted: nothing was written.");
        return exit_status::bad_input;
    }
    if (!written.close()) return complain_of_output(with, given.output, written.error());
    return with.conclude(reading.input());
}

} // namespace

const subcommand subcommands::extract{
    .name = "extract",
    .summary = "every packet of some connections, written as a capture",
    .description = "Writes a capture that has all packets of the connections that are asked for, as they were "
                   "captured: those whose numbers "
                   "--connection names, or those of which the options --net, --port, --since, --until and --filter "
                   "choose a packet; with both, those "
                   "that are named and chosen; with neither, all. Packets with acknowledgments only, fragments, and "
                   "packets within tunnels are among "
                   "them; ICMP errors that quote them are with --icmp.\n\n"
                   "The captures are read twice. The output takes its place once it is whole, and is none of the "
                   "captures that are read. Wireshark "
                   "shows the comments of --comments, which have the packet's number in the capture that was read.",
    .examples = {{"tcplens extract --connection 3 -o one.pcapng day.pcap",
                  "connection 3, as `tcplens connections day.pcap` numbers it"},
                 {"tcplens extract --connection 3,7 --comments -o two.pcapng day.pcap",
                  "two of them, with what each segment was"},
                 {"tcplens extract --net 10.0.0.0/8 --port 443,8000-8099 -o some.pcap day.pcap",
                  "all connections of a network to some ports, as pcap"},
                 {"tcplens extract --filter 'tcp[tcpflags] & tcp-rst != 0' -o reset.pcapng day.pcap",
                  "whole connections in which a RST was sent"}},
    .prepare = prepare<extract_options, declare, run>,
};

} // namespace program
