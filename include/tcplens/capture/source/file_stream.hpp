// SPDX-License-Identifier: MIT
#pragma once

#include "../capture_error.hpp"
#include "stream_source.hpp"

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
#include <algorithm>
#include <io.h>
#include <share.h>
#include <wchar.h>
#else
#include <unistd.h>
#endif

namespace tcplens::inline v0 {

/// A file, a pipe or a device that is open for reading, and a stream_filler: each call reads once.
///
/// It owns its file descriptor, unless that is the one of standard input.
class file_stream {
public:
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
        return stream;
    }

    file_stream(const file_stream&) = delete;
    file_stream& operator=(const file_stream&) = delete;

    file_stream(file_stream&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)), owned_(std::exchange(other.owned_, false)),
          regular_size_(other.regular_size_), error_(other.error_) {}

    file_stream& operator=(file_stream&& other) noexcept {
        if (this != &other) {
            close();
            descriptor_ = std::exchange(other.descriptor_, -1);
            owned_ = std::exchange(other.owned_, false);
            regular_size_ = other.regular_size_;
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
    /// Length of the file in bytes when it was opened; `nullopt` if it is not a regular file, and for standard input.
    [[nodiscard]] std::optional<std::uint64_t> regular_size() const noexcept {
        return regular_size_;
    }
    /// The file descriptor; -1 if no file is open.
    [[nodiscard]] int descriptor() const noexcept {
        return descriptor_;
    }

    /// Reads once into the buffer. Returns the number of bytes, 0 at the end, and -errno if reading failed.
    // NOLINTNEXTLINE(readability-make-member-function-const): it moves the position in the file
    std::ptrdiff_t operator()(std::span<std::byte> buffer) noexcept {
        if (descriptor_ < 0) return -EBADF;
        while (true) {
#ifdef _WIN32
            constexpr std::size_t most = 1u << 30; // _read counts in int
            const int count = _read(descriptor_, buffer.data(), static_cast<unsigned>((std::min)(buffer.size(), most)));
#else
            const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
#endif
            if (count >= 0) return count;
            if (errno != EINTR) return -errno;
        }
    }

private:
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
        if (_fstat64(descriptor_, &status) != 0) {
            fail(errno);
        } else if ((status.st_mode & _S_IFMT) == _S_IFREG) {
            regular_size_ = static_cast<std::uint64_t>(status.st_size);
        }
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
        } else if (S_ISREG(status.st_mode)) {
            regular_size_ = static_cast<std::uint64_t>(status.st_size);
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
    std::optional<capture_error> error_{};
};

static_assert(detail::stream_filler<file_stream>);

} // namespace tcplens::inline v0
