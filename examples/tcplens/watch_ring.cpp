// SPDX-License-Identifier: MIT
// Packets of an interface without libpcap: from a ring of blocks that the kernel fills (packet(7), TPACKET_V3). Linux only.

#include "watch_interface.hpp"
#include "watch_source.hpp"

#include <net/if.h> // before those of linux/, which else define the same

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace program::watching {

namespace {

/// What a frame of a device begins with. `kind`: ARPHRD_ of sockaddr_ll::sll_hatype.
[[nodiscard]] std::optional<tcplens::link_type> link_type_of(int kind) noexcept {
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

class ring_source final : public packet_source {
public:
    explicit ring_source(const source_options& options) { open(options); }
    ~ring_source() override {
        if (blocks_ != nullptr) munmap(blocks_, kernel_buffer);
        if (socket_ >= 0) close(socket_);
    }

    bool take(watch_table& into) override {
        for (unsigned taken = 0; taken < most_at_once; ++taken) {
            auto& block = *reinterpret_cast<tpacket_block_desc*>(blocks_ + std::size_t{next_} * block_size);
            const std::atomic_ref<std::uint32_t> status{block.hdr.bh1.block_status};
            if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) {
                look_for_errors();
                return taken > 0;
            }
            give(block, into);
            status.store(TP_STATUS_KERNEL, std::memory_order_release);
            next_ = (next_ + 1) % block_count;
        }
        return true;
    }

    [[nodiscard]] int descriptor() const override { return socket_; }

    [[nodiscard]] kernel_counts counts() override {
        tpacket_stats_v3 since{}; // the last time
        socklen_t length = sizeof since;
        if (getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &since, &length) == 0) {
            counts_.received += since.tp_packets;
            counts_.dropped += since.tp_drops;
        }
        return counts_;
    }

    [[nodiscard]] std::string go_on_with(unsigned index) override {
        // The socket stays as it is, and needs no privileges to listen to another device of the same kind.
        if (hardware_type(index) != hardware_) return "It has another link type now.";
        listen_to(index, true);
        std::string why;
        why.swap(problem_);
        return why;
    }
    [[nodiscard]] tcplens::link_type link() const override { return link_; }

private:
    static constexpr unsigned block_size = 1u << 18;
    static constexpr unsigned block_count = kernel_buffer / block_size;
    static constexpr unsigned most_at_once = 16; ///< blocks between two looks at the clock

    template <class Value>
    [[nodiscard]] bool set(int level, int name, const Value& value) noexcept {
        return setsockopt(socket_, level, name, &value, sizeof value) == 0;
    }

    void open(const source_options& options) {
        // Without a protocol: nothing is captured before all is set.
        if (socket_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); socket_ < 0) {
            return fail(errno == EPERM ? "Capturing needs CAP_NET_RAW, or root" : "There is no packet socket");
        }
        const unsigned index = if_nametoindex(options.interface.c_str());
        if (index == 0 && options.interface == "any") {
            problem_ = "--ring captures on one interface. Without --ring, packets of all interfaces are captured.";
            return;
        }
        if (index == 0) return fail("There is no such interface");
        hardware_ = hardware_type(index);
        const auto link = link_type_of(hardware_);
        if (!link) {
            problem_ = "Its link type, ARPHRD_ " + std::to_string(hardware_) +
                       ", is not known to --ring; libpcap may know it.";
            return;
        }
        link_ = *link;
        // What a loopback device sends it receives as well, and each packet counts once.
        if (hardware_ == ARPHRD_LOOPBACK && !set(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)) {
            return fail("PACKET_IGNORE_OUTGOING, which Linux has since 4.20");
        }
        if (make_ring(static_cast<std::uint32_t>(options.snaplen))) listen_to(index, false);
    }

    bool make_ring(std::uint32_t snaplen) {
        // A filter that passes all packets, and so much of each.
        sock_filter all[]{BPF_STMT(BPF_RET | BPF_K, snaplen)};
        if (!set(SOL_SOCKET, SO_ATTACH_FILTER, sock_fprog{1, all})) return fail("SO_ATTACH_FILTER"), false;
        if (!set(SOL_PACKET, PACKET_VERSION, int{TPACKET_V3})) return fail("TPACKET_V3"), false;
        tpacket_req3 ring{};
        ring.tp_block_size = block_size;
        ring.tp_block_nr = block_count;
        ring.tp_frame_size = 2048; // blocks have no frames, but it is checked
        ring.tp_frame_nr = ring.tp_block_size / ring.tp_frame_size * ring.tp_block_nr;
        ring.tp_retire_blk_tov = static_cast<unsigned>(longest_wait.count());
        if (!set(SOL_PACKET, PACKET_RX_RING, ring)) return fail("PACKET_RX_RING"), false;
        void* const mapped = mmap(nullptr, kernel_buffer, PROT_READ | PROT_WRITE, MAP_SHARED, socket_, 0);
        if (mapped == MAP_FAILED) return fail("The ring could not be mapped"), false;
        blocks_ = static_cast<std::byte*>(mapped);
        return true;
    }

    /// \param may_be_down then it is listened to once it is up
    void listen_to(unsigned index, bool may_be_down) {
        sockaddr_ll address{};
        address.sll_family = AF_PACKET;
        address.sll_protocol = htons(ETH_P_ALL);
        address.sll_ifindex = static_cast<int>(index);
        if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            return fail("It cannot be listened to");
        }
        if ((errno = pending_error()) != 0 && !(may_be_down && errno == ENETDOWN))
            return fail("It cannot be listened to");
        packet_mreq promiscuous{};
        promiscuous.mr_ifindex = address.sll_ifindex;
        promiscuous.mr_type = PACKET_MR_PROMISC;
        if (!set(SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous)) fail("PACKET_ADD_MEMBERSHIP");
    }

    /// Gives on the packets of a block, some at a time.
    void give(const tpacket_block_desc& block, watch_table& into) {
        std::array<tcplens::packet, 256> packets;
        std::size_t count = 0;
        const std::byte* at = reinterpret_cast<const std::byte*>(&block) + block.hdr.bh1.offset_to_first_pkt;
        for (std::uint32_t left = block.hdr.bh1.num_pkts; left > 0; --left) {
            const auto& header = *reinterpret_cast<const tpacket3_hdr*>(at);
            // The kernel took a VLAN tag out of the frame. Nothing that is asked here wants it back; it was on the wire.
            const std::uint32_t tag = (header.tp_status & TP_STATUS_VLAN_VALID) != 0 ? 4 : 0;
            packets[count++] = {.time = tcplens::timestamp{std::chrono::seconds{header.tp_sec} +
                                                           std::chrono::nanoseconds{header.tp_nsec}},
                                .bytes = {at + header.tp_mac, header.tp_snaplen},
                                .wire_length = header.tp_len + tag,
                                .link = link_,
                                .number = ++packets_};
            at += header.tp_next_offset;
            if (count < packets.size() && left > 1) continue;
            into.add_all(std::span{packets}.first(count));
            count = 0;
        }
    }

    /// An interface that went down may come up again, and whether it is there at all is known elsewhere.
    void look_for_errors() {
        if (errno = pending_error(); errno != 0 && errno != ENETDOWN && errno != ENODEV) fail("The packet socket");
    }
    [[nodiscard]] int pending_error() const noexcept {
        int error = 0;
        socklen_t length = sizeof error;
        return getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
    }

    int socket_ = -1;
    int hardware_ = -1;
    std::byte* blocks_ = nullptr;
    unsigned next_ = 0;
    std::uint64_t packets_ = 0;
    tcplens::link_type link_{};
    kernel_counts counts_{};
};

} // namespace

bool has_ring_source() noexcept {
    return true;
}

std::unique_ptr<packet_source> open_ring_source(const source_options& options) {
    return std::make_unique<ring_source>(options);
}

} // namespace program::watching
