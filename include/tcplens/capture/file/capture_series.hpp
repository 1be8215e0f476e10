// SPDX-License-Identifier: MIT
#pragma once

#include "../capture_error.hpp"
#include "../capture_interface.hpp"
#include "../format/packet_iterator.hpp"
#include "../limits.hpp"
#include "../packet.hpp"
#include "../skipped_parts.hpp"
#include "capture_file.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tcplens::inline v0 {

/// How the files of a series are opened, unless somebody knows better.
struct open_capture_file {
    template <class Path>
    [[nodiscard]] capture_file operator()(const Path& path) const {
        return capture_file{path};
    }
};

/// What was wrong with one capture of a series.
struct series_error {
    std::size_t file = 0;  ///< its place in the series, counted from 0
    capture_error error{}; ///< its offset and packet number are those in that file
};

/// Captures that follow each other, as those of a rotating one do, read as if they were one:
///
///     tcplens::capture_series captures{{"monday.pcap", "tuesday.pcap"}};
///     table.add_all(captures);
///     for (const tcplens::series_error& each : captures.errors()) std::cerr << to_string(each.error) << '\n';
///
/// A single-pass range of packets. They come in the order of the files, whatever their times, and are numbered from one file
/// to the next. Formats and link types may differ. A file that is damaged ends there, and one that can't be opened is passed over:
/// errors() tells, and the next one goes on. One file is open at a time.
///
/// `Open` makes a capture_file, or another reader, of a path. Moving a series invalidates its iterators and the packet at hand.
template <class Open = open_capture_file>
class basic_capture_series {
    static_assert(std::invocable<Open&, const std::string&>); // no constraint: that would compile capture_file

public:
    using capture_type = std::invoke_result_t<Open&, const std::string&>;

    /// Opens nothing yet. `numbers_before`: the number of the last packet before the first file, in a series that is taken in file
    /// by file: as many packets as there were, and blocks that are numbered with them (skipped_parts::numbered_blocks).
    explicit basic_capture_series(std::vector<std::string> files, Open open = {}, std::uint64_t numbers_before = 0)
        : files_(std::move(files)), open_(std::move(open)), numbers_before_(numbers_before) {}

    /// The next packet, good until the next call; nullptr at the end of the last file.
    const packet* next() {
        for (;;) {
            if (!open_now_) {
                if (begun_ == files_.size()) return nullptr;
                open_now_.emplace(open_(std::as_const(files_[begun_])));
                ++begun_;
            }
            const packet* const found = open_now_->next();
            if (found != nullptr) [[likely]] {
                if (begun_ == 1 && numbers_before_ == 0) return found;
                moved_ = *found;
                moved_.number += numbers_before_;
                moved_.interface_id += interfaces_before_;
                return &moved_;
            }
            close();
        }
    }

    /// Reads the next packet; the range goes on from where reading stands.
    [[nodiscard]] detail::packet_iterator<basic_capture_series> begin() {
        return detail::packet_iterator<basic_capture_series>{*this};
    }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

    [[nodiscard]] const std::vector<std::string>& files() const noexcept { return files_; }
    /// How many files were begun; the last of them is the one that is read, until it ends.
    [[nodiscard]] std::size_t begun() const noexcept { return begun_; }
    /// The one that is read now; null before the first and between two.
    [[nodiscard]] const capture_type* current() const noexcept { return open_now_ ? &*open_now_ : nullptr; }

    /// What went wrong with those that have ended, in their order.
    [[nodiscard]] const std::vector<series_error>& errors() const noexcept { return errors_; }
    /// Packets delivered so far.
    [[nodiscard]] std::uint64_t packets() const noexcept {
        return packets_before_ + (open_now_ ? open_now_->packets() : 0);
    }
    /// What was passed over so far, in all.
    [[nodiscard]] skipped_parts skipped() const noexcept {
        skipped_parts all = skipped_;
        if (open_now_) all.add(open_now_->skipped());
        return all;
    }
    /// What was said so far of the interfaces of all files, made anew with each call: `packet::interface_id` is a place in it, as
    /// long as all are kept. They are bounded in all as those of one capture: see `max_descriptions` and
    /// skipped_parts::descriptions. Sections are counted over all files, too.
    [[nodiscard]] std::vector<capture_interface> interfaces() const {
        std::vector<capture_interface> all = interfaces_;
        if (!open_now_) return all;
        for (capture_interface& each : open_now_->interfaces()) {
            each.section += sections_before_;
            all.push_back(std::move(each));
        }
        return all;
    }

private:
    [[nodiscard]] static std::size_t text_size(const capture_interface& of) noexcept {
        std::size_t size =
            of.name.size() + of.description.size() + of.filter.size() + of.hardware.size() + of.operating_system.size();
        for (const std::string& comment : of.comments) size += comment.size();
        return size;
    }

    void close() {
        if (const auto& error = open_now_->error()) errors_.push_back({begun_ - 1, *error});
        const skipped_parts skipped = open_now_->skipped();
        skipped_.add(skipped);
        packets_before_ += open_now_->packets();
        numbers_before_ += open_now_->packets() + skipped.numbered_blocks; // some may stand behind the last packet
        std::vector<capture_interface> ended = open_now_->interfaces();
        interfaces_before_ += static_cast<std::uint32_t>(ended.size());
        for (capture_interface& each : ended) {
            const std::size_t size = text_size(each);
            if (interfaces_.size() == max_descriptions || size > max_description_bytes - text_kept_) {
                ++skipped_.descriptions;
                continue;
            }
            text_kept_ += size;
            each.section += sections_before_;
            interfaces_.push_back(std::move(each));
        }
        sections_before_ += open_now_->sections().size();
        open_now_.reset();
    }

    std::vector<std::string> files_;
    Open open_;
    std::size_t begun_ = 0;
    std::optional<capture_type> open_now_{};
    packet moved_{};
    // of the files that have ended:
    std::uint64_t packets_before_ = 0;
    std::uint64_t numbers_before_ = 0; ///< those of packets, and of blocks that Wireshark numbers with them
    std::uint32_t interfaces_before_ = 0;
    std::size_t sections_before_ = 0;
    std::size_t text_kept_ = 0; ///< bytes of the strings in interfaces_
    std::vector<capture_interface> interfaces_{};
    std::vector<series_error> errors_{};
    skipped_parts skipped_{};
};

using capture_series = basic_capture_series<>;

} // namespace tcplens::inline v0
