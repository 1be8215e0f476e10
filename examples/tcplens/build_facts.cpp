// SPDX-License-Identifier: MIT
#include "build_facts.hpp"

#include <cstddef>
#include <string_view>

#ifdef TCPLENS_HAS_ZLIB
#include <zlib.h>
#endif
#ifdef TCPLENS_HAS_ZSTD
#include <zstd.h>
#endif
#ifdef TCPLENS_HAS_PCAP
#include <pcap/pcap.h>
#endif

namespace program {

namespace {

/// "zlib 1.2.13: reads gzip", or "without zlib: does not read gzip".
std::string line(std::string_view name, std::string_view version, std::string_view with, std::string_view without) {
    std::string text{version.empty() ? "without " : ""};
    text.append(name);
    if (!version.empty()) text.append(" ").append(version);
    return text.append(": ").append(version.empty() ? without : with).append("\n");
}

std::string version_of_zlib() {
#ifdef TCPLENS_HAS_ZLIB
    return zlibVersion();
#else
    return {};
#endif
}

std::string version_of_zstd() {
#ifdef TCPLENS_HAS_ZSTD
    return ZSTD_versionString();
#else
    return {};
#endif
}

/// "libpcap version 1.10.3 (with TPACKET_V3)" has more than a version.
std::string version_of_pcap() {
#ifdef TCPLENS_HAS_PCAP
    std::string_view text{pcap_lib_version()};
    const std::size_t digit = text.find_first_of("0123456789");
    if (digit == std::string_view::npos) return "of an unknown version";
    text.remove_prefix(digit);
    return std::string{text.substr(0, text.find_first_not_of("0123456789."))};
#else
    return {};
#endif
}

} // namespace

std::string compiler_name() {
#if defined(__clang__)
    return "clang++ " + std::to_string(__clang_major__) + '.' + std::to_string(__clang_minor__) + '.' +
           std::to_string(__clang_patchlevel__);
#elif defined(__GNUC__)
    return "g++ " + std::to_string(__GNUC__) + '.' + std::to_string(__GNUC_MINOR__) + '.' +
           std::to_string(__GNUC_PATCHLEVEL__);
#elif defined(_MSC_VER)
    return "MSVC " + std::to_string(_MSC_VER);
#else
    return "an unknown compiler";
#endif
}

std::string optional_libraries() {
    return line("zlib", version_of_zlib(), "reads gzip", "does not read gzip") +
           line("libzstd", version_of_zstd(), "reads zstd", "does not read zstd") +
           line("libpcap", version_of_pcap(), "has --filter", "has no --filter");
}

} // namespace program
