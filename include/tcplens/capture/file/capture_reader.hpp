// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../base/iterator.hpp"
#include "../capture_error.hpp"
#include "../capture_format.hpp"
#include "../capture_interface.hpp"
#include "../capture_section.hpp"
#include "../format/erf_reader.hpp"
#include "../format/packet_iterator.hpp"
#include "../format/packet_reader.hpp"
#include "../format/pcap_reader.hpp"
#include "../format/pcapng_descriptions.hpp"
#include "../format/pcapng_reader.hpp"
#include "../format/snoop_reader.hpp"
#include "../format/unknown_format.hpp"
#include "../packet.hpp"
#include "../packet_options.hpp"
#include "../skipped_parts.hpp"
#include "../source/byte_source.hpp"
#include "../source/memory_source.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tcplens::inline v1 {

/// Reads a capture from any byte_source. The first bytes tell the format: pcap, pcapng, snoop or ERF.
///
///     capture_reader reader{bytes};                                        // a std::span<const std::byte>
///     capture_reader reader{stream_source{file_stream::standard_input()}}; // a pipe
///
/// It is a single-pass range of packets. Where the header of another pcap or pcapng capture stands behind the last packet, as cat leaves
/// it there, reading goes on with that capture: packet numbers, interfaces and sections are counted on. Moving a reader invalidates its
/// iterators and the current packet. No packet costs an allocation; the buffer of a stream_source grows with the largest packet.
template <byte_source Source>
class capture_reader {
public:
    /// Reads the header of the capture; error() tells whether that failed.
    constexpr explicit capture_reader(Source source) : reader_(open(std::move(source))) {}

    /// Reads the next packet, which is valid until the next call. Returns nullptr at the end of the capture and after an error: see
    /// error().
    constexpr const packet* next() {
        if (auto* const pcap = std::get_if<pcap_reader>(&reader_)) [[likely]] {
            if (const packet* const found = pcap->next()) [[likely]]
                return found;
            return next_behind_end();
        }
        return next_of_others();
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
        return packets_before_ + ask([](const auto& reader) { return reader.packets(); });
    }
    /// Bytes read so far.
    [[nodiscard]] constexpr std::uint64_t position() const noexcept { return reader().position(); }
    /// Length of the whole capture in bytes; `nullopt` if the source does not know it.
    [[nodiscard]] constexpr std::optional<std::uint64_t> size() const noexcept { return reader().size(); }

    /// Whether the bytes of packets are valid as long as the memory of the source, not only until the next packet is read.
    [[nodiscard]] static constexpr bool bytes_stay() noexcept { return detail::packet_reader<Source>::bytes_stay(); }

    /// Descriptions of all sections that were read so far; a file of another format than pcapng is one section. Each call makes them
    /// anew. Their number is bounded: see capture_limits.
    [[nodiscard]] std::vector<capture_section> sections() const {
        std::vector<capture_section> all = descriptions_.sections();
        std::ranges::move(ask([](const auto& reader) { return reader.sections(); }), std::back_inserter(all));
        return all;
    }
    /// Descriptions of all interfaces of all sections that were read so far. Each call makes them anew. `packet::interface_id` is an
    /// index into them. Their number is bounded: see capture_limits. Most captures have the statistics at their end.
    [[nodiscard]] std::vector<capture_interface> interfaces() const {
        std::vector<capture_interface> all = descriptions_.interfaces();
        std::vector<capture_interface> last = ask([](const auto& reader) { return reader.interfaces(); });
        // A reader of pcapng has taken over the descriptions before it.
        const std::size_t sections_before =
            std::holds_alternative<pcapng_reader>(reader_) ? 0 : descriptions_.count_sections();
        for (capture_interface& each : last) {
            each.section += sections_before;
            all.push_back(std::move(each));
        }
        return all;
    }
    /// The options of the current packet, such as comments, valid as long as the packet. Empty before the first packet, after the
    /// last, and in other formats than pcapng.
    [[nodiscard]] constexpr packet_options options() const noexcept {
        return ask([](const auto& reader) { return reader.options(); });
    }
    /// Counts of what was skipped or corrected so far.
    [[nodiscard]] constexpr skipped_parts skipped() const noexcept {
        skipped_parts all = skipped_before_;
        all.add(ask([](const auto& reader) { return reader.skipped(); }));
        return all;
    }

private:
    using pcap_reader = detail::pcap_reader<Source>;
    using pcapng_reader = detail::pcapng_reader<Source>;
    using snoop_reader = detail::snoop_reader<Source>;
    using erf_reader = detail::erf_reader<Source>;
    using readers = std::variant<pcap_reader, pcapng_reader, snoop_reader, erf_reader>;

    static constexpr readers open(Source source) {
        switch (detail::detect_format(source.peek(detail::magic_length))) {
        case capture_format::pcap: return readers{std::in_place_type<pcap_reader>, std::move(source)};
        case capture_format::pcapng: return readers{std::in_place_type<pcapng_reader>, std::move(source)};
        default: break;
        }
        const std::span<const std::byte> beginning = source.peek(detail::unknown_format_length);
        if (detail::snoop::is_header(beginning)) return readers{std::in_place_type<snoop_reader>, std::move(source)};
        const bool is_other = detail::explain_unknown_format(beginning).code != capture_error_code::not_a_capture;
        if (!is_other && detail::erf_file::is_beginning(beginning)) {
            return readers{std::in_place_type<erf_reader>, std::move(source)};
        }
        // what is none of them, the pcap reader explains
        return readers{std::in_place_type<pcap_reader>, std::move(source)};
    }

    TCPLENS_NOINLINE constexpr const packet* next_of_others() {
        const packet* found = nullptr;
        if (auto* const pcapng = std::get_if<pcapng_reader>(&reader_)) found = pcapng->next();
        else if (auto* const snoop = std::get_if<snoop_reader>(&reader_)) found = snoop->next();
        else found = std::get_if<erf_reader>(&reader_)->next();
        return found != nullptr ? found : next_behind_end();
    }

    /// Goes on with the capture that stands behind the one that ended, if there is one.
    TCPLENS_NOINLINE constexpr const packet* next_behind_end() {
        while (reader().another_begins()) {
            if (const packet* const found = open_next()) return found;
        }
        if (unreadable_section_ && !reader().error()) reader().end_with(*unreadable_section_);
        return nullptr;
    }

    /// Opens the capture at the position, and returns its first packet.
    constexpr const packet* open_next() {
        packets_before_ = packets();
        skipped_before_ = skipped();
        detail::captures_before before{.numbers = reader().last_number()};
        if (auto* const pcapng = std::get_if<pcapng_reader>(&reader_)) {
            before.interfaces = pcapng->count_interfaces();
            descriptions_ = pcapng->take_descriptions();
            if (!unreadable_section_) unreadable_section_ = pcapng->unreadable_section();
        } else {
            const auto described = ask([](const auto& reader) { return reader.interfaces(); });
            const auto file = ask([](const auto& reader) { return reader.sections(); });
            if (!file.empty()) skipped_before_.descriptions += descriptions_.add_file(file.front(), described);
            if (const auto* const pcap = std::get_if<pcap_reader>(&reader_))
                before.interfaces = pcap->count_interfaces();
            if (const auto* const snoop = std::get_if<snoop_reader>(&reader_))
                before.interfaces = snoop->count_interfaces();
        }
        Source source = reader().take_source();
        if (detail::detect_format(source.peek(detail::magic_length)) == capture_format::pcapng) {
            auto taken = std::exchange(descriptions_, {});
            return reader_.template emplace<pcapng_reader>(std::move(source), before, std::move(taken)).next();
        }
        if (detail::snoop::is_header(source.peek(detail::snoop::header_length)))
            return reader_.template emplace<snoop_reader>(std::move(source), before).next();
        return reader_.template emplace<pcap_reader>(std::move(source), before).next();
    }

    [[nodiscard]] constexpr const detail::packet_reader<Source>& reader() const noexcept {
        if (const auto* const pcap = std::get_if<pcap_reader>(&reader_)) return *pcap;
        if (const auto* const pcapng = std::get_if<pcapng_reader>(&reader_)) return *pcapng;
        if (const auto* const snoop = std::get_if<snoop_reader>(&reader_)) return *snoop;
        return *std::get_if<erf_reader>(&reader_);
    }
    [[nodiscard]] constexpr detail::packet_reader<Source>& reader() noexcept {
        return const_cast<detail::packet_reader<Source>&>(std::as_const(*this).reader());
    }

    template <typename Question>
    constexpr std::invoke_result_t<Question, const pcap_reader&> ask(Question question) const {
        if (const auto* const pcap = std::get_if<pcap_reader>(&reader_)) return question(*pcap);
        if (const auto* const pcapng = std::get_if<pcapng_reader>(&reader_)) return question(*pcapng);
        if (const auto* const snoop = std::get_if<snoop_reader>(&reader_)) return question(*snoop);
        return question(*std::get_if<erf_reader>(&reader_));
    }

    readers reader_;
    // of the captures before the current one:
    detail::capture_descriptions descriptions_{}; ///< a reader of pcapng has taken them over
    std::uint64_t packets_before_ = 0;
    skipped_parts skipped_before_{};
    std::optional<capture_error> unreadable_section_{}; ///< the first
};

/// Reads bytes in memory.
capture_reader(std::span<const std::byte>)->capture_reader<memory_source>;

} // namespace tcplens::inline v1
