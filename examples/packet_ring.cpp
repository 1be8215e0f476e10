// SPDX-License-Identifier: MIT
// Does what live_monitor does without libpcap: from a ring of blocks that the kernel fills (packet(7), TPACKET_V3). Linux only.

#include "live_watch.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace {

/// What a frame of a device begins with. `kind`: ARPHRD_ of sockaddr_ll::sll_hatype.
[[nodiscard]] std::optional<tcplens::link_type> link_type_of(unsigned kind) noexcept {
    switch (kind) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK: return tcplens::link_type::ethernet;
    case ARPHRD_NONE: // TUN, WireGuard
    case ARPHRD_RAWIP:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT: return tcplens::link_type::raw;
    default: return std::nullopt;
    }
}

/// The packets of one block of the ring.
class block_packets {
public:
    block_packets(const tpacket_block_desc& block, tcplens::link_type link, std::uint64_t packets_before)
        : first_(reinterpret_cast<const std::byte*>(&block) + block.hdr.bh1.offset_to_first_pkt),
          count_(block.hdr.bh1.num_pkts), link_(link), number_(packets_before) {}

    class iterator {
    public:
        using value_type = tcplens::packet;
        using difference_type = std::ptrdiff_t;

        iterator() = default;
        explicit iterator(const block_packets& of)
            : at_(of.first_), left_(of.count_), link_(of.link_), number_(of.number_ + 1) {}

        [[nodiscard]] tcplens::packet operator*() const noexcept {
            const auto& header = *reinterpret_cast<const tpacket3_hdr*>(at_);
            // The kernel took a VLAN tag out of the frame. Nothing that is asked here wants it back; it was on the wire.
            const std::uint32_t tag = (header.tp_status & TP_STATUS_VLAN_VALID) != 0 ? 4 : 0;
            return {.time = tcplens::timestamp{std::chrono::seconds{header.tp_sec} +
                                               std::chrono::nanoseconds{header.tp_nsec}},
                    .bytes = {at_ + header.tp_mac, header.tp_snaplen},
                    .wire_length = header.tp_len + tag,
                    .link = link_,
                    .number = number_};
        }
        iterator& operator++() noexcept {
            at_ += reinterpret_cast<const tpacket3_hdr*>(at_)->tp_next_offset;
            --left_;
            ++number_;
            return *this;
        }
        void operator++(int) noexcept { ++*this; }
        [[nodiscard]] friend bool operator==(const iterator& at, std::default_sentinel_t) noexcept {
            return at.left_ == 0;
        }

    private:
        const std::byte* at_ = nullptr;
        std::uint32_t left_ = 0;
        tcplens::link_type link_{};
        std::uint64_t number_ = 0;
    };

    [[nodiscard]] iterator begin() const noexcept { return iterator{*this}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }
    [[nodiscard]] std::uint32_t size() const noexcept { return count_; }

private:
    const std::byte* first_;
    std::uint32_t count_;
    tcplens::link_type link_;
    std::uint64_t number_;
};

class packet_ring {
public:
    explicit packet_ring(const example::arguments& given) { open(given); }
    packet_ring(const packet_ring&) = delete;
    packet_ring& operator=(const packet_ring&) = delete;
    ~packet_ring() {
        if (blocks_ != nullptr) munmap(blocks_, example::kernel_buffer);
        if (socket_ >= 0) close(socket_);
    }

    bool take(example::live_table& into) {
        for (unsigned taken = 0; taken < most_at_once; ++taken) {
            auto& block = *reinterpret_cast<tpacket_block_desc*>(blocks_ + std::size_t{next_} * block_size);
            const std::atomic_ref<std::uint32_t> status{block.hdr.bh1.block_status};
            if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return taken > 0;
            const block_packets packets{block, link_, packets_};
            into.add_all(packets);
            packets_ += packets.size();
            status.store(TP_STATUS_KERNEL, std::memory_order_release);
            next_ = (next_ + 1) % block_count;
        }
        return true;
    }

    void wait(std::chrono::milliseconds time) {
        example::wait_for(socket_, time);
        // An interface that went down may come up again, and whether it is there at all is known elsewhere.
        if (errno = pending_error(); errno != 0 && errno != ENETDOWN && errno != ENODEV) fail("The packet socket");
    }

    [[nodiscard]] example::kernel_counts counts() {
        tpacket_stats_v3 since{}; // the last time
        socklen_t length = sizeof since;
        if (getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &since, &length) == 0) {
            counts_.received += since.tp_packets;
            counts_.dropped += since.tp_drops;
        }
        return counts_;
    }

    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    [[nodiscard]] tcplens::link_type link() const noexcept { return link_; }

private:
    static constexpr unsigned block_size = 1u << 18;
    static constexpr unsigned block_count = example::kernel_buffer / block_size;
    static constexpr unsigned most_at_once = 16; ///< blocks between two looks at the clock

    template <class Value>
    [[nodiscard]] bool set(int level, int name, const Value& value) noexcept {
        return setsockopt(socket_, level, name, &value, sizeof value) == 0;
    }
    void open(const example::arguments& given) {
        // Without a protocol: nothing is captured before all is set.
        if (socket_ = socket(AF_PACKET, SOCK_RAW, 0); socket_ < 0) {
            return fail(errno == EPERM ? "Capturing needs CAP_NET_RAW, or root" : "There is no packet socket");
        }
        ifreq device{};
        if (given.files[0].size() < sizeof device.ifr_name)
            given.files[0].copy(device.ifr_name, sizeof device.ifr_name);
        if (ioctl(socket_, SIOCGIFHWADDR, &device) != 0) return fail("There is no such interface");
        const unsigned kind = device.ifr_hwaddr.sa_family;
        const auto link = link_type_of(kind);
        if (!link) {
            problem_ =
                "Its link type, ARPHRD_ " + std::to_string(kind) + ", is not known here; live_monitor may know it.";
            return;
        }
        link_ = *link;
        // What a loopback device sends it receives as well, and each packet counts once.
        if (kind == ARPHRD_LOOPBACK && !set(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)) {
            return fail("PACKET_IGNORE_OUTGOING, which Linux has since 4.20");
        }

        // A filter that passes all packets, and so much of each.
        sock_filter all[]{BPF_STMT(BPF_RET | BPF_K, static_cast<std::uint32_t>(given.snaplen))};
        if (!set(SOL_SOCKET, SO_ATTACH_FILTER, sock_fprog{1, all})) return fail("SO_ATTACH_FILTER");
        if (!set(SOL_PACKET, PACKET_VERSION, int{TPACKET_V3})) return fail("TPACKET_V3");
        tpacket_req3 ring{};
        ring.tp_block_size = block_size;
        ring.tp_block_nr = block_count;
        ring.tp_frame_size = 2048; // blocks have no frames, but it is checked
        ring.tp_frame_nr = ring.tp_block_size / ring.tp_frame_size * ring.tp_block_nr;
        ring.tp_retire_blk_tov = static_cast<unsigned>(example::longest_wait.count());
        if (!set(SOL_PACKET, PACKET_RX_RING, ring)) return fail("PACKET_RX_RING");
        void* const mapped = mmap(nullptr, example::kernel_buffer, PROT_READ | PROT_WRITE, MAP_SHARED, socket_, 0);
        if (mapped == MAP_FAILED) return fail("The ring could not be mapped");
        blocks_ = static_cast<std::byte*>(mapped);

        sockaddr_ll address{};
        address.sll_family = AF_PACKET;
        address.sll_protocol = htons(ETH_P_ALL);
        address.sll_ifindex = static_cast<int>(if_nametoindex(given.files[0].c_str()));
        if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return fail("bind");
        if ((errno = pending_error()) != 0) return fail("It cannot be listened to");
        packet_mreq promiscuous{};
        promiscuous.mr_ifindex = address.sll_ifindex;
        promiscuous.mr_type = PACKET_MR_PROMISC;
        if (!set(SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous)) return fail("PACKET_ADD_MEMBERSHIP");
    }

    void fail(std::string_view what) { problem_ = std::string{what} + ": " + std::strerror(errno) + '.'; }
    [[nodiscard]] int pending_error() const noexcept {
        int error = 0;
        socklen_t length = sizeof error;
        return getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
    }

    int socket_ = -1;
    std::byte* blocks_ = nullptr;
    unsigned next_ = 0;
    std::uint64_t packets_ = 0;
    std::string problem_{};
    tcplens::link_type link_{};
    example::kernel_counts counts_{};
};

} // namespace

int main(int argc, char** argv) {
    using namespace example;
    const arguments given = parse(argc, argv, {&max_connections, &run_time, &snaplen, &brief}, interface_operand);
    packet_ring from{given};
    return static_cast<int>(watch(given, from));
}
