// SPDX-License-Identifier: MIT
// What a path does to each packet, and when: losses, delays, reordering, copies, a rate with a queue, congestion marks.
#pragma once

#include "packet.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace lab {

using nanoseconds = std::int64_t;

inline nanoseconds read_clock() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return nanoseconds{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// What a path does to packets; times in milliseconds, chances from 0 to 1. Every key of the command line is here.
struct path_options {
    double delay = 0;           // one way
    double jitter = 0;          // added, uniform between 0 and this
    double ordered = 1;         // 1: jitter never lets a packet overtake another
    double loss = 0;            // each packet for itself
    double burst_begin = 0;     // chance that a packet begins a burst of losses …
    double burst_end = 0.5;     // … and that the burst is over before the next
    double drop_first = 0;      // this many packets at the beginning
    double drop_at = 0;         // this one (counted from 1) …
    double drop_every = 0;      // … and every so many after it
    double loss_syn = 0;        // packets with SYN
    double loss_fin = 0;        // packets with FIN
    double loss_push = 0;       // packets with PSH: the tails of writes
    double outage_at = 0;       // nothing passes from here …
    double outage_for = 0;      // … for so long
    double reorder = 0;         // chance of being late …
    double reorder_by = 0;      // … by at most this, at least half of it
    double duplicate = 0;       // chance of being copied …
    double duplicate_after = 0; // … the copy at most so much later
    double copies_begin = 0;    // chance that a packet begins a burst of copies …
    double copies_end = 0.5;    // … and that the burst is over before the next
    double rate = 0;            // bits a second, 0: no limit
    double queue = 100;         // packets that wait for the rate at most, the one on the wire included
    double max_size = 0;        // larger packets are lost without a message (a black hole), 0: none are
    double hold_at = 0;         // from here …
    double hold_for = 0;        // … for so long nothing arrives, and then all at once: a delay spike …
    double hold_every = 0;      // … and again after so long, 0: once
    double batch = 0;           // packets arrive at multiples of this only, 0: at any time
    double corrupt =
        0; // chance that a copy arrives before it, one bit of whose data is wrong; truth.py knows no such copies
    double ce = 0; // chance that a packet of an ECN-capable sender is marked: congestion experienced
};

inline bool set_option(path_options& options, std::string_view name, double value) {
    const std::pair<std::string_view, double path_options::*> names[] = {
        {"delay", &path_options::delay},
        {"jitter", &path_options::jitter},
        {"ordered", &path_options::ordered},
        {"loss", &path_options::loss},
        {"burst_begin", &path_options::burst_begin},
        {"burst_end", &path_options::burst_end},
        {"drop_first", &path_options::drop_first},
        {"drop_at", &path_options::drop_at},
        {"drop_every", &path_options::drop_every},
        {"loss_syn", &path_options::loss_syn},
        {"loss_fin", &path_options::loss_fin},
        {"loss_push", &path_options::loss_push},
        {"outage_at", &path_options::outage_at},
        {"outage_for", &path_options::outage_for},
        {"reorder", &path_options::reorder},
        {"reorder_by", &path_options::reorder_by},
        {"duplicate", &path_options::duplicate},
        {"duplicate_after", &path_options::duplicate_after},
        {"copies_begin", &path_options::copies_begin},
        {"copies_end", &path_options::copies_end},
        {"rate", &path_options::rate},
        {"queue", &path_options::queue},
        {"max_size", &path_options::max_size},
        {"hold_at", &path_options::hold_at},
        {"hold_for", &path_options::hold_for},
        {"hold_every", &path_options::hold_every},
        {"batch", &path_options::batch},
        {"corrupt", &path_options::corrupt},
        {"ce", &path_options::ce},
    };
    for (const auto& [known, member] : names)
        if (known == name) {
            options.*member = value;
            return true;
        }
    return false;
}

inline path_options parse_options(const std::string& text) {
    path_options options;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::size_t equals = text.find('=', at);
        if (equals >= end ||
            !set_option(options, std::string_view{text}.substr(at, equals - at), std::atof(&text[equals + 1]))) {
            std::fprintf(stderr, "relay: cannot read '%s'\n", text.substr(at, end - at).c_str());
            std::exit(2);
        }
        at = end + 1;
    }
    return options;
}

constexpr nanoseconds from_milliseconds(double milliseconds) {
    return static_cast<nanoseconds>(milliseconds * 1e6);
}

/// One direction: decides about each packet, from its own random numbers and the packet's place in the row.
class path {
public:
    struct decision {
        const char* lost = nullptr; // the cause, or null: delivered
        nanoseconds arrives = 0;
        nanoseconds copy_arrives = 0; // 0: no copy
        bool marked = false;          // congestion experienced
        double corrupt_at = -1; // where in its data a bit of another copy is wrong, from 0 to 1; -1: there is none
    };

    path(const path_options& options, std::uint64_t seed, nanoseconds begin)
        : options_(options), random_(seed), random_corruption_(~seed), random_copies_(seed + 1), begin_(begin) {}

    decision decide(nanoseconds now, const packet& sent) {
        // The same count of random numbers for every packet: one decision does not shift the next ones.
        std::array<double, 10> chance{};
        for (double& c : chance) c = static_cast<double>(random_() >> 11) * 0x1p-53;
        const unsigned flags = sent.is_tcp() ? sent.flags() : 0;
        const double at = static_cast<double>(++count_);
        const double since_begin = static_cast<double>(now - begin_) / 1e6;
        in_burst_ = in_burst_ ? chance[0] >= options_.burst_end : chance[0] < options_.burst_begin;

        if (options_.copies_begin > 0) {
            const double copies = static_cast<double>(random_copies_() >> 11) * 0x1p-53;
            in_copies_ = in_copies_ ? copies >= options_.copies_end : copies < options_.copies_begin;
        }

        if (at <= options_.drop_first) return {.lost = "first"};
        if (at == options_.drop_at || (at > options_.drop_at && options_.drop_every > 0 &&
                                       std::fmod(at - options_.drop_at, options_.drop_every) == 0))
            return {.lost = "chosen"};
        if (since_begin >= options_.outage_at && since_begin < options_.outage_at + options_.outage_for)
            return {.lost = "outage"};
        if (in_burst_) return {.lost = "burst"};
        if (chance[1] < options_.loss) return {.lost = "random"};
        if ((flags & tcp_syn) != 0 && chance[2] < options_.loss_syn) return {.lost = "syn"};
        if ((flags & tcp_fin) != 0 && chance[2] < options_.loss_fin) return {.lost = "fin"};
        if ((flags & tcp_psh) != 0 && chance[3] < options_.loss_push) return {.lost = "push"};
        if (options_.max_size > 0 && static_cast<double>(sent.bytes.size()) > options_.max_size)
            return {.lost = "size"};

        nanoseconds leaves = now;
        if (options_.rate > 0) {
            while (!queue_.empty() && queue_.front() <= now) queue_.pop_front();
            if (static_cast<double>(queue_.size()) >= options_.queue) return {.lost = "queue"};
            const double bits = static_cast<double>(sent.bytes.size()) * 8;
            link_free_ = std::max(link_free_, now) + static_cast<nanoseconds>(bits / options_.rate * 1e9);
            queue_.push_back(link_free_);
            leaves = link_free_;
        }
        decision d{.arrives = leaves + from_milliseconds(options_.delay + chance[4] * options_.jitter)};
        if (options_.ordered != 0) d.arrives = last_arrival_ = std::max(last_arrival_, d.arrives);
        if (chance[5] < options_.reorder) d.arrives += from_milliseconds((0.5 + chance[6] / 2) * options_.reorder_by);
        if (chance[7] < options_.duplicate || in_copies_)
            d.copy_arrives = d.arrives + 1 + from_milliseconds(chance[8] * options_.duplicate_after);
        const nanoseconds held = hold(d.arrives) - d.arrives;
        d.arrives = next_batch(d.arrives + held);
        if (d.copy_arrives != 0) d.copy_arrives = next_batch(d.copy_arrives + held);
        d.marked = chance[9] < options_.ce;
        if (options_.corrupt > 0) {
            const auto next_chance = [&] { return static_cast<double>(random_corruption_() >> 11) * 0x1p-53; };
            const double at_place = next_chance();
            if (next_chance() < options_.corrupt) d.corrupt_at = at_place;
        }
        return d;
    }

private:
    /// When a packet that would arrive at `when` does, if it falls into a delay spike.
    [[nodiscard]] nanoseconds hold(nanoseconds when) const {
        const double since_first = static_cast<double>(when - begin_) / 1e6 - options_.hold_at;
        if (options_.hold_for <= 0 || since_first < 0) return when;
        const double since = options_.hold_every > 0 ? std::fmod(since_first, options_.hold_every) : since_first;
        return since < options_.hold_for ? when + from_milliseconds(options_.hold_for - since) : when;
    }

    [[nodiscard]] nanoseconds next_batch(nanoseconds when) const {
        if (options_.batch <= 0) return when;
        const nanoseconds interval = from_milliseconds(options_.batch);
        return (when + interval - 1) / interval * interval;
    }

    path_options options_;
    std::mt19937_64 random_;
    std::mt19937_64 random_corruption_; // its own, so that recordings without corruption stay as they were
    std::mt19937_64 random_copies_;     // likewise
    nanoseconds begin_;
    std::uint64_t count_ = 0;
    bool in_burst_ = false;
    bool in_copies_ = false;
    nanoseconds link_free_ = 0;
    nanoseconds last_arrival_ = 0;
    std::deque<nanoseconds> queue_; // when each packet that waits for the link will have left it
};

} // namespace lab
