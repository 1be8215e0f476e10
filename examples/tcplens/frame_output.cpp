// SPDX-License-Identifier: MIT
#include "frame_output.hpp"

#include "output_file.hpp"
#include "text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace program {

namespace {

bool ends_with(std::string_view name, std::string_view ending) {
    const auto lower = [](char each) {
        return each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each;
    };
    return name.size() >= ending.size() &&
           std::ranges::equal(name.substr(name.size() - ending.size()), ending, {}, lower);
}

} // namespace

written_format format_of(std::string_view name) {
    for (const std::string_view packed : {".gz", ".zst", ".xz", ".bz2", ".lz4", ".zip"}) {
        if (ends_with(name, packed)) {
            throw usage_error{"tcplens writes no packed captures: give '" + escaped(name) + "' a name without " +
                              std::string{packed} + ", and pack it afterwards."};
        }
    }
    const auto is_ending = [&](std::string_view ending) { return ends_with(name, ending); };
    const bool is_pcap = is_ending(".pcap") || is_ending(".cap") || is_ending(".dmp");
    return is_pcap ? written_format::pcap : written_format::pcapng;
}

std::variant<tcplens::pcap_writer<>, tcplens::pcapng_writer<>> frame_output::make(tcplens::output_file to,
                                                                                  const options& how) {
    using writer = std::variant<tcplens::pcap_writer<>, tcplens::pcapng_writer<>>;
    if (how.format == written_format::pcapng)
        return writer{std::in_place_type<tcplens::pcapng_writer<>>, std::move(to)};
    const tcplens::pcap_writer<>::options pcap{.nanoseconds = how.nanoseconds, .fcs_bits = how.fcs_bits};
    return writer{std::in_place_type<tcplens::pcap_writer<>>, std::move(to), pcap};
}

frame_output::frame_output(tcplens::output_file to, const options& how) : writer_(make(std::move(to), how)) {}

bool frame_output::write(const tcplens::packet& next, const captures& from, std::string_view comment) {
    if (auto* const pcap = std::get_if<tcplens::pcap_writer<>>(&writer_)) return pcap->write(next);
    return std::get_if<tcplens::pcapng_writer<>>(&writer_)->write(next, from, comment);
}

bool frame_output::close() {
    return std::visit([](auto& writer) { return writer.close(); }, writer_);
}

const std::optional<tcplens::write_error>& frame_output::error() const noexcept {
    if (const auto* const pcap = std::get_if<tcplens::pcap_writer<>>(&writer_)) return pcap->error();
    return std::get_if<tcplens::pcapng_writer<>>(&writer_)->error();
}

tcplens::output_file open_output(const std::string& path, const std::vector<std::string>& inputs) {
    return is_standard_output(path) ? tcplens::output_file::standard_output() : tcplens::output_file{path, inputs};
}

exit_status complain_of_output(const session& with, const std::string& path,
                               const std::optional<tcplens::write_error>& error) {
    with.complain(path == "-" ? "standard output" : path, error ? to_string(*error) : "writing failed.");
    return exit_status::bad_usage;
}

} // namespace program
