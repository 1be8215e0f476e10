// SPDX-License-Identifier: MIT
// The bytes that one side of a connection sent, or both.

#include "connection_survey.hpp"
#include "frame_output.hpp"
#include "interruption.hpp"
#include "output_folder.hpp"
#include "subcommands.hpp"
#include "text.hpp"

#include <tcplens/connection/streams/stream_observer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program {

namespace {

enum class sending_side { client, server };

struct bytes_options {
    connection_query query{};
    std::optional<sending_side> side{};
    std::string folder{};
    bool fill = false;
    bool checksums = false;
    bool no_checksums = false;
    tcplens::byte_stream::overlap_policy overlaps = tcplens::byte_stream::overlap_policy::linux_kernel;

    /// Whether the capture decides which segments with a wrong checksum are left out.
    [[nodiscard]] bool weighs_checksums() const noexcept { return !checksums && !no_checksums; }
};

void declare(command_line& line, bytes_options& given) {
    using enum tcplens::byte_stream::overlap_policy;
    line.option({.names = "--connection",
                 .value = "N",
                 .needs = "the number of a connection",
                 .meaning = "the connection; connections are numbered from 0, as `tcplens connections` shows them"},
                [&given](std::string_view value) {
                    const auto number = parse_number<std::uint64_t>(value);
                    given.query.numbers.assign(1, number.value_or(0));
                    return number.has_value();
                });
    line.option({.names = "--direction",
                 .value = "client|server",
                 .needs = "client or server",
                 .meaning = "the side that sent the bytes",
                 .choices = {"client", "server"}},
                [&given](std::string_view value) {
                    if (value == "client") given.side = sending_side::client;
                    else if (value == "server") given.side = sending_side::server;
                    else return false;
                    return true;
                });
    line.file(
        "-o,--output", "FOLDER",
        "write files into this folder, not to standard output: connection-N-client.bin and connection-N-server.bin, or "
        "only that of --direction",
        given.folder);
    line.flag("--fill", "write zero bytes for those that are missing, so that all others have their place", given.fill);
    line.flag("--checksums",
              "leave out every segment whose checksum is wrong; without this option and the next, those that their "
              "receiver dropped as far as the capture tells",
              given.checksums);
    line.flag("--no-checksums", "take segments whatever their checksums", given.no_checksums);
    line.choice<tcplens::byte_stream::overlap_policy>(
        "--overlap", {{"linux", linux_kernel}, {"bsd", bsd}, {"windows", windows}, {"first", first}, {"last", last}},
        "which copy counts where bytes were sent twice with other content before they could be delivered: that which "
        "this system takes (linux), the first one or the last one",
        given.overlaps);
    line.captures(given.query.files, given.query.decoding);
}

/// What one side sent: where it goes, and what is said of it.
class side_writer {
public:
    using output = std::function<bool(std::span<const std::byte>)>;

    side_writer(std::string_view name, bool fills) : name_(name), fills_(fills) {}

    void write_to(output to) { to_ = std::move(to); }
    [[nodiscard]] bool is_wanted() const noexcept { return static_cast<bool>(to_); }
    [[nodiscard]] bool has_failed() const noexcept { return failed_; }
    [[nodiscard]] const std::vector<std::string>& sentences() const noexcept { return sentences_; }
    [[nodiscard]] std::uint64_t left_out() const noexcept { return left_out_; }
    /// "client: 27,550 bytes are missing in all."
    [[nodiscard]] std::string total() const {
        return std::string{name_} + ": " + counted(missing_, "byte is", "bytes are") + " missing in all.";
    }

    void take(std::span<const std::byte> bytes) {
        if (is_wanted() && !failed_) failed_ = !to_(bytes);
    }
    void take(const tcplens::byte_stream::gap& missing) {
        missing_ += missing.length;
        constexpr std::uint64_t most_filled = std::uint64_t{1} << 30; // no window is larger (RFC 7323 section 2.3)
        if (!fills_ || missing.length > most_filled) {
            if (gap_.length > 0 && gap_.offset + gap_.length == missing.offset && gap_.reason == missing.reason) {
                gap_.length += missing.length;
                return;
            }
            finish();
            gap_ = {missing.offset, missing.length, missing.reason};
            return;
        }
        static constexpr std::array<std::byte, 65536> zeros{};
        for (std::uint64_t left = missing.length; left > 0 && !failed_;) {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, zeros.size()));
            take(std::span{zeros}.first(count));
            left -= count;
        }
    }
    /// Says what was not said yet: gaps that lie side by side are one.
    void finish() {
        const untold_gap last = std::exchange(gap_, {});
        if (last.length == 0) return;
        say(places(last.offset, last.length) + (last.length == 1 ? " is missing: " : " are missing: ") +
            reason_of(last.reason) + ".");
    }
    void take(const tcplens::byte_stream::conflict& found) {
        finish();
        say(places(found.offset, found.later.size()) + (found.later.size() == 1 ? " was" : " were") +
            " sent again with other content, in packet " + grouped(found.packet_number) + ": the " +
            (found.later_counts ? "later" : "earlier") + " copy is written.");
    }

    void take_ignored(std::uint64_t bytes) {
        if (bytes == 0) return;
        finish();
        say(counted(bytes, "byte that was", "bytes that were") + " sent behind the end, or far beyond the window, " +
            (bytes == 1 ? "is" : "are") + " not written.");
    }
    void take(const checksum_evidence::outcome& of) { checksums_ = of; }
    /// What the checksums of its segments decided, if there is anything to say.
    [[nodiscard]] std::vector<std::string> checksum_sentences() const {
        std::vector<std::string> told;
        if (!is_wanted()) return told;
        const std::string side = std::string{name_} + ": ";
        if (checksums_.dropped > 0) {
            told.push_back(side + counted(checksums_.dropped, "segment is", "segments are") +
                           " left out, as the receiver drops it, since the checksum is wrong (packet " +
                           grouped(checksums_.first_dropped) + "). --no-checksums takes all.");
        }
        if (checksums_.taken > 0) {
            told.push_back(
                side + counted(checksums_.taken, "segment has", "segments have") +
                " a wrong checksum and is taken, since the receiver acknowledged the bytes and no other copy "
                "was captured (packet " +
                grouped(checksums_.first_taken) + "). --checksums leaves all out.");
        }
        return told;
    }

private:
    static constexpr std::size_t most_sentences = 1000;

    struct untold_gap {
        std::uint64_t offset = 0;
        std::uint64_t length = 0; ///< 0: there is none
        tcplens::byte_stream::gap_reason reason{};
    };

    static std::string places(std::uint64_t offset, std::uint64_t length) {
        if (length == 1) return "byte " + grouped(offset);
        return "bytes " + grouped(offset) + " to " + grouped(offset + length - 1);
    }
    static std::string reason_of(tcplens::byte_stream::gap_reason reason) {
        using enum tcplens::byte_stream::gap_reason;
        switch (reason) {
        case acknowledged: return "acknowledged by the receiver, but not captured";
        case snapshot: return "cut off by the snapshot length of the capture";
        case urgent: return "urgent data";
        case buffer_full: return "given up, since too much waited behind";
        case too_late: return "given up, since what came behind waited for too long";
        case ended: return "not captured before the connection ended";
        case refused: return "sent, but not taken by the receiver";
        }
        return "of an unknown reason";
    }
    void say(const std::string& what) {
        if (!is_wanted()) return;
        if (sentences_.size() < most_sentences) sentences_.push_back(std::string{name_} + ": " + what);
        else ++left_out_;
    }

    std::string_view name_;
    bool fills_;
    output to_{};
    bool failed_ = false;
    std::vector<std::string> sentences_{};
    std::uint64_t left_out_ = 0;
    std::uint64_t missing_ = 0;
    untold_gap gap_{};
    checksum_evidence::outcome checksums_{};
};

/// Hands the bytes of one connection to the writers of its sides, whatever role a side is held to have at the time.
struct side_sink {
    tcplens::endpoint client{};
    tcplens::endpoint server{};
    side_writer* from_client = nullptr;
    side_writer* from_server = nullptr;

    template <class Event>
    [[nodiscard]] side_writer* writer_of(const Event& event) const {
        return writer_of(event.connection, event.direction);
    }
    [[nodiscard]] side_writer* writer_of(const tcplens::connection& of, tcplens::direction way) const {
        const bool by_client = way == tcplens::direction::client_to_server;
        const tcplens::endpoint& from = by_client ? of.client : of.server;
        const tcplens::endpoint& to = by_client ? of.server : of.client;
        if (from == client && to == server) return from_client;
        if (from == server && to == client) return from_server;
        return nullptr; // another connection within the same packets
    }
    void data(const tcplens::byte_stream::data& next) {
        if (side_writer* const to = writer_of(next)) to->take(next.bytes);
    }
    void gap(const tcplens::byte_stream::gap& missing) {
        if (side_writer* const to = writer_of(missing)) to->take(missing);
    }
    void conflict(const tcplens::byte_stream::conflict& found) {
        if (side_writer* const to = writer_of(found)) to->take(found);
    }
    /// After the whole stream: how many bytes were left out.
    void take_ignored(const tcplens::connection& of, tcplens::direction way, std::uint64_t bytes) const {
        if (side_writer* const to = writer_of(of, way)) to->take_ignored(bytes);
    }
};

/// A file of a side, written in large pieces.
class side_file {
public:
    side_file(std::string path, const std::vector<std::string>& inputs) : path_(std::move(path)), file_(path_, inputs) {
        buffer_.reserve(capacity);
    }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] const std::optional<tcplens::write_error>& error() const noexcept {
        return error_ ? error_ : file_.error();
    }

    bool write(std::span<const std::byte> bytes) {
        if (bytes.size() > capacity - buffer_.size() && !flush()) return false;
        if (bytes.size() > capacity) return hand_over(bytes);
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
        return true;
    }
    /// Gives all that was written to the system. False after an error.
    bool flush() {
        const bool written = hand_over(buffer_);
        buffer_.clear();
        return written;
    }
    /// The file takes its place. False after an error.
    bool commit() { return file_.commit(); }

private:
    static constexpr std::size_t capacity = std::size_t{1} << 16;

    bool hand_over(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const std::ptrdiff_t count = file_(bytes);
            if (count <= 0) {
                error_ = tcplens::write_error{.code = count < 0 ? tcplens::write_error::reason::write_failed
                                                                : tcplens::write_error::reason::short_write,
                                              .system_error = static_cast<int>(-count),
                                              .offset = written_};
                return false;
            }
            written_ += static_cast<std::uint64_t>(count);
            bytes = bytes.subspan(static_cast<std::size_t>(count));
        }
        return true;
    }

    std::string path_;
    tcplens::output_file file_;
    std::vector<std::byte> buffer_{};
    std::uint64_t written_ = 0;
    std::optional<tcplens::write_error> error_{};
};

using stream_table = tcplens::basic_connection_table<tcplens::evidence_rules, tcplens::stream_observer<side_sink>>;

stream_table table_for(const bytes_options& given, const side_sink& sink) {
    // One connection alone may hold more than each of many: as much as a direction can.
    constexpr std::size_t most_bytes = std::size_t{1} << 24;
    tcplens::table_options table;
    table.split_incarnations = false; // all packets are those of one
    table.decoding = given.query.decoding;
    table.decoding.verify_checksums = given.checksums;
    table.ignore_bad_checksums = given.checksums;
    tcplens::byte_stream::options how;
    how.direction_bytes = most_bytes;
    how.table_bytes = 2 * most_bytes;
    how.longest_wait = std::chrono::hours{24}; // all is here: what fills a gap later was waited for
    how.awaits_acknowledged = true;            // likewise
    how.overlaps = given.overlaps;
    how.urgent = tcplens::byte_stream::urgent_policy::in_line; // the side sent it
    return {table, tcplens::evidence_rules{}, tcplens::stream_observer{side_sink{sink}, how}};
}

/// Reads the packets of the connection again. Returns what went wrong with reading.
std::vector<file_problem> deliver(const bytes_options& given, const connection_query& query,
                                  const connection_survey& told, const side_sink& sink) {
    std::vector<bool> packets = told.packets;
    if (given.weighs_checksums()) {
        for (const std::uint64_t each : told.checksums.left_out) packets[static_cast<std::size_t>(each)] = false;
    }
    stream_table table = table_for(given, sink);
    capture_list files = query.files;
    files.choice = {};
    captures input{files};
    const auto has_failed = [](const side_writer* of) { return of != nullptr && of->has_failed(); };
    for (const tcplens::packet& packet : input) {
        if (packet.number >= packets.size() || !packets[static_cast<std::size_t>(packet.number)]) continue;
        if (const auto begin = told.begins.find(packet.number); begin != told.begins.end()) table.add(begin->second);
        table.add(packet);
        if (has_failed(sink.from_client) || has_failed(sink.from_server)) break;
    }
    table.flush([&](const auto& left, tcplens::end_reason) {
        for (const auto way : {tcplens::direction::client_to_server, tcplens::direction::server_to_client})
            sink.take_ignored(left, way, left.streams.of(way).ignored);
    });
    for (side_writer* const each : {sink.from_client, sink.from_server}) each->finish();
    return input.problems();
}

void tell(const session& with, const side_writer& of) {
    for (const std::string& each : of.checksum_sentences()) with.complain(each);
    for (const std::string& each : of.sentences()) with.complain(each);
    if (of.left_out() > 0)
        with.complain("So it is with " + counted(of.left_out(), "further place.", "further places."));
    if (of.sentences().size() > 1) with.complain(of.total());
}

exit_status write_files(const bytes_options& given, const connection_query& query, const connection_survey& told,
                        session& with, side_sink& sink) {
    output_folder folder{given.folder};
    if (!folder.problem().empty()) {
        with.complain(given.folder, folder.problem());
        return exit_status::bad_usage;
    }
    std::vector<side_file> files;
    files.reserve(2); // the writers point to them
    const auto open = [&](side_writer* writer, std::string_view name) {
        const std::string file =
            "connection-" + std::to_string(query.numbers.front()) + "-" + std::string{name} + ".bin";
        side_file& to = files.emplace_back((std::filesystem::path{given.folder} / file).string(), query.files);
        writer->write_to([&to](std::span<const std::byte> bytes) { return to.write(bytes); });
    };
    if (given.side != sending_side::server) open(sink.from_client, "client");
    if (given.side != sending_side::client) open(sink.from_server, "server");
    for (const side_file& each : files) {
        if (each.error()) return complain_of_output(with, each.path(), each.error());
    }
    const std::vector<file_problem> problems = deliver(given, query, told, sink);
    if (interrupted()) {
        with.complain("Reading was interrupted: nothing was written.");
        return exit_status::bad_input;
    }
    for (side_file& each : files) { // both are whole before the first takes its place
        if (each.error() || !each.flush()) return complain_of_output(with, each.path(), each.error());
    }
    for (side_file& each : files) {
        if (!each.commit()) return complain_of_output(with, each.path(), each.error());
    }
    folder.keep();
    return with.conclude(problems);
}

exit_status run(const bytes_options& given, session& with) {
    if (given.query.numbers.empty()) throw usage_error{"Which connection? Name it by --connection N."};
    if (!given.side && given.folder.empty())
        throw usage_error{
            "Which side? --direction client or server names the one that sent the bytes; -o FOLDER writes both."};
    if (given.folder == "-")
        throw usage_error{"-o names a folder: without it, the bytes of --direction go to standard output."};
    if (given.checksums && given.no_checksums)
        throw usage_error{"--checksums and --no-checksums contradict each other: give one of them, or neither."};
    connection_query query = given.query;
    static_cast<std::vector<std::string>&>(query.files) = readable_twice(query.files, "bytes");
    query.follows_streams = true;
    query.decoding.verify_checksums = !given.no_checksums;
    exit_status status = exit_status::good;
    const std::optional<connection_survey> told = survey(query, with, status);
    if (!told) return status;

    side_writer client{"client", given.fill};
    side_writer server{"server", given.fill};
    side_sink sink{told->named.front().client, told->named.front().server, &client, &server};
    if (given.weighs_checksums()) {
        for (const checksum_evidence::outcome& each : told->checksums.senders)
            (each.sender == sink.client ? client : server).take(each);
    }
    if (given.folder.empty()) {
        side_writer& wanted = given.side == sending_side::client ? client : server;
        wanted.write_to([&with](std::span<const std::byte> bytes) {
            with.out.write(reinterpret_cast<const char*>(bytes.data()), // NOLINT: the interface of streams
                           static_cast<std::streamsize>(bytes.size()));
            return with.out.good();
        });
        status = with.conclude(deliver(given, query, *told, sink));
        if (wanted.has_failed() || !with.out) return exit_status::bad_usage; // the output cannot be written
    } else {
        status = write_files(given, query, *told, with, sink);
    }
    tell(with, client);
    tell(with, server);
    return status;
}

} // namespace

const subcommand subcommands::bytes{
    .name = "bytes",
    .summary = "the bytes that one side of a connection sent, in order",
    .description =
        "Writes to standard output the bytes that one side of a connection sent, in order and each once, and nothing "
        "else. They are those "
        "that its receiver took: where bytes were sent again with other content before they could be delivered, "
        "--overlap says which copy "
        "counts.\n\n"
        "What is missing in the capture is told on standard error, with its place, or filled by --fill; places count "
        "from 0, the first byte "
        "of the side. The captures are read twice. docs/streams.md tells what becomes of each kind of segment.",
    .examples = {{"tcplens bytes --connection 3 --direction server day.pcap > answer",
                  "what the server of connection 3 sent"},
                 {"tcplens bytes --connection 3 -o streams day.pcap", "both sides, as two files in the folder streams"},
                 {"tcplens bytes --connection 3 --direction client --fill day.pcap | sha256sum",
                  "the sum, with zeros for what is missing"}},
    .prepare = prepare<bytes_options, declare, run>,
};

} // namespace program
