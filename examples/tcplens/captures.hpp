// SPDX-License-Identifier: MIT
#pragma once

// The captures that a command line names, as one range of packets: files, pipes and standard input, packed or not.

#include "packet_choice.hpp"
#include "unpacked_stream.hpp"

#include <tcplens/capture.hpp>
#include <tcplens/capture/file/capture_series.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace program {

/// What was wrong with a file.
struct file_problem {
    std::string file; ///< as people call it, not escaped
    std::string sentence;
    std::optional<tcplens::capture_error> error{}; ///< what the library says of it, if it is that
};

/// What people call a file.
[[nodiscard]] std::string name_of(const std::string& file);
[[nodiscard]] std::vector<std::string> names_of(const std::vector<std::string>& files);

/// One capture: a file, or a stream that is unpacked where it is packed. It reads as a tcplens::capture_file does.
class input_file {
public:
    /// \param file a path, or "-" for standard input
    explicit input_file(const std::string& file);

    const tcplens::packet* next() {
        if (auto* const plain = std::get_if<tcplens::capture_file>(&reader_)) [[likely]]
            return plain->next();
        return std::get_if<streamed>(&reader_)->reader.next();
    }

    [[nodiscard]] const std::optional<tcplens::capture_error>& error() const noexcept {
        if (const auto* const plain = std::get_if<tcplens::capture_file>(&reader_)) return plain->error();
        return std::get_if<streamed>(&reader_)->reader.error();
    }
    [[nodiscard]] std::uint64_t packets() const noexcept {
        return ask([](const auto& reader) { return reader.packets(); });
    }
    [[nodiscard]] std::vector<tcplens::capture_section> sections() const {
        return ask([](const auto& reader) { return reader.sections(); });
    }
    [[nodiscard]] std::vector<tcplens::capture_interface> interfaces() const {
        return ask([](const auto& reader) { return reader.interfaces(); });
    }
    [[nodiscard]] tcplens::packet_options options() const noexcept {
        return ask([](const auto& reader) { return reader.options(); });
    }
    [[nodiscard]] tcplens::skipped_parts skipped() const noexcept {
        return ask([](const auto& reader) { return reader.skipped(); });
    }

    /// Bytes of the file that were read, packed or not.
    [[nodiscard]] std::uint64_t position() const noexcept;
    /// Whether it is a pipe, a device or standard input, whose end comes when its other end has it.
    [[nodiscard]] bool is_stream() const noexcept { return is_stream_; }
    /// Why unpacking failed; null, or empty, if it did not. It outlives the file.
    [[nodiscard]] std::shared_ptr<const std::string> unpacking_problem() const noexcept;
    /// What is wrong with it so far, if anything is.
    [[nodiscard]] std::optional<file_problem> problem(const std::string& name) const;

private:
    struct stream_filler {
        unpacked_stream* from;
        std::ptrdiff_t operator()(std::span<std::byte> into) { return (*from)(into); }
        [[nodiscard]] auto change() const noexcept { return from->change(); }
    };
    struct streamed {
        std::unique_ptr<unpacked_stream> stream;
        tcplens::capture_reader<tcplens::stream_source<stream_filler>> reader;
        explicit streamed(tcplens::file_stream from);
    };

    template <class Question>
    std::invoke_result_t<Question, const tcplens::capture_file&> ask(Question question) const {
        if (const auto* const plain = std::get_if<tcplens::capture_file>(&reader_)) return question(*plain);
        return question(std::get_if<streamed>(&reader_)->reader);
    }

    static std::variant<tcplens::capture_file, streamed> open(const std::string& file);

    std::variant<tcplens::capture_file, streamed> reader_;
    bool is_stream_;
};

/// Shows on standard error, if that is a terminal and it takes longer than a second, how far reading got.
class progress {
public:
    explicit progress(const std::vector<std::string>& files);
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    ~progress() { clear(); }

    /// Shows how far it got. \param bytes read of the files, in all
    void show(std::uint64_t packets, std::uint64_t bytes);
    /// Takes away what is shown.
    void clear();

private:
    using clock = std::chrono::steady_clock;

    bool is_wanted_;
    bool is_shown_ = false;
    std::uint64_t size_ = 0; ///< of all files; 0 if that of one is not known
    clock::time_point began_ = clock::now();
    clock::time_point next_ = began_ + std::chrono::seconds{1};
};

/// All captures of a command line, in that order, as one range of packets: the packets of each follow those of the one before,
/// whatever their times. Numbers of packets, interfaces and sections go on. After Ctrl-C it ends. Where options choose packets, it has those
/// only.
///
///     captures input{given.files};
///     input.add_to(table); // or for (const tcplens::packet& each : input) { input.number_next(table); … }
///     …
///     return with.conclude(input);
class captures {
public:
    /// \param numbers_before as for tcplens::basic_capture_series
    explicit captures(const capture_list& list, std::uint64_t numbers_before = 0);
    captures(const captures&) = delete;
    captures& operator=(const captures&) = delete;

    /// The next packet, valid until the next call; nullptr at the end.
    const tcplens::packet* next();

    /// Adds all packets to a table, whose connections get their numbers in the whole of the captures.
    template <class Table>
    void add_to(Table& table) {
        if constexpr (requires { table.number_from(std::uint64_t{}); }) {
            while (const tcplens::packet* const found = keeps_numbers() ? next() : nullptr) {
                number_next(table);
                table.add(*found);
            }
        }
        if (!keeps_numbers()) table.add_all(*this);
    }
    /// The connection that begins in the table with the current packet gets its number in the whole of the captures.
    template <class Table>
    void number_next(Table& table) const {
        if (keeps_numbers()) table.number_from(chooser_->connection_number());
    }
    /// Connections are counted among the chosen packets, for a table that is saved.
    void count_chosen_only() noexcept { counts_chosen_only_ = true; }
    /// How many connections there are in the whole, if `in_table` are there in the table that was filled.
    [[nodiscard]] std::uint64_t connections(std::uint64_t in_table) const noexcept {
        return chooser_ ? chooser_->connections() : in_table;
    }

    class iterator {
    public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = tcplens::packet;
        using difference_type = std::ptrdiff_t;

        iterator() = default;
        explicit iterator(captures& of) : of_(&of), packet_(of.next()) {}
        const tcplens::packet& operator*() const { return *packet_; }
        const tcplens::packet* operator->() const { return packet_; }
        iterator& operator++() {
            packet_ = of_->next();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& at, std::default_sentinel_t) { return at.packet_ == nullptr; }

    private:
        captures* of_ = nullptr;
        const tcplens::packet* packet_ = nullptr;
    };
    [[nodiscard]] iterator begin() { return iterator{*this}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

    /// As people call them.
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
    /// The comments and other options of the current packet.
    [[nodiscard]] tcplens::packet_options options() const;
    /// Packets that were chosen so far.
    [[nodiscard]] std::uint64_t packets() const noexcept { return chooser_ ? chosen_ : series_.packets(); }
    /// The time of the first packet that has one: where the capture begins. Absent before it was read.
    [[nodiscard]] const std::optional<tcplens::timestamp>& first_time() const noexcept { return first_time_; }
    [[nodiscard]] tcplens::skipped_parts skipped() const noexcept { return series_.skipped(); }
    [[nodiscard]] std::vector<tcplens::capture_interface> interfaces() const { return series_.interfaces(); }
    /// What went wrong so far, with the files' names.
    [[nodiscard]] std::vector<file_problem> problems() const;

private:
    struct opener {
        captures* owner;
        input_file operator()(const std::string& file) const;
    };

    [[nodiscard]] bool keeps_numbers() const noexcept { return chooser_ && !counts_chosen_only_; }
    const tcplens::packet* next_of_all();
    void look();
    [[nodiscard]] bool has_to_stop() const;

    std::vector<std::string> names_;
    std::vector<std::shared_ptr<const std::string>> unpacking_problems_{}; ///< by file
    std::uint64_t bytes_before_ = 0;                                       ///< of the files that have ended
    std::uint64_t size_now_ = 0;                                           ///< of the file that is open
    tcplens::basic_capture_series<opener> series_;
    std::optional<packet_chooser> chooser_{};
    std::uint64_t chosen_ = 0; ///< by it
    bool counts_chosen_only_ = false;
    progress progress_;
    std::uint32_t since_look_ = 0;
    std::optional<tcplens::timestamp> first_time_{};
    bool stopped_ = false; ///< by Ctrl-C
};

} // namespace program
