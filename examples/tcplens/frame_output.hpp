// SPDX-License-Identifier: MIT
#pragma once

// A capture that is written, in the format that its name asks for.

#include "captures.hpp"
#include "command_line.hpp"
#include "session.hpp"

#include <tcplens/capture/write/output_file.hpp>
#include <tcplens/capture/write/pcap_writer.hpp>
#include <tcplens/capture/write/pcapng_writer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace program {

enum class written_format { pcap, pcapng };

/// The format that the name of a file asks for: pcap where it ends with .pcap, .cap or .dmp; pcapng otherwise.
/// \throws usage_error if it asks for something that is not written, such as .gz
[[nodiscard]] written_format format_of(std::string_view name);

/// Writes packets to a file, or to standard output.
class frame_output {
public:
    struct options {
        written_format format = written_format::pcapng;
        bool nanoseconds = true; ///< of pcap; pcapng has those of the interfaces
        std::optional<std::uint8_t> fcs_bits{};
    };

    frame_output(tcplens::output_file to, const options& how);

    /// Writes the packet that was read last, with a comment of ours where the format has any. False after an error.
    bool write(const tcplens::packet& next, const captures& from, std::string_view comment = {});
    /// The file takes its place. False after an error.
    bool close();
    [[nodiscard]] const std::optional<tcplens::write_error>& error() const noexcept;

private:
    static std::variant<tcplens::pcap_writer<>, tcplens::pcapng_writer<>> make(tcplens::output_file to,
                                                                               const options& how);

    std::variant<tcplens::pcap_writer<>, tcplens::pcapng_writer<>> writer_;
};

/// Opens what is to be written: a path, or "-" for standard output. `inputs` are read.
[[nodiscard]] tcplens::output_file open_output(const std::string& path, const std::vector<std::string>& inputs);
/// Says why a file could not be written. Returns the status for that.
exit_status complain_of_output(const session& with, const std::string& path,
                               const std::optional<tcplens::write_error>& error);

} // namespace program
