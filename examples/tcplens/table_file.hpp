// SPDX-License-Identifier: MIT
#pragma once

// A table in a file: what --save writes and --resume reads.

#include "session.hpp"
#include "text.hpp"

#include <tcplens/connection/saved/saved_table.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <ios>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#ifdef _WIN32
#include <io.h>
#else
#include <fcntl.h>
#include <unistd.h>
#endif

namespace program {

namespace table_file {

namespace files = std::filesystem;

/// Where a name leads to that may be one of a link, whose target need not be there.
[[nodiscard]] inline files::path resolve(files::path path) {
    constexpr int most = 40; // as Linux follows
    std::error_code none;
    for (int links = 0; links < most && files::is_symlink(path, none); ++links) {
        path = path.parent_path() / files::read_symlink(path, none);
    }
    return path;
}

/// Whether what has the name may be taken for a table that somebody wants to replace.
[[nodiscard]] inline bool is_table(const files::path& path) {
    std::error_code none;
    if (!files::is_regular_file(path, none)) return false;
    std::array<char, tcplens::detail::table_archive::magic.size()> begins{};
    std::ifstream file{path, std::ios::binary};
    file.read(begins.data(), begins.size());
    return file && std::ranges::equal(std::as_bytes(std::span{begins}), tcplens::detail::table_archive::magic);
}

/// A new file, which only its owner may read, since it holds who talked with whom; none if there is something already.
[[nodiscard]] inline std::FILE* make_file(const files::path& name) {
#ifdef _WIN32
    return std::fopen(name.string().c_str(), "wbx");
#else
    const int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    std::FILE* const file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "wb");
    if (descriptor >= 0 && file == nullptr) ::close(descriptor);
    return file;
#endif
}

/// Whether all that was written is on the disk: a table that takes the place of another one must not be lost with the power.
[[nodiscard]] inline bool sync_file(std::FILE* file) {
#ifdef _WIN32
    return std::fflush(file) == 0 && _commit(_fileno(file)) == 0;
#else
    return std::fflush(file) == 0 && ::fsync(::fileno(file)) == 0;
#endif
}

/// The same of the names in a folder. A file system that cannot do that is not an error: the table is there.
inline void sync_folder([[maybe_unused]] const files::path& folder) {
#ifndef _WIN32
    const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    static_cast<void>(::fsync(descriptor));
    ::close(descriptor);
#endif
}

/// The bytes of memory of this machine; 0 if that is not known.
[[nodiscard]] inline std::uintmax_t memory_size() {
#ifdef _SC_PHYS_PAGES
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long page = ::sysconf(_SC_PAGESIZE);
    if (pages > 0 && page > 0) return static_cast<std::uintmax_t>(pages) * static_cast<std::uintmax_t>(page);
#endif
    return 0;
}

/// A new file beside another one, open to be written; removed again unless it takes the place of that one.
class replacement {
public:
    explicit replacement(const files::path& of) : of_(of) {
        constexpr int most = 1000; // that were left behind, or that others write now
        for (int number = 0; number < most && file_ == nullptr; ++number) {
            name_ = of;
            name_ += ".new" + std::to_string(number);
            file_ = make_file(name_); // nothing that is there is opened, no link followed
            failed_ = {errno, std::generic_category()};
        }
    }
    replacement(const replacement&) = delete;
    replacement& operator=(const replacement&) = delete;
    ~replacement() {
        if (file_ == nullptr) return;
        (void)close();
        std::error_code none;
        if (!took_place_) files::remove(name_, none);
    }

    /// Why the new file could not be made.
    [[nodiscard]] std::error_code error() const { return file_ == nullptr ? failed_ : std::error_code{}; }

    /// Makes that the file now, with these bytes on the disk, or says why not. Only its owner may read it, whoever could read the one that
    /// was there.
    [[nodiscard]] std::error_code write(std::span<const std::byte> bytes) {
        if (file_ == nullptr) return failed_;
        errno = 0;
        bool written = std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size() && sync_file(file_);
        int reason = errno;
        if (!close() && written) {
            written = false;
            reason = errno;
        }
        if (!written) return {reason == 0 ? EIO : reason, std::generic_category()};
        std::error_code failed;
        files::rename(name_, of_, failed);
        if (failed) return failed;
        sync_folder(of_.parent_path());
        took_place_ = true;
        return {};
    }

private:
    [[nodiscard]] bool close() {
        if (closed_) return true;
        closed_ = true;
        return std::fclose(file_) == 0;
    }

    files::path of_;
    files::path name_{};
    std::FILE* file_ = nullptr;
    std::error_code failed_{};
    bool closed_ = false;
    bool took_place_ = false;
};

} // namespace table_file

/// Whether tables can have the names that they were given; else it has said why not. Asked before anything is read.
[[nodiscard]] inline bool check_tables(const session& with, const std::vector<std::string>& captures,
                                       const std::string& resumed, const std::string& saved) {
    std::error_code none;
    for (const std::string& table : {resumed, saved}) {
        if (table.empty()) continue;
        for (const std::string& each : captures) {
            if (each == "-" || (each != table && !std::filesystem::equivalent(each, table, none))) continue;
            with.complain(table, "It is named as a capture, too.");
            return false;
        }
    }
    if (saved.empty()) return true;
    const std::filesystem::path target = table_file::resolve(saved);
    if (std::filesystem::exists(std::filesystem::symlink_status(target, none)) && !table_file::is_table(target)) {
        with.complain(saved, "It is something else than a saved table, and was left as it is.");
        return false;
    }
    const std::error_code failed = table_file::replacement{target}.error();
    if (failed) with.complain(saved, "It could not be written (" + failed.message() + ").");
    return !failed;
}

/// The library's sentence, and which options of the program it is about.
[[nodiscard]] inline std::string why_not_restored(const tcplens::restore_error& error) {
    using enum tcplens::restore_error_code;
    const bool is_about_options = error.code == other_rules || error.code == other_options;
    return to_string(error) + (is_about_options ? " Give --rules and --tunnel as they were when it was saved." : "");
}

/// Whether the table now goes on with the one in the file; else it has said why not.
template <class Table>
[[nodiscard]] bool resume_table(const session& with, const std::string& name, Table& table) {
    std::error_code failed;
    const auto status = std::filesystem::status(name, failed);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        with.complain(name, "It is no regular file.");
        return false;
    }
    if (!std::filesystem::exists(status)) {
        with.complain(name, "There is no such file.");
        return false;
    }
    const std::uintmax_t size = std::filesystem::file_size(name, failed);
    errno = 0;
    std::ifstream file{name, std::ios::binary};
    std::vector<std::byte> bytes;
    const auto read_up_to = [&](std::uintmax_t end) {
        const std::size_t begin = bytes.size();
        bytes.resize(static_cast<std::size_t>(end));
        file.read(reinterpret_cast<char*>(bytes.data()) + begin, static_cast<std::streamsize>(bytes.size() - begin));
    };
    // The header says how long the file must be: what is no table is not read, however long it is.
    if (!failed) read_up_to((std::min)(size, std::uintmax_t{tcplens::detail::table_archive::header_size}));
    if (failed || !file) {
        if (!failed) failed = {errno == 0 ? EIO : errno, std::generic_category()};
        with.complain(name, "It could not be read (" + failed.message() + ").");
        return false;
    }
    if (auto begins = tcplens::restore(table, bytes); begins && size > bytes.size()) {
        if (begins->code == tcplens::restore_error_code::truncated && begins->needed != size) {
            if (begins->needed < size) begins->code = tcplens::restore_error_code::too_long;
            begins->available = size;
        } else if (begins->code == tcplens::restore_error_code::truncated) {
            const std::uintmax_t memory = table_file::memory_size();
            if (memory != 0 && size > memory) {
                with.complain(name, "It has " + grouped(size) + " bytes, more than the " + grouped(memory) +
                                        " bytes of memory here.");
                return false;
            }
            read_up_to(size);
            begins.reset();
        }
        if (begins) {
            with.complain(name, why_not_restored(*begins));
            return false;
        }
    }
    if (!file) {
        with.complain(name, "It could not be read (" + std::error_code{EIO, std::generic_category()}.message() + ").");
        return false;
    }
    const auto error = tcplens::restore(table, bytes);
    if (error) with.complain(name, why_not_restored(*error));
    return !error;
}

/// Whether the table is in the file now; else it has said why not, and what was there is there still.
template <class Table>
[[nodiscard]] bool save_table(const session& with, const std::string& name, const Table& table) {
    table_file::replacement file{table_file::resolve(name)};
    const std::error_code failed = file.write(tcplens::save(table));
    if (failed) with.complain(name, "It could not be written (" + failed.message() + ").");
    return !failed;
}

} // namespace program
