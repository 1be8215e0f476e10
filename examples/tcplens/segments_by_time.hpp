// SPDX-License-Identifier: MIT
#pragma once

// The segments of several captures that were taken at the same time, in one order that depends on nothing but the captures and
// the order in which they are named:
// - Within a file the order is that of the file, and fragments are put together within a file only.
// - Between files times decide: that of a packet, or the latest one before it in its file, if that is later. A packet without
//   a time has that of the one before.
// - At equal times the file that was named first comes first.

#include "capture_summary.hpp"
#include "captures.hpp"
#include "interruption.hpp"
#include "not_understood.hpp"

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace program {

/// Where a segment stands in that order.
struct place {
    tcplens::timestamp time{};   ///< the latest in its file up to it
    std::uint64_t file = 0;      ///< counted from 0, in the order in which files are named
    std::uint64_t in_file = 0;   ///< the number of its packet
    std::uint64_t in_packet = 0; ///< counted from 0

    [[nodiscard]] friend std::strong_ordering operator<=>(const place& a, const place& b) {
        const auto key = [](const place& of) { // times have no <=> in libc++ 16
            return std::tuple{of.time.time_since_epoch().count(), of.file, of.in_file, of.in_packet};
        };
        return key(a) <=> key(b);
    }
    [[nodiscard]] friend bool operator==(const place&, const place&) = default;
};

/// A segment that can travel.
struct placed_segment {
    place at{};
    tcplens::segment found{};
    bool is_chosen = true; ///< by the options that choose packets
};
static_assert(std::is_trivially_copyable_v<placed_segment>);

/// What a file held besides segments; it can travel, too.
struct file_result {
    tcplens::decode_statistics packets{};
    tcplens::skipped_parts skipped{};
    std::uint64_t dropped = 0;
};
static_assert(std::is_trivially_copyable_v<file_result>);

/// The segments of one file.
class segment_file {
public:
    /// \param number its place among all files, counted from 0
    segment_file(const std::string& file, std::uint64_t number, const tcplens::decode_options& decoding,
                 const packet_choice& choice = {})
        : name_(name_of(file)), capture_(file),
          decoder_(decoding), here_{.at = {.time = tcplens::timestamp::min(), .file = number}} {
        if (!choice.chooses_all()) matcher_.emplace(choice);
    }

    /// The next one, good until the next call; nullptr at the end. A packet may carry several.
    [[nodiscard]] const placed_segment* next() {
        while (handed_out_ == found_.size()) {
            const tcplens::packet* const packet = is_over() ? nullptr : capture_.next();
            if (packet == nullptr) return nullptr;
            decode(*packet);
        }
        here_.found = found_[handed_out_];
        here_.at.in_packet = handed_out_++;
        return &here_;
    }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::uint64_t number() const { return here_.at.file; }
    /// Once it has ended.
    [[nodiscard]] file_result result() const {
        return {.packets = packets_, .skipped = capture_.skipped(), .dropped = dropped(capture_)};
    }
    /// What was wrong with it, if anything was.
    [[nodiscard]] std::optional<file_problem> problem() const {
        std::optional<file_problem> wrong = capture_.problem(name_);
        if (!wrong && matcher_ && matcher_->problem()) wrong = {name_, *matcher_->problem(), {}};
        if (!wrong && is_interrupted_) wrong = {name_, "Reading was interrupted: the answer is for what was read.", {}};
        return wrong;
    }
    [[nodiscard]] std::uint64_t packets() const noexcept { return capture_.packets(); }
    [[nodiscard]] std::uint64_t position() const noexcept { return capture_.position(); }

private:
    /// Finds all segments of a packet, and counts it.
    void decode(const tcplens::packet& packet) {
        if (packet.has_time) here_.at.time = std::max(here_.at.time, packet.time);
        here_.at.in_file = packet.number;
        found_.clear();
        handed_out_ = 0;
        tcplens::segment found;
        const tcplens::decode_result first = decoder_.decode(packet, found);
        std::uint64_t notices = 0;
        for (tcplens::decode_result decoded = first;; decoded = decoder_.decode_next(packet, found)) {
            if (decoded.outcome == tcplens::packet_outcome::tcp) {
                if (packet.has_time) last_time_ = found.time;
                else found.time = last_time_;
                found_.push_back(found);
            } else {
                notices += decoded.has_notice;
            }
            if (!decoded.more) break;
        }
        here_.is_chosen = !matcher_ || passes(packet, first.outcome);
        if (!here_.is_chosen) return;
        packets_.icmp_notices += notices;
        if (found_.empty()) {
            packets_.count(first, packet.link);
        } else {
            packets_.count_tcp();
            packets_.count_additional(found_.size());
        }
    }
    [[nodiscard]] bool passes(const tcplens::packet& packet, tcplens::packet_outcome outcome) {
        const bool ends_pass =
            found_.empty() ? matcher_->passes_without_ends(outcome)
                           : std::ranges::any_of(found_, [this](const auto& each) { return matcher_->passes(each); });
        return matcher_->passes(packet) && ends_pass;
    }
    /// Whether Ctrl-C ends it. A stream ends by itself.
    [[nodiscard]] bool is_over() {
        is_interrupted_ = is_interrupted_ || (interrupted() && !capture_.is_stream());
        return is_interrupted_;
    }

    std::string name_;
    input_file capture_;
    tcplens::decoder decoder_{};
    tcplens::decode_statistics packets_{};
    tcplens::timestamp last_time_{}; ///< of its last segment that has one
    placed_segment here_;
    std::vector<tcplens::segment> found_{};   ///< in the latest packet
    std::size_t handed_out_ = 0;              ///< of these
    std::optional<packet_matcher> matcher_{}; ///< if not all packets are chosen
    bool is_interrupted_ = false;
};

/// The segments of several files, in that order. All files are open at the same time; of each, one segment is held.
class segments_by_time {
public:
    explicit segments_by_time(std::vector<segment_file> files) : files_(std::move(files)) {
        for (segment_file& each : files_) wait_for(each);
    }

    /// The next one, good until the next call; nullptr at the end.
    [[nodiscard]] const placed_segment* next() {
        if (given_ != nullptr) wait_for(*std::exchange(given_, nullptr));
        if (first_.empty()) return nullptr;
        std::ranges::pop_heap(first_, is_later);
        given_ = first_.back().from;
        const placed_segment* const found = first_.back().segment;
        first_.pop_back();
        return found;
    }

    [[nodiscard]] const std::vector<segment_file>& files() const { return files_; }

private:
    struct waiting {
        const placed_segment* segment;
        segment_file* from;
    };
    static bool is_later(const waiting& a, const waiting& b) { return b.segment->at < a.segment->at; }

    void wait_for(segment_file& file) {
        const placed_segment* const first = file.next();
        if (first == nullptr) return;
        first_.push_back({first, &file});
        std::ranges::push_heap(first_, is_later);
    }

    std::vector<segment_file> files_;
    std::vector<waiting> first_{};  ///< a heap: the first segment of each file that has one left
    segment_file* given_ = nullptr; ///< whose segment was given last
};

/// Adds a file to what is said of all of them. @pre those named before it were added
inline void add(capture_summary& to, const std::string& name, const file_result& of,
                const std::optional<file_problem>& problem) {
    to.files.push_back(name);
    to.packets.add(of.packets);
    to.skipped.add(of.skipped);
    to.dropped += of.dropped;
    if (problem) to.problems.push_back(*problem);
}

} // namespace program
