// SPDX-License-Identifier: MIT
#include "random_connections.hpp"

#include <tcplens/archive/archive_reader.hpp>
#include <tcplens/archive/archive_writer.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

using namespace tcplens;

namespace {

template <class Accumulator>
std::vector<std::byte> saved(const Accumulator& of) {
    archive_writer out;
    out(of);
    return out.written();
}

template <class Accumulator>
bool restores(Accumulator& into, std::span<const std::byte> from) {
    archive_reader in{from};
    in(into);
    return in.good() && in.left() == 0;
}

/// A saved accumulator goes on as if it had never been saved; one that is cut off, or for other options, is refused.
template <class Accumulator, class Options>
void check_saving(const Options& options, const Options& others) {
    const std::vector<connection> connections = random_connections(400, 9, 300);
    Accumulator whole{options};
    Accumulator part{options};
    for (std::size_t i = 0; i < connections.size(); ++i) {
        whole.add(connections[i]);
        if (i == 200) {
            const std::vector<std::byte> bytes = saved(part);
            Accumulator other{options};
            REQUIRE(restores(other, bytes));
            CHECK(saved(other) == bytes);
            part = other;
            for (std::size_t length = 0; length < bytes.size(); length += 1 + length / 100) {
                Accumulator damaged{options};
                REQUIRE_FALSE(restores(damaged, std::span{bytes}.first(length)));
                (void)damaged.result();
            }
            Accumulator with_others{others};
            CHECK_FALSE(restores(with_others, bytes));
            std::mt19937 random{1};
            for (int round = 0; round < 500; ++round) { // bytes by chance: refused or not, what is there can be used
                std::vector<std::byte> changed = bytes;
                changed[random() % changed.size()] = static_cast<std::byte>(random() & 0xff);
                Accumulator odd{options};
                if (!restores(odd, changed)) continue;
                for (const connection& each : std::span{connections}.first(20)) odd.add(each);
                (void)odd.result();
            }
        }
        part.add(connections[i]);
    }
    CHECK(saved(part) == saved(whole));
}

} // namespace

TEST_CASE("accumulators: a saved state goes on") {
    check_saving<connections_report::accumulator>(connections_report::options{.limit = 7},
                                                  connections_report::options{.limit = 8});
    check_saving<retransmission_report::accumulator>(retransmission_report::options{},
                                                     retransmission_report::options{.minimum_packets = 3});
    check_saving<anomaly_report::accumulator>(anomaly_options{.tracked_sources = 20},
                                              anomaly_options{.tracked_sources = 21});
    check_saving<anomaly_report::accumulator>(anomaly_options{.limit = SIZE_MAX},
                                              anomaly_options{.retransmission_threshold = 0.5, .limit = SIZE_MAX});
    check_saving<traffic_flow_report::accumulator>(traffic_flow_report::options{},
                                                   traffic_flow_report::options{.server = {.port = std::uint16_t{1}}});
}
