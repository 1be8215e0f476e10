// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

/// Rulers: the least that any program has to do with each packet of a capture, which a source of the library reads. They check little and keep nothing that
/// anybody could ask for; what a machine needs for them says what a figure in nanoseconds means there.
namespace floors {

/// What a TCP packet says of itself, its two ends folded so that they are the same for both directions.
struct header_fields {
    std::uint64_t ends = 0;
    std::uint64_t time = 0;
    std::uint32_t wire_length = 0;
    std::uint32_t ip_length = 0;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    std::uint32_t flags_and_window = 0;
    std::uint32_t id = 0;
    bool from_lower = false; ///< from the end that is the lower one when they are compared
};

template <class Integer>
[[nodiscard]] inline Integer load(const std::byte* from) noexcept {
    Integer value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

[[nodiscard]] inline std::uint64_t mix(std::uint64_t value) noexcept {
    value = (value ^ (value >> 32)) * 0x9e3779b97f4a7c15U;
    return value ^ (value >> 29);
}

/// Bytes before the first record.
constexpr std::size_t file_header = 24;

/// Whether the floors can be measured with this capture: pcap in this machine's byte order, Ethernet.
[[nodiscard]] inline bool can_walk(std::span<const std::byte> file) noexcept {
    return file.size() >= file_header && load<std::uint32_t>(file.data()) == 0xa1b2c3d4 &&
           load<std::uint32_t>(file.data() + 20) == 1;
}

/// Reads one frame: Ethernet, IPv4 or IPv6 without extension headers, TCP. The fields stay in network byte order.
[[nodiscard]] inline std::optional<header_fields> read_headers(const std::byte* record, std::size_t captured) noexcept {
    const std::byte* const frame = record + 16;
    if (captured < 14 + 20 + 20) return std::nullopt;
    const auto type = load<std::uint16_t>(frame + 12);
    constexpr auto network = [](std::uint16_t value) {
        return std::endian::native == std::endian::big ? value : static_cast<std::uint16_t>(value << 8 | value >> 8);
    };
    const std::byte* const ip = frame + 14;
    header_fields found{.time = load<std::uint64_t>(record), .wire_length = load<std::uint32_t>(record + 12)};
    std::uint64_t source = 0;
    std::uint64_t destination = 0;
    const std::byte* tcp = nullptr;
    if (type == network(0x0800)) {
        if (ip[9] != std::byte{6}) return std::nullopt;
        tcp = ip + (std::to_integer<std::size_t>(ip[0]) & 15) * 4;
        source = load<std::uint32_t>(ip + 12);
        destination = load<std::uint32_t>(ip + 16);
        found.ip_length = load<std::uint16_t>(ip + 2);
        found.id = load<std::uint16_t>(ip + 4);
    } else if (type == network(0x86dd)) {
        if (ip[6] != std::byte{6}) return std::nullopt;
        tcp = ip + 40;
        source = mix(load<std::uint64_t>(ip + 8)) + load<std::uint64_t>(ip + 16);
        destination = mix(load<std::uint64_t>(ip + 24)) + load<std::uint64_t>(ip + 32);
        found.ip_length = load<std::uint16_t>(ip + 4);
    } else {
        return std::nullopt;
    }
    if (tcp + 20 > frame + captured) return std::nullopt;
    source = mix(source << 16 ^ load<std::uint16_t>(tcp));
    destination = mix(destination << 16 ^ load<std::uint16_t>(tcp + 2));
    found.ends = mix(source + destination) | 1;
    found.from_lower = source < destination;
    found.sequence = load<std::uint32_t>(tcp + 4);
    found.acknowledgment = load<std::uint32_t>(tcp + 8);
    found.flags_and_window = load<std::uint32_t>(tcp + 12);
    return found;
}

/// How far ahead of the packet at hand the file is prefetched: a page.
constexpr std::size_t prefetch_distance = 4096;

/// Calls `use(fields)` for each TCP packet of a pcap file, of which `source` is to read all; returns the number of packets.
template <bool Prefetch, class Source, class Use>
std::uint64_t walk(Source& source, Use&& use) {
    constexpr std::size_t record_header = 16;
    if (!can_walk(source.peek(file_header))) return 0;
    source.skip(file_header);
    std::uint64_t packets = 0;
    std::size_t wanted = record_header; // bytes of the next record, as far as they are known
    for (;;) {
        const std::span<const std::byte> held = source.peek(wanted);
        if (held.size() < wanted) return packets;
        const std::byte* at = held.data();
        const std::byte* const end = at + held.size();
        wanted = record_header;
        while (static_cast<std::size_t>(end - at) >= record_header) {
            const auto captured = load<std::uint32_t>(at + 8);
            if (static_cast<std::size_t>(end - at) - record_header < captured) {
                wanted = record_header + captured;
                break;
            }
            if constexpr (Prefetch) __builtin_prefetch(at + prefetch_distance);
            if (const auto fields = read_headers(at, captured)) use(*fields);
            ++packets;
            at += record_header + captured;
        }
        source.skip(static_cast<std::uint64_t>(at - held.data()));
    }
}

struct result {
    std::uint64_t packets = 0;
    std::uint64_t checksum = 0; ///< of all that was read: it must be used, else the compiler leaves the reading out
};

[[nodiscard]] inline std::uint64_t fold(const header_fields& fields) noexcept {
    return (fields.ends ^ fields.time) + (std::uint64_t{fields.sequence} << 32 | fields.acknowledgment) +
           (std::uint64_t{fields.flags_and_window} << 16 ^ fields.id ^ fields.ip_length) + fields.wire_length +
           (fields.from_lower ? 1 : 0);
}

/// Reads the header fields of each packet. `Prefetch`: of the file, too.
template <bool Prefetch, class Source>
[[nodiscard]] result touch(Source& source) {
    result all;
    all.packets = walk<Prefetch>(source, [&](const header_fields& fields) { all.checksum += fold(fields); });
    return all;
}

/// Connections in a flat table, a cache line each. Two whose folded ends are equal are one.
class flow_table {
public:
    void prefetch(const header_fields& fields) const noexcept { __builtin_prefetch(&lines_[home(fields.ends)], 1); }

    void update(const header_fields& fields) {
        line& of = find(fields.ends);
        const std::size_t from = fields.from_lower ? 0 : 1;
        of.last_time = fields.time;
        ++of.packets[from];
        of.bytes[from] += fields.wire_length;
        of.sequence[from] = fields.sequence;
        of.flags |= fields.flags_and_window;
    }

    [[nodiscard]] std::uint64_t checksum() const noexcept {
        std::uint64_t sum = 0;
        for (const line& each : lines_) {
            sum += each.ends + each.last_time + each.packets[0] + each.packets[1] + each.bytes[0] + each.bytes[1] +
                   each.sequence[0] + each.sequence[1] + each.flags;
        }
        return sum;
    }

private:
    struct alignas(64) line {
        std::uint64_t ends = 0; ///< never 0 in one that is used
        std::uint64_t last_time = 0;
        std::array<std::uint32_t, 2> packets{};
        std::array<std::uint64_t, 2> bytes{};
        std::array<std::uint32_t, 2> sequence{};
        std::uint32_t flags = 0;
    };
    static_assert(sizeof(line) == 64);

    [[nodiscard]] std::size_t home(std::uint64_t ends) const noexcept {
        return static_cast<std::size_t>(ends >> 20) & (lines_.size() - 1);
    }
    [[nodiscard]] line& find(std::uint64_t ends) {
        std::size_t at = home(ends);
        while (lines_[at].ends != ends) {
            if (lines_[at].ends == 0) {
                if (2 * (size_ + 1) > lines_.size()) {
                    grow();
                    return find(ends);
                }
                ++size_;
                lines_[at].ends = ends;
                break;
            }
            at = (at + 1) & (lines_.size() - 1);
        }
        return lines_[at];
    }
    void grow() {
        std::vector<line> old(2 * lines_.size());
        old.swap(lines_);
        for (const line& each : old) {
            if (each.ends == 0) continue;
            std::size_t at = home(each.ends);
            while (lines_[at].ends != 0) at = (at + 1) & (lines_.size() - 1);
            lines_[at] = each;
        }
    }

    std::vector<line> lines_{256};
    std::size_t size_ = 0;
};

/// The same, and updates the line of the packet's connection; the lines of a batch of packets are prefetched.
template <bool Prefetch, class Source>
[[nodiscard]] result flow(Source& source) {
    constexpr std::size_t batch_size = 32;
    std::array<header_fields, batch_size> batch;
    std::size_t held = 0;
    flow_table table;
    result all;
    const auto update_all = [&] {
        for (std::size_t i = 0; i < held; ++i) table.update(batch[i]);
        held = 0;
    };
    all.packets = walk<Prefetch>(source, [&](const header_fields& fields) {
        all.checksum += fold(fields);
        table.prefetch(fields);
        batch[held++] = fields;
        if (held == batch_size) update_all();
    });
    update_all();
    all.checksum += table.checksum();
    return all;
}

} // namespace floors
