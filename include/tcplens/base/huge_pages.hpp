// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <cerrno>

#include <sys/mman.h>
#endif

namespace tcplens::inline v1::detail {

/// Bytes of a huge page, as most processors have it.
inline constexpr std::size_t huge_page_size = std::size_t{2} << 20;

/// Asks the system for huge pages behind fresh memory: one page fault for 2 MiB instead of 512, and fewer misses of the processor's
/// page tables. Only a hint: does nothing where it is not supported.
inline void prefer_huge_pages([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t size) noexcept {
#if defined(MADV_HUGEPAGE)
    constexpr std::uintptr_t page = 4096; // where pages are larger, the call may fail, and does no harm
    const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(begin);
    char* const first = static_cast<char*>(begin) - address % page;
    const std::uintptr_t length = (address % page + size + page - 1) / page * page;
    const int error_before = errno;
    if (madvise(first, length, MADV_HUGEPAGE) == 0 && (address - address % page) % huge_page_size == 0) {
        // The allocator has written before the memory, so a small page is there already: the first huge page has to take its place.
        constexpr int collapse = 25; // MADV_COLLAPSE since Linux 6.1, which not all headers name
        madvise(first, huge_page_size, collapse);
    }
    errno = error_before;
#endif
}

} // namespace tcplens::inline v1::detail
