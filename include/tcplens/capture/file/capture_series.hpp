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

namespace tcplens::inline v1 {

namespace detail {

struct open_capture_file {
    template <class Path>
    [[nodiscard]] capture_file operator()(const Path& path) const {
        return capture_file{path};
    }
};

} // namespace detail

/// An error of one capture of a series.
struct series_error {
    /// The index of the file in the series, counted from 0.
    std::size_t file = 0;
    /// The error. Its offset and packet number are those in this file.
    capture_error error{};
};

/// Several captures, such as the files of a rotating capture, read as one:
///
///     tcplens::capture_series captures{{"monday.pcap", "tuesday.pcap"}};
///     table.add_all(captures);
///     for (const tcplens::series_error& each : captures.errors()) std::cerr << to_string(each.error) << '\n';
///
/// It is a single-pass range of packets, in the order of the files, whatever their times. Packet numbers, interfaces and sections are
/// counted on from one file to the next. Formats and link types may differ. After a damaged file, and after one that cannot be opened,
/// reading goes on with the next file: see errors(). One file is open at a time.
///
/// `Open` makes a capture_file, or another reader, of a path. Moving a series invalidates its iterators and the current packet.
template <class Open = detail::open_capture_file>
class basic_capture_series {
    static_assert(std::invocable<Open&, const std::string&>); // no constraint: that would compile capture_file

public:
    /// The reader of one file.
    using capture_type = std::invoke_result_t<Open&, const std::string&>;

    /// Stores the paths; the first call of next() opens the first file. `numbers_before` is the number of the last packet before the
    /// first file, where a longer series is read in parts: the packets and the skipped_parts::numbered_blocks of the parts before.
    explicit basic_capture_series(std::vector<std::string> files, Open open = {}, std::uint64_t numbers_before = 0)
        : files_(std::move(files)), open_(std::move(open)), numbers_before_(numbers_before) {}

    /// Reads the next packet, which is valid until the next call. Returns nullptr at the end of the last file.
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

    /// Reads the next packet and returns an iterator to it. The range begins at the current position.
    [[nodiscard]] detail::packet_iterator<basic_capture_series> begin() {
        return detail::packet_iterator<basic_capture_series>{*this};
    }
    /// The end of the range: no packet is left in any file.
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

    /// The paths of all files.
    [[nodiscard]] const std::vector<std::string>& files() const noexcept { return files_; }
    /// How many files were opened so far, or could not be opened; the last of them is the current one, until it ends.
    [[nodiscard]] std::size_t begun() const noexcept { return begun_; }
    /// The reader of the current file; null before the first file, between two files and after the last.
    [[nodiscard]] const capture_type* current() const noexcept { return open_now_ ? &*open_now_ : nullptr; }

    /// The errors of the files that have ended, in the order of the files.
    [[nodiscard]] const std::vector<series_error>& errors() const noexcept { return errors_; }
    /// Packets delivered so far.
    [[nodiscard]] std::uint64_t packets() const noexcept {
        return packets_before_ + (open_now_ ? open_now_->packets() : 0);
    }
    /// Counts of what was skipped so far, in all files.
    [[nodiscard]] skipped_parts skipped() const noexcept {
        skipped_parts all = skipped_;
        if (open_now_) all.add(open_now_->skipped());
        return all;
    }
    /// Descriptions of the interfaces of all files that were read so far. Each call makes them anew. `packet::interface_id` is an index
    /// into them, unless some are left out: the number of all together is bounded by capture_limits, and
    /// skipped_parts::descriptions counts those left out. Sections are counted over all files, too.
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
            if (interfaces_.size() == capture_limits::max_descriptions ||
                size > capture_limits::max_description_bytes - text_kept_) {
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

/// A series of files.
using capture_series = basic_capture_series<>;

} // namespace tcplens::inline v1
