// SPDX-License-Identifier: MIT
#pragma once

#include "write_error.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
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
#include <process.h>
#include <share.h>
#else
#include <unistd.h>
#endif

namespace tcplens::inline v1 {

/// A file that is written, and takes its place only once it is whole.
///
/// The bytes go to a new file in the same folder; commit() gives it the name. Until then a file that had the name before, and a program that
/// reads it, are not touched. Without commit() they never are: the destructor removes the new file. What is no regular file (a
/// device, a FIFO) is written directly. A symbolic link stays, and the file that it points to is replaced. The access rights of a file
/// that is replaced are kept.
///
/// One object is used by one thread at a time. Errors are values; the constructor and commit() allocate, writing does not.
class output_file {
public:
    /// Opens the file. error() tells whether that failed: is_input if it is one of `inputs`, the paths of files that are being read
    /// (also by another name, where the system has inodes); open_failed with its errno otherwise.
    explicit output_file(std::string_view path, std::span<const std::string> inputs = {}) : path_(path) {
        for (const std::string& each : inputs) {
            if (is_same_file(path_, each)) {
                error_ = write_error{.code = write_error::reason::is_input};
                return;
            }
        }
        open();
    }

    /// Standard output (in binary mode on Windows), which stays open.
    [[nodiscard]] static output_file standard_output() noexcept {
        output_file file;
        file.descriptor_ = 1;
        file.owned_ = false;
#ifdef _WIN32
        _setmode(1, _O_BINARY);
#endif
        return file;
    }

    output_file(const output_file&) = delete;
    output_file& operator=(const output_file&) = delete;
    /// Takes over the file.
    output_file(output_file&& other) noexcept
        : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})),
          descriptor_(std::exchange(other.descriptor_, -1)), owned_(other.owned_), error_(other.error_) {}
    /// Abandons this file, and takes over the other.
    output_file& operator=(output_file&& other) noexcept {
        if (this == &other) return *this;
        abandon();
        path_ = std::move(other.path_);
        temporary_ = std::exchange(other.temporary_, {});
        descriptor_ = std::exchange(other.descriptor_, -1);
        owned_ = other.owned_;
        error_ = other.error_;
        return *this;
    }
    /// Removes the file unless it was committed.
    ~output_file() {
        abandon();
    }

    /// Why the file could not be opened, or could not take its place; `nullopt` without an error.
    [[nodiscard]] const std::optional<write_error>& error() const noexcept {
        return error_;
    }

    /// Writes once. Returns how many bytes the system took, or -errno.
    // NOLINTNEXTLINE(readability-make-member-function-const): it moves the position in the file
    std::ptrdiff_t operator()(std::span<const std::byte> bytes) noexcept {
        if (descriptor_ < 0) return -EBADF;
        while (true) {
#ifdef _WIN32
            constexpr std::size_t most = 1u << 30; // _write counts in int
            const int count = _write(descriptor_, bytes.data(), static_cast<unsigned>((std::min)(bytes.size(), most)));
#else
            const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
#endif
            if (count >= 0) return count;
            if (errno != EINTR) return -errno;
        }
    }

    /// Closes the file and gives it its name. Returns whether that succeeded; otherwise the file is removed, and error() tells why.
    bool commit() noexcept {
        if (error_ || descriptor_ < 0) return !error_ && !owned_;
        if (!owned_) return true;
        const int failed = close_descriptor(std::exchange(descriptor_, -1));
        if (failed != 0) return fail(write_error::reason::write_failed, failed);
        if (temporary_.empty()) return true;
#ifdef _WIN32
        ::remove(path_.c_str()); // rename() does not replace there
#endif
        if (std::rename(temporary_.c_str(), path_.c_str()) != 0)
            return fail(write_error::reason::replace_failed, errno);
        temporary_.clear();
        return true;
    }

private:
    output_file() noexcept = default;

    bool fail(write_error::reason code, int system_error) noexcept {
        error_ = write_error{.code = code, .system_error = system_error};
        abandon();
        return false;
    }

    void abandon() noexcept {
        if (descriptor_ >= 0 && owned_) close_descriptor(descriptor_);
        descriptor_ = -1;
        if (!temporary_.empty()) std::remove(temporary_.c_str());
        temporary_.clear();
    }

#ifdef _WIN32
    static int close_descriptor(int descriptor) noexcept {
        return _close(descriptor) == 0 ? 0 : errno;
    }
    static bool is_same_file(const std::string& a, const std::string& b) noexcept {
        char full[2][_MAX_PATH];
        return _fullpath(full[0], a.c_str(), _MAX_PATH) != nullptr &&
               _fullpath(full[1], b.c_str(), _MAX_PATH) != nullptr && _stricmp(full[0], full[1]) == 0;
    }
    void open() {
        temporary_ = path_ + unique_ending();
        if (_sopen_s(&descriptor_, temporary_.c_str(), _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT,
                     _SH_DENYNO, _S_IREAD | _S_IWRITE) == 0)
            return;
        descriptor_ = -1;
        temporary_.clear();
        fail(write_error::reason::open_failed, errno);
    }
    static int process_id() noexcept {
        return _getpid();
    }
#else
    static int close_descriptor(int descriptor) noexcept {
        return ::close(descriptor) == 0 || errno == EINTR ? 0 : errno;
    }
    static bool is_same_file(const std::string& a, const std::string& b) noexcept {
        struct stat one {};
        struct stat other {};
        return ::stat(a.c_str(), &one) == 0 && ::stat(b.c_str(), &other) == 0 && one.st_dev == other.st_dev &&
               one.st_ino == other.st_ino && S_ISREG(one.st_mode);
    }
    void open() {
        struct stat status {};
        const bool exists = ::stat(path_.c_str(), &status) == 0;
        if (exists && S_ISDIR(status.st_mode)) {
            fail(write_error::reason::open_failed, EISDIR);
            return;
        }
        if (exists && !S_ISREG(status.st_mode)) {
            descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
            if (descriptor_ < 0) fail(write_error::reason::open_failed, errno);
            return;
        }
        if (exists && ::access(path_.c_str(), W_OK) != 0) { // else rename() would replace what must not be written
            fail(write_error::reason::open_failed, errno);
            return;
        }
        if (exists) follow_links();
        const std::string name = path_ + unique_ending();
        descriptor_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor_ < 0) {
            fail(write_error::reason::open_failed, errno);
            return;
        }
        temporary_ = name;
        if (exists && ::fchmod(descriptor_, status.st_mode & 07777) != 0) fail(write_error::reason::open_failed, errno);
    }
    void follow_links() {
        char* const real = ::realpath(path_.c_str(), nullptr);
        if (real != nullptr) path_ = real;
        std::free(real); // NOLINT(cppcoreguidelines-no-malloc): realpath() allocates it
    }
    static int process_id() noexcept {
        return static_cast<int>(::getpid());
    }
#endif

    /// That no other file of this process or of another one has.
    static std::string unique_ending() {
        static std::atomic<unsigned> count{0};
        return "." + std::to_string(process_id()) + "-" + std::to_string(count++) + ".part";
    }

    std::string path_{};
    std::string temporary_{}; ///< where the bytes are until they are whole; empty if they go to `path_` directly
    int descriptor_ = -1;
    bool owned_ = true;
    std::optional<write_error> error_{};
};

} // namespace tcplens::inline v1
