// SPDX-License-Identifier: MIT
#pragma once

#include "../../bench/workload.hpp"
#include "../support/capture_writer.hpp"
#include "../support/packet_builder.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// A capture of much that goes on at once, to be dealt to files: connections with retransmissions, segments in two
/// fragments, and packets without TCP. No two packets have the same time, unless it is untidy.
class busy_capture {
public:
    struct packet {
        std::uint64_t microseconds = 0;
        capture_writer::byte_vector bytes{};
        std::uint32_t wire_length = 0;
        bool with_previous = false; ///< the rest of an IP packet that the one before began
    };

    /// \param untidy many packets have the same time, and some times run back
    explicit busy_capture(std::uint64_t count = 3000, bool untidy = false) {
        using namespace packet_builder;
        const workload::shape shape{
            .packets = count, .connections = 60, .open = 15, .sent_again_per_thousand = 20, .snapshot_length = 96};
        std::uint32_t sequence = 1;
        workload::generate(
            shape, [&](std::uint64_t microseconds, std::span<const std::byte> bytes, std::uint32_t wire_length) {
                const std::size_t number = packets_.size();
                std::uint64_t time = microseconds * 10; // so that there is room between two
                if (untidy) time = time / 500 * 500 - random_.below(2) * random_.below(3000);
                packets_.push_back({time, {bytes.begin(), bytes.end()}, wire_length});
                if (number % 31 == 5) {
                    add(time + 1, framed_ip_packet({}, 17, byte_vector(20)));
                } else if (number % 41 == 5) {
                    add(time + 1, byte_vector(60, std::byte{8})); // nothing that is known
                } else if (number % 23 == 5) {
                    const byte_vector whole =
                        tcp_packet({.dont_fragment = false, .sequence = sequence, .payload_length = 64});
                    byte_vector first(whole.begin(), whole.begin() + 14 + 20 + 48);
                    byte_vector second = whole;
                    second.erase(second.begin() + 14 + 20, second.begin() + 14 + 20 + 48);
                    for (byte_vector* each : {&first, &second}) {
                        overwrite(*each, 14 + 2, big_endian(static_cast<std::uint16_t>(each->size() - 14)));
                        overwrite(*each, 14 + 4, big_endian(static_cast<std::uint16_t>(number)));
                    }
                    overwrite(first, 14 + 6, big_endian(0x2000));
                    overwrite(second, 14 + 6, big_endian(48 / 8));
                    add(time + 1, first);
                    add(time + 2, second);
                    packets_.back().with_previous = true;
                    sequence += number % 3 == 0 ? 0 : 64;
                }
            });
    }

    [[nodiscard]] const std::vector<packet>& packets() const { return packets_; }

    [[nodiscard]] capture_writer::byte_vector pcap() const { return pcap_of(packets_); }

    /// The same in so many files that follow each other, cut anywhere; some may be empty.
    [[nodiscard]] std::vector<capture_writer::byte_vector> cut(std::size_t count) {
        std::vector<std::size_t> cuts{0, packets_.size()};
        while (cuts.size() < count + 1) cuts.push_back(random_.below(packets_.size() + 1));
        if (count > 2) cuts[2] = 0; // one that is empty for sure
        std::ranges::sort(cuts);
        std::vector<capture_writer::byte_vector> files;
        for (std::size_t i = 0; i < count; ++i) {
            files.push_back(pcap_of(std::span{packets_}.subspan(cuts[i], cuts[i + 1] - cuts[i])));
        }
        return files;
    }

    /// The packets of each of so many files that were taken at the same time, each packet by one of them.
    [[nodiscard]] std::vector<std::vector<packet>> deal(std::size_t count) {
        std::vector<std::vector<packet>> dealt(count);
        std::size_t to = 0;
        for (const packet& each : packets_) {
            if (!each.with_previous) to = random_.below(count);
            dealt[to].push_back(each);
        }
        return dealt;
    }

    [[nodiscard]] static capture_writer::byte_vector pcap_of(std::span<const packet> packets) {
        capture_writer::pcap_writer file;
        for (const packet& each : packets) {
            file.record(static_cast<std::uint32_t>(each.microseconds / 1'000'000),
                        static_cast<std::uint32_t>(each.microseconds % 1'000'000), each.bytes, each.wire_length);
        }
        return file.bytes();
    }

    /// As pcapng; every seventh packet has no time.
    [[nodiscard]] static capture_writer::byte_vector pcapng_of(std::span<const packet> packets) {
        capture_writer::pcapng_writer file;
        file.interface();
        for (std::size_t i = 0; i < packets.size(); ++i) {
            const packet& each = packets[i];
            const bool whole = each.wire_length == each.bytes.size();
            if (i % 7 == 3 && whole) file.simple(each.bytes);
            else file.enhanced(0, each.microseconds, each.bytes, each.wire_length);
        }
        return file.bytes();
    }

private:
    void add(std::uint64_t microseconds, capture_writer::byte_vector bytes) {
        const auto length = static_cast<std::uint32_t>(bytes.size());
        packets_.push_back({microseconds, std::move(bytes), length});
    }

    workload::random_numbers random_{};
    std::vector<packet> packets_{};
};
