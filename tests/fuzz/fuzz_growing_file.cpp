// SPDX-License-Identifier: MIT
#include "reader_invariants.hpp"

#include <tcplens/capture/file/capture_file.hpp>
#include <tcplens/capture/file/capture_reader.hpp>
#include <tcplens/capture/source/file_stream.hpp>
#include <tcplens/capture/source/memory_source.hpp>
#include <tcplens/capture/source/stream_source.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <utility>

namespace {

/// A file in the folder for temporary files, which another program writes: it grows by pieces whose sizes go round.
class growing_file {
public:
    growing_file(std::span<const std::byte> whole, std::span<const std::byte> sizes) : left_(whole), sizes_(sizes) {
        out_ = std::fopen(path().string().c_str(), "wb");
        require(out_ != nullptr);
        std::setbuf(out_, nullptr);
    }
    growing_file(const growing_file&) = delete;
    growing_file& operator=(const growing_file&) = delete;
    ~growing_file() { std::fclose(out_); }

    [[nodiscard]] static const std::filesystem::path& path() {
        struct owned {
            std::filesystem::path name =
                std::filesystem::temp_directory_path() / ("tcplens_fuzz_" + std::to_string(std::random_device{}()));
            ~owned() {
                std::error_code ignored;
                std::filesystem::remove(name, ignored);
            }
        };
        static const owned file;
        return file.name;
    }

    /// Appends the next piece. A size of 0 is none: the writer is slow.
    void grow() {
        const auto choice = std::to_integer<std::size_t>(sizes_[turn_++ % sizes_.size()]);
        append(choice < 0xf0 ? choice : std::size_t{1} << (choice - 0xe8)); // up to 8 MiB
    }
    /// Appends a byte at least, unless nothing is left.
    void grow_surely() {
        const std::size_t before = written_;
        grow();
        if (written_ == before) append(1);
    }
    /// Cuts the file to half of what it has.
    void shrink() {
        std::filesystem::resize_file(path(), written_ / 2);
        written_ /= 2;
        left_ = {};
    }
    [[nodiscard]] std::size_t written() const noexcept { return written_; }

private:
    void append(std::size_t most) {
        const auto piece = left_.first(std::min(most, left_.size()));
        require(std::fwrite(piece.data(), 1, piece.size(), out_) == piece.size());
        written_ += piece.size();
        left_ = left_.subspan(piece.size());
    }

    std::span<const std::byte> left_;
    std::span<const std::byte> sizes_;
    std::size_t turn_ = 0;
    std::size_t written_ = 0;
    std::FILE* out_ = nullptr;
};

/// A file that has grown whenever a reader asks for more.
struct grown_when_read {
    growing_file* writer;
    tcplens::file_stream file;

    std::ptrdiff_t operator()(std::span<std::byte> buffer) noexcept {
        writer->grow_surely();
        return file(buffer);
    }
};

void require_same(const tcplens::packet& a, const tcplens::packet& b) {
    require(a.time == b.time && a.has_time == b.has_time && a.number == b.number);
    require(std::ranges::equal(a.bytes, b.bytes));
    require(a.wire_length == b.wire_length && a.link == b.link && a.interface_id == b.interface_id);
}

template <class Expected, class Actual>
void require_same_end(Expected& expected, Actual& actual) {
    require(expected.next() == nullptr && actual.next() == nullptr);
    require(expected.packets() == actual.packets());
    require(expected.error() == actual.error());
    require(expected.sections() == actual.sections());
    require(expected.interfaces() == actual.interfaces());
    require(expected.skipped() == actual.skipped());
}

/// What is appended before the end is reached is read, as if it had been there from the beginning.
void read_while_it_grows(std::span<const std::byte> input, std::span<const std::byte> sizes) {
    growing_file writer{input, sizes};
    tcplens::capture_reader actual{
        tcplens::stream_source{grown_when_read{&writer, tcplens::file_stream{growing_file::path()}}}};
    tcplens::capture_reader expected{tcplens::memory_source{input}};
    while (const tcplens::packet* const each = expected.next()) {
        const tcplens::packet* const same = actual.next();
        require(same != nullptr);
        require_same(*each, *same);
        require(expected.position() == actual.position());
    }
    require_same_end(expected, actual);
}

/// A capture_file that comes to an end has read what the file had, and takes nothing of what is appended later.
void read_to_its_end(std::span<const std::byte> input, std::span<const std::byte> sizes) {
    growing_file writer{input, sizes};
    writer.grow();
    tcplens::capture_file actual{growing_file::path()};
    tcplens::capture_reader expected{tcplens::memory_source{input.first(writer.written())}};
    while (const tcplens::packet* const each = expected.next()) {
        const tcplens::packet* const same = actual.next();
        require(same != nullptr);
        require_same(*each, *same);
    }
    require(actual.next() == nullptr);
    writer.grow_surely();
    require_same_end(expected, actual);
}

/// Of a file that is cut, each packet that is told is one that was there.
void read_while_it_shrinks(std::span<const std::byte> input, std::span<const std::byte> sizes, std::size_t cut_behind) {
    growing_file writer{input, sizes};
    while (writer.written() < input.size()) writer.grow_surely();
    tcplens::capture_file actual{growing_file::path()};
    tcplens::capture_reader expected{tcplens::memory_source{input}};
    std::size_t packets = 0;
    while (const tcplens::packet* const each = actual.next()) {
        const tcplens::packet* const same = expected.next();
        require(same != nullptr);
        require_same(*each, *same);
        if (++packets == cut_behind) writer.shrink();
    }
    require(actual.packets() == packets);
    if (actual.error()) require(to_string(*actual.error()).ends_with('.'));
}

} // namespace

// Input: how many sizes, the sizes, the capture: as fuzz_stream has it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto input = std::as_bytes(std::span{data, size});
    if (input.empty()) return 0;
    const auto first = std::to_integer<std::size_t>(input[0]);
    const std::size_t count = first % 16 + 1;
    input = input.subspan(1);
    if (input.size() < count) return 0;
    const auto sizes = input.first(count);
    input = input.subspan(count);
    read_while_it_grows(input, sizes);
    read_to_its_end(input, sizes);
    read_while_it_shrinks(input, sizes, first / 16 + 1);
    return 0;
}
