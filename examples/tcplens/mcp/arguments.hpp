// SPDX-License-Identifier: MIT
#pragma once

// The arguments of a call, checked one by one. A wrong one is told in a sentence that a model can act on.

#include "failures.hpp"

#include <tcplens/analysis/terms/server_filter.hpp>
#include <tcplens/wire/address.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace program::context_server {

class arguments {
public:
    /// \param given an object
    explicit arguments(const json& given) : given_(given) {}

    /// A string that must be there.
    [[nodiscard]] std::string text(const std::string& name);
    [[nodiscard]] std::optional<std::string> maybe_text(const std::string& name);
    /// One of some words.
    [[nodiscard]] std::string choice(const std::string& name, std::span<const std::string_view> words,
                                     std::string_view otherwise);
    [[nodiscard]] std::string choice(const std::string& name, std::initializer_list<std::string_view> words,
                                     std::string_view otherwise) {
        return choice(name, std::span{words.begin(), words.size()}, otherwise);
    }
    [[nodiscard]] std::optional<std::uint64_t> maybe_number(const std::string& name, std::uint64_t least,
                                                            std::uint64_t most);
    [[nodiscard]] double rate(const std::string& name, double otherwise);
    [[nodiscard]] bool flag(const std::string& name, bool otherwise);
    [[nodiscard]] std::optional<tcplens::address> maybe_address(const std::string& name);
    /// server_ip and server_port.
    [[nodiscard]] tcplens::server_filter server();

    /// Refuses arguments that no question asked for. Called once all are read.
    void finish() const;

private:
    /// The value; nullptr if it is absent or null.
    [[nodiscard]] const json* find(const std::string& name);
    [[noreturn]] static void refuse(const std::string& name, const std::string& needs, const json& value);

    const json& given_;
    std::set<std::string> known_{};
};

} // namespace program::context_server
