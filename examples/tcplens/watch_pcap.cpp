// SPDX-License-Identifier: MIT
// Packets of an interface through libpcap.

#include "watch_interface.hpp"
#include "watch_source.hpp"

#include <pcap/pcap.h>

#ifdef __linux__
#include <net/if.h> // before those of linux/

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#endif

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace program::watching {

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

class pcap_source final : public packet_source {
public:
    explicit pcap_source(const source_options& options) : handle_(pcap_create(options.interface.c_str(), error_)) {
        if (handle_ == nullptr) {
            complain(error_);
            return;
        }
        pcap_set_snaplen(handle_, options.snaplen);
        pcap_set_promisc(handle_, 1);
        pcap_set_timeout(handle_, static_cast<int>(longest_wait.count()));
        pcap_set_buffer_size(handle_, static_cast<int>(kernel_buffer));
        pcap_set_tstamp_precision(handle_, PCAP_TSTAMP_PRECISION_NANO); // what is got is asked below
        if (const int result = pcap_activate(handle_); result < 0) {
            std::string sentence = pcap_statustostr(result);
            if (const std::string more = pcap_geterr(handle_); !more.empty() && more != sentence)
                sentence += ": " + more;
            complain(sentence);
            return;
        }
        ignore_outgoing_loopback(options.interface);
        filter(options.filter);
        if (pcap_setnonblock(handle_, 1, error_) != 0) complain(error_);
        link_ = link_type_of(pcap_datalink(handle_));
        fraction_ =
            std::chrono::nanoseconds{pcap_get_tstamp_precision(handle_) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000};
        hardware_ = hardware_type_of(options.interface);
    }
    ~pcap_source() override {
        if (handle_ != nullptr) pcap_close(handle_);
    }

    bool take(watch_table& into) override {
        struct receiver {
            watch_table& table;
            tcplens::link_type link;
            std::chrono::nanoseconds fraction;
        } to{into, link_, fraction_};
        const auto give = [](u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
            const receiver& here = *reinterpret_cast<const receiver*>(user);
            const tcplens::timestamp time{std::chrono::seconds{header->ts.tv_sec} + here.fraction * header->ts.tv_usec};
            here.table.add(time, here.link, std::as_bytes(std::span{bytes, header->caplen}), header->len);
        };
        constexpr int most_at_once = 10'000; // packets between two looks at the clock
        const int count = pcap_dispatch(handle_, most_at_once, give, reinterpret_cast<u_char*>(&to));
        if (count < 0 && problem_.empty()) complain(pcap_geterr(handle_));
        return count > 0;
    }

    [[nodiscard]] int descriptor() const override { return pcap_get_selectable_fd(handle_); }

    [[nodiscard]] kernel_counts counts() override {
        pcap_stat now{};
        if (pcap_stats(handle_, &now) == 0) { // of 32 bits: they begin again, within minutes on a fast link
            counts_.received += static_cast<std::uint32_t>(now.ps_recv - before_.ps_recv);
            counts_.dropped += static_cast<std::uint32_t>(now.ps_drop - before_.ps_drop);
            before_ = now;
        }
        return counts_;
    }

    [[nodiscard]] std::string go_on_with([[maybe_unused]] unsigned index) override {
#ifdef __linux__
        // The socket stays as it is, and needs no privileges to listen to another device of the same kind.
        if (hardware_type(index) != hardware_) return "It has another link type now.";
        sockaddr_ll address{};
        address.sll_family = AF_PACKET;
        address.sll_protocol = htons(ETH_P_ALL);
        address.sll_ifindex = static_cast<int>(index);
        const int descriptor = pcap_fileno(handle_);
        if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            fail("It cannot be listened to");
            std::string why;
            why.swap(problem_);
            return why;
        }
        packet_mreq promiscuous{};
        promiscuous.mr_ifindex = address.sll_ifindex;
        promiscuous.mr_type = PACKET_MR_PROMISC;
        setsockopt(descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous);
        return {};
#else
        return "It has to be opened again, which needs privileges.";
#endif
    }
    [[nodiscard]] tcplens::link_type link() const override {
        return link_;
    }

private:
    void complain(std::string sentence) {
        problem_ = std::move(sentence);
        if (!problem_.ends_with('.') && !problem_.ends_with(')')) problem_ += '.';
    }

    void filter(const std::string& expression) {
        if (expression.empty()) return;
        bpf_program program{};
        if (pcap_compile(handle_, &program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0 ||
            pcap_setfilter(handle_, &program) != 0) {
            complain(std::string{"--filter: "} + pcap_geterr(handle_));
            refuses_filter_ = true;
        }
        pcap_freecode(&program);
    }

    [[nodiscard]] static int hardware_type_of([[maybe_unused]] const std::string& device) noexcept {
#ifdef __linux__
        return hardware_type(if_nametoindex(device.c_str()));
#else
        return -1;
#endif
    }

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
    tcplens::link_type link_{};
    std::chrono::nanoseconds fraction_{}; ///< what pcap_pkthdr's tv_usec counts
    int hardware_ = -1;
    pcap_stat before_{};
    kernel_counts counts_{};
};

} // namespace

bool has_pcap_source() noexcept {
    return true;
}

std::unique_ptr<packet_source> open_pcap_source(const source_options& options) {
    return std::make_unique<pcap_source>(options);
}

} // namespace program::watching
