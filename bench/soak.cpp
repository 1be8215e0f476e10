// SPDX-License-Identifier: MIT
// A table with a bound, for as many packets as are asked for: calm connections, and beside them everything that somebody may send
// who wants it to fall over. Exits with 1 if it allocates, grows, loses a connection or says anything wrong of the calm ones; and,
// for ten million packets or more, if more than one call in a million takes longer than 50 us in both of two tables that are
// given the same.
#include "counted_allocations.hpp"
#include "workload.hpp"

#include <tcplens/connection.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iomanip>
#include <iostream>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using tcplens::endpoint;
using tcplens::segment;

namespace flags {
constexpr std::uint16_t fin = 1, syn = 2, rst = 4, ack = 16;
}

endpoint at(std::uint32_t address, std::uint16_t port) {
    const std::array<std::byte, 4> bytes{static_cast<std::byte>(address >> 24), static_cast<std::byte>(address >> 16),
                                         static_cast<std::byte>(address >> 8), static_cast<std::byte>(address)};
    return {tcplens::address::v4(bytes), port};
}

/// What a hostile host sends.
enum class attack : std::uint32_t {
    syn_flood,     ///< from anywhere
    same_sum,      ///< likewise, but addresses and ports add up to the same: what a hash without a key may go by
    ack_flood,     ///< likewise
    rst_storm,     ///< into connections
    far_numbers,   ///< half of all numbers away
    tiny_holes,    ///< a byte beyond a hole of a byte
    lying_sacks,   ///< blocks of what was never sent
    leaping_clock, ///< of the capture, and of the timestamps option
    begin_anew,    ///< a SYN with another number into a connection
    anything,
};
constexpr std::array<std::string_view, 10> attack_names{
    "SYN flood",     "SYN flood of one sum",  "ACK flood", "RST storm", "far numbers", "tiny holes", "lying SACKs",
    "leaping clock", "SYNs into connections", "anything"};

/// Which attacks take turns beside calm connections: none, one, or all.
struct attacks {
    std::uint32_t first = 0;
    std::uint32_t count = 0;

    static constexpr attacks all() noexcept { return {0, attack_names.size()}; }
};

/// Packets of calm connections, and of hostile hosts: one of each in turn, more or less.
class traffic {
public:
    static constexpr std::uint32_t calm_connections = 10'000;
    static constexpr std::uint32_t victims = 1'000; ///< connections that somebody forges packets of

    explicit traffic(const attacks& by) : attacks_(by) {}

    [[nodiscard]] segment next() {
        now_ += 1us;
        segment made{.time = now_, .window = 502, .hop_limit = 64};
        is_calm_ = attacks_.count == 0 || is_first_ || random_.below(2) == 0;
        is_first_ = false; // whose time is believed
        if (is_calm_) speak_calmly(made);
        else forge(made);
        made.ip_length = 52 + made.payload_length;
        made.wire_length = made.ip_length + 14;
        return made;
    }
    /// Whether the last one was of a calm connection.
    [[nodiscard]] bool is_calm() const noexcept { return is_calm_; }

private:
    static constexpr std::uint64_t all_numbers = std::uint64_t{1} << 32;
    static constexpr std::uint32_t length = 1000;
    static constexpr std::uint32_t rounds = 20; ///< of data and its acknowledgment

    /// Handshake, rounds, an orderly close, and then another one between the same hosts.
    void speak_calmly(segment& into) {
        calm_ = (calm_ + 1) % calm_connections;
        talk& of = talks_[calm_];
        const std::uint32_t step = of.step;
        const bool closing = step >= 3 + 2 * rounds;
        const std::uint32_t sent = step < 3 ? 0 : std::min((step - 3 + 1) / 2, rounds) * length; // before this step
        const bool from_client = closing ? step % 2 == 1 : step == 0 || step == 2 || (step > 2 && step % 2 == 1);
        speak(into, 0x0a000000u + calm_, static_cast<std::uint16_t>(1024 + of.incarnation % 60'000), from_client);
        const std::uint32_t first = calm_ + of.incarnation * 1'000'000;
        into.sequence = {first + (step == 0 || step == 1 ? 0 : 1)};
        into.acknowledgment = {step == 0 ? 0 : first + 1};
        into.flags = {static_cast<std::uint16_t>((step < 2 ? flags::syn : 0) | (step > 0 ? flags::ack : 0))};
        if (step >= 3) {
            const std::uint32_t end = first + 1 + rounds * length;
            if (!closing && from_client) {
                into.sequence = {first + 1 + (step - 3) / 2 * length};
                into.payload_length = length;
            } else if (!closing) {
                into.acknowledgment = {first + 1 + sent};
            } else if (step == 3 + 2 * rounds) { // client: FIN
                into.sequence = {end};
                into.flags.bits |= flags::fin;
            } else if (step == 4 + 2 * rounds) { // server: FIN, ACK
                into.acknowledgment = {end + 1};
                into.flags.bits |= flags::fin;
            } else {
                into.sequence = {end + 1};
                into.acknowledgment = {first + 2};
            }
        }
        into.ip_id = ++of.ids[from_client];
        into.options.timestamps = tcplens::tcp_timestamps{clock(), clock()};
        if (++of.step == 6 + 2 * rounds) {
            of.step = 0;
            ++of.incarnation;
        }
    }

    void forge(segment& into) {
        const std::uint32_t victim = random_.below(victims);
        const bool from_client = random_.below(2) == 0;
        speak(into, 0x0b000000u + victim, 2000, from_client);
        into.flags = {flags::ack};
        into.sequence = {victim * 1'000'000 + random_.below(100'000)};
        into.acknowledgment = {victim * 1'000'000 + random_.below(100'000)};
        into.ip_id = static_cast<std::uint16_t>(random_.below(65536));
        switch (attack{attacks_.first + random_.below(attacks_.count)}) {
        case attack::syn_flood: into.flags = {flags::syn}; [[fallthrough]];
        case attack::ack_flood:
            into.source = at(random_.below(all_numbers), static_cast<std::uint16_t>(random_.below(65536)));
            into.destination = at(0xc0000201u, 443);
            break;
        case attack::same_sum: {
            const std::uint32_t low = random_.below(1u << 15), high = random_.below(1u << 15); // nothing is carried
            into.source = at(high << 16 | low, static_cast<std::uint16_t>(0xffff - high - low));
            into.destination = at(0xc0000201u, 443);
            into.flags = {flags::syn};
            break;
        }
        case attack::rst_storm: into.flags = {flags::rst}; break;
        case attack::far_numbers:
            into.sequence = into.sequence + 0x8000'0000u;
            into.payload_length = 100;
            break;
        case attack::tiny_holes:
            into.payload_length = 1;
            into.sequence = {victim * 1'000'000 + random_.below(5'000) * 2};
            break;
        case attack::lying_sacks:
            into.options.sack_block_count = 4;
            for (auto& block : into.options.sack_block_storage) {
                block = {{random_.below(all_numbers)}, {random_.below(all_numbers)}};
            }
            break;
        case attack::leaping_clock: // not twice to the same century, which would be believed
            century_ = century_ == 45 ? 90 : 45;
            into.time += (random_.below(2) == 0 ? 1 : -1) * std::chrono::hours{24 * 365 * century_};
            into.options.timestamps = tcplens::tcp_timestamps{random_.below(all_numbers), random_.below(all_numbers)};
            break;
        case attack::begin_anew:
            into.flags = {flags::syn};
            into.sequence = {random_.below(all_numbers)};
            break;
        case attack::anything:
            into.flags = {static_cast<std::uint16_t>(random_.below(512))};
            into.payload_length = random_.below(70'000);
            into.window = static_cast<std::uint16_t>(random_.below(3));
            break;
        }
    }

    static void speak(segment& into, std::uint32_t client, std::uint16_t port, bool from_client) {
        into.source = at(client, port);
        into.destination = at(0xc0000201u, 443);
        if (!from_client) std::swap(into.source, into.destination);
    }
    [[nodiscard]] std::uint32_t clock() const {
        return static_cast<std::uint32_t>(now_.time_since_epoch() / std::chrono::milliseconds{1});
    }

    struct talk {
        std::uint32_t step = 0;
        std::uint32_t incarnation = 0;
        std::array<std::uint16_t, 2> ids{};
    };

    attacks attacks_;
    bool is_calm_ = false;
    bool is_first_ = true;
    tcplens::timestamp now_{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
    workload::random_numbers random_{};
    std::uint32_t calm_ = 0;
    std::uint32_t century_ = 45;
    std::array<talk, calm_connections> talks_{};
};

/// How long calls took, by powers of an eighth of two.
class durations {
public:
    static constexpr std::chrono::microseconds slow{50};

    void add(std::chrono::nanoseconds time) noexcept {
        const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 1)) * 8;
        const auto bits = static_cast<unsigned>(std::bit_width(value)) - 4;
        const std::size_t bin = std::min<std::size_t>(bits * 8 + (value >> bits) % 8, bins_.size() - 1);
        ++bins_[bin];
        ++count_;
        longest_ = std::max(longest_, time);
        in_all_ += time;
        if (time <= slow) return;
        ++slow_count_;
        in_slow_ += time;
    }
    /// At most so long: the end of the bin.
    [[nodiscard]] double microseconds_of(double part) const {
        const auto rank = static_cast<std::uint64_t>(part * static_cast<double>(count_));
        std::uint64_t seen = 0;
        for (std::size_t bin = 0; bin < bins_.size(); ++bin) {
            seen += bins_[bin];
            if (seen > rank) return static_cast<double>((bin % 8 + 9) << (bin / 8)) / 8 / 1000;
        }
        return 0;
    }
    [[nodiscard]] std::chrono::nanoseconds longest() const noexcept { return longest_; }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::chrono::nanoseconds in_all() const noexcept { return in_all_; }
    [[nodiscard]] std::uint64_t slow_count() const noexcept { return slow_count_; }
    /// Nanoseconds a call, but for the slow ones.
    [[nodiscard]] double usual() const {
        return static_cast<double>((in_all_ - in_slow_).count()) / static_cast<double>(count_ - slow_count_);
    }

private:
    std::array<std::uint64_t, 320> bins_{};
    std::uint64_t count_ = 0;
    std::uint64_t slow_count_ = 0;
    std::chrono::nanoseconds longest_{};
    std::chrono::nanoseconds in_all_{};
    std::chrono::nanoseconds in_slow_{};
};

/// What a call of a table is measured beside: arithmetic that takes about as long, and touches no memory. What makes that
/// slow is not the table: interrupts, and a core that the kernel, or the host of a virtual machine, takes away.
[[gnu::noinline]] std::uint64_t plain_work(std::uint64_t value) noexcept {
    for (int i = 0; i < 200; ++i) value = (value ^ value >> 29) * 0x9e37'79b9'7f4a'7c15u;
    return value;
}

/// Asked without allocating anything.
std::uint64_t resident_pages() {
    std::array<char, 128> text{};
    const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t length = read(file, text.data(), text.size() - 1);
    close(file);
    if (length <= 0) std::abort();
    return std::strtoull(std::strchr(text.data(), ' '), nullptr, 10); // the second number
}

struct soaked {
    durations calls{};
    durations plain{};
    std::uint64_t plain_result = 0; ///< that it is not left out
    std::uint64_t wrong = 0;        ///< packets of calm connections of which anything odd was said
    std::uint64_t allocations = 0;
    std::uint64_t pages_before = 0, pages_after = 0;
    std::uint64_t left = 0; ///< connections that were handed out
    tcplens::connection_counters lifetimes{};
};

tcplens::connection_table make_table(std::size_t bound, const tcplens::hash_key& key) {
    return tcplens::connection_table{{.hash_key = key, .max_connections = bound},
                                     tcplens::evidence_rules{static_cast<std::uint32_t>(bound / 10)}};
}

soaked soak(std::uint64_t packets, std::size_t bound, const attacks& by) {
    using clock = std::chrono::steady_clock;
    soaked found;
    tcplens::connection_table table = make_table(bound, tcplens::hash_key::random());
    const auto on_end = [&](const tcplens::connection&, tcplens::end_reason) { ++found.left; };
    traffic from{by};
    const std::size_t allocations_before = counted_allocations::counted.count;
    for (std::uint64_t packet = 0; packet < packets; ++packet) {
        if (packet == packets / 10) found.pages_before = resident_pages();
        const segment next = from.next();
        const auto begin = clock::now();
        const tcplens::add_result said = table.add(next, on_end);
        const auto between = clock::now();
        found.plain_result = plain_work(found.plain_result + packet);
        const auto end = clock::now();
        found.calls.add(between - begin);
        found.plain.add(end - between);
        if (from.is_calm() && (said.connection == nullptr || said.verdict.is_retransmission() ||
                               said.begins_connection != (next.flags.syn() && !next.flags.ack()))) {
            ++found.wrong;
        }
    }
    found.pages_after = resident_pages();
    table.flush(on_end);
    found.allocations = counted_allocations::counted.count - allocations_before;
    found.lifetimes = table.counters();
    return found;
}

void print(std::string_view title, const durations& of) {
    const double seconds = std::chrono::duration<double>(of.in_all()).count();
    std::cout << "  " << std::left << std::setw(12) << title << std::right << std::setw(7) << of.usual()
              << " ns a call, 99.99 % take at most " << std::setw(6) << of.microseconds_of(0.9999)
              << " us, the longest " << std::setw(7) << static_cast<double>(of.longest().count()) / 1000
              << " us; more than 50 us " << of.slow_count() << ", " << static_cast<double>(of.slow_count()) / seconds
              << " in each second of such calls\n";
}

bool print(std::string_view title, const soaked& found) {
    const double growth = static_cast<double>(found.pages_after) / static_cast<double>(found.pages_before) - 1;
    std::cout << title << ", " << found.calls.count() << " packets\n";
    print("add", found.calls);
    print("plain work", found.plain);
    std::cout << "  " << found.lifetimes.begun << " connections begun, " << found.lifetimes.ended() << " ended:";
    for (std::size_t i = 0; i < tcplens::detail::end_reason_count; ++i) {
        std::cout << ' ' << to_string(tcplens::end_reason{static_cast<std::uint8_t>(i)}) << ' '
                  << found.lifetimes.ended_by[i];
    }
    std::cout << "\n  " << found.allocations << " allocations, " << found.pages_after * 4 / 1024 << " MiB resident, "
              << growth * 100 << " % more than after a tenth; " << found.wrong
              << " packets of calm connections were judged wrongly\n";
    return found.allocations == 0 && growth <= 0.01 && found.wrong == 0 && found.left == found.lifetimes.ended() &&
           found.lifetimes.begun == found.lifetimes.ended() + found.lifetimes.open;
}

/// Two tables that are given the same do the same: a call that took long in both did so because of what it does, and one that
/// took long in one of them was interrupted. Prints what the shorter one of each two took, and judges it by that, if there are
/// enough: that a busy machine interrupts both, now and then, is allowed once in a million packets.
bool soak_twins(std::uint64_t packets, std::size_t bound) {
    constexpr std::uint64_t packets_for_each_slow = 1'000'000;

    using clock = std::chrono::steady_clock;
    const tcplens::hash_key key = tcplens::hash_key::random();
    tcplens::connection_table first = make_table(bound, key), second = make_table(bound, key);
    durations firsts, seconds, shorter;
    std::uint64_t ended = 0;
    const auto on_end = [&](const tcplens::connection&, tcplens::end_reason) { ++ended; };
    traffic from{attacks::all()};
    for (std::uint64_t packet = 0; packet < packets; ++packet) {
        const segment next = from.next();
        const auto begin = clock::now();
        first.add(next, on_end);
        const auto between = clock::now();
        second.add(next, on_end);
        const auto end = clock::now();
        firsts.add(between - begin);
        seconds.add(end - between);
        shorter.add(std::min(between - begin, end - between));
    }
    std::cout << "all of them, into two tables that do the same, " << packets << " packets\n";
    print("one", firsts);
    print("the other", seconds);
    print("the shorter", shorter);
    const bool too_slow = packets >= packets_for_each_slow && shorter.slow_count() > packets / packets_for_each_slow;
    if (too_slow) std::cout << "  these are too many: more than one in a million packets\n";
    return !too_slow && first.counters() == second.counters() && ended == 2 * first.counters().ended();
}

} // namespace

/// bench_soak [packets [the bound]]
int main(int argc, char** argv) {
    const std::uint64_t packets = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000'000;
    const std::size_t bound = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100'000;
    const std::uint64_t few = packets / 20; // of the calm ones, and of each attack by itself
    std::cout << std::fixed << std::setprecision(1);
    const soaked calm = soak(few, bound, {});
    bool good = print("calm", calm);
    const auto measure = [&](std::string_view title, const attacks& by, std::uint64_t count) {
        const soaked found = soak(count, bound, by);
        good &= print(title, found);
        std::cout << "  " << std::setprecision(2) << found.calls.usual() / calm.calls.usual() << std::setprecision(1)
                  << " times what calm packets cost\n";
    };
    for (std::uint32_t i = 0; i < attack_names.size(); ++i) measure(attack_names[i], {.first = i, .count = 1}, few);
    measure("all of them", attacks::all(), packets);
    good &= soak_twins(packets / 10, bound);
    return good ? 0 : 1;
}
