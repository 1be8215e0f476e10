// SPDX-License-Identifier: MIT
// What a packet costs from the file to the answers, beside the least that it can cost (floors.hpp) and, where libpcap was found,
// beside its loop that does nothing. Each measurement is a process of its own, so that none finds the memory or the caches of
// the one before, and its peak memory is its own; contestants take turns, so that a busy machine is busy for all of them. What is
// told is processor time, of all threads, and how long it took.
#include "floors.hpp"
#include "workload.hpp"

#include <tcplens/connection/parallel/parallel_connection_table.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef TCPLENS_BENCH_PCAP
#include <pcap/pcap.h>
#endif

namespace {

namespace fs = std::filesystem;
using floors::result;

/// Ends the program: there is nothing to measure.
[[noreturn]] void give_up(std::string_view why) {
    std::cerr << "bench_whole: " << why << '\n';
    std::exit(1);
}

// Contestants: from the path of a capture to the number of its packets, and a checksum without which nothing would be done.

/// What capture_file reads a file by: the rulers get the same, so that the difference to them is the work on packets.
using file_source = tcplens::stream_source<tcplens::file_stream>;

template <result (*Floor)(file_source&)>
result walk_file(const fs::path& path) {
    file_source source{tcplens::file_stream{path}};
    return Floor(source);
}

result read(const fs::path& path) {
    result all;
    tcplens::capture_file capture{path};
    for (const tcplens::packet& packet : capture) {
        all.checksum += packet.bytes.size() + packet.wire_length +
                        static_cast<std::uint64_t>(packet.time.time_since_epoch().count());
    }
    all.packets = capture.packets();
    return all;
}

result decode(const fs::path& path) {
    result all;
    tcplens::capture_file capture{path};
    tcplens::segment segment;
    for (const tcplens::packet& packet : capture) {
        if (tcplens::decode(packet, segment) != tcplens::packet_outcome::tcp) continue;
        all.checksum += segment.sequence.value + segment.payload_length + segment.source.port + segment.window +
                        (segment.options.timestamps ? segment.options.timestamps->value : 0);
    }
    all.packets = capture.packets();
    return all;
}

template <class Table>
std::uint64_t follow(const fs::path& path, Table& table) {
    tcplens::capture_file capture{path};
    table.add_all(capture);
    return capture.packets();
}

result add_one_by_one(const fs::path& path) {
    tcplens::capture_file capture{path};
    tcplens::connection_table table;
    for (const tcplens::packet& packet : capture) table.add(packet);
    return {.packets = capture.packets(), .checksum = table.size()};
}

template <class Rules>
result follow_with(const fs::path& path) {
    tcplens::basic_connection_table<Rules> table;
    const std::uint64_t packets = follow(path, table);
    return {.packets = packets, .checksum = table.size()};
}

result follow_on_two(const fs::path& path) {
    tcplens::parallel_connection_table table{2};
    const std::uint64_t packets = follow(path, table);
    return {.packets = packets, .checksum = table.size()};
}

/// The four answers, too.
template <class Table>
result analyze_with(const fs::path& path, Table table) {
    const std::uint64_t packets = follow(path, table);
    if (table.empty()) return {.packets = packets};
    const auto connections = tcplens::analyze_connections(table);
    const auto anomalies = tcplens::analyze_anomalies(table);
    const auto retransmissions = tcplens::analyze_retransmissions(table);
    const auto flow = tcplens::analyze_traffic_flow(table, {.server = {.address = table[0].server.address}});
    return {.packets = packets,
            .checksum = connections.summary.normal_close + anomalies.patterns.size() +
                        retransmissions.total_retransmissions + flow.client_to_server.packets};
}
result analyze(const fs::path& path) {
    return analyze_with(path, tcplens::connection_table{});
}
result analyze_on_two(const fs::path& path) {
    return analyze_with(path, tcplens::parallel_connection_table{2});
}

#ifdef TCPLENS_BENCH_PCAP
result loop_pcap(const fs::path& path) {
    char error[PCAP_ERRBUF_SIZE];
    pcap_t* const capture = pcap_open_offline(path.c_str(), error);
    if (capture == nullptr) give_up(error);
    result all;
    const auto count = [](u_char* packets, const pcap_pkthdr*, const u_char*) {
        ++*reinterpret_cast<std::uint64_t*>(packets);
    };
    pcap_loop(capture, -1, count, reinterpret_cast<u_char*>(&all.packets));
    pcap_close(capture);
    return all;
}
#endif

struct contestant {
    std::string_view name;
    result (*run)(const fs::path&);
    bool is_ruler = false;
};

constexpr std::string_view touch_name = "touch";
constexpr std::string_view flow_name = "flow";
constexpr std::string_view pcap_name = "pcap_loop";

/// All that is measured; a new way to the answers is one line here.
constexpr contestant contestants[]{
    {touch_name, walk_file<floors::touch<false>>, true},
    {"touch_prefetched", walk_file<floors::touch<true>>, true},
    {flow_name, walk_file<floors::flow<false>>, true},
    {"flow_prefetched", walk_file<floors::flow<true>>, true},
#ifdef TCPLENS_BENCH_PCAP
    {pcap_name, loop_pcap},
#endif
    {"read", read},
    {"decode", decode},
    {"table_repeated_sequence", follow_with<tcplens::repeated_sequence_rules>},
    {"table_wireshark", follow_with<tcplens::wireshark_rules>},
    {"table_evidence", follow_with<tcplens::evidence_rules>},
    {"one_by_one", add_one_by_one},
    {"table_evidence_two", follow_on_two}, // on two processors: what tells is the time that elapsed
    {"analysis", analyze},
    {"analysis_two", analyze_on_two},
};

struct measurement {
    result answer{};
    double processor = 0; ///< nanoseconds in all
    double elapsed = 0;   ///< likewise
    double peak_mebibytes = 0;
};

/// Processor time of this process, in nanoseconds.
double processor_time() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

// Not inlined, so that a profiler can be told to begin here.
[[gnu::noinline]] measurement measure_here(const contestant& which, const fs::path& path) {
    const auto begin = std::chrono::steady_clock::now();
    const double used_before = processor_time();
    measurement made{.answer = which.run(path)};
    made.processor = processor_time() - used_before;
    made.elapsed = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
    return made;
}

/// In a process of its own.
measurement measure(const contestant& which, const fs::path& path) {
    int ends[2];
    if (pipe(ends) != 0) give_up("no pipe");
    const pid_t child = fork();
    if (child < 0) give_up("no process");
    if (child == 0) {
        const measurement made = measure_here(which, path);
        _exit(write(ends[1], &made, sizeof made) == sizeof made ? 0 : 1);
    }
    close(ends[1]);
    measurement made;
    const bool good = ::read(ends[0], &made, sizeof made) == sizeof made;
    close(ends[0]);
    rusage used{};
    wait4(child, nullptr, 0, &used);
    if (!good) give_up(std::string{which.name} + " failed");
    made.peak_mebibytes = static_cast<double>(used.ru_maxrss) / 1024;
    return made;
}

/// Brings a file into the page cache as it is after it was read from the disk: one that was just written is read at half speed
/// until it has left the cache once.
void settle(const fs::path& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) give_up(path.string() + " cannot be read");
    fdatasync(file);
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    std::vector<char> buffer(std::size_t{1} << 20);
    while (::read(file, buffer.data(), buffer.size()) > 0) {
    }
    close(file);
}

struct arguments {
    std::uint64_t packets = 5'000'000;
    unsigned repetitions = 5;
    bool here = false;
    fs::path folder = fs::temp_directory_path();
    std::vector<std::string> only{};
    std::vector<std::string> captures{};
};

constexpr std::string_view usage =
    R"(usage: bench_whole [option]... [few | many | FILE]...

few: 100 bulk transfers; many: short connections, 20,000 open at a time; or any capture. Without: few many.

  --packets N       how long few and many are, 5000000 by default
  --repetitions N   how often each is measured, 5 by default; 0: only write few and many
  --folder PATH     where few and many are written and, if they are there, found
  --only NAME       measure this and the rulers only; can be given again
  --here            measure once, in this process, what --only names: for a profiler
)";

arguments parse(std::span<char*> given) {
    arguments parsed;
    const auto fail = [] {
        std::cerr << usage;
        std::exit(2);
    };
    for (std::size_t i = 1; i < given.size(); ++i) {
        const std::string_view argument = given[i];
        if (argument == "--here") {
            parsed.here = true;
            continue;
        }
        if (!argument.starts_with("--")) {
            parsed.captures.emplace_back(argument);
            continue;
        }
        if (++i == given.size()) fail();
        const std::string_view value = given[i];
        const auto read_number = [&](auto& into) {
            if (std::from_chars(value.data(), value.data() + value.size(), into).ec != std::errc{}) fail();
        };
        if (argument == "--packets") read_number(parsed.packets);
        else if (argument == "--repetitions") read_number(parsed.repetitions);
        else if (argument == "--folder") parsed.folder = value;
        else if (argument == "--only") parsed.only.emplace_back(value);
        else fail();
    }
    if (parsed.captures.empty()) parsed.captures = {"few", "many"};
    return parsed;
}

/// The path of a capture; a workload is written first.
fs::path prepare(const std::string& capture, const arguments& given) {
    const bool is_few = capture == "few";
    if (!is_few && capture != "many") return capture;
    const fs::path path = given.folder / ("tcplens-" + capture + "-" + std::to_string(given.packets) + ".pcap");
    if (fs::exists(path)) return path;
    fs::path unfinished = path;
    unfinished += ".part";
    std::ofstream file{unfinished, std::ios::binary};
    workload::write_pcap(
        is_few ? workload::few(given.packets) : workload::many(given.packets), [&](std::span<const std::byte> bytes) {
            file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        });
    file.close();
    if (!file) give_up(path.string() + " cannot be written");
    fs::rename(unfinished, path);
    return path;
}

struct series {
    const contestant* which = nullptr;
    std::vector<double> processor{}; ///< nanoseconds a packet
    std::vector<double> elapsed{};   ///< likewise
    double peak_mebibytes = 0;

    void add(const measurement& made) {
        processor.push_back(made.processor / static_cast<double>(made.answer.packets));
        elapsed.push_back(made.elapsed / static_cast<double>(made.answer.packets));
        peak_mebibytes = std::max(peak_mebibytes, made.peak_mebibytes);
    }
};

double least(const std::vector<double>& of) {
    return *std::ranges::min_element(of);
}
double median(std::vector<double> of) {
    std::ranges::sort(of);
    return (of[(of.size() - 1) / 2] + of[of.size() / 2]) / 2;
}

/// Multiples are of the least processor times, which the neighbours disturbed least.
void print(const std::vector<series>& all) {
    const auto least_of = [&](std::string_view name) -> std::optional<double> {
        const auto found = std::ranges::find(all, name, [](const series& each) { return each.which->name; });
        if (found == all.end()) return std::nullopt;
        return least(found->processor);
    };
    const std::string_view rulers[]{touch_name, flow_name, pcap_name};
    std::cout << "  " << std::left << std::setw(24) << "ns a packet" << std::right << std::setw(10) << "least"
              << std::setw(10) << "median" << std::setw(10) << "elapsed";
    for (const std::string_view ruler : rulers) std::cout << std::setw(12) << "x " + std::string{ruler};
    std::cout << std::setw(12) << "peak MiB" << '\n' << std::fixed;
    for (const series& each : all) {
        std::cout << "  " << std::left << std::setw(24) << each.which->name << std::right << std::setprecision(1)
                  << std::setw(10) << least(each.processor) << std::setw(10) << median(each.processor) << std::setw(10)
                  << least(each.elapsed) << std::setprecision(2);
        for (const std::string_view ruler : rulers) {
            if (const auto unit = least_of(ruler)) std::cout << std::setw(12) << least(each.processor) / *unit;
            else std::cout << std::setw(12) << "-";
        }
        std::cout << std::setprecision(0) << std::setw(12) << each.peak_mebibytes << '\n';
    }
}

void measure_all(const fs::path& path, const arguments& given) {
    std::vector<series> all;
    for (const contestant& each : contestants) {
        const bool wanted = given.only.empty() || std::ranges::find(given.only, each.name) != given.only.end();
        if (wanted || (each.is_ruler && !given.here)) all.push_back({.which = &each});
    }
    const bool walkable = floors::can_walk(file_source{tcplens::file_stream{path}}.peek(floors::file_header));
    if (!walkable) std::erase_if(all, [](const series& each) { return each.which->is_ruler; });
    if (all.empty()) give_up("there is nothing of that name to measure");

    std::uint64_t packets = 0;
    for (unsigned repetition = 0; repetition < (given.here ? 1 : given.repetitions); ++repetition) {
        for (series& each : all) {
            const measurement made = given.here ? measure_here(*each.which, path) : measure(*each.which, path);
            if (packets == 0) packets = made.answer.packets;
            if (packets == 0 || made.answer.packets != packets) {
                give_up(std::string{each.which->name} + " did not read the packets that the others read");
            }
            each.add(made);
        }
    }
    std::cout << path.string() << ": " << packets << " packets\n";
    print(all);
}

} // namespace

int main(int argc, char** argv) {
    const arguments given = parse({argv, static_cast<std::size_t>(argc)});
    for (const std::string& capture : given.captures) {
        const fs::path path = prepare(capture, given);
        settle(path);
        if (given.repetitions > 0 || given.here) measure_all(path, given);
    }
}
