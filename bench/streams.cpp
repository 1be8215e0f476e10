// SPDX-License-Identifier: MIT
// What the bytes of streams in order cost, in memory that is warm: the table alone, with a stream observer, and memcpy of the same bytes.
//
//     bench_streams [PACKETS [REPETITIONS]]
#include "workload.hpp"

#include <tcplens/connection/streams/stream_observer.hpp>
#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using bytes = std::vector<std::byte>;

double processor_nanoseconds() {
    return static_cast<double>(std::clock()) * (1e9 / CLOCKS_PER_SEC);
}

/// Counts bytes, and does not look at them.
struct counting_sink {
    std::uint64_t* total;
    void data(const tcplens::byte_stream::data& told) const { *total += told.bytes.size(); }
    void gap(const tcplens::byte_stream::gap& told) const { *total += told.length; }
};

struct workload_in_memory {
    const char* name;
    bytes file{};
};

/// 100 bulk transfers; of `swapped_per_hundred` packets in a hundred, two with data change places.
bytes capture_of(std::uint64_t packets, std::uint32_t snapshot_length, unsigned swapped_per_hundred) {
    workload::shape shape = workload::few(packets);
    shape.open = 1; // the connections follow each other, so that neighbours belong together
    shape.connections = 1;
    if (swapped_per_hundred == 0) shape.connections = shape.open = 100;
    shape.snapshot_length = snapshot_length;
    bytes file;
    bytes record;
    bytes waiting;
    std::uint64_t number = 0;
    workload::write_pcap(shape, [&](std::span<const std::byte> part) {
        if (part.size() == 24 && file.empty()) {
            file.assign(part.begin(), part.end());
            return;
        }
        record.insert(record.end(), part.begin(), part.end());
        if (part.size() == 16) return; // the record goes on
        const bool data = record.size() > 1000;
        if (data && waiting.empty() && swapped_per_hundred != 0 && number % 100 < swapped_per_hundred) {
            waiting = std::exchange(record, {});
        } else {
            file.insert(file.end(), record.begin(), record.end());
            if (data) {
                file.insert(file.end(), waiting.begin(), waiting.end());
                waiting.clear();
            }
            record.clear();
        }
        ++number;
    });
    file.insert(file.end(), waiting.begin(), waiting.end());
    return file;
}

template <class Run>
double least(int repetitions, const Run& run) {
    double best = 1e300;
    for (int i = 0; i < repetitions; ++i) {
        const double begin = processor_nanoseconds();
        run();
        best = std::min(best, processor_nanoseconds() - begin);
    }
    return best;
}

std::uint64_t follow(const bytes& file, const tcplens::byte_stream::options& how) {
    std::uint64_t total = 0;
    tcplens::capture_reader capture{std::span<const std::byte>{file}};
    tcplens::basic_connection_table table{tcplens::table_options{}, tcplens::evidence_rules{},
                                          tcplens::stream_observer{counting_sink{&total}, how}};
    table.add_all(capture);
    table.flush([](const auto&, tcplens::end_reason) {});
    return total;
}

} // namespace

int main(int count, char** arguments) {
    const std::uint64_t packets = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 300'000;
    const int repetitions = count > 2 ? std::atoi(arguments[2]) : 5;
    const workload_in_memory all[]{{"in order, whole packets", capture_of(packets, 1600, 0)},
                                   {"in order, snaplen 128", capture_of(packets, 128, 0)},
                                   {"one in ten swapped, whole packets", capture_of(packets, 1600, 10)}};
    std::printf("%-36s %8s %8s %8s %10s %10s %10s\n", "", "table", "streams", "+memory", "ns/byte", "+memory",
                "memcpy");
    bool sound = true;
    for (const workload_in_memory& each : all) {
        std::uint64_t total = 0;
        std::uint64_t again = 0;
        const double alone = least(repetitions, [&] {
            tcplens::capture_reader capture{std::span<const std::byte>{each.file}};
            tcplens::connection_table table;
            table.add_all(capture);
        });
        const double streams = least(repetitions, [&] { total = follow(each.file, {.remembered_bytes = 0}); });
        const double remembering = least(repetitions, [&] { again = follow(each.file, {}); });
        bytes copy(64 * 1024);
        const double copied = least(repetitions, [&] {
            for (std::size_t at = 0; at < each.file.size(); at += copy.size())
                std::memcpy(copy.data(), each.file.data() + at, std::min(copy.size(), each.file.size() - at));
        });
        const auto number = static_cast<double>(packets);
        const auto length = static_cast<double>(std::max<std::uint64_t>(total, 1));
        std::printf("%-36s %8.1f %8.1f %8.1f %10.4f %10.4f %10.4f\n", each.name, alone / number, streams / number,
                    remembering / number, (streams - alone) / length, (remembering - alone) / length,
                    copied / static_cast<double>(each.file.size()));
        sound = sound && total == again && total > 0;
    }
    return sound ? 0 : 1;
}
