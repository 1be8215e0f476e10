// SPDX-License-Identifier: MIT
#include "packet_choice.hpp"

#include "command_line.hpp"

#include <algorithm>
#include <cstddef>

namespace program {

namespace {

tcplens::table_options table_options_of(const packet_choice& choice) {
    tcplens::table_options options;
    if (choice.decoding != nullptr) options.decoding = *choice.decoding;
    return options;
}

} // namespace

packet_matcher::packet_matcher(const packet_choice& choice) : choice_(choice) {
    if (choice_.since && choice_.until && choice_.since->after_first_packet == choice_.until->after_first_packet &&
        choice_.until->value <= choice_.since->value) {
        throw usage_error{"--until is not after --since: no packet is between them."};
    }
    if (!choice_.expression.empty()) filter_.emplace(choice_.expression);
}

bool packet_matcher::passes(const tcplens::packet& next) {
    return is_in_time(next) && (!filter_ || (*filter_)(next));
}

bool packet_matcher::is_in_time(const tcplens::packet& next) {
    if (next.has_time) {
        last_time_ = tcplens::detail::clamp_for_arithmetic(next.time);
        if (!has_first_time_) {
            has_first_time_ = true;
            if (choice_.since) since_ = choice_.since->in(last_time_);
            if (choice_.until) until_ = choice_.until->in(last_time_);
        }
    }
    if (!has_first_time_) return !choice_.since && !choice_.until;
    return (!since_ || *since_ <= last_time_) && (!until_ || last_time_ < *until_);
}

std::uint64_t connection_numbers::take() {
    if (noted_.empty()) return latest_;
    const std::uint64_t highest = std::ranges::max(noted_);
    if (highest >= begun_.size()) begun_.resize(static_cast<std::size_t>(highest) + 1);
    const auto begins = [&](std::uint64_t number) { return !begun_[static_cast<std::size_t>(number)]; };
    const auto first = std::ranges::find_if(noted_, begins);
    latest_ = first != noted_.end() ? *first : noted_.front();
    for (const std::uint64_t each : noted_) begun_[static_cast<std::size_t>(each)] = true;
    noted_.clear();
    return latest_;
}

packet_chooser::packet_chooser(const packet_choice& choice)
    : matcher_(choice), table_(table_options_of(choice)), notices_(table_options_of(choice).decoding) {}

bool packet_chooser::quotes_chosen(const tcplens::packet& next) {
    tcplens::segment quoted;
    for (tcplens::decode_result result = notices_.decode(next, quoted);; result = notices_.decode_next(next, quoted)) {
        if (result.has_notice) {
            quoted.source = notices_.notice().quoted_source;
            quoted.destination = notices_.notice().quoted_destination;
            if (matcher_.passes(quoted)) return true;
        }
        if (!result.more) return false;
    }
}

bool packet_chooser::operator()(const tcplens::packet& next) {
    const std::uint64_t notices_before = table_.statistics().icmp_notices;
    bool ends_pass = false;
    const auto added = table_.add_each(next, [&](const tcplens::segment& found, const auto& result) {
        numbers_.note(result.connection->number);
        ends_pass = ends_pass || matcher_.passes(found);
    });
    ends_pass = ends_pass || matcher_.passes_without_ends(added.outcome) ||
                (table_.statistics().icmp_notices != notices_before && quotes_chosen(next));
    const bool passes = matcher_.passes(next);
    if (!passes || !ends_pass) {
        numbers_.leave_out();
        return false;
    }
    number_ = numbers_.take();
    return true;
}

} // namespace program
