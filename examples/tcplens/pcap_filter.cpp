// SPDX-License-Identifier: MIT
#include "pcap_filter.hpp"

#include <utility>

#if defined(TCPLENS_HAS_PCAP) && TCPLENS_HAS_PCAP

#include <tcplens/capture/link_type.hpp>

#include <pcap/pcap.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <regex>
#include <string_view>
#include <vector>

namespace program {

namespace {

/// What a capture file calls a link type has another number in libpcap in a few cases (pcap-linktype(7)).
int dlt_of(tcplens::link_type link) {
    switch (static_cast<std::uint32_t>(link)) {
    case 14:
    case 101: return DLT_RAW;
    case 100: return DLT_ATM_RFC1483;
    case 102: return DLT_SLIP_BSDOS;
    case 103: return DLT_PPP_BSDOS;
    case 106: return DLT_ATM_CLIP;
    default: return static_cast<int>(link);
    }
}

/// The expression with "net 10/8" as "net 10.0.0.0/8". People write the former, and the grammar of libpcap takes it for division.
std::string with_whole_networks(const std::string& expression) {
    static const std::regex short_network{R"((^|[^a-z0-9])net(\s+)([0-9]{1,3})/([0-9]{1,2})(?![0-9.]))"};
    return std::regex_replace(expression, short_network, "$1net$2$3.0.0.0/$4");
}

/// An expression that was compiled for one link type.
class compiled {
public:
    compiled(int dlt, const std::string& expression) {
        compile(dlt, expression);
        if (is_there_ || problem_.empty()) return;
        const std::string other = with_whole_networks(expression);
        if (other != expression) compile(dlt, other);
    }
    compiled(const compiled&) = delete;
    compiled& operator=(const compiled&) = delete;
    ~compiled() {
        if (is_there_) pcap_freecode(&program_);
    }

    /// Why it could not be compiled; empty if it was.
    [[nodiscard]] const std::string& problem() const { return problem_; }

    [[nodiscard]] bool matches(std::span<const std::byte> bytes, std::uint32_t wire_length) const {
        if (!is_there_) return false;
        pcap_pkthdr header{};
        header.caplen = static_cast<bpf_u_int32>(bytes.size());
        header.len = wire_length;
        static constexpr unsigned char nothing = 0;
        const auto* const data =
            bytes.empty() ? &nothing
                          : reinterpret_cast<const unsigned char*>(bytes.data()); // NOLINT: the interface of C
        return pcap_offline_filter(&program_, &header, data) != 0;
    }

private:
    void compile(int dlt, const std::string& expression) {
        constexpr int longest_packet = 262144; // libpcap's MAXIMUM_SNAPLEN
        problem_.clear();
        pcap_t* const handle = pcap_open_dead(dlt, longest_packet);
        if (handle == nullptr) {
            problem_ = "there is not enough memory";
            return;
        }
        is_there_ = pcap_compile(handle, &program_, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
        if (!is_there_) problem_ = pcap_geterr(handle);
        pcap_close(handle);
        // libpcap proved that no packet of this link type matches.
        if (problem_.find("rejects all packets") != std::string::npos) problem_.clear();
    }

    bpf_program program_{};
    bool is_there_ = false;
    std::string problem_{};
};

} // namespace

struct pcap_filter::programs {
    std::string expression;
    std::map<tcplens::link_type, compiled> by_link{};
    std::vector<std::byte> swapped{};
    const compiled* latest = nullptr;
    tcplens::link_type latest_link{};
};

bool pcap_filter::is_available() noexcept {
    return true;
}

std::optional<std::string> pcap_filter::problem_of(const std::string& expression) {
    std::optional<std::string> first;
    // One of these knows each part of the language: addresses of Ethernet, types of 802.11, directions of Linux' cooked captures.
    for (const int dlt : {DLT_EN10MB, DLT_RAW, DLT_IEEE802_11_RADIO, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_PPP, DLT_PFLOG,
                          DLT_SUNATM, DLT_MTP2}) {
        const compiled tried{dlt, expression};
        if (tried.problem().empty()) return std::nullopt;
        if (!first) first = tried.problem();
    }
    return first;
}

pcap_filter::pcap_filter(std::string expression)
    : programs_(std::make_unique<programs>(programs{.expression = std::move(expression)})) {}
pcap_filter::pcap_filter(pcap_filter&&) noexcept = default;
pcap_filter& pcap_filter::operator=(pcap_filter&&) noexcept = default;
pcap_filter::~pcap_filter() = default;

bool pcap_filter::operator()(const tcplens::packet& next) {
    programs& own = *programs_;
    if (own.latest == nullptr || own.latest_link != next.link) {
        own.latest = &own.by_link.try_emplace(next.link, dlt_of(next.link), own.expression).first->second;
        own.latest_link = next.link;
    }
    std::span<const std::byte> bytes = next.bytes;
    if (next.link == tcplens::link_type::null && bytes.size() >= 4) {
        // The family is in the byte order of the host that captured; libpcap expects that of this one.
        std::uint32_t family = 0;
        std::memcpy(&family, bytes.data(), sizeof family);
        if (family > 0xffff) {
            own.swapped.assign(bytes.begin(), bytes.end());
            std::swap(own.swapped[0], own.swapped[3]);
            std::swap(own.swapped[1], own.swapped[2]);
            bytes = own.swapped;
        }
    }
    return own.latest->matches(bytes, next.wire_length);
}

std::optional<std::string> pcap_filter::problem() const {
    for (const auto& [link, program] : programs_->by_link) {
        if (program.problem().empty()) continue;
        const std::string_view name = to_string(link);
        return "libpcap does not compile the filter for link type " +
               (name.empty() ? std::to_string(static_cast<std::uint32_t>(link)) : std::string{name}) + " (" +
               program.problem() + "): no packet of that type was chosen.";
    }
    return std::nullopt;
}

} // namespace program

#else

namespace program {

struct pcap_filter::programs {};

bool pcap_filter::is_available() noexcept {
    return false;
}
std::optional<std::string> pcap_filter::problem_of(const std::string&) {
    return "this build has no libpcap";
}
pcap_filter::pcap_filter(std::string) {}
pcap_filter::pcap_filter(pcap_filter&&) noexcept = default;
pcap_filter& pcap_filter::operator=(pcap_filter&&) noexcept = default;
pcap_filter::~pcap_filter() = default;
bool pcap_filter::operator()(const tcplens::packet&) {
    return false;
}
std::optional<std::string> pcap_filter::problem() const {
    return std::nullopt;
}

} // namespace program

#endif
