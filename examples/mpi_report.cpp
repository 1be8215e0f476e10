// SPDX-License-Identifier: MIT
// Answers the four questions as text, on as many machines as MPI starts it on: `mpirun -n 7 mpi_report a.pcap b.pcap …`.
// The answer is that of `report --by-time a.pcap b.pcap …`, byte for byte, however many there are.
//
// Each rank reads files of its own. Segments travel to the rank that owns their connection by the symmetric hash, in rounds: a
// rank reads until it holds as many as a round may have; then all ranks agree how far everyone has read, and what stands before
// that goes to its owner, who puts it in order and follows it. So no rank ever holds more than one round of what it
// reads, and one round of each other rank. In the end the connections are gathered, ordered by their first packets, and answered
// for as those of one table are.
//
// Records travel as they lie in memory: all machines must be of one kind.

#include "command_line.hpp"
#include "report_text.hpp"
#include "tcplens/segments_by_time.hpp"

#include <mpi.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using program::place;
using program::placed_segment;

struct placed_connection {
    place first{}; ///< of its segments
    tcplens::connection seen{};
};
static_assert(std::is_trivially_copyable_v<placed_connection>);
static_assert(std::is_trivially_copyable_v<tcplens::hash_key>);

/// The processes that work together, and what they tell each other. What fails in MPI ends them all.
class ranks {
public:
    ranks() {
        MPI_Comm_rank(MPI_COMM_WORLD, &own_);
        MPI_Comm_size(MPI_COMM_WORLD, &count_);
    }

    [[nodiscard]] std::size_t own() const { return static_cast<std::size_t>(own_); }
    [[nodiscard]] std::size_t count() const { return static_cast<std::size_t>(count_); }

    /// What rank 0 has.
    template <class Record>
    [[nodiscard]] Record from_first(Record record) const {
        static_assert(std::is_trivially_copyable_v<Record>);
        MPI_Bcast(&record, sizeof record, MPI_BYTE, 0, MPI_COMM_WORLD);
        return record;
    }

    /// Whether any has it true.
    [[nodiscard]] bool from_any(bool has) const {
        const std::vector<char> said = of_all(static_cast<char>(has));
        return std::ranges::find(said, 1) != said.end();
    }

    /// What each has, by rank.
    template <class Record>
    [[nodiscard]] std::vector<Record> of_all(const Record& record) const {
        static_assert(std::is_trivially_copyable_v<Record>);
        std::vector<Record> all(count());
        MPI_Allgather(&record, sizeof record, MPI_BYTE, all.data(), sizeof record, MPI_BYTE, MPI_COMM_WORLD);
        return all;
    }

    /// Gives each rank what is meant for it; returns what all ranks had for this one, by rank.
    template <class Record>
    [[nodiscard]] std::vector<Record> exchange(const std::vector<std::vector<Record>>& outgoing) const {
        std::vector<int> sent;
        std::vector<Record> all;
        for (const std::vector<Record>& each : outgoing) {
            sent.push_back(static_cast<int>(each.size()));
            all.insert(all.end(), each.begin(), each.end());
        }
        std::vector<int> received(count());
        MPI_Alltoall(sent.data(), 1, MPI_INT, received.data(), 1, MPI_INT, MPI_COMM_WORLD);
        const std::vector<int> sent_at = starts(sent);
        const std::vector<int> received_at = starts(received);
        std::vector<Record> incoming(static_cast<std::size_t>(received_at.back()));
        const type_of<Record> type;
        MPI_Alltoallv(all.data(), sent.data(), sent_at.data(), type.mpi, incoming.data(), received.data(),
                      received_at.data(), type.mpi, MPI_COMM_WORLD);
        return incoming;
    }

    /// What all ranks have, by rank, for rank 0; the others get nothing.
    template <class Record>
    [[nodiscard]] std::vector<Record> gather(const std::vector<Record>& own) const {
        const int sent = static_cast<int>(own.size());
        std::vector<int> received(count());
        MPI_Gather(&sent, 1, MPI_INT, received.data(), 1, MPI_INT, 0, MPI_COMM_WORLD);
        const std::vector<int> received_at = starts(received);
        std::vector<Record> all(static_cast<std::size_t>(received_at.back()));
        const type_of<Record> type;
        MPI_Gatherv(own.data(), sent, type.mpi, all.data(), received.data(), received_at.data(), type.mpi, 0,
                    MPI_COMM_WORLD);
        return all;
    }

private:
    /// Counts and places are numbers of whole records: those of bytes are not ints.
    template <class Record>
    struct type_of {
        static_assert(std::is_trivially_copyable_v<Record>);
        type_of() {
            MPI_Type_contiguous(sizeof(Record), MPI_BYTE, &mpi);
            MPI_Type_commit(&mpi);
        }
        type_of(const type_of&) = delete;
        type_of& operator=(const type_of&) = delete;
        ~type_of() { MPI_Type_free(&mpi); }
        MPI_Datatype mpi{};
    };

    /// Where each part begins, and behind them the sum.
    static std::vector<int> starts(const std::vector<int>& counts) {
        std::vector<int> at{0};
        for (const int each : counts) at.push_back(at.back() + each);
        return at;
    }

    int own_ = 0;
    int count_ = 1;
};

/// A table of the connections that this rank owns, and where their first segments stand.
struct owned_connections {
    tcplens::connection_table table{};
    std::vector<place> firsts{}; ///< by number

    void add(const placed_segment& next) {
        if (table.add(next.found).begins_connection) firsts.push_back(next.at);
    }
    [[nodiscard]] std::vector<placed_connection> all() const {
        std::vector<placed_connection> placed;
        placed.reserve(table.size());
        for (const tcplens::connection& each : table) placed.push_back({firsts[each.number], each});
        return placed;
    }
};

/// The most segments that a rank sends in one round, unless somebody asks for another number: such that what one rank receives,
/// should all be for it, stays within 64 MiB up to some hundred ranks.
std::size_t default_round(std::size_t ranks) {
    constexpr std::size_t most_received = (std::size_t{64} << 20) / sizeof(placed_segment);
    return std::max<std::size_t>(most_received / ranks, 256);
}

/// Reads all of `segments`, sends each to its owner, and follows those that are this rank's.
void follow(program::segments_by_time& segments, const ranks& all, std::size_t round, owned_connections& into) {
    constexpr place end{.time = tcplens::timestamp::max(),
                        .file = std::numeric_limits<std::uint64_t>::max(),
                        .in_file = std::numeric_limits<std::uint64_t>::max(),
                        .in_packet = std::numeric_limits<std::uint64_t>::max()};
    const tcplens::hash_key key = all.from_first(tcplens::hash_key::random()); // one for all: it tells the owner
    std::vector<placed_segment> waiting;
    std::vector<std::vector<placed_segment>> outgoing(all.count());
    for (bool ended = false;;) {
        while (!ended && waiting.size() < round) {
            if (const placed_segment* const next = segments.next()) waiting.push_back(*next);
            else ended = true;
        }
        // What stands up to there has been read everywhere. Whoever holds all others up sends all it has: each round is progress.
        const std::vector<place> reached = all.of_all(ended ? end : waiting.back().at);
        const place safe = *std::ranges::min_element(reached);
        const auto last = std::ranges::upper_bound(waiting, safe, {}, &placed_segment::at);
        for (auto& each : outgoing) each.clear();
        for (auto each = waiting.begin(); each != last; ++each) {
            const std::uint32_t hash = tcplens::connection_table::hash_of(each->found, key);
            outgoing[hash % all.count()].push_back(*each);
        }
        waiting.erase(waiting.begin(), last);

        std::vector<placed_segment> incoming = all.exchange(outgoing);
        std::ranges::sort(incoming, {}, &placed_segment::at);
        for (const placed_segment& each : incoming) into.add(each);
        if (safe == end) return;
    }
}

/// The connections of all ranks in the order in which one table would have them, for rank 0.
std::vector<tcplens::connection> gather_connections(const ranks& all, const owned_connections& own) {
    std::vector<placed_connection> placed = all.gather(own.all());
    std::ranges::sort(placed, {}, &placed_connection::first);
    std::vector<tcplens::connection> connections;
    connections.reserve(placed.size());
    for (placed_connection& each : placed) {
        each.seen.number = connections.size();
        connections.push_back(each.seen);
    }
    return connections;
}

/// What all ranks say of their files, in the order of files, for rank 0.
example::capture_summary gather_results(const ranks& all, const program::segments_by_time& segments) {
    struct numbered {
        std::uint64_t file;
        std::uint64_t name_length;
        std::uint64_t problem_length;
        program::file_result result;
    };
    std::vector<numbered> results;
    std::vector<char> text;
    for (const program::segment_file& each : segments.files()) {
        const std::string problem = each.problem() ? each.problem()->sentence : std::string{};
        results.push_back({each.number(), each.name().size(), problem.size(), each.result()});
        text.insert(text.end(), each.name().begin(), each.name().end());
        text.insert(text.end(), problem.begin(), problem.end());
    }
    results = all.gather(results);
    text = all.gather(text);

    struct described {
        numbered what;
        std::string name;
        std::string problem;
    };
    std::vector<described> files;
    std::size_t at = 0;
    const auto take = [&](std::uint64_t length) {
        at += length;
        return std::string{text.data() + at - length, static_cast<std::size_t>(length)};
    };
    for (const numbered& each : results) {
        std::string name = take(each.name_length);
        files.push_back({each, std::move(name), take(each.problem_length)});
    }
    std::ranges::sort(files, {}, [](const described& each) { return each.what.file; });
    example::capture_summary captures;
    for (const described& each : files) {
        std::optional<program::file_problem> problem;
        if (!each.problem.empty()) problem = {each.name, each.problem, {}};
        add(captures, each.name, each.what.result, problem);
    }
    return captures;
}

constexpr example::option local{
    "--local", "", "",
    "the files of each rank are its own, and stand in the order of ranks; else all are given the same ones",
    [](example::arguments& given, std::string_view) { return given.local = true; }};

constexpr example::option round_size{"--round", "N", "a number from 1 to 1000000",
                                     "how many segments a rank sends at a time, at most",
                                     [](example::arguments& given, std::string_view value) {
                                         given.round = example::parse_number<std::size_t>(value);
                                         return given.round && *given.round >= 1 && *given.round <= 1'000'000;
                                     }};

bool command_line_is_read = false;

/// Where a command line makes no sense the program ends within parse(): the other ranks, which may have another one, must hear of it.
void end() {
    if (!command_line_is_read) static_cast<void>(ranks{}.from_any(true));
    MPI_Finalize();
}

} // namespace

int main(int argc, char** argv) {
    using namespace example;
    MPI_Init(&argc, &argv);
    std::atexit(end);
    const ranks all;
    if (all.own() != 0) { // one speaks for all
        std::cout.setstate(std::ios::badbit);
        std::cerr.setstate(std::ios::badbit);
    }
    const arguments given =
        parse(argc, argv, {&server_ip, &server_port, &threshold, &detailed, &local, &round_size}, captures_by_time);

    command_line_is_read = true;
    const auto refuse = [&](const char* why) {
        std::cerr << given.program << ": " << why << '\n';
        return static_cast<int>(exit_status::bad_usage);
    };
    if (all.from_any(false)) return refuse("The command line of another rank makes no sense.");
    if (all.from_any(std::ranges::find(given.files, "-") != given.files.end())) {
        return refuse("Standard input is not that of all ranks: name files.");
    }
    if (all.from_any(given.local) && all.from_any(!given.local)) {
        return refuse("Some ranks were given --local, and some were not.");
    }
    std::string names;
    for (const std::string& each : given.files) names.append(each).push_back('\0');
    const std::size_t own_names = std::hash<std::string>{}(names);
    const bool same_names = own_names == all.from_first(own_names); // whatever each was given, all take part
    if (all.from_any(!given.local && !same_names)) {
        return refuse("The ranks were given different files: are those the --local ones of each?");
    }

    std::vector<program::segment_file> files;
    std::uint64_t number = 0;
    const std::vector<std::size_t> counts = all.of_all(given.files.size());
    for (std::size_t rank = 0; given.local && rank < all.own(); ++rank) number += counts[rank];
    for (std::size_t i = 0; i < given.files.size(); ++i, ++number) {
        if (given.local || i % all.count() == all.own())
            files.emplace_back(given.files[i], number, tcplens::decode_options{});
    }

    program::segments_by_time segments{std::move(files)};
    owned_connections own;
    follow(segments, all, given.round.value_or(default_round(all.count())), own);

    const std::vector<tcplens::connection> connections = gather_connections(all, own);
    const capture_summary captures = gather_results(all, segments);
    exit_status status = exit_status::good;
    if (all.own() == 0) {
        print_report(given, captures, connections);
        status = conclude(given, captures.problems);
    }
    return static_cast<int>(all.from_first(status));
}
