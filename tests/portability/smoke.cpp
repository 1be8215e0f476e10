// SPDX-License-Identifier: MIT
// The shortest whole way, on any platform: smoke CAPTURE NEW-TABLE [TABLE…]. It reads the capture, asks the analyses, saves the table, and
// restores that one and those of other platforms, which must be the same byte for byte.

#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/saved/saved_table.hpp>
#include <tcplens/tcplens.hpp>

#include <bit>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace {

std::vector<std::byte> contents(const char* name) {
    std::ifstream file{name, std::ios::binary};
    const std::vector<char> read{std::istreambuf_iterator<char>{file}, {}};
    const auto bytes = std::as_bytes(std::span{read});
    return {bytes.begin(), bytes.end()};
}

bool fail(const char* what, const std::string& why) {
    std::fprintf(stderr, "%s: %s\n", what, why.c_str());
    return false;
}

bool restores(const char* name, const std::vector<std::byte>& bytes) {
    tcplens::detailed_connection_table restored{{.hash_key = tcplens::hash_key{2}}};
    if (const auto error = tcplens::restore(restored, bytes)) return fail(name, to_string(*error));
    if (tcplens::save(restored) != bytes) return fail(name, "saved again, it is not the same");
    return true;
}

} // namespace

int main(int count, char** values) {
    if (count < 3) return 2;
    tcplens::capture_file capture{values[1]};
    tcplens::detailed_connection_table table{{.hash_key = tcplens::hash_key{1}}};
    table.add_all(capture);
    if (capture.error()) return fail(values[1], to_string(*capture.error())), 1;
    if (table.empty()) return fail(values[1], "no connection"), 1;

    const auto connections = tcplens::analyze_connections(table);
    const auto retransmissions = tcplens::analyze_retransmissions(table);
    const auto anomalies = tcplens::analyze_anomalies(table);
    const auto flow = tcplens::analyze_traffic_flow(table, {.server = {.port = 80}});
    static_cast<void>(connections);
    static_cast<void>(retransmissions);
    static_cast<void>(anomalies);
    static_cast<void>(flow);

    const std::vector<std::byte> saved = tcplens::save(table);
    bool good = restores(values[2], saved);
    std::ofstream{values[2], std::ios::binary}.write(reinterpret_cast<const char*>(saved.data()),
                                                     static_cast<std::streamsize>(saved.size()));
    for (int i = 3; i < count; ++i) {
        const std::vector<std::byte> other = contents(values[i]);
        good = restores(values[i], other) && good;
        if (other != saved) good = fail(values[i], "another platform saved other bytes");
    }
    std::printf("%zu-bit, %s-endian: %zu connections, %llu packets, saved in %zu bytes\n", 8 * sizeof(void*),
                std::endian::native == std::endian::big ? "big" : "little", table.size(),
                static_cast<unsigned long long>(table.statistics().packets), saved.size());
    return good ? 0 : 1;
}
