// SPDX-License-Identifier: MIT
#include "report_facts.hpp"

namespace program {

namespace {

using tcplens::close_reason;
using tcplens::handshake_state;

std::int64_t retransmissions(const tcplens::connection& of) {
    return static_cast<std::int64_t>(of.client_to_server.retransmissions + of.server_to_client.retransmissions);
}
std::int64_t duration(const tcplens::connection& of) {
    return (of.last_time - of.first_time).count();
}
std::int64_t wire_bytes(const tcplens::connection& of) {
    return static_cast<std::int64_t>(of.client_to_server.wire_bytes + of.server_to_client.wire_bytes);
}
/// More SYNs are worse.
std::int64_t vain_syns(const tcplens::connection& of) {
    return of.handshake == handshake_state::failed ? static_cast<std::int64_t>(of.client_to_server.syn) : 0;
}

} // namespace

std::string_view state_of(const tcplens::connection& of) {
    if (of.handshake == handshake_state::failed) {
        if (of.close_reason == close_reason::reset) {
            const bool is_answer =
                of.closed_by == tcplens::direction::server_to_client && of.server_to_client.syn_ack == 0;
            return is_answer ? "refused" : "aborted";
        }
        return of.server_to_client.packets > 0 ? "half_open" : "unanswered";
    }
    if (of.close_reason == close_reason::normal) return "closed";
    if (of.close_reason == close_reason::reset) return "reset";
    const tcplens::direction_statistics& down = of.server_to_client;
    if (of.client_to_server.packets == 0 && down.syn_ack > 0 && down.packets == down.syn_ack + down.rst) {
        return "unsolicited";
    }
    if (of.closed) return "replaced";
    if (of.client_to_server.fin + of.server_to_client.fin > 0) return "half_closed";
    return of.handshake == handshake_state::completed ? "established" : "midstream";
}

void top_connections::add(const tcplens::connection& next) {
    const std::int64_t here = by_(next);
    if (here <= 0) return;
    const auto goes_before = [&](const tcplens::connection& other) {
        const std::int64_t there = by_(other);
        return here != there ? here > there : next.number < other.number;
    };
    if (found_.size() == most_ && (most_ == 0 || !goes_before(found_.back()))) return;
    if (found_.size() == most_) found_.pop_back();
    found_.insert(std::ranges::find_if(found_, goes_before), next);
}

void endpoint_counts::add(const tcplens::endpoint& of) {
    constexpr std::size_t most_entries = 64;
    const auto known = std::ranges::find(entries_, of, &entry::endpoint);
    if (known != entries_.end()) {
        ++known->count;
    } else if (entries_.size() < most_entries) {
        entries_.push_back({.endpoint = of, .count = 1});
    } else {
        entry& least = *std::ranges::min_element(entries_, {}, &entry::count);
        least = {.endpoint = of, .count = least.count + 1, .too_many = least.count};
    }
}

std::optional<endpoint_counts::highest> endpoint_counts::most() const {
    std::optional<highest> found;
    for (const entry& each : entries_) {
        const std::uint64_t at_least = each.count - each.too_many;
        if (!found || at_least > found->at_least) found = {each.endpoint, at_least};
    }
    return found;
}

report_facts::report_facts()
    : most_retransmissions("most retransmissions", 3, retransmissions), failed("not opened", 2, vain_syns),
      longest("longest", 4, duration), most_bytes("most bytes", 3, wire_bytes),
      first("", 10, [](const tcplens::connection&) { return std::int64_t{1}; }) {}

void report_facts::add(const tcplens::connection& next) {
    ++connections;
    const std::string_view state = state_of(next);
    refused += state == "refused";
    unanswered += state == "unanswered";
    half_open += state == "half_open";
    aborted += state == "aborted";
    roles_guessed += next.role_guessed();
    const bool is_failed = next.handshake == handshake_state::failed;
    const bool hears_one = next.client_to_server.packets == 0 || next.server_to_client.packets == 0;
    one_sided += hears_one && !is_failed;
    if (is_failed) failed_servers.add(next.server);
    if (next.close_reason == close_reason::reset && !is_failed) {
        ++reset_open;
        reset_by_client += next.closed_by == tcplens::direction::client_to_server;
    }
    first_time = first_time ? std::min(*first_time, next.first_time) : next.first_time;
    last_time = last_time ? std::max(*last_time, next.last_time) : next.last_time;
    for (top_connections* const each : {&most_retransmissions, &failed, &longest, &most_bytes, &first}) each->add(next);
}

std::vector<notable_connection> notable_connections(const report_facts& facts, std::size_t most) {
    std::vector<notable_connection> all;
    for (const top_connections* const list :
         {&facts.most_retransmissions, &facts.failed, &facts.longest, &facts.most_bytes, &facts.first}) {
        for (const tcplens::connection& each : list->found()) {
            const auto same =
                std::ranges::find(all, each.number, [](const auto& other) { return other.connection.number; });
            if (same != all.end()) same->add(list->reason());
            else if (all.size() < most) all.push_back({each, std::string{list->reason()}});
        }
    }
    return all;
}

} // namespace program
