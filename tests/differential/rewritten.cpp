// SPDX-License-Identifier: MIT
// Writes captures anew as pcap and as pcapng, reads both, and compares all packets:
//
//     tcplens_rewritten FILE-OR-FOLDER...
//
// Bytes, times, lengths and link types must be the same, and in pcapng comments and flags. pcap is left out where it cannot hold a capture:
// several link types, packets without a time, times before 1970 or after 2106; pcapng where a link type has more than 16 bits. Exit status 1: something differs.

#include <tcplens/capture.hpp>
#include <tcplens/capture/write/pcap_writer.hpp>
#include <tcplens/capture/write/pcapng_writer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

using namespace tcplens;

namespace {

struct read_packet {
    bool has_time = false;
    std::int64_t time = 0;
    std::vector<std::byte> bytes{};
    std::uint32_t wire_length = 0;
    link_type link{};
    std::vector<std::string> comments{};
    std::optional<std::uint32_t> flags{};

    friend bool operator==(const read_packet&, const read_packet&) = default;
};

/// All packets of a reader. `beside`: with comments and flags.
template <class Reader>
std::vector<read_packet> packets_of(Reader& from, bool beside) {
    std::vector<read_packet> all;
    for (const packet& each : from) {
        read_packet& read =
            all.emplace_back(read_packet{.has_time = each.has_time,
                                         .time = each.has_time ? each.time.time_since_epoch().count() : 0,
                                         .bytes = {each.bytes.begin(), each.bytes.end()},
                                         .wire_length = each.wire_length,
                                         .link = each.link});
        if (!beside) continue;
        for (const auto& option : from.options()) {
            if (option.code == option_list::option::comment) read.comments.emplace_back(option.text());
        }
        if (const auto flags = from.options().flags()) read.flags = flags->bits;
    }
    return all;
}

bool fits_pcap(const std::vector<read_packet>& all) {
    constexpr std::int64_t end = (std::int64_t{1} << 32) * 1'000'000'000;
    return std::ranges::all_of(all, [&](const read_packet& each) {
        return each.has_time && each.time >= 0 && each.time < end && each.link == all.front().link;
    });
}
bool fits_pcapng(const std::vector<read_packet>& all) {
    return std::ranges::all_of(all,
                               [](const read_packet& each) { return static_cast<std::uint32_t>(each.link) <= 0xffff; });
}

struct outcome {
    std::uint64_t files = 0;
    std::uint64_t packets = 0;
    std::uint64_t compared = 0;
    std::uint64_t wrong = 0;

    void count(const std::string& path, const char* format, bool same) {
        ++compared;
        if (same) return;
        ++wrong;
        std::cout << path << ": another capture as " << format << '\n';
    }
};

/// What is read of bytes that were written.
std::vector<read_packet> read_again(const std::vector<std::byte>& written, bool beside) {
    capture_reader reader{memory_source{written}};
    std::vector<read_packet> all = packets_of(reader, beside);
    if (reader.error()) all.clear();
    return all;
}

void check(const std::string& path, outcome& told) {
    std::vector<read_packet> before;
    {
        capture_file capture{path};
        before = packets_of(capture, true);
    }
    if (before.empty()) return;
    ++told.files;
    told.packets += before.size();
    if (fits_pcapng(before)) {
        std::vector<std::byte> written;
        pcapng_writer writer{written};
        capture_file capture{path};
        for (const packet& each : capture) writer.write(each, capture);
        told.count(path, "pcapng", writer.close() && read_again(written, true) == before);
    }
    if (fits_pcap(before)) {
        std::vector<std::byte> written;
        pcap_writer writer{written};
        capture_file capture{path};
        for (const packet& each : capture) writer.write(each);
        for (read_packet& each : before) {
            each.comments.clear();
            each.flags.reset();
        }
        told.count(path, "pcap", writer.close() && read_again(written, false) == before);
    }
}

} // namespace

int main(int count, char** arguments) {
    namespace fs = std::filesystem;
    outcome told;
    for (int i = 1; i < count; ++i) {
        if (!fs::is_directory(arguments[i])) {
            check(arguments[i], told);
            continue;
        }
        for (const fs::directory_entry& each : fs::recursive_directory_iterator{arguments[i]}) {
            if (each.is_regular_file()) check(each.path().string(), told);
        }
    }
    std::cout << told.files << " captures, " << told.packets << " packets: " << told.compared << " comparisons, "
              << told.wrong << " differ\n";
    return told.wrong == 0 && told.files > 0 ? 0 : 1;
}
