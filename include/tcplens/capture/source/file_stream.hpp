// SPDX-License-Identifier: MIT
#pragma once

#include "../capture_error.hpp"
#include "stream_source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#ifdef _WIN32
#include <io.h>
#include <share.h>
#include <wchar.h>
#else
#include <poll.h>
#include <unistd.h>
#endif

namespace tcplens::inline v1 {

/// A file, a pipe or a device that is open for reading, and a stream_filler: each call reads once.
///
/// It owns its file descriptor, unless that is the one of standard input. Other programs may write to a file, cut it or replace it
/// meanwhile: reading goes on to wherever the file ends, and change() tells of what is gone. It is used by one thread at a time.
class file_stream {
public:
    /// What another program did to a regular file while it was read.
    struct file_change {
        /// Whether the file is shorter than it was: it was cut, perhaps to be written anew.
        bool shrank = false;
        /// Whether the beginning of the file has other bytes than those that were read.
        bool overwritten = false;
        /// The length in bytes that the file had when it was opened, or that was read of it, whichever is larger.
        std::uint64_t size_before = 0;
        /// The length in bytes that it has now.
        std::uint64_t size_now = 0;

        friend constexpr bool operator==(const file_change&, const file_change&) = default;
    };

    /// Opens the file at a path; error() tells whether that failed. Opening a FIFO waits until its other end is opened.
    explicit file_stream(const char* path) noexcept { open(path); }
    /// Opens the file at a path that has c_str(), such as a std::filesystem::path or a std::string.
    template <typename Path>
    requires requires(const Path& path) { path.c_str(); }
    explicit file_stream(const Path& path) noexcept { open(path.c_str()); }
    /// Opens the file at a path.
    explicit file_stream(std::string_view path) : file_stream(std::string{path}) {}

    /// Reads standard input (in binary mode on Windows), which stays open afterwards.
    [[nodiscard]] static file_stream standard_input() noexcept {
        file_stream stream;
        stream.descriptor_ = 0;
#ifdef _WIN32
        _setmode(0, _O_BINARY);
#endif
        stream.look();
        return stream;
    }

    file_stream(const file_stream&) = delete;
    file_stream& operator=(const file_stream&) = delete;

    file_stream(file_stream&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)), owned_(std::exchange(other.owned_, false)),
          regular_size_(other.regular_size_), read_(other.read_), begun_at_(other.begun_at_),
          beginning_(other.beginning_), error_(other.error_) {}

    file_stream& operator=(file_stream&& other) noexcept {
        if (this != &other) {
            close();
            descriptor_ = std::exchange(other.descriptor_, -1);
            owned_ = std::exchange(other.owned_, false);
            regular_size_ = other.regular_size_;
            read_ = other.read_;
            begun_at_ = other.begun_at_;
            beginning_ = other.beginning_;
            error_ = other.error_;
        }
        return *this;
    }

    /// Closes the file.
    ~file_stream() {
        close();
    }

    /// Why the file could not be opened: file_not_found, permission_denied, is_a_directory, or open_failed with its errno. `nullopt` if
    /// it is open.
    [[nodiscard]] const std::optional<capture_error>& error() const noexcept {
        return error_;
    }
    /// Length of the file in bytes when it was opened, counted from where reading began; `nullopt` if it is not a regular file.
    [[nodiscard]] std::optional<std::uint64_t> regular_size() const noexcept {
        return regular_size_;
    }
    /// The file descriptor; -1 if no file is open.
    [[nodiscard]] int descriptor() const noexcept {
        return descriptor_;
    }

    /// Reads once into the buffer, and waits for a descriptor that does not wait by itself (O_NONBLOCK). Returns the number of bytes,
    /// 0 at the end, and -errno if reading failed. Bytes that are appended to a file before its end is reached are read, too.
    std::ptrdiff_t operator()(std::span<std::byte> buffer) noexcept {
        if (descriptor_ < 0) return -EBADF;
        while (true) {
#ifdef _WIN32
            constexpr std::size_t most = 1u << 30; // _read counts in int
            const int count = _read(descriptor_, buffer.data(), static_cast<unsigned>((std::min)(buffer.size(), most)));
#else
            const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
#endif
            if (count >= 0) {
                if (read_ == 0) beginning_ = digest::of({buffer.data(), static_cast<std::size_t>(count)});
                read_ += static_cast<std::uint64_t>(count);
                return count;
            }
            if (!wait_after(errno)) return -errno;
        }
    }

    /// Goes up to so many bytes ahead without reading them, in a regular file no further than to its end; returns by how many. For less
    /// than 1 MiB it stays where it is: reading is as fast then.
    std::uint64_t skip(std::uint64_t most) noexcept {
        constexpr std::uint64_t least = std::uint64_t{1} << 20;
        if (most < least || read_ == 0) return 0; // change() compares the beginning
        const std::optional<std::uint64_t> size = regular_size_ ? size_from_beginning() : std::nullopt;
        if (!size || *size <= read_) return 0;
        const std::uint64_t distance = (std::min)(most, *size - read_);
        if (distance < least || seek(static_cast<std::int64_t>(distance)) < 0) return 0;
        read_ += distance;
        return distance;
    }

    /// What happened to the file since it was opened, as far as it concerns the bytes that were read, or should have been. `nullopt`
    /// if nothing of them is gone, and for everything but regular files. Bytes that were only appended are no change.
    ///
    /// Looks at the length and the first bytes (at most 4,096) of the file: two system calls. A file that another one was renamed
    /// over is not changed: the one that was opened is read to its end.
    /// A template, to reduce the compile time of programs that do not use it.
    template <class Change = file_change>
    [[nodiscard]] std::optional<Change> change() const noexcept {
        if (!regular_size_) return std::nullopt;
        const std::optional<std::uint64_t> size_now = size_from_beginning();
        if (!size_now) return std::nullopt;
        Change found{.size_before = (std::max)(*regular_size_, read_), .size_now = *size_now};
        found.shrank = found.size_now < found.size_before;
        found.overwritten = read_ > 0 && !still_begins_with(beginning_);
        if (!found.shrank && !found.overwritten) return std::nullopt;
        return found;
    }

private:
    /// Of the first bytes of a file: enough for the headers of a capture and its first packet, by which two captures differ.
    struct digest {
        static constexpr std::size_t most_bytes = 4096;

        std::size_t length = 0;
        std::uint64_t value = 0;

        /// FNV-1a (draft-eastlake-fnv): any hash would do, since nobody gains from a collision.
        [[nodiscard]] static constexpr digest of(std::span<const std::byte> bytes) noexcept {
            bytes = bytes.first((std::min)(bytes.size(), most_bytes));
            digest made{.length = bytes.size(), .value = 0xcbf29ce484222325u};
            for (const std::byte each : bytes) {
                made.value = (made.value ^ std::to_integer<std::uint64_t>(each)) * 0x100000001b3u;
            }
            return made;
        }
        friend constexpr bool operator==(const digest&, const digest&) = default;
    };

    /// Whether to try again after reading failed with this errno.
    [[nodiscard]] bool wait_after(int failure) const noexcept {
        if (failure == EINTR) return true;
#ifndef _WIN32
        if (failure == EAGAIN || failure == EWOULDBLOCK) {
            pollfd wanted{.fd = descriptor_, .events = POLLIN, .revents = 0};
            const bool waited = ::poll(&wanted, 1, -1) >= 0 || errno == EINTR;
            errno = failure;
            return waited;
        }
#endif
        return false;
    }

    /// Whether the file has, where reading began, the bytes that were read there. True if that cannot be told.
    [[nodiscard]] bool still_begins_with(const digest& expected) const noexcept {
#ifdef _WIN32
        static_cast<void>(expected); // Windows has no pread(), and does not let a file be cut that is open
        return true;
#else
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): pread() fills it
        std::array<std::byte, digest::most_bytes> bytes;
        std::size_t held = 0;
        while (held < expected.length) {
            const ssize_t count =
                ::pread(descriptor_, bytes.data() + held, expected.length - held, static_cast<off_t>(begun_at_ + held));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return true;
            if (count == 0) return false;
            held += static_cast<std::size_t>(count);
        }
        return digest::of({std::as_const(bytes).data(), held}) == expected;
#endif
    }

    /// The length of a regular file from where reading began; `nullopt` for anything else.
    [[nodiscard]] std::optional<std::uint64_t> size_from_beginning() const noexcept {
#ifdef _WIN32
        struct _stat64 status {};
        if (_fstat64(descriptor_, &status) != 0 || (status.st_mode & _S_IFMT) != _S_IFREG) return std::nullopt;
#else
        struct stat status {};
        if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
#endif
        const auto size = static_cast<std::uint64_t>(status.st_size);
        return size - (std::min)(size, begun_at_);
    }

    /// Moves to so many bytes ahead; where that is, or a negative number.
    std::int64_t seek(std::int64_t distance) const noexcept {
#ifdef _WIN32
        return _lseeki64(descriptor_, distance, SEEK_CUR);
#else
        if (!std::in_range<off_t>(distance)) return -1;
        return ::lseek(descriptor_, static_cast<off_t>(distance), SEEK_CUR);
#endif
    }

    /// Finds out what is open, and where in it reading begins.
    void look() noexcept {
        const std::int64_t at = seek(0);
        begun_at_ = at > 0 ? static_cast<std::uint64_t>(at) : 0;
        regular_size_ = size_from_beginning();
    }

    file_stream() noexcept = default;

#ifdef _WIN32
    static errno_t open_descriptor(int& descriptor, const char* path) noexcept {
        return _sopen_s(&descriptor, path, read_only, _SH_DENYNO, 0);
    }
    static errno_t open_descriptor(int& descriptor, const wchar_t* path) noexcept {
        return _wsopen_s(&descriptor, path, read_only, _SH_DENYNO, 0);
    }
    static int look_at(const char* path, struct _stat64& status) noexcept {
        return _stat64(path, &status);
    }
    static int look_at(const wchar_t* path, struct _stat64& status) noexcept {
        return _wstat64(path, &status);
    }

    static constexpr int read_only = _O_RDONLY | _O_BINARY | _O_NOINHERIT;
#endif

    template <typename Character>
    void open(const Character* path) noexcept {
#ifdef _WIN32
        struct _stat64 status {};
        if (look_at(path, status) == 0 && (status.st_mode & _S_IFMT) == _S_IFDIR) {
            error_ = capture_error{.code = capture_error_code::is_a_directory};
            return;
        }
        const errno_t failure = open_descriptor(descriptor_, path);
        if (failure != 0) {
            descriptor_ = -1;
            fail(failure);
            return;
        }
        owned_ = true;
        look();
#else
        do {
            descriptor_ = ::open(path, O_RDONLY | O_CLOEXEC);
        } while (descriptor_ < 0 && errno == EINTR);
        if (descriptor_ < 0) {
            fail(errno);
            return;
        }
        owned_ = true;
        struct stat status {};
        if (::fstat(descriptor_, &status) != 0) {
            fail(errno);
        } else if (S_ISDIR(status.st_mode)) {
            fail(EISDIR);
        } else {
            look();
#ifdef POSIX_FADV_SEQUENTIAL
            static_cast<void>(::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL)); // only a hint
#endif
        }
#endif
    }

    void fail(int system_error) noexcept {
        close();
        switch (system_error) {
        case ENOENT:
        case ENOTDIR: error_ = capture_error{.code = capture_error_code::file_not_found}; break;
        case EACCES:
        case EPERM: error_ = capture_error{.code = capture_error_code::permission_denied}; break;
        case EISDIR: error_ = capture_error{.code = capture_error_code::is_a_directory}; break;
        default: error_ = capture_error{.code = capture_error_code::open_failed, .system_error = system_error};
        }
    }

    void close() noexcept {
        if (owned_) {
#ifdef _WIN32
            _close(descriptor_);
#else
            ::close(descriptor_);
#endif
        }
        owned_ = false;
        descriptor_ = -1;
    }

    int descriptor_ = -1;
    bool owned_ = false;
    std::optional<std::uint64_t> regular_size_{};
    std::uint64_t read_ = 0;     ///< bytes, so far
    std::uint64_t begun_at_ = 0; ///< where in the file; standard input may have been read before
    digest beginning_{};         ///< of what was read first
    std::optional<capture_error> error_{};
};

static_assert(detail::stream_filler<file_stream>);

} // namespace tcplens::inline v1
