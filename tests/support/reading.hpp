// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/capture.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <vector>

/// Everything that a reader gave, kept to be compared.
struct reading {
    struct packet {
        tcplens::timestamp time;
        std::vector<std::byte> bytes;
        std::uint32_t wire_length;
        tcplens::link_type link;
        std::uint32_t interface_id;
        std::uint64_t number;
        bool has_time;
        std::vector<std::byte> options; ///< what of them is well-formed, each as code, length and value

        friend bool operator==(const packet&, const packet&) = default;
    };

    std::vector<packet> packets;
    std::optional<tcplens::capture_error> error;
    std::vector<tcplens::capture_section> sections;
    std::vector<tcplens::capture_interface> interfaces;
    tcplens::skipped_parts skipped;

    friend bool operator==(const reading&, const reading&) = default;

    friend std::ostream& operator<<(std::ostream& out, const reading& what) {
        out << what.packets.size() << " packets";
        if (what.error) {
            out << ", " << to_string(what.error->code) << " offset " << what.error->offset << " number "
                << what.error->packet_number << " needed " << what.error->needed << " available "
                << what.error->available;
        }
        return out;
    }
};

/// The options one by one, as bytes that can be compared.
inline std::vector<std::byte> flatten(const tcplens::option_list& options) {
    std::vector<std::byte> result;
    for (const tcplens::option_list::option& each : options) {
        result.push_back(static_cast<std::byte>(each.code & 255));
        result.push_back(static_cast<std::byte>(each.code >> 8));
        result.push_back(static_cast<std::byte>(each.value.size() & 255));
        result.insert(result.end(), each.value.begin(), each.value.end());
    }
    return result;
}

template <typename Reader>
reading read_all(Reader&& reader) {
    reading result;
    for (const tcplens::packet& packet : reader) {
        result.packets.push_back({packet.time,
                                  {packet.bytes.begin(), packet.bytes.end()},
                                  packet.wire_length,
                                  packet.link,
                                  packet.interface_id,
                                  packet.number,
                                  packet.has_time,
                                  flatten(reader.options())});
    }
    result.error = reader.error();
    CHECK(reader.options().empty());
    result.sections = reader.sections();
    result.interfaces = reader.interfaces();
    result.skipped = reader.skipped();
    CHECK(reader.packets() == result.packets.size());
    CHECK(reader.next() == nullptr); // an end stays an end
    return result;
}

/// Reads bytes that end where the memory does, so that a sanitizer sees a step beyond them.
inline reading read_memory(std::span<const std::byte> bytes) {
    const std::vector<std::byte> exact(bytes.begin(), bytes.end());
    return read_all(tcplens::capture_reader{std::span<const std::byte>{exact}});
}

/// A stream of bytes that arrive at most `chunk` at a time, and then `last`: 0 for an end, or -errno.
struct chunked {
    std::span<const std::byte> bytes;
    std::size_t chunk;
    int last = 0;
    std::size_t* largest_buffer = nullptr; ///< that it was given

    std::ptrdiff_t operator()(std::span<std::byte> buffer) {
        if (largest_buffer != nullptr) *largest_buffer = std::max(*largest_buffer, buffer.size());
        const std::size_t count = std::min({bytes.size(), chunk, buffer.size()});
        if (count == 0) return last;
        std::ranges::copy(bytes.first(count), buffer.begin());
        bytes = bytes.subspan(count);
        return static_cast<std::ptrdiff_t>(count);
    }
};

inline reading read_stream(std::span<const std::byte> bytes, std::size_t chunk, int last = 0) {
    return read_all(tcplens::capture_reader{tcplens::stream_source{chunked{bytes, chunk, last}}});
}

/// Every place to cut gives an answer, and the same from a stream.
inline void check_every_cut(std::span<const std::byte> bytes) {
    for (std::size_t length = 0; length <= bytes.size(); ++length) {
        const auto cut = bytes.first(length);
        const reading result = read_memory(cut);
        CHECK(result == read_stream(cut, 5));
        if (result.error) CHECK(to_string(*result.error).ends_with('.'));
    }
}

/// The error that a reading is expected to end with.
struct expected_error {
    tcplens::capture_error_code code;
    std::uint64_t offset = 0;
    std::uint64_t packet_number = 0;
    std::uint64_t needed = 0;
    std::uint64_t available = 0;
};

inline void check_error(const std::optional<tcplens::capture_error>& error, const expected_error& expected) {
    REQUIRE(error);
    CHECK(to_string(error->code) == to_string(expected.code));
    CHECK(error->offset == expected.offset);
    CHECK(error->packet_number == expected.packet_number);
    CHECK(error->needed == expected.needed);
    CHECK(error->available == expected.available);
    CHECK(to_string(*error).ends_with('.'));
}
