// SPDX-License-Identifier: MIT
// The connections of a capture and the bytes of their streams in order, which are counted and let go: what tins_follow.cpp does.
#include <tcplens/connection/streams/stream_observer.hpp>
#include <tcplens/tcplens.hpp>

#include <cstdint>
#include <cstdio>

namespace {

struct counting_sink {
    std::uint64_t* total;
    void data(const tcplens::byte_stream::data& told) const { *total += told.bytes.size(); }
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    std::uint64_t bytes = 0;
    tcplens::byte_stream::options how;
    how.remembered_bytes = 0; // libtins finds no conflicts
    tcplens::capture_file capture{argv[1]};
    tcplens::basic_connection_table table{tcplens::table_options{}, tcplens::evidence_rules{},
                                          tcplens::stream_observer{counting_sink{&bytes}, how}};
    for (const tcplens::packet& packet : capture) table.add(packet); // as tcplens_table.cpp
    table.flush([](const auto&, tcplens::end_reason) {});
    std::printf("%llu\n", static_cast<unsigned long long>(bytes));
}
