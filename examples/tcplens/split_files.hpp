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

    /// Finds a capture that cannot take its place: failed_path(). Says why; nothing if there is none.
    [[nodiscard]] std::string find_obstacle(const connection_survey& told, const std::vector<std::string>& inputs);
    /// Writes the packet that was read last. False after an error.
    bool write(std::uint64_t connection, const tcplens::packet& next, const captures& from);
    /// All captures get their names. False after an error.
    bool close();

    [[nodiscard]] const std::optional<tcplens::write_error>& error() const noexcept { return error_; }
    [[nodiscard]] const std::string& failed_path() const noexcept { return failed_path_; }

private:
    /// A file that is appended to, and need not be open all the time.
    class appender {
    public:
        /// Opens the file. Returns 0, or an errno.
        int open(const std::string& path) noexcept;
        /// How many bytes were taken, or -errno.
        std::ptrdiff_t write(std::span<const std::byte> bytes) noexcept;
        /// Closes the file. Returns 0, or an errno.
        int close() noexcept;

    private:
        struct closer {
            void operator()(std::FILE* file) const noexcept { std::fclose(file); }
        };
        std::unique_ptr<std::FILE, closer> file_{};
    };
    struct append {
        appender* to;
        std::ptrdiff_t operator()(std::span<const std::byte> bytes) const noexcept { return to->write(bytes); }
    };
    using any_writer = std::variant<tcplens::pcap_writer<append>, tcplens::pcapng_writer<append>>;

    /// A capture. Its writer knows which interfaces the file describes, also while the file is closed; it has no buffer then.
    struct written_capture {
        appender file{};
        std::optional<any_writer> writer{};
        std::optional<std::list<std::uint64_t>::iterator> place{}; ///< in the list of those that are open
    };

    [[nodiscard]] std::string path_of(std::uint64_t connection) const;
    [[nodiscard]] std::string part_of(std::uint64_t connection) const;
    /// The capture, open; nullptr after an error.
    [[nodiscard]] written_capture* open(std::uint64_t connection, const tcplens::packet& next);
    bool close_last();
    bool fail(std::uint64_t connection, const std::optional<tcplens::write_error>& why);

    options how_;
    std::string ending_; ///< of names until close()
    std::vector<std::unique_ptr<written_capture>> captures_{};
    std::list<std::uint64_t> open_{}; ///< the one that was written last comes first
    std::optional<tcplens::write_error> error_{};
    std::string failed_path_{};
};

} // namespace program
