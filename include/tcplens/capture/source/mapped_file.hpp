// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/check.hpp"
#include "file_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#ifdef _WIN32
#include <io.h>

// What is needed of windows.h, which would bring its macros (near, min, interface and thousands more) to whoever includes
// tcplens. The declarations are the same as there, so that it can be included before or after.
struct _SECURITY_ATTRIBUTES;

namespace tcplens::inline v0::detail::windows {

#ifdef _WIN64
using size_type = unsigned long long; // SIZE_T
#else
using size_type = unsigned long;
#endif
inline constexpr unsigned long page_readonly = 2;
inline constexpr unsigned long file_map_read = 4;

extern "C" {
__declspec(dllimport) void* __stdcall CreateFileMappingW(void* file, ::_SECURITY_ATTRIBUTES*, unsigned long protection,
                                                         unsigned long high_size, unsigned long low_size,
                                                         const wchar_t* name);
__declspec(dllimport) void* __stdcall MapViewOfFile(void* mapping, unsigned long access, unsigned long high_offset,
                                                    unsigned long low_offset, size_type length);
__declspec(dllimport) int __stdcall UnmapViewOfFile(const void* start);
__declspec(dllimport) int __stdcall CloseHandle(void* handle);
}

} // namespace tcplens::inline v0::detail::windows
#else
#include <sys/mman.h>
#endif

namespace tcplens::inline v0::detail {

/// The bytes of a regular file, mapped into memory to be read. The mapping is as long as the file was when it was
/// opened: what is appended later is not seen.
///
/// If somebody truncates the file in the meantime, reading what is gone raises SIGBUS (Windows does not let it be
/// truncated). Where that can happen, read the file through a stream instead, which sees it as a capture cut short:
/// `capture_file{file_stream{path}}`.
class mapped_file {
public:
    /// Maps nothing.
    constexpr mapped_file() noexcept = default;

    /// Maps the whole file, which may be closed afterwards. Maps nothing if there is nothing in it, or if it is none
    /// that can be mapped (a pipe, a device, one larger than the address space): read it as a stream then.
    explicit mapped_file(const file_stream& file) noexcept {
        const std::uint64_t size = file.regular_size().value_or(0);
        if (size == 0 || size > (std::numeric_limits<std::size_t>::max)()) return;
        const auto length = static_cast<std::size_t>(size);
#ifdef _WIN32
        const auto handle = reinterpret_cast<void*>(_get_osfhandle(file.descriptor()));
        void* const mapping = windows::CreateFileMappingW(handle, nullptr, windows::page_readonly, 0, 0, nullptr);
        if (mapping == nullptr) return;
        void* const start = windows::MapViewOfFile(mapping, windows::file_map_read, 0, 0, length);
        windows::CloseHandle(mapping); // the view keeps it
        if (start == nullptr) return;
#else
        void* const start = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
        if (start == MAP_FAILED) return;
        static_cast<void>(::posix_madvise(start, length, POSIX_MADV_SEQUENTIAL)); // only a hint
#endif
        bytes_ = {static_cast<const std::byte*>(start), length};
    }

    mapped_file(const mapped_file&) = delete;
    mapped_file& operator=(const mapped_file&) = delete;

    mapped_file(mapped_file&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

    mapped_file& operator=(mapped_file&& other) noexcept {
        if (this != &other) {
            unmap();
            bytes_ = std::exchange(other.bytes_, {});
        }
        return *this;
    }

    ~mapped_file() {
        unmap();
    }

    /// The bytes of the file; empty if nothing is mapped.
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
        return bytes_;
    }

    // The functions below advise the system about a part of the file. Where the system has no such calls, or refuses, the bytes are
    // the same.

    /// The part will be read soon: the system may begin to fetch it. Does not wait. @pre as for make_present()
    void announce([[maybe_unused]] std::size_t offset, [[maybe_unused]] std::size_t length) const noexcept {
#ifdef MADV_WILLNEED
        advise(offset, length, MADV_WILLNEED);
#endif
    }

    /// The part is read now: fetches it, and spares its first readers a page fault for every few pages (Linux 5.14).
    /// @pre `offset` is a multiple of the page size, and the part lies within the file.
    void make_present([[maybe_unused]] std::size_t offset, [[maybe_unused]] std::size_t length) const noexcept {
#ifdef MADV_POPULATE_READ
        advise(offset, length, MADV_POPULATE_READ);
#endif
    }

    /// The part was read: its pages may leave this process. Reading it again gives the same bytes, after a page fault.
    /// @pre as for make_present()
    void give_up([[maybe_unused]] std::size_t offset, [[maybe_unused]] std::size_t length) const noexcept {
#ifdef MADV_DONTNEED
        advise(offset, length, MADV_DONTNEED); // of a file that is mapped to be read nothing can be lost
#endif
    }

private:
#ifndef _WIN32
    void advise(std::size_t offset, std::size_t length, int advice) const noexcept {
        TCPLENS_CHECK(offset <= bytes_.size() && length <= bytes_.size() - offset, "the part lies within the file");
        if (length == 0) return;
        static_cast<void>(::madvise(const_cast<std::byte*>(bytes_.data() + offset), length, advice));
    }
#endif

    void unmap() noexcept {
        if (bytes_.empty()) return;
#ifdef _WIN32
        windows::UnmapViewOfFile(bytes_.data());
#else
        ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
#endif
    }

    std::span<const std::byte> bytes_{};
};

} // namespace tcplens::inline v0::detail
