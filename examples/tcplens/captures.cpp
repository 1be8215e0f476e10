// SPDX-License-Identifier: MIT
#include "captures.hpp"

#include "interruption.hpp"
#include "terminal.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>

namespace program {

namespace {

namespace files = std::filesystem;

bool is_packed(const std::string& file) {
    tcplens::file_stream stream{file};
    std::array<std::byte, 4> begin{};
    if (stream.error() || stream(begin) < 4) return false;
    return can_unpack(packing_of(begin));
}

/// The size of a regular file, else 0.
std::uint64_t size_of(const std::string& file) {
    std::error_code failed;
    if (file == "-" || !files::is_regular_file(file, failed)) return 0;
    const std::uintmax_t size = files::file_size(file, failed);
    return failed ? 0 : size;
}

/// Where unpacking failed, that is the reason for whatever the capture lacks.
std::optional<file_problem> describe(const std::string& name, const std::string* unpacking,
                                     const std::optional<tcplens::capture_error>& error) {
    std::string sentences = unpacking == nullptr ? std::string{} : *unpacking;
    if (error && sentences.empty()) {
        sentences = to_string(*error); // goes on behind the name and a colon
    } else if (error) {
        std::string sentence = to_string(*error);
        if (!sentence.empty() && sentence[0] >= 'a' && sentence[0] <= 'z') sentence[0] -= 'a' - 'A';
        sentences += " " + sentence;
    }
    if (sentences.empty()) return std::nullopt;
    return file_problem{name, std::move(sentences), error};
}

} // namespace

std::string name_of(const std::string& file) {
    return file == "-" ? "standard input" : file;
}

std::vector<std::string> names_of(const std::vector<std::string>& files) {
    std::vector<std::string> names;
    for (const std::string& each : files) names.push_back(name_of(each));
    return names;
}

// --- input_file

input_file::streamed::streamed(tcplens::file_stream from)
    : stream(std::make_unique<unpacked_stream>(std::move(from))),
      reader(tcplens::stream_source<stream_filler>{stream_filler{stream.get()}}) {}

std::variant<tcplens::capture_file, input_file::streamed> input_file::open(const std::string& file) {
    using reader = std::variant<tcplens::capture_file, streamed>;
    if (file == "-") return reader{std::in_place_type<streamed>, tcplens::file_stream::standard_input()};
    std::error_code failed;
    const files::file_status status = files::status(file, failed);
    const bool is_stream = files::exists(status) && !files::is_regular_file(status) && !files::is_directory(status);
    if (is_stream || (files::is_regular_file(status) && is_packed(file))) {
        tcplens::file_stream stream{file};
        if (!stream.error()) return reader{std::in_place_type<streamed>, std::move(stream)};
    }
    return reader{std::in_place_type<tcplens::capture_file>, file};
}

input_file::input_file(const std::string& file) : reader_(open(file)) {
    std::error_code failed;
    is_stream_ = file == "-" ? !files::is_regular_file("/dev/stdin", failed) : !files::is_regular_file(file, failed);
}

std::uint64_t input_file::position() const noexcept {
    if (const auto* const plain = std::get_if<tcplens::capture_file>(&reader_)) return plain->position();
    return std::get_if<streamed>(&reader_)->stream->position();
}

std::shared_ptr<const std::string> input_file::unpacking_problem() const noexcept {
    const auto* const stream = std::get_if<streamed>(&reader_);
    return stream == nullptr ? nullptr : stream->stream->problem();
}

std::optional<file_problem> input_file::problem(const std::string& name) const {
    return describe(name, unpacking_problem().get(), error());
}

// --- progress

progress::progress(const std::vector<std::string>& files) : is_wanted_(standard_error_is_terminal()) {
    for (const std::string& each : files) {
        const std::uint64_t size = size_of(each);
        if (size == 0) {
            size_ = 0;
            return;
        }
        size_ += size;
    }
}

void progress::show(std::uint64_t packets, std::uint64_t bytes) {
    const clock::time_point now = clock::now();
    if (!is_wanted_ || now < next_) return;
    next_ = now + std::chrono::milliseconds{250};
    is_shown_ = true;
    const double seconds = std::chrono::duration<double>{now - began_}.count();
    const double rate = static_cast<double>(bytes) / seconds;
    std::string line = grouped(packets) + " packets, " + bytes_text(bytes);
    if (size_ > 0 && bytes <= size_)
        line += " of " + bytes_text(size_) + ", " + std::to_string(bytes * 100 / size_) + " %";
    line += ", " + rate_text(rate);
    if (size_ > bytes && rate > 0) {
        const double left = static_cast<double>(size_ - bytes) / rate;
        line += ", " + duration_text(std::chrono::seconds{static_cast<std::int64_t>(left + 1)}) + " left";
    }
    std::cerr << '\r' << line << "\x1b[K" << std::flush;
}

void progress::clear() {
    if (is_shown_) std::cerr << "\r\x1b[K" << std::flush;
    is_shown_ = false;
}

// --- captures

input_file captures::opener::operator()(const std::string& file) const {
    input_file opened{file};
    owner->unpacking_problems_.push_back(opened.unpacking_problem());
    owner->bytes_before_ += std::exchange(owner->size_now_, size_of(file));
    return opened;
}

captures::captures(const capture_list& list, std::uint64_t numbers_before)
    : names_(names_of(list)), series_(list, opener{this}, numbers_before), progress_(list) {
    if (!list.choice.chooses_all()) chooser_.emplace(list.choice);
    watch_for_interruption();
}

bool captures::has_to_stop() const {
    const input_file* const now = series_.current();
    return now == nullptr || !now->is_stream(); // a stream ends by itself, so that nothing of it is lost
}

const tcplens::packet* captures::next() {
    for (;;) {
        const tcplens::packet* const found = next_of_all();
        if (!chooser_ || found == nullptr) [[likely]]
            return found;
        if (!(*chooser_)(*found)) continue;
        ++chosen_;
        return found;
    }
}

const tcplens::packet* captures::next_of_all() {
    constexpr std::uint32_t packets_between_looks = 1u << 14; // a look at the clock costs more than a packet
    if (interrupted() && (stopped_ || has_to_stop())) [[unlikely]] {
        stopped_ = true;
        progress_.clear();
        return nullptr;
    }
    if (++since_look_ == packets_between_looks) [[unlikely]] {
        look();
        since_look_ = 0;
    }
    const tcplens::packet* const found = series_.next();
    if (found == nullptr) [[unlikely]] {
        progress_.clear();
        stop_watching_for_interruption();
    }
    if (!first_time_ && found != nullptr && found->has_time) [[unlikely]]
        first_time_ = tcplens::detail::clamp_for_arithmetic(found->time);
    return found;
}

void captures::look() {
    const input_file* const now = series_.current();
    progress_.show(series_.packets(), bytes_before_ + (now == nullptr ? 0 : now->position()));
}

tcplens::packet_options captures::options() const {
    const input_file* const now = series_.current();
    return now == nullptr ? tcplens::packet_options{} : now->options();
}

std::vector<file_problem> captures::problems() const {
    std::vector<file_problem> all;
    for (std::size_t file = 0; file < unpacking_problems_.size(); ++file) {
        const auto found = std::ranges::find(series_.errors(), file, &tcplens::series_error::file);
        const bool is_error = found != series_.errors().end();
        std::optional<file_problem> problem = describe(names_[file], unpacking_problems_[file].get(),
                                                       is_error ? std::optional{found->error} : std::nullopt);
        if (problem) all.push_back(*std::move(problem));
    }
    if (chooser_) {
        if (const auto problem = chooser_->problem()) all.push_back({"--filter", *problem, {}});
    }
    if (stopped_) {
        const std::size_t file = std::max<std::size_t>(series_.begun(), 1) - 1;
        all.push_back({names_[file],
                       "Reading was interrupted: the answer is for the " +
                           counted(series_.packets(), "packet", "packets") + " before.",
                       {}});
    }
    return all;
}

} // namespace program
