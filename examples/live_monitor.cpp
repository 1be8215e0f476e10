// SPDX-License-Identifier: MIT
// Follows the connections on a network interface, through libpcap: a line a second, and one for each that ends.

#include "live_watch.hpp"

#include <pcap/pcap.h>

#ifdef __linux__
#include <linux/if_packet.h>
#endif

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>

namespace {

/// What libpcap calls a link type (DLT_) has the number of LINKTYPE_, but for some that differ from system to system.
[[nodiscard]] tcplens::link_type link_type_of(int dlt) noexcept {
    using enum tcplens::link_type;
    switch (dlt) {
    case DLT_RAW: return raw;
    case DLT_ATM_RFC1483: return atm_rfc1483;
    case DLT_ATM_CLIP: return atm_clip;
    case DLT_C_HDLC: return cisco_hdlc;
    case DLT_FRELAY: return frame_relay;
    case DLT_LOOP: return loop;
    case DLT_ENC: return enc;
#ifdef DLT_PKTAP
    case DLT_PKTAP: return pktap;
#endif
    default: return static_cast<tcplens::link_type>(dlt);
    }
}

class live_capture {
public:
    explicit live_capture(const example::arguments& given) : handle_(pcap_create(given.files[0].c_str(), error_)) {
        if (handle_ == nullptr) {
            problem_ = error_;
            return;
        }
        pcap_set_snaplen(handle_, given.snaplen);
        pcap_set_promisc(handle_, 1);
        pcap_set_timeout(handle_, static_cast<int>(example::longest_wait.count()));
        pcap_set_buffer_size(handle_, static_cast<int>(example::kernel_buffer));
        pcap_set_tstamp_precision(handle_,
                                  PCAP_TSTAMP_PRECISION_NANO); // where it cannot be, what is got is asked below
        if (const int result = pcap_activate(handle_); result < 0) {
            problem_ = pcap_statustostr(result);
            if (const std::string more = pcap_geterr(handle_); more != problem_) problem_ += ": " + more;
            return;
        }
        ignore_outgoing_loopback(given.files[0]);
        bpf_program program{};
        if (!given.filter.empty() &&
            (pcap_compile(handle_, &program, given.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0 ||
             pcap_setfilter(handle_, &program) != 0)) {
            problem_ = std::string{"--filter: "} + pcap_geterr(handle_);
        }
        pcap_freecode(&program);
        if (pcap_setnonblock(handle_, 1, error_) != 0) problem_ = error_;
        link_ = link_type_of(pcap_datalink(handle_));
        fraction_ =
            std::chrono::nanoseconds{pcap_get_tstamp_precision(handle_) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000};
    }
    live_capture(const live_capture&) = delete;
    live_capture& operator=(const live_capture&) = delete;
    ~live_capture() {
        if (handle_ != nullptr) pcap_close(handle_);
    }

    bool take(example::live_table& into) {
        struct receiver {
            example::live_table& table;
            tcplens::link_type link;
            std::chrono::nanoseconds fraction;
        } to{into, link_, fraction_};
        const auto give = [](u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
            const receiver& here = *reinterpret_cast<const receiver*>(user);
            const tcplens::timestamp time{std::chrono::seconds{header->ts.tv_sec} + here.fraction * header->ts.tv_usec};
            here.table.add(time, here.link, std::as_bytes(std::span{bytes, header->caplen}), header->len);
        };
        const int count = pcap_dispatch(handle_, 10'000, give, reinterpret_cast<u_char*>(&to));
        if (count < 0 && problem_.empty()) problem_ = pcap_geterr(handle_);
        return count > 0;
    }

    void wait(std::chrono::milliseconds time) { example::wait_for(pcap_get_selectable_fd(handle_), time); }

    [[nodiscard]] example::kernel_counts counts() {
        pcap_stat now{};
        if (pcap_stats(handle_, &now) == 0) { // of 32 bits: they begin again, within minutes on a fast link
            counts_.received += static_cast<std::uint32_t>(now.ps_recv - before_.ps_recv);
            counts_.dropped += static_cast<std::uint32_t>(now.ps_drop - before_.ps_drop);
            before_ = now;
        }
        return counts_;
    }

    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    [[nodiscard]] tcplens::link_type link() const noexcept { return link_; }

private:
    /// What a loopback device sends it receives as well. libpcap passes over one of both, but only once the kernel has kept room
    /// for it, and counted it.
    void ignore_outgoing_loopback([[maybe_unused]] const std::string& device) noexcept {
#ifdef PACKET_IGNORE_OUTGOING
        ifreq request{};
        if (device.size() >= sizeof request.ifr_name) return;
        device.copy(request.ifr_name, sizeof request.ifr_name);
        const int descriptor = pcap_fileno(handle_);
        if (ioctl(descriptor, SIOCGIFFLAGS, &request) != 0 || (request.ifr_flags & IFF_LOOPBACK) == 0) return;
        const int on = 1;
        setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
                   sizeof on); // Linux 4.20; before it, twice as much
#endif
    }

    char error_[PCAP_ERRBUF_SIZE]{};
    pcap_t* handle_;
    std::string problem_{};
    tcplens::link_type link_{};
    std::chrono::nanoseconds fraction_{}; ///< what pcap_pkthdr's tv_usec counts
    pcap_stat before_{};
    example::kernel_counts counts_{};
};

} // namespace

int main(int argc, char** argv) {
    using namespace example;
    const arguments given =
        parse(argc, argv, {&max_connections, &run_time, &snaplen, &filter, &brief}, interface_operand);
    live_capture from{given};
    return static_cast<int>(watch(given, from));
}
