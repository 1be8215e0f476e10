// SPDX-License-Identifier: MIT
#include "download.hpp"

#include "../text.hpp"
#include "failures.hpp"

#include <algorithm>
#include <cstddef>
#include <system_error>

#ifdef TCPLENS_HAS_CURL
#include "curl_library.hpp"
#include "public_address.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <span>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace program::context_server {

bool is_url(std::string_view path) noexcept {
    const std::size_t colon = path.find("://");
    if (colon == std::string_view::npos || colon == 0) return false;
    return std::ranges::all_of(path.substr(0, colon), [](char each) {
        const char letter = detail::small_letter(each);
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '+' || letter == '-' ||
               letter == '.';
    });
}

#ifndef TCPLENS_HAS_CURL

std::string download_problem() {
    return " (Debian: libcurl4-openssl-dev), which this build of tcplens lacks.";
}

opened_file fetch(const std::string& url, const download_options&, job&) {
    throw tool_failure{"This build of tcplens lacks libcurl, so it cannot fetch " + escaped(url) + "."};
}

#else

namespace {

constexpr std::uint16_t https_port = 443;

std::string shown(const std::string& url) {
    constexpr std::size_t most_shown = 200;
    return "'" + escaped(url.substr(0, most_shown)) + (url.size() > most_shown ? "…'" : "'");
}

struct free_url {
    void operator()(CURLU* handle) const noexcept { curl().url_cleanup(handle); }
};
using url_handle = std::unique_ptr<CURLU, free_url>;

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl().url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return {};
    const std::unique_ptr<char, decltype(&::curl_free)> held{text, curl().free};
    return text;
}

/// A URL as curl reads it, by which it is fetched, too. \throws tool_failure if it must not be
url_handle checked(const std::string& url, const download_options& how) {
    constexpr std::size_t longest = 4096;
    if (url.size() > longest || url.find('\0') != std::string::npos)
        throw tool_failure{shown(url) + " is no URL that is fetched: it is too long, or holds a 0 byte."};
    url_handle read{curl().url()};
    if (!read) throw std::bad_alloc{};
    const CURLUcode wrong = curl().url_set(read.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER);
    if (wrong == CURLUE_USER_NOT_ALLOWED)
        throw tool_failure{shown(url) + " has a user or a password, which this server does not send."};
    if (wrong != CURLUE_OK && wrong != CURLUE_UNSUPPORTED_SCHEME) throw tool_failure{shown(url) + " is no URL."};
    if (wrong == CURLUE_UNSUPPORTED_SCHEME || part_of(read.get(), CURLUPART_SCHEME) != "https")
        throw tool_failure{shown(url) + " is not fetched: only https is."};
    std::string host = part_of(read.get(), CURLUPART_HOST);
    std::ranges::transform(host, host.begin(), detail::small_letter);
    const std::string port = part_of(read.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    const auto is_this = [&](const std::string& listed) {
        return listed == host + ":" + port || (port == std::to_string(https_port) && listed == host);
    };
    if (std::ranges::any_of(how.hosts, is_this)) return read;
    std::string all;
    for (const std::string& each : how.hosts) all += (all.empty() ? "" : ", ") + each;
    throw tool_failure{"Nothing is fetched from " + escaped(host) + ":" + escaped(port) +
                       ": the server may fetch from " + all + " only. Save the capture beneath a folder of --root."};
}

/// A new file without a name, for reading and writing.
owned_descriptor nameless_file() {
    const char* const given = std::getenv("TMPDIR");
    const std::string folder = given != nullptr && *given == '/' ? given : "/tmp";
    constexpr mode_t owner_only = 0600;
#ifdef O_TMPFILE
    owned_descriptor made{::open(folder.c_str(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, owner_only)};
    if (made.is_open()) return made;
#endif
    std::string name = folder + "/tcplens-XXXXXX";
    const int descriptor = ::mkstemp(name.data());
    if (descriptor < 0) {
        throw tool_failure{"No temporary file can be made in " + escaped(folder) + ": " +
                           std::generic_category().message(errno) + "."};
    }
    ::unlink(name.c_str());
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    static_cast<void>(owner_only); // mkstemp() does so by itself
    return owned_descriptor{descriptor};
}

bool is_public(const sockaddr& address) noexcept {
    if (address.sa_family == AF_INET) {
        sockaddr_in own{};
        std::memcpy(&own, &address, sizeof own);
        return is_public_v4(ntohl(own.sin_addr.s_addr));
    }
    if (address.sa_family != AF_INET6) return false;
    sockaddr_in6 own{};
    std::memcpy(&own, &address, sizeof own);
    return is_public_v6(own.sin6_addr.s6_addr);
}

std::string text_of(const sockaddr& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.sa_family == AF_INET) {
        sockaddr_in own{};
        std::memcpy(&own, &address, sizeof own);
        ::inet_ntop(AF_INET, &own.sin_addr, text.data(), text.size());
    } else if (address.sa_family == AF_INET6) {
        sockaddr_in6 own{};
        std::memcpy(&own, &address, sizeof own);
        ::inet_ntop(AF_INET6, &own.sin6_addr, text.data(), text.size());
    }
    return text.data();
}

/// One request of HTTP.
class transfer {
public:
    transfer(const download_options& how, int file, job& work) : how_(how), file_(file), work_(work) {
        if (!handle_) throw std::bad_alloc{};
    }

    /// Where the server redirects to; empty if the file was fetched. \throws tool_failure, request_cancelled
    std::string run(const std::string& url, CURLU* checked_url) {
        set(CURLOPT_CURLU, checked_url);
        set(CURLOPT_NOSIGNAL, 1L);
        // None of the environment: what is checked is what is connected. A curl without proxies does not know the option.
        curl().easy_setopt(handle_.get(), CURLOPT_PROXY, "");
        set(CURLOPT_FOLLOWLOCATION, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500
        set(CURLOPT_PROTOCOLS_STR, "https");
#else
        set(CURLOPT_PROTOCOLS, CURLPROTO_HTTPS);
#endif
        set(CURLOPT_SSL_VERIFYPEER, 1L);
        set(CURLOPT_SSL_VERIFYHOST, 2L);
        set(CURLOPT_USERAGENT, "tcplens");
        set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(how_.connect_time.count()));
        set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(how_.most_bytes));
        set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
        set(CURLOPT_OPENSOCKETDATA, this);
        set(CURLOPT_WRITEFUNCTION, &take_bytes);
        set(CURLOPT_WRITEDATA, this);
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &look);
        set(CURLOPT_XFERINFODATA, this);
        const CURLcode ended = curl().easy_perform(handle_.get());
        if (failure_) std::rethrow_exception(failure_);
        if (ended != CURLE_OK) throw tool_failure{complaint(url, ended)};
        const long status = status_now();
        char* next = nullptr;
        curl().easy_getinfo(handle_.get(), CURLINFO_REDIRECT_URL, &next);
        constexpr long ok = 200;
        if (status == ok) return {};
        if (next != nullptr && *next != '\0') return next;
        throw tool_failure{shown(url) + " cannot be fetched: its server answers with status " + std::to_string(status) +
                           "."};
    }

private:
    struct cleanup {
        void operator()(CURL* handle) const noexcept { curl().easy_cleanup(handle); }
    };

    /// The library that is loaded may be older than its headers: without one of these options nothing is fetched.
    template <class Value>
    void set(CURLoption option, Value value) {
        if (const CURLcode refused = curl().easy_setopt(handle_.get(), option, value); refused != CURLE_OK) {
            throw tool_failure{"Nothing is fetched: this libcurl lacks what tcplens needs: " +
                               std::string{curl().easy_strerror(refused)} + "."};
        }
    }

    [[nodiscard]] long status_now() const {
        long status = 0;
        curl().easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
        return status;
    }

    [[nodiscard]] std::string complaint(const std::string& url, CURLcode ended) const {
        if (is_too_large_ || ended == CURLE_FILESIZE_EXCEEDED) {
            return shown(url) + " has more than " + bytes_text(how_.most_bytes) +
                   ", and is not read. Start the server with a larger --max-url-size, or save the capture beneath a "
                   "folder of --root.";
        }
        if (!refused_.empty()) {
            return shown(url) + " is not fetched: its host has the address " + refused_ +
                   ", which is not one of the public internet.";
        }
        return shown(url) + " cannot be fetched: " + curl().easy_strerror(ended) + ".";
    }

    /// curl is about to connect to this very address.
    static curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* to) {
        auto& self = *static_cast<transfer*>(data);
        if (!is_public(to->addr)) {
            self.refused_ = text_of(to->addr);
            return CURL_SOCKET_BAD;
        }
        const int opened = ::socket(to->family, to->socktype, to->protocol);
        if (opened >= 0) ::fcntl(opened, F_SETFD, FD_CLOEXEC);
        return opened;
    }

    static std::size_t take_bytes(char* bytes, std::size_t, std::size_t count, void* data) {
        auto& self = *static_cast<transfer*>(data);
        self.taken_ += count;
        if (self.taken_ > self.how_.most_bytes) {
            self.is_too_large_ = true;
            return 0;
        }
        constexpr long ok = 200;
        if (self.status_now() != ok) return count; // a page about a redirect or an error
        for (std::size_t done = 0; done < count;) {
            const ssize_t written = ::write(self.file_, bytes + done, count - done);
            if (written > 0) {
                done += static_cast<std::size_t>(written);
            } else if (errno != EINTR) {
                self.failure_ = std::make_exception_ptr(tool_failure{
                    "The temporary file could not be written: " + std::generic_category().message(errno) + "."});
                return 0;
            }
        }
        return count;
    }

    /// Is called each second, and more often while bytes come.
    static int look(void* data, curl_off_t all, curl_off_t done, curl_off_t, curl_off_t) {
        auto& self = *static_cast<transfer*>(data);
        try {
            self.work_.look(static_cast<std::uint64_t>(std::max<curl_off_t>(done, 0)),
                            static_cast<std::uint64_t>(std::max<curl_off_t>(all, 0)), 0);
            return 0;
        } catch (...) { // nothing may be thrown through curl
            self.failure_ = std::current_exception();
            return 1;
        }
    }

    const download_options& how_;
    int file_;
    job& work_;
    std::unique_ptr<CURL, cleanup> handle_{curl().easy_init()};
    std::uint64_t taken_ = 0;
    bool is_too_large_ = false;
    std::string refused_{}; ///< an address
    std::exception_ptr failure_{};
};

} // namespace

std::string download_problem() {
    return curl().problem;
}

opened_file fetch(const std::string& url, const download_options& how, job& work) {
    if (const std::string problem = download_problem(); !problem.empty())
        throw tool_failure{shown(url) + " is not fetched: that needs libcurl" + problem};
    constexpr int most_redirects = 5;
    opened_file file{.descriptor = nameless_file(), .shown = url};
    std::string at = url;
    for (int i = 0; !at.empty(); ++i) {
        if (i > most_redirects) throw tool_failure{shown(url) + " is redirected more than five times."};
        const url_handle next = checked(at, how);
        at = transfer{how, file.descriptor.get(), work}.run(at, next.get());
    }
    file.path = path_of(file.descriptor.get());
    file.identity = identity_of(file.descriptor.get());
    return file;
}

#endif

} // namespace program::context_server
