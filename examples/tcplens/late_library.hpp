// SPDX-License-Identifier: MIT
#pragma once

// Shared libraries that few runs need: each that is linked costs every run its loading, and those that it needs, too.

#include <initializer_list>
#include <string>

#include <dlfcn.h>

namespace program {

/// A shared library that is loaded when it is first used, and then stays. It is searched as those that are linked.
class late_library {
public:
    /// \param names of which the first that can be loaded is: the versions whose functions have the types that are known here
    explicit late_library(std::initializer_list<const char*> names) {
        for (const char* const name : names) {
            handle_ = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
            if (handle_ != nullptr) {
                problem_.clear();
                return;
            }
            const char* const why = ::dlerror();
            if (problem_.empty()) problem_ = why != nullptr ? why : name; // of the name that is most likely there
        }
    }
    late_library(const late_library&) = delete;
    late_library& operator=(const late_library&) = delete;

    /// Finds a function; if it is missing, the library cannot be used.
    template <class Function>
    void find(const char* name, Function*& to) {
        void* const found = handle_ == nullptr ? nullptr : ::dlsym(handle_, name);
        to = reinterpret_cast<Function*>(found);
        if (found == nullptr && problem_.empty()) problem_ = std::string{"it has no "} + name;
    }

    /// Why it cannot be used; empty if it can.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

private:
    void* handle_ = nullptr;
    std::string problem_{};
};

} // namespace program
