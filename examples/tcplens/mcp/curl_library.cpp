// SPDX-License-Identifier: MIT
#include "curl_library.hpp"

#if defined(TCPLENS_HAS_CURL) && !defined(TCPLENS_LINKS_CURL)
#include "../late_library.hpp"
#include "../text.hpp"
#endif

namespace program::context_server {

#ifndef TCPLENS_HAS_CURL

std::string curl_library_version() {
    return {};
}

#else

namespace {

#ifdef TCPLENS_LINKS_CURL

curl_library loaded() {
    return {.global_init = &::curl_global_init,
            .version_info = &::curl_version_info,
            .free = &::curl_free,
            .easy_init = &::curl_easy_init,
            .easy_cleanup = &::curl_easy_cleanup,
            .easy_setopt = &::curl_easy_setopt,
            .easy_getinfo = &::curl_easy_getinfo,
            .easy_perform = &::curl_easy_perform,
            .easy_strerror = &::curl_easy_strerror,
            .url = &::curl_url,
            .url_cleanup = &::curl_url_cleanup,
            .url_get = &::curl_url_get,
            .url_set = &::curl_url_set};
}

#else

curl_library loaded() {
    // Its interface has had the number 4 since 2006. Debian has it under a name of its own where GnuTLS is used.
#ifdef __APPLE__
    late_library from{"libcurl.4.dylib", "libcurl.dylib"};
#else
    late_library from{"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so"};
#endif
    curl_library made;
    from.find("curl_global_init", made.global_init);
    from.find("curl_version_info", made.version_info);
    from.find("curl_free", made.free);
    from.find("curl_easy_init", made.easy_init);
    from.find("curl_easy_cleanup", made.easy_cleanup);
    from.find("curl_easy_setopt", made.easy_setopt);
    from.find("curl_easy_getinfo", made.easy_getinfo);
    from.find("curl_easy_perform", made.easy_perform);
    from.find("curl_easy_strerror", made.easy_strerror);
    from.find("curl_url", made.url);
    from.find("curl_url_cleanup", made.url_cleanup);
    from.find("curl_url_get", made.url_get);
    from.find("curl_url_set", made.url_set);
    if (!from.problem().empty())
        made.problem = " (Debian: libcurl4), which cannot be loaded: " + escaped(from.problem()) + ".";
    return made;
}

#endif

curl_library begun() {
    curl_library made = loaded();
    if (!made.problem.empty()) return made;
    if (const CURLcode failed = made.global_init(CURL_GLOBAL_DEFAULT); failed != CURLE_OK)
        made.problem = ", which cannot be used: " + std::string{made.easy_strerror(failed)} + ".";
    return made;
}

} // namespace

const curl_library& curl() {
    static const curl_library only = begun();
    return only;
}

std::string curl_library_version() {
    const curl_library& with = curl();
    return with.problem.empty() ? with.version_info(CURLVERSION_NOW)->version : std::string{};
}

#endif

} // namespace program::context_server
