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

/// Reads a capture of either format, told by its first bytes, from any byte_source:
///
///     capture_reader reader{bytes};                                        // a std::span<const std::byte>
///     capture_reader reader{stream_source{file_stream::standard_input()}}; // a pipe
///
/// A single-pass range of packets. Moving a reader invalidates its iterators and the packet at hand.
template <byte_source Source>
class capture_reader {
public:
    constexpr explicit capture_reader(Source source) : reader_(open(std::move(source))) {}

    /// The next packet, good until the next call (and as long as the source's memory, over a memory_source);
    /// nullptr at the end of the capture or at an error, which error() then tells.
    constexpr const packet* next() {
        if (auto* const pcap = std::get_if<detail::pcap_reader<Source>>(&reader_)) return pcap->next();
        return std::get_if<detail::pcapng_reader<Source>>(&reader_)->next();
    }

    /// Reads the next packet; the range goes on from where reading stands.
    [[nodiscard]] constexpr detail::packet_iterator<capture_reader> begin() {
        return detail::packet_iterator<capture_reader>{*this};
    }
    [[nodiscard]] constexpr std::default_sentinel_t end() const noexcept { return {}; }

    /// Why reading ended before the end of the capture; nothing while it goes on, or once it ended well.
    [[nodiscard]] constexpr const std::optional<capture_error>& error() const noexcept { return reader().error(); }
    /// Packets delivered so far.
    [[nodiscard]] constexpr std::uint64_t packets() const noexcept {
        return ask([](const auto& reader) { return reader.packets(); });
    }
    /// Bytes read so far.
    [[nodiscard]] constexpr std::uint64_t position() const noexcept { return reader().position(); }
    /// Bytes of the whole capture; nothing if the source can't know.
    [[nodiscard]] constexpr std::optional<std::uint64_t> size() const noexcept { return reader().size(); }

    /// Whether the bytes of a packet are good as long as the source's memory, not only until the next packet is read.
    [[nodiscard]] static constexpr bool bytes_stay() noexcept { return detail::packet_reader<Source>::bytes_stay(); }

    /// What the sections that were begun so far say of themselves, made anew with each call; bounded, see
    /// `max_descriptions`. A pcap file is one.
    [[nodiscard]] std::vector<capture_section> sections() const {
        return ask([](const auto& reader) { return reader.sections(); });
    }
    /// What was said so far of the interfaces of all sections, made anew with each call; bounded likewise.
    /// `packet::interface_id` is a place in it. Statistics mostly stand at the end of a capture.
    [[nodiscard]] std::vector<capture_interface> interfaces() const {
        return ask([](const auto& reader) { return reader.interfaces(); });
    }
    /// What the capture tells of the packet at hand besides, such as comments; good as long as that is. None before
    /// the first packet and after the last, and none in pcap.
    [[nodiscard]] constexpr packet_options options() const noexcept {
        return ask([](const auto& reader) { return reader.options(); });
    }
    /// What was passed over so far.
    [[nodiscard]] constexpr skipped_parts skipped() const noexcept {
        return ask([](const auto& reader) { return reader.skipped(); });
    }

private:
    using readers = std::variant<detail::pcap_reader<Source>, detail::pcapng_reader<Source>>;

    static constexpr readers open(Source source) {
        // what is neither, the pcap reader explains
        if (detect_format(source.peek(4)) == capture_format::pcapng) {
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

capture_reader(std::span<const std::byte>)->capture_reader<memory_source>;

} // namespace tcplens::inline v0
