// SPDX-License-Identifier: MIT
#include "split_files.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
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

int split_files::appender::open(const std::string& path) noexcept {
    errno = 0;
    file_.reset(std::fopen(path.c_str(), "ab"));
    if (!file_) return errno == 0 ? EIO : errno;
    std::setvbuf(file_.get(), nullptr, _IONBF, 0); // writers collect
    return 0;
}

std::ptrdiff_t split_files::appender::write(std::span<const std::byte> bytes) noexcept {
    errno = 0;
    const std::size_t written = std::fwrite(bytes.data(), 1, bytes.size(), file_.get());
    if (written == 0) return errno == 0 ? -EIO : -errno;
    return static_cast<std::ptrdiff_t>(written);
}

int split_files::appender::close() noexcept {
    errno = 0;
    if (std::fclose(file_.release()) == 0) return 0;
    return errno == 0 ? EIO : errno;
}

// --- split_files

split_files::split_files(options how)
    : how_(std::move(how)), ending_(unique_ending()), captures_(static_cast<std::size_t>(how_.connections)) {}

split_files::~split_files() {
    for (std::size_t number = 0; number < captures_.size(); ++number) {
        if (!captures_[number]) continue;
        captures_[number].reset();
        std::remove(part_of(number).c_str());
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

std::string split_files::find_obstacle(const connection_survey& told, const std::vector<std::string>& inputs) {
    for (std::uint64_t number = 0; number < how_.connections; ++number) {
        if (!told.is_chosen(number)) continue;
        failed_path_ = path_of(number);
        std::error_code failed;
        const fs::file_status there = fs::symlink_status(failed_path_, failed);
        if (!fs::exists(there)) continue;
        const auto is_same = [&](const std::string& input) { return fs::equivalent(failed_path_, input, failed); };
        if (std::ranges::any_of(inputs, is_same))
            return to_string(tcplens::write_error{.code = tcplens::write_error::reason::is_input});
        if (!fs::is_regular_file(there)) return "is no regular file and is not replaced.";
    }
    failed_path_.clear();
    return {};
}

split_files::written_capture* split_files::open(std::uint64_t connection, const tcplens::packet& next) {
    std::unique_ptr<written_capture>& place = captures_[static_cast<std::size_t>(connection)];
    if (place && place->place) {
        open_.splice(open_.begin(), open_, *place->place);
        return place.get();
    }
    if (open_.size() >= most_open && !close_last()) return nullptr;
    if (!place) place = std::make_unique<written_capture>();
    written_capture& opened = *place;
    int failed = opened.file.open(part_of(connection));
    while ((failed == EMFILE || failed == ENFILE) && !open_.empty()) { // the system allows fewer
        if (!close_last()) return nullptr;
        failed = opened.file.open(part_of(connection));
    }
    if (failed != 0) {
        fail(connection,
             tcplens::write_error{.code = tcplens::write_error::reason::open_failed, .system_error = failed});
        return nullptr;
    }
    opened.place = open_.insert(open_.begin(), connection);
    if (opened.writer) return &opened;
    const append to{&opened.file};
    if (how_.format == written_format::pcap) {
        const tcplens::pcap_writer<append>::options how{
            .link = next.link, .nanoseconds = how_.nanoseconds, .fcs_bits = how_.fcs_bits};
        opened.writer.emplace(std::in_place_index<0>, to, how);
    } else {
        opened.writer.emplace(std::in_place_index<1>, to);
    }
    return &opened;
}

bool split_files::write(std::uint64_t connection, const tcplens::packet& next, const captures& from) {
    written_capture* const to = open(connection, next);
    if (to == nullptr) return false;
    if (auto* const pcap = std::get_if<0>(&*to->writer)) return pcap->write(next) || fail(connection, pcap->error());
    auto& pcapng = *std::get_if<1>(&*to->writer);
    return pcapng.write(next, from) || fail(connection, pcapng.error());
}

bool split_files::close_last() {
    const std::uint64_t connection = open_.back();
    written_capture& last = *captures_[static_cast<std::size_t>(connection)];
    const bool written = std::visit([](auto& writer) { return writer.release_buffer(); }, *last.writer);
    const std::optional<tcplens::write_error> why =
        std::visit([](const auto& writer) { return writer.error(); }, *last.writer);
    const int failed = last.file.close();
    last.place.reset();
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
        if (!captures_[number]) continue;
        std::error_code failed;
        fs::rename(part_of(number), path_of(number), failed);
        if (failed) {
            return fail(number, tcplens::write_error{.code = tcplens::write_error::reason::replace_failed,
                                                     .system_error = failed.value()});
        }
        captures_[number].reset();
    }
    return true;
}

bool split_files::fail(std::uint64_t connection, const std::optional<tcplens::write_error>& why) {
    failed_path_ = path_of(connection);
    error_ = why.value_or(tcplens::write_error{.code = tcplens::write_error::reason::write_failed});
    return false;
}

} // namespace program
