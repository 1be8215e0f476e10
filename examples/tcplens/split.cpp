// SPDX-License-Identifier: MIT
// A capture for each connection.

#include "connection_survey.hpp"
#include "frame_output.hpp"
#include "interruption.hpp"
#include "output_folder.hpp"
#include "split_files.hpp"
#include "subcommands.hpp"
#include "text.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace program {

namespace {

struct split_options {
    connection_query query{};
    std::string folder{};
    written_format format = written_format::pcapng;
};

void declare(command_line& line, split_options& given) {
    declare_numbers(line, "only these connections", given.query.numbers);
    declare_icmp(line, given.query);
    line.file("-o,--output", "FOLDER", "the folder for the captures; it is made if it is not there", given.folder);
    line.choice<written_format>("--format", {{"pcapng", written_format::pcapng}, {"pcap", written_format::pcap}},
                                "what is written (pcapng)", given.format);
    line.captures(given.query.files, given.query.decoding);
}

exit_status run(const split_options& given, session& with) {
    if (given.folder.empty()) throw usage_error{"Where to? Name a folder behind -o."};
    if (given.folder == "-") throw usage_error{"-o names a folder: several captures do not go to standard output."};
    connection_query query = given.query;
    static_cast<std::vector<std::string>&>(query.files) = readable_twice(query.files, "split");
    exit_status status = exit_status::good;
    const std::optional<connection_survey> told = survey(query, with, status);
    if (!told) return status;

    output_folder folder{given.folder};
    if (!folder.problem().empty()) {
        with.complain(given.folder, folder.problem());
        return exit_status::bad_usage;
    }
    split_files files{{.folder = given.folder,
                       .format = given.format,
                       .nanoseconds = told->has_nanoseconds,
                       .fcs_bits = told->fcs_bits,
                       .connections = told->connections}};
    if (const std::string problem = files.find_obstacle(*told, query.files); !problem.empty()) {
        with.complain(files.failed_path(), problem);
        return exit_status::bad_usage;
    }
    second_reading reading{query, *told};
    while (const tcplens::packet* const packet = reading.next()) {
        for (const std::uint64_t each : reading.connections()) {
            if (!files.write(each, *packet, reading.input()))
                return complain_of_output(with, files.failed_path(), files.error());
        }
    }
    if (interrupted()) {
        with.complain("Reading was interrupted: nothing was written.");
        return exit_status::bad_input;
    }
    if (!files.close()) return complain_of_output(with, files.failed_path(), files.error());
    folder.keep();
    return with.conclude(reading.input());
}

} // namespace

const subcommand subcommands::split{
    .name = "split",
    .summary = "a capture for each connection",
    .description = "Writes a capture for each connection into a folder: connection-N.pcapng, with zeros before N so "
                   "that all names have one length. "
                   "Without --connection, and without options that choose packets, it does so for all connections; see "
                   "`tcplens extract --help`.\n\n"
                   "The captures are read twice, and 128 files at most are open at a time. The files take their names "
                   "once all of them are whole.",
    .examples = {{"tcplens split -o connections day.pcap", "all connections"},
                 {"tcplens split --port 443 --format pcap -o https day.pcap", "those of one port, as pcap"}},
    .prepare = prepare<split_options, declare, run>,
};

} // namespace program
