// SPDX-License-Identifier: MIT
#pragma once

// libcurl, which only --allow-url needs, and which needs more than thirty other libraries: so it is loaded when it is used.

#include <string>

#ifdef TCPLENS_HAS_CURL
#include <curl/curl.h>
#endif

namespace program::context_server {

/// The version of libcurl; empty if it is not there.
[[nodiscard]] std::string curl_library_version();

#ifdef TCPLENS_HAS_CURL

/// The functions of libcurl that are used, under their names without `curl_`.
struct curl_library {
    decltype(&::curl_global_init) global_init = nullptr;
    decltype(&::curl_version_info) version_info = nullptr;
    decltype(&::curl_free) free = nullptr;
    decltype(&::curl_easy_init) easy_init = nullptr;
    decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
    decltype(&::curl_easy_setopt) easy_setopt = nullptr;
    decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
    decltype(&::curl_easy_perform) easy_perform = nullptr;
    decltype(&::curl_easy_strerror) easy_strerror = nullptr;
    decltype(&::curl_url) url = nullptr;
    decltype(&::curl_url_cleanup) url_cleanup = nullptr;
    decltype(&::curl_url_get) url_get = nullptr;
    decltype(&::curl_url_set) url_set = nullptr;
    std::string problem{}; ///< why it cannot be used: what follows "libcurl" in a sentence; empty if it can
};

/// Loads it, the first time. From any thread. Where `problem` is not empty, no function may be called.
[[nodiscard]] const curl_library& curl();

#endif

} // namespace program::context_server
