// SPDX-License-Identifier: MIT
#pragma once

// A stream of bytes, unpacked where gzip or zstd packed it.

#include <tcplens/capture/source/file_stream.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace program {

/// How a file is packed, as its first four bytes say.
enum class packing { none, gzip, zstd };
[[nodiscard]] packing packing_of(std::span<const std::byte> begin) noexcept;
/// Whether this build can unpack it.
[[nodiscard]] bool can_unpack(packing how) noexcept;

/// Unpacks some bytes.
class unpacker {
public:
    enum class state { inside, between, failed };

    virtual ~unpacker() = default;
    /// Unpacks from `in` into `out`, and takes off both what was used. `between`: where another member or frame may begin, or
    /// nothing. @pre `in` is not empty, or the last step was inside and filled `out`
    virtual state step(std::span<const std::byte>& in, std::span<std::byte>& out) = 0;
    /// After it failed: why, as a sentence.
    [[nodiscard]] virtual std::string problem() const = 0;
};

/// The bytes of a file, a pipe or standard input, unpacked if they are packed: any number of gzip members or zstd frames. It takes
/// 64 KiB and what the unpacker needs: 40 KiB for gzip, the window for zstd.
///
/// After Ctrl-C a pipe goes on until its other end is closed, as `tcpdump -w - | tcplens report -` has it, but not for long.
class unpacked_stream {
public:
    explicit unpacked_stream(tcplens::file_stream from);

    /// A tcplens::stream_filler: as many bytes as there are, 0 at the end, negative after an error.
    std::ptrdiff_t operator()(std::span<std::byte> into);

    /// Why unpacking failed; empty if it did not. It is shared, since it is asked for after the stream is closed.
    [[nodiscard]] std::shared_ptr<const std::string> problem() const noexcept { return problem_; }
    /// What another program did to the file meanwhile.
    [[nodiscard]] auto change() const noexcept { return from_.change(); }
    /// Bytes read, packed.
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

private:
    std::ptrdiff_t receive(std::span<std::byte> into);
    std::ptrdiff_t read();
    bool wait_for_input() const;
    std::ptrdiff_t fail(const std::string& sentence);
    [[nodiscard]] bool is_bomb() const noexcept;

    tcplens::file_stream from_;
    std::unique_ptr<unpacker> unpacker_{};
    packing packing_ = packing::none;
    bool begun_ = false;
    unpacker::state state_ = unpacker::state::inside;
    bool full_ = false; ///< the last step filled its buffer: the unpacker may hold more
    std::unique_ptr<std::array<std::byte, 65536>> buffer_ = std::make_unique<std::array<std::byte, 65536>>();
    std::span<const std::byte> held_{}; ///< of the buffer, not yet unpacked
    std::uint64_t position_ = 0;
    std::uint64_t unpacked_ = 0;
    std::shared_ptr<std::string> problem_ = std::make_shared<std::string>();
};

} // namespace program
