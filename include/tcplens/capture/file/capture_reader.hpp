// SPDX-License-Identifier: MIT
#pragma once

#include "../capture_error.hpp"
#include "../capture_format.hpp"
#include "../capture_interface.hpp"
#include "../capture_section.hpp"
#include "../format/packet_iterator.hpp"
#include "../format/packet_reader.hpp"
#include "../format/pcap_reader.hpp"
#include "../format/pcapng_reader.hpp"
#include "../packet.hpp"
#include "../packet_options.hpp"
#include "../skipped_parts.hpp"
#include "../source/byte_source.hpp"
#include "../source/memory_source.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tcplens::inline v0 {

/// Reads a capture from any byte_source. The first bytes tell whether it is pcap or pcapng.
///
///     capture_reader reader{bytes};                                        // a std::span<const std::byte>
///     capture_reader reader{stream_source{file_stream::standard_input()}}; // a pipe
///
/// It is a single-pass range of packets. Moving a reader invalidates its iterators and the current packet. No packet costs an
/// allocation; the buffer of a stream_source grows with the largest packet.
template <byte_source Source>
class capture_reader {
public:
    /// Reads the header of the capture; error() tells whether that failed.
    constexpr explicit capture_reader(Source source) : reader_(open(std::move(source))) {}

    /// Reads the next packet, which is valid until the next call. Returns nullptr at the end of the capture and after an error: see
    /// error().
    constexpr const packet* next() {
        if (auto* const pcap = std::get_if<detail::pcap_reader<Source>>(&reader_)) return pcap->next();
        return std::get_if<detail::pcapng_reader<Source>>(&reader_)->next();
    }

    /// Reads the next packet and returns an iterator to it. The range begins at the current position.
    [[nodiscard]] constexpr detail::packet_iterator<capture_reader> begin() {
        return detail::packet_iterator<capture_reader>{*this};
    }
    /// The end of the range: no packet is left, or there is an error.
    [[nodiscard]] constexpr std::default_sentinel_t end() const noexcept { return {}; }

    /// Why reading ended before the end of the capture; `nullopt` while it goes on and after a capture without errors.
    [[nodiscard]] constexpr const std::optional<capture_error>& error() const noexcept { return reader().error(); }
    /// Packets delivered so far.
    [[nodiscard]] constexpr std::uint64_t packets() const noexcept {
        return ask([](const auto& reader) { return reader.packets(); });
    }
    /// Bytes read so far.
    [[nodiscard]] constexpr std::uint64_t position() const noexcept { return reader().position(); }
    /// Length of the whole capture in bytes; `nullopt` if the source does not know it.
    [[nodiscard]] constexpr std::optional<std::uint64_t> size() const noexcept { return reader().size(); }

    /// Whether the bytes of packets are valid as long as the memory of the source, not only until the next packet is read.
    [[nodiscard]] static constexpr bool bytes_stay() noexcept { return detail::packet_reader<Source>::bytes_stay(); }

    /// Descriptions of all sections that were read so far; a pcap file is one section. Each call makes them anew. Their number is
    /// bounded: see capture_limits.
    [[nodiscard]] std::vector<capture_section> sections() const {
        return ask([](const auto& reader) { return reader.sections(); });
    }
    /// Descriptions of all interfaces of all sections that were read so far. Each call makes them anew. `packet::interface_id` is an
    /// index into them. Their number is bounded: see capture_limits. Most captures have the statistics at their end.
    [[nodiscard]] std::vector<capture_interface> interfaces() const {
        return ask([](const auto& reader) { return reader.interfaces(); });
    }
    /// The options of the current packet, such as comments, valid as long as the packet. Empty before the first packet, after the
    /// last, and in pcap.
    [[nodiscard]] constexpr packet_options options() const noexcept {
        return ask([](const auto& reader) { return reader.options(); });
    }
    /// Counts of what was skipped so far.
    [[nodiscard]] constexpr skipped_parts skipped() const noexcept {
        return ask([](const auto& reader) { return reader.skipped(); });
    }

private:
    using readers = std::variant<detail::pcap_reader<Source>, detail::pcapng_reader<Source>>;

    static constexpr readers open(Source source) {
        // what is neither, the pcap reader explains
        if (detail::detect_format(source.peek(4)) == capture_format::pcapng) {
            return readers{std::in_place_index<1>, std::move(source)};
        }
        return readers{std::in_place_index<0>, std::move(source)};
    }

    [[nodiscard]] constexpr const detail::packet_reader<Source>& reader() const noexcept {
        if (const auto* const pcap = std::get_if<detail::pcap_reader<Source>>(&reader_)) return *pcap;
        return *std::get_if<detail::pcapng_reader<Source>>(&reader_);
    }

    template <typename Question>
    constexpr std::invoke_result_t<Question, const detail::pcap_reader<Source>&> ask(Question question) const {
        if (const auto* const pcap = std::get_if<detail::pcap_reader<Source>>(&reader_)) return question(*pcap);
        return question(*std::get_if<detail::pcapng_reader<Source>>(&reader_));
    }

    readers reader_;
};

/// Reads bytes in memory.
capture_reader(std::span<const std::byte>)->capture_reader<memory_source>;

} // namespace tcplens::inline v0
