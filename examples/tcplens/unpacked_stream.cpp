// SPDX-License-Identifier: MIT
#include "unpacked_stream.hpp"

#include "interruption.hpp"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <limits>
#include <memory>
#include <utility>

#ifndef _WIN32
#include <poll.h>
#include <sys/stat.h>
#endif
#ifdef TCPLENS_HAS_ZLIB
#include <zlib.h>
#endif
#ifdef TCPLENS_HAS_ZSTD
#include <zstd.h>
#endif

namespace program {

namespace {

#ifdef TCPLENS_HAS_ZLIB
constexpr bool has_zlib = true;
#else
constexpr bool has_zlib = false;
#endif
#ifdef TCPLENS_HAS_ZSTD
constexpr bool has_zstd = true;
#else
constexpr bool has_zstd = false;
#endif

constexpr std::ptrdiff_t failure = std::numeric_limits<std::ptrdiff_t>::min(); // for no reason of the system

constexpr std::byte first_of_gzip{0x1f}; // RFC 1952 section 2.3.1

[[maybe_unused]] std::string advice(std::string_view program) {
    return std::string{": the last packets before that may be damaged, too. Get the file again, or see what '"} +
           std::string{program} + " -t' says.";
}

#ifdef TCPLENS_HAS_ZLIB
/// RFC 1952: members follow each other, as `cat a.gz b.gz` and parallel compressors make them, and zeros may fill the last block.
class gzip_unpacker final : public unpacker {
public:
    gzip_unpacker() {
        constexpr int largest_window_gzip_only = 15 + 16;
        if (inflateInit2(&state_, largest_window_gzip_only) != Z_OK) problem_ = "zlib could not be started.";
    }
    gzip_unpacker(const gzip_unpacker&) = delete;
    gzip_unpacker& operator=(const gzip_unpacker&) = delete;
    ~gzip_unpacker() override { inflateEnd(&state_); }

    state step(std::span<const std::byte>& in, std::span<std::byte>& out) override {
        if (!problem_.empty()) return state::failed;
        if (between_) {
            if (in.front() == std::byte{0}) { // fills up a block of a tape
                in = in.subspan(1);
                return state::between;
            }
            if (in.front() != first_of_gzip) {
                problem_ = "Something that is not gzip data follows the gzip data; all that was packed has been read.";
                return state::failed;
            }
            inflateReset(&state_);
            between_ = false;
        }
        constexpr std::size_t most = std::numeric_limits<uInt>::max();
        state_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data())); // zlib does not write there
        const auto available_in = static_cast<uInt>(std::min(in.size(), most));
        state_.avail_in = available_in;
        state_.next_out = reinterpret_cast<Bytef*>(out.data());
        const auto available_out = static_cast<uInt>(std::min(out.size(), most));
        state_.avail_out = available_out;
        const int result = inflate(&state_, Z_NO_FLUSH);
        in = in.subspan(available_in - state_.avail_in);
        out = out.subspan(available_out - state_.avail_out);
        if (result == Z_STREAM_END) {
            between_ = true;
            return state::between;
        }
        if (result == Z_OK || result == Z_BUF_ERROR) return state::inside;
        if (result == Z_MEM_ERROR) problem_ = "There is not enough memory to unpack it.";
        else if (state_.msg == nullptr) problem_ = "The gzip data is damaged" + advice("gzip");
        else problem_ = std::string{"The gzip data is damaged ("} + state_.msg + ")" + advice("gzip");
        return state::failed;
    }
    [[nodiscard]] std::string problem() const override { return problem_; }

private:
    z_stream state_{};
    bool between_ = false;
    std::string problem_{};
};
#endif

#ifdef TCPLENS_HAS_ZSTD
/// RFC 8878: frames follow each other, skippable ones among them. The window is at most 128 MiB, as for the program zstd.
class zstd_unpacker final : public unpacker {
public:
    zstd_unpacker() = default;
    zstd_unpacker(const zstd_unpacker&) = delete;
    zstd_unpacker& operator=(const zstd_unpacker&) = delete;
    ~zstd_unpacker() override { ZSTD_freeDStream(stream_); }

    state step(std::span<const std::byte>& in, std::span<std::byte>& out) override {
        if (stream_ == nullptr) return state::failed;
        ZSTD_inBuffer from{in.data(), in.size(), 0};
        ZSTD_outBuffer to{out.data(), out.size(), 0};
        const std::size_t result = ZSTD_decompressStream(stream_, &to, &from);
        in = in.subspan(from.pos);
        out = out.subspan(to.pos);
        if (ZSTD_isError(result) == 0) return result == 0 ? state::between : state::inside;
        problem_ = std::string{"The zstd data is damaged ("} + ZSTD_getErrorName(result) + ")" + advice("zstd");
        return state::failed;
    }
    [[nodiscard]] std::string problem() const override {
        return stream_ == nullptr ? "There is not enough memory to unpack it." : problem_;
    }

private:
    ZSTD_DStream* stream_ = ZSTD_createDStream();
    std::string problem_{};
};
#endif

std::unique_ptr<unpacker> make_unpacker(packing how) {
#ifdef TCPLENS_HAS_ZLIB
    if (how == packing::gzip) return std::make_unique<gzip_unpacker>();
#endif
#ifdef TCPLENS_HAS_ZSTD
    if (how == packing::zstd) return std::make_unique<zstd_unpacker>();
#endif
    (void)how;
    return nullptr;
}

#ifndef _WIN32
bool has_to_wait(int descriptor) {
    struct stat status {};
    return fstat(descriptor, &status) == 0 && !S_ISREG(status.st_mode);
}
#endif

} // namespace

packing packing_of(std::span<const std::byte> begin) noexcept {
    const auto begins_with = [&](std::initializer_list<int> bytes) {
        return begin.size() >= bytes.size() &&
               std::equal(bytes.begin(), bytes.end(), begin.begin(),
                          [](int a, std::byte b) { return static_cast<std::byte>(a) == b; });
    };
    if (begins_with({0x1f, 0x8b})) return packing::gzip;
    if (begins_with({0x28, 0xb5, 0x2f, 0xfd})) return packing::zstd; // RFC 8878 section 3.1.1
    // A skippable frame (section 3.1.2), as parallel compressors begin with
    if (begin.size() >= 4 && (begin[0] & std::byte{0xf0}) == std::byte{0x50} &&
        std::equal(begin.begin() + 1, begin.begin() + 4,
                   std::array{std::byte{0x2a}, std::byte{0x4d}, std::byte{0x18}}.begin()))
        return packing::zstd;
    return packing::none;
}

bool can_unpack(packing how) noexcept {
    if (how == packing::gzip) return has_zlib;
    return how == packing::zstd && has_zstd;
}

unpacked_stream::unpacked_stream(tcplens::file_stream from) : from_(std::move(from)) {}

std::ptrdiff_t unpacked_stream::fail(const std::string& sentence) {
    *problem_ = sentence;
    return failure;
}

bool unpacked_stream::is_bomb() const noexcept {
    // deflate packs at most 1,032 times, and only what is all the same; a capture whose payload is zeros comes near 600.
    constexpr std::uint64_t suspicious_ratio = 1000;
    constexpr std::uint64_t suspicious_size = std::uint64_t{1} << 30;
    return unpacked_ > suspicious_size && unpacked_ / suspicious_ratio > position_;
}

// Whether bytes have come, or the end; false if the wait was given up after Ctrl-C.
bool unpacked_stream::wait_for_input() const {
#ifndef _WIN32
    using namespace std::chrono;
    constexpr int look_again = 250; // ms: a signal that comes just before the wait does not end it
    constexpr milliseconds longest_silence{1000};
    constexpr milliseconds longest{3000};
    static steady_clock::time_point interrupted_at{};
    const steady_clock::time_point began = steady_clock::now();
    for (;;) {
        pollfd waiting{from_.descriptor(), POLLIN, 0};
        const int ready = poll(&waiting, 1, look_again);
        const steady_clock::time_point now = steady_clock::now();
        if (interrupted()) {
            if (interrupted_at == steady_clock::time_point{}) interrupted_at = now;
            if (now - interrupted_at > longest) return false;
            if (ready <= 0 && now - std::max(began, interrupted_at) > longest_silence) return false;
        }
        if (ready > 0) return true;
    }
#else
    return true;
#endif
}

std::ptrdiff_t unpacked_stream::receive(std::span<std::byte> into) {
#ifndef _WIN32
    if (has_to_wait(from_.descriptor()) && !wait_for_input()) {
        *problem_ = "Reading was interrupted: the answer is for what had come by then.";
        return 0;
    }
#endif
    const std::ptrdiff_t received = from_(into);
    if (received > 0) position_ += static_cast<std::uint64_t>(received);
    return received;
}

std::ptrdiff_t unpacked_stream::read() {
    const std::ptrdiff_t received = receive(*buffer_);
    if (received > 0) held_ = std::span{*buffer_}.first(static_cast<std::size_t>(received));
    return received;
}

std::ptrdiff_t unpacked_stream::operator()(std::span<std::byte> into) {
    if (!begun_) {
        begun_ = true;
        std::size_t have = 0;
        while (have < 4) { // a pipe may give them one by one
            const std::ptrdiff_t received = receive(std::span{*buffer_}.subspan(have));
            if (received < 0) return received;
            if (received == 0) break;
            have += static_cast<std::size_t>(received);
        }
        held_ = std::span{*buffer_}.first(have);
        packing_ = packing_of(held_);
        unpacker_ = make_unpacker(packing_);
    }
    if (!problem_->empty()) return failure;
    if (unpacker_ == nullptr) { // as it is
        if (held_.empty()) {
            const std::ptrdiff_t received = read();
            if (received <= 0) return received;
        }
        const std::size_t count = std::min(held_.size(), into.size());
        std::copy_n(held_.begin(), count, into.begin());
        held_ = held_.subspan(count);
        return static_cast<std::ptrdiff_t>(count);
    }
    std::span<std::byte> room = into;
    while (room.size() == into.size()) { // whatever there is goes on at once, as from a live capture
        if (state_ == unpacker::state::failed) return fail(unpacker_->problem());
        if (is_bomb()) {
            return fail("It unpacks to more than 1,000 times its size, and was read up to 1 GiB of that. If it is a "
                        "capture all the same, unpack it first.");
        }
        if (held_.empty() && !(full_ && state_ == unpacker::state::inside)) {
            const std::ptrdiff_t received = read();
            if (received < 0) return received;
            if (received == 0) {
                if (!problem_->empty()) return 0;
                if (state_ == unpacker::state::between) return 0;
                return fail(packing_ == packing::gzip ? "The gzip data is cut short: get the file again."
                                                      : "The zstd data is cut short: get the file again.");
            }
        }
        state_ = unpacker_->step(held_, room);
        full_ = room.empty();
    }
    const std::size_t count = into.size() - room.size();
    unpacked_ += count;
    return static_cast<std::ptrdiff_t>(count);
}

} // namespace program
