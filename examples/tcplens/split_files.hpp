// SPDX-License-Identifier: MIT
#pragma once

// Many captures that are written at the same time, with a bounded number of open files.

#include "captures.hpp"
#include "connection_survey.hpp"
#include "frame_output.hpp"

#include <tcplens/capture/write/pcap_writer.hpp>
#include <tcplens/capture/write/pcapng_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace program {

/// One capture for each connection, in a folder. The captures have other names until close(); without it they are removed.
class split_files {
public:
    struct options {
        std::string folder{};
        written_format format = written_format::pcapng;
        bool nanoseconds = true;
        std::optional<std::uint8_t> fcs_bits{};
        std::uint64_t connections = 0; ///< the numbers are below that
    };

    explicit split_files(options how);
    split_files(const split_files&) = delete;
    split_files& operator=(const split_files&) = delete;
    ~split_files();

    /// The path of a capture that would take the place of one that is read.
    [[nodiscard]] std::optional<std::string> find_input(const connection_survey& told,
                                                        const std::vector<std::string>& inputs) const;
    /// Writes the packet that was read last. False after an error.
    bool write(std::uint64_t connection, const tcplens::packet& next, const captures& from);
    /// All captures get their names. False after an error.
    bool close();

    [[nodiscard]] const std::optional<tcplens::write_error>& error() const noexcept { return error_; }
    [[nodiscard]] const std::string& failed_path() const noexcept { return failed_path_; }

private:
    /// Appends to a file. Writers begin with headers: those that the file has already are left out.
    class appender {
    public:
        enum class headers { keep, skip_pcap, skip_section_and_interface };

        appender(const std::string& path, headers what);

        /// How many bytes were taken, or -errno.
        std::ptrdiff_t write(std::span<const std::byte> bytes) noexcept;
        /// Closes the file. Returns 0, or an errno.
        int close() noexcept;

    private:
        struct closer {
            void operator()(std::FILE* file) const noexcept { std::fclose(file); }
        };
        std::unique_ptr<std::FILE, closer> file_;
        int system_error_ = 0;
        headers headers_;
        std::size_t left_to_skip_ = 0;
    };
    struct append {
        appender* to;
        std::ptrdiff_t operator()(std::span<const std::byte> bytes) const noexcept { return to->write(bytes); }
    };
    using any_writer = std::variant<tcplens::pcap_writer<append>, tcplens::pcapng_writer<append>>;

    /// What is remembered of a capture that is not open.
    struct capture_state {
        bool exists = false;
        bool is_plain =
            true; ///< it has one interface and one section, so that packets can follow without another section
        std::uint32_t interface_id = 0;
        tcplens::link_type link{};
    };
    struct open_capture {
        std::uint64_t connection;
        std::unique_ptr<appender> file; ///< the writer points to it
        any_writer writer;
    };

    [[nodiscard]] std::string path_of(std::uint64_t connection) const;
    [[nodiscard]] std::string part_of(std::uint64_t connection) const;
    [[nodiscard]] open_capture& open(std::uint64_t connection, const tcplens::packet& first);
    bool close_last();
    bool fail(std::uint64_t connection, const std::optional<tcplens::write_error>& why);

    options how_;
    std::string ending_; ///< of names until close()
    std::vector<capture_state> captures_{};
    std::list<open_capture> open_{}; ///< the one that was written last comes first
    std::unordered_map<std::uint64_t, std::list<open_capture>::iterator> places_{};
    std::optional<tcplens::write_error> error_{};
    std::string failed_path_{};
};

} // namespace program
