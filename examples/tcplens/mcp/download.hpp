// SPDX-License-Identifier: MIT
#pragma once

// Captures of other machines, by https, where --allow-url lets the server fetch them.

#include "allowed_host.hpp"
#include "job.hpp"
#include "roots.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace program::context_server {

/// What may be fetched.
struct download_options {
    std::vector<std::string> hosts{};       ///< HOST or HOST:PORT, in small letters; none: no URL at all
    std::uint64_t most_bytes = 256'000'000; ///< of one file
    std::chrono::seconds connect_time{10};  ///< for one connection
    [[nodiscard]] bool allows_any() const noexcept { return !hosts.empty(); }
};

/// Why nothing can be fetched, which needs libcurl: what follows that name in a sentence. Empty if it can be.
[[nodiscard]] std::string download_problem();

/// Whether a path is a URL: letters of a scheme, and "://".
[[nodiscard]] bool is_url(std::string_view path) noexcept;

/// Fetches a file. It has no name from the beginning, and is gone once its descriptor is closed.
///
/// Only https, only listed hosts, only public addresses: each is checked for the URL and again for each redirect, the address on the
/// very socket that is connected, after names were resolved.
/// \throws tool_failure with a sentence, request_cancelled
[[nodiscard]] opened_file fetch(const std::string& url, const download_options& how, job& work);

} // namespace program::context_server
