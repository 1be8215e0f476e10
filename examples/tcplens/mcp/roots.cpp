// SPDX-License-Identifier: MIT
#include "roots.hpp"

#include "../command_line.hpp"
#include "../text.hpp"
#include "failures.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#include <sys/vfs.h>
#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif
#endif

namespace program::context_server {

namespace {

constexpr std::size_t longest_path = 4096; // PATH_MAX of Linux

#ifdef O_PATH
constexpr int look_only = O_PATH; // opens nothing: a device or a FIFO does not notice
#else
constexpr int look_only = O_RDONLY | O_NONBLOCK | O_NOCTTY;
#endif

std::string in_quotes(std::string_view path) {
    constexpr std::size_t most_shown = 200;
    return "'" + escaped(path.substr(0, most_shown)) + (path.size() > most_shown ? "…'" : "'");
}

/// Opens `relative` beneath a folder, name by name; each must be what it is, no link to it. Returns -1 and errno.
int open_by_walking(int folder, const std::string& relative) {
    owned_descriptor at{::dup(folder)};
    std::size_t begin = 0;
    while (at.is_open()) {
        const std::size_t slash = std::min(relative.find('/', begin), relative.size());
        const std::string name = relative.substr(begin, slash - begin);
        const bool is_last = slash >= relative.size();
        if (name == "..") {
            errno = EXDEV;
            return -1;
        }
        if (name.empty() || name == ".") {
            if (is_last) return ::dup(at.get());
        } else {
            const int flags = look_only | O_NOFOLLOW | O_CLOEXEC | (is_last ? 0 : O_DIRECTORY);
            const int next = ::openat(at.get(), name.c_str(), flags);
            if (is_last || next < 0) return next;
            at = owned_descriptor{next};
        }
        begin = slash + 1;
    }
    return -1;
}

/// Whether files there are no files: what the kernel tells of processes and devices.
bool is_of_kernel([[maybe_unused]] int descriptor) {
#ifdef __linux__
    struct statfs of {};
    if (::fstatfs(descriptor, &of) != 0) return true;
    // From linux/magic.h: proc, sysfs, debugfs, tracefs, securityfs, cgroup, cgroup2, selinuxfs, configfs, bpf, pstore
    constexpr std::array<unsigned long, 11> kernel_file_systems{0x9fa0,     0x62656572, 0x64626720, 0x74726163,
                                                                0x73636673, 0x27e0eb,   0x63677270, 0xf97cff8c,
                                                                0x62656570, 0xcafe4a11, 0x6165676c};
    const auto type = static_cast<unsigned long>(of.f_type) & 0xffffffff;
    return std::ranges::find(kernel_file_systems, type) != kernel_file_systems.end();
#else
    return false;
#endif
}

std::string why(std::string_view path, int failure) {
    switch (failure) {
    case EXDEV:
    case ELOOP:
        return in_quotes(path) + " leads out of the folders of --root, by .. or a symbolic link: it is not read.";
    case ENOENT:
    case ENOTDIR: return "There is no file " + in_quotes(path) + " beneath the folders of --root.";
    case EACCES:
    case EPERM: return "The system does not let the server read " + in_quotes(path) + ".";
    case ENAMETOOLONG: return "The path " + in_quotes(path) + " is too long.";
    default: return in_quotes(path) + " cannot be opened: " + std::generic_category().message(failure) + ".";
    }
}

bool has_ending_of_capture(std::string_view name) {
    for (const std::string_view packed : {".gz", ".zst"}) {
        if (name.ends_with(packed)) name.remove_suffix(packed.size());
    }
    return name.ends_with(".pcap") || name.ends_with(".pcapng") || name.ends_with(".cap");
}

struct close_folder {
    void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

constexpr int deepest_folder = 8;
constexpr std::size_t most_names = 100'000; // that are looked at for one list

/// Adds the captures of a folder and of those in it.
void find_captures(int folder, const std::string& prefix, int depth, std::size_t root, std::size_t& names,
                   std::vector<found_file>& into) {
    const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) return;
    const std::unique_ptr<DIR, close_folder> open{::fdopendir(copy)};
    if (!open) {
        ::close(copy);
        return;
    }
    std::vector<std::string> folders;
    while (const dirent* const entry = ::readdir(open.get())) {
        const std::string name = entry->d_name;
        if (name.starts_with('.')) continue;
        if (++names > most_names) return;
        struct stat status {};
        if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (S_ISDIR(status.st_mode)) folders.push_back(name);
        else if (S_ISREG(status.st_mode) && has_ending_of_capture(name))
            into.push_back({root, prefix + name, static_cast<std::uint64_t>(status.st_size)});
    }
    if (depth == deepest_folder) return;
    std::ranges::sort(folders);
    for (const std::string& each : folders) {
        const owned_descriptor next{::openat(folder, each.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
        if (next.is_open() && !is_of_kernel(next.get()))
            find_captures(next.get(), prefix + each + "/", depth + 1, root, names, into);
    }
}

} // namespace

owned_descriptor::~owned_descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

file_identity identity_of(int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) return {};
#ifdef __APPLE__
    const timespec& changed = status.st_mtimespec;
#else
    const timespec& changed = status.st_mtim;
#endif
    return {.device = static_cast<std::uint64_t>(status.st_dev),
            .inode = static_cast<std::uint64_t>(status.st_ino),
            .size = static_cast<std::uint64_t>(status.st_size),
            .changed_ns = std::int64_t{changed.tv_sec} * 1'000'000'000 + changed.tv_nsec};
}

std::string path_of(int descriptor) {
#ifdef __linux__
    return "/proc/self/fd/" + std::to_string(descriptor);
#else
    return "/dev/fd/" + std::to_string(descriptor);
#endif
}

roots::roots(const std::vector<std::string>& folders, manner how) : how_(how) {
    for (const std::string& each : folders) {
        owned_descriptor open{::open(each.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        if (!open.is_open()) {
            throw usage_error{"--root needs a folder that can be read, and " + in_quotes(each) +
                              " is none: " + std::generic_category().message(errno) + "."};
        }
        std::error_code failed;
        std::string canonical = std::filesystem::canonical(each, failed).string();
        std::string given = std::filesystem::absolute(each, failed).lexically_normal().string();
        while (given.size() > 1 && given.ends_with('/')) given.pop_back();
        folders_.push_back({std::move(given), std::move(canonical), std::move(open)});
    }
}

int roots::open_beneath(int top, const std::string& relative) const {
#if defined(__linux__) && defined(SYS_openat2) && defined(RESOLVE_BENEATH)
    if (how_ == manner::fastest) {
        open_how how{};
        how.flags = static_cast<std::uint64_t>(look_only) | O_CLOEXEC;
        how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
        constexpr int most_tries = 16; // EAGAIN: a name was changed meanwhile
        for (int i = 0; i < most_tries; ++i) {
            const long opened = ::syscall(SYS_openat2, top, relative.c_str(), &how, sizeof how);
            if (opened >= 0) return static_cast<int>(opened);
            if (errno != EAGAIN && errno != EINTR) break;
        }
        if (errno != ENOSYS && errno != EPERM) return -1; // EPERM: of a sandbox that does not know the call
    }
#endif
    return open_by_walking(top, relative);
}

roots::attempt roots::try_open(std::size_t root, std::string_view relative) const {
    while (relative.starts_with('/')) relative.remove_prefix(1);
    const std::string name{relative.empty() ? std::string_view{"."} : relative};
    opened_file file{.descriptor = owned_descriptor{open_beneath(folders_[root].descriptor.get(), name)},
                     .shown = name,
                     .root = root};
    if (!file.descriptor.is_open()) return {.complaint = why(name, errno)};
    struct stat status {};
    if (::fstat(file.descriptor.get(), &status) != 0) return {.complaint = why(name, errno)};
    if (S_ISLNK(status.st_mode)) return {.complaint = why(name, ELOOP)};
    if (S_ISDIR(status.st_mode)) {
        return {.complaint =
                    in_quotes(name) + " is a folder: name one of the captures in it. resources/list lists them."};
    }
    if (!S_ISREG(status.st_mode) || is_of_kernel(file.descriptor.get())) {
        return {.complaint = in_quotes(name) + " is a device, a pipe or the like: only regular files are read."};
    }
    file.path = path_of(file.descriptor.get());
    if (::access(file.path.c_str(), R_OK) != 0) return {.complaint = why(name, errno)};
    file.identity = identity_of(file.descriptor.get());
    return {.file = std::move(file)};
}

opened_file roots::open(std::size_t root, std::string_view relative) const {
    attempt tried = try_open(root, relative);
    if (!tried.file) throw tool_failure{tried.complaint};
    return std::move(*tried.file);
}

opened_file roots::open(std::string_view path) const {
    if (path.empty()) throw tool_failure{"pcap_file is empty: it is the path of a capture beneath a folder of --root."};
    if (path.size() > longest_path) throw tool_failure{why(path, ENAMETOOLONG)};
    if (path.find('\0') != std::string_view::npos) {
        throw tool_failure{"pcap_file holds a 0 byte, which no path has."};
    }
    std::string complaint;
    const auto try_each = [&](std::size_t root, std::string_view relative) -> std::optional<opened_file> {
        attempt tried = try_open(root, relative);
        if (complaint.empty()) complaint = std::move(tried.complaint);
        return std::move(tried.file);
    };
    for (std::size_t root = 0; root < folders_.size(); ++root) {
        if (!path.starts_with('/')) {
            if (auto file = try_each(root, path)) return std::move(*file);
            continue;
        }
        for (const std::string* const prefix : {&folders_[root].path, &folders_[root].canonical}) {
            const bool is_all = *prefix == "/";
            if (!path.starts_with(*prefix)) continue;
            if (!is_all && path.size() > prefix->size() && path[prefix->size()] != '/') continue;
            if (auto file = try_each(root, path.substr(prefix->size()))) return std::move(*file);
        }
    }
    if (complaint.empty()) {
        complaint = in_quotes(path) + " is not beneath a folder of --root. Paths may be relative to such a folder; "
                                      "resources/list lists the captures.";
    }
    throw tool_failure{complaint};
}

std::vector<found_file> roots::captures(std::size_t most) const {
    std::vector<found_file> all;
    std::size_t names = 0;
    for (std::size_t root = 0; root < folders_.size(); ++root) {
        std::vector<found_file> here;
        find_captures(folders_[root].descriptor.get(), {}, 0, root, names, here);
        std::ranges::sort(here, {}, &found_file::path);
        for (found_file& each : here) {
            if (all.size() == most) return all;
            all.push_back(std::move(each));
        }
    }
    return all;
}

writable_folder::writable_folder(const std::string& path)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (!descriptor_.is_open()) {
        throw usage_error{"--allow-write needs a folder, and " + in_quotes(path) +
                          " is none: " + std::generic_category().message(errno) + "."};
    }
}

owned_descriptor writable_folder::create(const std::string& name) const {
    constexpr std::size_t longest_name = 100;
    const auto is_plain = [](char each) {
        return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
               each == '.' || each == '_' || each == '-';
    };
    if (name.empty() || name.size() > longest_name || name.starts_with('.') || !std::ranges::all_of(name, is_plain)) {
        throw tool_failure{"The name of the new file has 1 to 100 letters, digits, '.', '_' and '-', and does not "
                           "begin with '.'; it is made in the folder of --allow-write."};
    }
    constexpr mode_t owner_only = 0600;
    owned_descriptor made{
        ::openat(descriptor_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, owner_only)};
    if (made.is_open()) return made;
    if (errno == EEXIST) {
        throw tool_failure{"There is a file " + in_quotes(name) +
                           " already, and nothing is written over: take another "
                           "name."};
    }
    throw tool_failure{"The file " + in_quotes(name) + " cannot be made: " + std::generic_category().message(errno) +
                       "."};
}

void writable_folder::remove(const std::string& name) const noexcept {
    ::unlinkat(descriptor_.get(), name.c_str(), 0);
}

} // namespace program::context_server
