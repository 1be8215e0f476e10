// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/contains.hpp"
#include "../capture_error.hpp"
#include "../packet.hpp"
#include "../source/byte_source.hpp"
#include "unknown_format.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace tcplens::inline v1::detail {

/// Where the packets of a capture begin that stands behind others: how many numbers and interfaces those had.
struct captures_before {
    std::uint64_t numbers = 0;
    std::uint32_t interfaces = 0;
};

/// What the readers of all formats have in common: the source, the packet at hand, the count, the error.
template <byte_source Source>
class packet_reader {
public:
    /// Why reading ended before the end of the capture; nothing while it goes on, or once it ended well.
    [[nodiscard]] constexpr const std::optional<capture_error>& error() const noexcept { return error_; }
    /// Packets delivered so far.
    [[nodiscard]] constexpr std::uint64_t packets() const noexcept { return packet_.number - before_.numbers; }
    /// Bytes read so far.
    [[nodiscard]] constexpr std::uint64_t position() const noexcept { return source_.position(); }
    /// Bytes of the whole capture; nothing if the source can't know.
    [[nodiscard]] constexpr std::optional<std::uint64_t> size() const noexcept {
        if constexpr (requires { source_.size(); }) {
            return source_.size();
        } else if constexpr (requires { source_.known_size(); }) {
            return source_.known_size();
        } else {
            return std::nullopt;
        }
    }

    /// Whether the bytes of a packet are good as long as the source's memory, not only until the next packet is read.
    [[nodiscard]] static constexpr bool bytes_stay() noexcept {
        if constexpr (requires { Source::bytes_stay; }) {
            return Source::bytes_stay;
        } else {
            return false;
        }
    }

    /// Whether reading ended since the header of another capture stands where a packet was due: at the position.
    [[nodiscard]] constexpr bool another_begins() const noexcept { return another_begins_; }
    /// The source, for a reader of that capture. @pre Nothing is read with this reader afterwards.
    [[nodiscard]] constexpr Source take_source() { return std::move(source_); }
    /// The number of the last packet, or of the last block that is numbered like one.
    [[nodiscard]] constexpr std::uint64_t last_number() const noexcept { return packet_.number; }
    /// Ends reading with an error that does not say why it ended. @pre It has ended, without an error.
    constexpr void end_with(const capture_error& error) { error_ = error; }

protected:
    constexpr explicit packet_reader(Source source, captures_before before = {})
        : source_(std::move(source)), before_(before) {
        packet_.number = before.numbers;
        packet_.interface_id = before.interfaces;
    }

    /// The number of the packet that is due, where a header is read; 0 before the first packet.
    [[nodiscard]] constexpr std::uint64_t number_in_header() const noexcept {
        return packet_.number == 0 ? 0 : packet_.number + 1;
    }

    /// Ends reading with an error. Returns no packet, so that next() can return what this returns.
    constexpr const packet* fail(const capture_error& error) {
        error_ = error;
        tell_of_change();
        return end();
    }

    /// Ends reading where the capture ends.
    constexpr const packet* end_well() {
        tell_of_change();
        return end();
    }

    /// Ends reading where the header of another capture stands.
    constexpr const packet* end_before_another() {
        another_begins_ = true;
        return end();
    }

    /// Ends reading where fewer bytes are left than something calls for: the capture was cut short, or reading failed.
    constexpr const packet* ran_out(std::string_view subject, std::uint64_t offset, std::uint64_t packet_number,
                                    std::uint64_t needed, std::uint64_t available) {
        capture_error error{.code = capture_error_code::truncated,
                            .offset = offset,
                            .packet_number = packet_number,
                            .needed = needed,
                            .available = available,
                            .subject = subject};
        if (const std::optional<int> read_error = source_.read_error()) {
            error.code = capture_error_code::read_failed;
            error.system_error = *read_error;
        }
        return fail(error);
    }

    /// Ends reading at the beginning, which is of no format that this reader knows.
    constexpr void explain_format(std::string_view subject, std::size_t needed) {
        const std::span<const std::byte> beginning = source_.peek(unknown_format_length);
        if (source_.read_error()) {
            ran_out(subject, 0, 0, needed, beginning.size());
        } else {
            fail(explain_unknown_format(beginning));
        }
    }

    /// Whether something stands in the place of a block that is none, which ends reading. \param header its first bytes
    constexpr bool end_at_something_else(std::span<const std::byte> header, std::uint64_t number) {
        constexpr std::size_t block_type = 4;
        const bool is_long_enough = header.size() >= 2 * block_type;
        if (!is_long_enough || header[0] == std::byte{0} || are_zeros(header.subspan(2, 2)))
            return false; // such types are registered
        if ((length_of_text(header) < 2 * block_type && !begins_like_capture(header))) return false;
        capture_error error{.code = capture_error_code::bad_block_length,
                            .offset = source_.position(),
                            .packet_number = number,
                            .subject = "packet block"};
        explain_something_else(error, source_.peek(unknown_format_length));
        if (error.code == capture_error_code::bad_block_length) return false;
        fail(error);
        return true;
    }

    /// Ends reading at zeros where something is due. They are read to their end, to tell whether anything follows.
    constexpr const packet* end_at_zeros(std::string_view subject) {
        constexpr std::size_t step = 4096;
        const std::uint64_t offset = source_.position();
        const std::uint64_t number = packet_.number + 1;
        const auto is_zero = [](std::byte each) { return each == std::byte{0}; };
        bool all = true;
        for (auto bytes = source_.peek(step); all && !bytes.empty(); bytes = source_.peek(step)) {
            const auto other = std::find_if_not(bytes.begin(), bytes.end(), is_zero);
            all = other == bytes.end();
            source_.skip(static_cast<std::uint64_t>(other - bytes.begin()));
        }
        if (all && source_.read_error()) return ran_out(subject, source_.position(), number, 1, 0);
        return fail({.code = all ? capture_error_code::only_zeros : capture_error_code::zero_gap,
                     .offset = offset,
                     .packet_number = number,
                     .available = source_.position() - offset,
                     .subject = subject});
    }

    Source source_;
    packet packet_{};
    std::optional<capture_error> error_{};
    /// What is read is as nearly all captures are, in the byte order of this machine, and there is no error: so next() may
    /// try the short way first.
    bool usual_ = false;
    captures_before before_{};

private:
    constexpr const packet* end() noexcept {
        usual_ = false;
        packet_.bytes = {}; // what a stream held of it may be gone
        return nullptr;
    }

    /// An error, or an end, has another reason if another program changed the file meanwhile.
    constexpr void tell_of_change() {
        if constexpr (requires { source_.change(); }) {
            if (error_ && error_->code == capture_error_code::read_failed) return;
            const auto change = source_.change();
            if (!change) return;
            error_ = {.code = change->overwritten && !change->shrank ? capture_error_code::file_overwritten
                                                                     : capture_error_code::file_shrank,
                      .offset = source_.position(),
                      .packet_number = packet_.number + 1,
                      .needed = change->size_before,
                      .available = change->size_now};
        }
    }

    bool another_begins_ = false;
};

} // namespace tcplens::inline v1::detail
