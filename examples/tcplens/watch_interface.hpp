// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace program::watching {

/// Whether an interface is there, and up. What is no single interface ("any") always is.
class interface_state {
public:
    enum class state { up, down, gone };

    explicit interface_state(const std::string& name);
    interface_state(const interface_state&) = delete;
    interface_state& operator=(const interface_state&) = delete;
    ~interface_state();

    [[nodiscard]] state look() const noexcept;
    /// The index of an interface of that name that came after the one that is gone; 0 if there is none.
    [[nodiscard]] unsigned successor() const noexcept;
    /// From now on it is the interface of that index.
    void follow(unsigned index) noexcept { index_ = index; }

private:
    std::string name_;
    unsigned index_;
    int socket_;
};

/// The hardware type (ARPHRD_) of the interface of that index, or -1. Linux only; elsewhere always -1.
[[nodiscard]] int hardware_type(unsigned index) noexcept;

} // namespace program::watching
