// SPDX-License-Identifier: MIT
#pragma once

// Replaces operator new and delete by ones that count, so a program includes it in one file only.

#include <cstddef>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace counted_allocations {

/// What operator new gave and has not got back.
struct allocations {
    std::size_t count = 0; ///< ever
    std::size_t bytes = 0;
    std::size_t peak_bytes = 0;
};
inline allocations counted;

inline void* allocate(std::size_t size, std::size_t alignment) noexcept {
    void* const memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (memory == nullptr) std::abort();
    ++counted.count;
    counted.bytes += malloc_usable_size(memory);
    if (counted.bytes > counted.peak_bytes) counted.peak_bytes = counted.bytes;
    return memory;
}
inline void release(void* memory) noexcept {
    counted.bytes -= malloc_usable_size(memory);
    std::free(memory);
}

} // namespace counted_allocations

// The other forms call these.
void* operator new(std::size_t size) {
    return counted_allocations::allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted_allocations::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
    counted_allocations::release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    counted_allocations::release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    counted_allocations::release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    counted_allocations::release(memory);
}
