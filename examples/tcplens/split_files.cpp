// SPDX-License-Identifier: MIT
#include "split_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

namespace program {

namespace {

namespace fs = std::filesystem;

/// As many as a process may open on every system that is likely (POSIX asks for 20, Linux gives 1024, macOS 256), half of them left.
constexpr std::size_t most_open = 128;

std::string unique_ending() {
    std::random_device random;
    return "." + std::to_string(random()) + ".part";
}

} // namespace

// --- appender

split_files::appender::appender(const std::string& path, headers what)
    : file_(std::fopen(path.c_str(), "ab")), headers_(what) {
    if (!file_) system_error_ = errno;
    else std::setvbuf(file_.get(), nullptr, _IONBF, 0); // writers collect
}

std::ptrdiff_t split_files::appender::write(std::span<const std::byte> bytes) noexcept {
    if (system_error_ != 0) return -system_error_;
    constexpr std::size_t pcap_header = 24;
    const auto length_at = [&](std::size_t place) { // the total length of a block of pcapng
        std::uint32_t length = 0;
        if (place + 8 <= bytes.size()) std::memcpy(&length, bytes.data() + place + 4, sizeof length);
        return std::size_t{length};
    };
    if (headers_ == headers::skip_pcap) {
        left_to_skip_ = pcap_header;
    } else if (headers_ == headers::skip_section_and_interface) {
        left_to_skip_ = length_at(0);
        left_to_skip_ += length_at(left_to_skip_);
    }
    headers_ = headers::keep;
    const std::size_t skipped = std::min(left_to_skip_, bytes.size());
    left_to_skip_ -= skipped;
    const std::span<const std::byte> rest = bytes.subspan(skipped);
    if (rest.empty()) return static_cast<std::ptrdiff_t>(skipped);
    errno = 0;
    const std::size_t written = std::fwrite(rest.data(), 1, rest.size(), file_.get());
    if (written + skipped == 0) return errno == 0 ? -EIO : -errno;
    return static_cast<std::ptrdiff_t>(written + skipped);
}

int split_files::appender::close() noexcept {
    if (system_error_ != 0 || !file_) return system_error_;
    errno = 0;
    if (std::fclose(file_.release()) == 0) return 0;
    return errno == 0 ? EIO : errno;
}

// --- split_files

split_files::split_files(options how)
    : how_(std::move(how)), ending_(unique_ending()), captures_(static_cast<std::size_t>(how_.connections)) {}

split_files::~split_files() {
    open_.clear();
    for (std::size_t number = 0; number < captures_.size(); ++number) {
        if (captures_[number].exists) std::remove(part_of(number).c_str());
    }
}

std::string split_files::path_of(std::uint64_t connection) const {
    const std::size_t width = std::to_string(how_.connections - 1).size();
    std::string number = std::to_string(connection);
    number.insert(0, width - std::min(width, number.size()), '0');
    const std::string name = "connection-" + number + (how_.format == written_format::pcap ? ".pcap" : ".pcapng");
    return (fs::path{how_.folder} / name).string();
}

std::string split_files::part_of(std::uint64_t connection) const {
    return path_of(connection) + ending_;
}

std::optional<std::string> split_files::find_input(const connection_survey& told,
                                                   const std::vector<std::string>& inputs) const {
    for (std::uint64_t number = 0; number < how_.connections; ++number) {
        if (!told.is_chosen(number)) continue;
        const std::string path = path_of(number);
        std::error_code failed;
        const auto is_same = [&](const std::string& input) { return fs::equivalent(path, input, failed); };
        if (fs::exists(path, failed) && std::ranges::any_of(inputs, is_same)) return path;
    }
    return std::nullopt;
}

split_files::open_capture& split_files::open(std::uint64_t connection, const tcplens::packet& first) {
    capture_state& state = captures_[static_cast<std::size_t>(connection)];
    using enum appender::headers;
    appender::headers headers = keep;
    const bool is_pcap = how_.format == written_format::pcap;
    if (state.exists) {
        const bool is_same = state.interface_id == first.interface_id && state.link == first.link && first.has_time &&
                             first.time.time_since_epoch().count() >= 0;
        if (is_pcap) headers = skip_pcap;
        else if (state.is_plain && is_same) headers = skip_section_and_interface;
        else state.is_plain = false;
    } else {
        state = {.exists = true, .interface_id = first.interface_id, .link = first.link};
    }
    auto file = std::make_unique<appender>(part_of(connection), headers);
    const append to{file.get()};
    if (is_pcap) {
        const tcplens::pcap_writer<append>::options how{
            .link = state.link, .nanoseconds = how_.nanoseconds, .fcs_bits = how_.fcs_bits};
        open_.push_front({connection, std::move(file), any_writer{std::in_place_index<0>, to, how}});
    } else {
        open_.push_front({connection, std::move(file), any_writer{std::in_place_index<1>, to}});
    }
    places_[connection] = open_.begin();
    return open_.front();
}

bool split_files::write(std::uint64_t connection, const tcplens::packet& next, const captures& from) {
    const auto place = places_.find(connection);
    if (place != places_.end()) open_.splice(open_.begin(), open_, place->second);
    else if (open_.size() >= most_open && !close_last()) return false;
    open_capture& to = place != places_.end() ? open_.front() : open(connection, next);

    capture_state& state = captures_[static_cast<std::size_t>(connection)];
    if (next.interface_id != state.interface_id || next.link != state.link || !next.has_time ||
        next.time.time_since_epoch().count() < 0)
        state.is_plain = false;
    if (auto* const pcap = std::get_if<0>(&to.writer)) return pcap->write(next) || fail(connection, pcap->error());
    auto& pcapng = *std::get_if<1>(&to.writer);
    return pcapng.write(next, from) || fail(connection, pcapng.error());
}

bool split_files::close_last() {
    open_capture& last = open_.back();
    const std::uint64_t connection = last.connection;
    const bool written = std::visit([](auto& writer) { return writer.close(); }, last.writer);
    const std::optional<tcplens::write_error> why =
        std::visit([](const auto& writer) { return writer.error(); }, last.writer);
    const int failed = last.file->close();
    places_.erase(connection);
    open_.pop_back();
    if (!written) return fail(connection, why);
    if (failed == 0) return true;
    return fail(connection,
                tcplens::write_error{.code = tcplens::write_error::reason::write_failed, .system_error = failed});
}

bool split_files::close() {
    while (!open_.empty()) {
        if (!close_last()) return false;
    }
    for (std::size_t number = 0; number < captures_.size(); ++number) {
        if (!captures_[number].exists) continue;
        std::error_code failed;
        fs::rename(part_of(number), path_of(number), failed);
        if (failed) {
            return fail(number, tcplens::write_error{.code = tcplens::write_error::reason::replace_failed,
                                                     .system_error = failed.value()});
        }
        captures_[number].exists = false;
    }
    return true;
}

bool split_files::fail(std::uint64_t connection, const std::optional<tcplens::write_error>& why) {
    failed_path_ = path_of(connection);
    error_ = why.value_or(tcplens::write_error{.code = tcplens::write_error::reason::write_failed});
    if (error_->code == tcplens::write_error::reason::write_failed && error_->offset == 0)
        error_->code = tcplens::write_error::reason::open_failed;
    return false;
}

} // namespace program
