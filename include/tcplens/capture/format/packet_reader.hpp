// SPDX-License-Identifier: MIT
#pragma once

#include "../capture_error.hpp"
#include "../packet.hpp"
#include "../source/byte_source.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace tcplens::inline v0::detail {

/// What the readers of all formats have in common: the source, the packet at hand, the count, the error.
template <byte_source Source>
class packet_reader {
public:
    /// Why reading ended before the end of the capture; nothing while it goes on, or once it ended well.
    [[nodiscard]] constexpr const std::optional<capture_error>& error() const noexcept { return error_; }
    /// Packets delivered so far.
    [[nodiscard]] constexpr std::uint64_t packets() const noexcept { return packet_.number; }
    /// Bytes read so far.
    [[nodiscard]] constexpr std::uint64_t position() const noexcept { return source_.position(); }
    /// Bytes of the whole capture; nothing if the source can't know.
    [[nodiscard]] constexpr std::optional<std::uint64_t> size() const noexcept {
        if constexpr (requires { source_.size(); }) {
            return source_.size();
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

protected:
    constexpr explicit packet_reader(Source source) : source_(std::move(source)) {}

    /// Ends reading with an error. Returns no packet, so that next() can return what this returns.
    constexpr const packet* fail(const capture_error& error) {
        error_ = error;
        usual_ = false;
        packet_.bytes = {}; // what a stream held of it may be gone
        return nullptr;
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

    Source source_;
    packet packet_{};
    std::optional<capture_error> error_{};
    /// What is read is as nearly all captures are, in the byte order of this machine, and there is no error: so next() may
    /// try the short way first.
    bool usual_ = false;
};

} // namespace tcplens::inline v0::detail
