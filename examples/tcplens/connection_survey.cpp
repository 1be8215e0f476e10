// SPDX-License-Identifier: MIT
#include "connection_survey.hpp"

#include "fragment_frames.hpp"
#include "interruption.hpp"
#include "text.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace program {

/// Notes of which connections the current packet quotes segments in ICMP errors.
struct quote_observer {
    static constexpr auto hooks = tcplens::observer_hooks::notices;
    struct facts {
        void swap_roles() noexcept {}
        [[nodiscard]] friend bool operator==(const facts&, const facts&) noexcept = default;
    };
    struct connection_state {};

    std::vector<std::uint64_t>* quoted = nullptr;

    void observe(const tcplens::observer_input&, connection_state&, facts&) const noexcept {}
    void take_notice(const tcplens::observer_input::notice& next, connection_state&, facts&) const {
        quoted->push_back(next.connection.number);
    }
};

namespace {

/// The same captures without options that choose packets.
capture_list all_packets(const capture_list& files) {
    capture_list all = files;
    all.choice = {};
    return all;
}

/// Reads the captures for the first time.
class surveyor {
public:
    explicit surveyor(const connection_query& query)
        : query_(query), matcher_(query.files.choice), chooses_all_(query.files.choice.chooses_all()),
          table_({.decoding = query.decoding}, tcplens::evidence_rules{}, quote_observer{&quoted_}),
          fragments_(query.decoding) {}

    void take(const tcplens::packet& next) {
        numbers_.clear();
        ends_pass_.clear();
        quoted_.clear();
        const std::uint64_t fragments_before = table_.reassembly().fragments;
        table_.add_each(next, [&](const tcplens::segment& found, const auto& result) {
            numbers_.push_back(result.connection->number);
            ends_pass_.push_back(chooses_all_ || matcher_.passes(found));
            if (query_.follows_streams && query_.asks_for(numbers_.back())) {
                checksums_.add(found, next.number);
                begins_.add(found, next.number);
            }
        });
        const bool passes = chooses_all_ || matcher_.passes(next);
        for (std::size_t i = 0; i < numbers_.size(); ++i) choose(numbers_[i], passes && ends_pass_[i]);
        if (next.has_time && next.time.time_since_epoch().count() % 1000 != 0) told_.has_nanoseconds = true;
        if (!query_.numbers.empty() && is_asked_for()) mark(next.number);
        if (table_.reassembly().fragments != fragments_before) take_fragments(next);
        if (query_.with_icmp && !quoted_.empty()) told_.icmp_errors[next.number] = quoted_;
    }

    [[nodiscard]] connection_survey finish(const captures& input) {
        told_.connections = table_.size();
        told_.chosen.resize(table_.size());
        told_.chosen_count = static_cast<std::uint64_t>(std::ranges::count(told_.chosen, true));
        for (const std::uint64_t each : query_.numbers) {
            if (each < table_.size()) told_.named.push_back(table_[static_cast<std::size_t>(each)]);
        }
        told_.checksums = checksums_.decide();
        told_.begins = begins_.found();
        told_.problems = input.problems();
        const std::vector<tcplens::capture_interface> interfaces = input.interfaces();
        const auto differs = [&](const tcplens::capture_interface& each) {
            return each.fcs_bits != interfaces.front().fcs_bits;
        };
        if (!interfaces.empty() && std::ranges::none_of(interfaces, differs))
            told_.fcs_bits = interfaces.front().fcs_bits;
        return std::move(told_);
    }

private:
    [[nodiscard]] bool is_asked_for() const {
        return std::ranges::any_of(numbers_, [this](std::uint64_t number) { return query_.asks_for(number); });
    }
    void choose(std::uint64_t number, bool passes) {
        const auto place = static_cast<std::size_t>(number);
        if (place >= told_.chosen.size()) told_.chosen.resize(place + 1);
        if (passes && query_.asks_for(number)) told_.chosen[place] = true;
    }
    void mark(std::uint64_t packet) {
        const auto place = static_cast<std::size_t>(packet);
        if (place >= told_.packets.size()) told_.packets.resize(std::max(place + 1, told_.packets.size() * 2));
        told_.packets[place] = true;
    }
    void take_fragments(const tcplens::packet& next) {
        for (const std::uint64_t before : fragments_.add(next)) {
            std::vector<std::uint64_t>& of = told_.fragments[before];
            of.insert(of.end(), numbers_.begin(), numbers_.end());
            if (!query_.numbers.empty() && is_asked_for()) mark(before);
        }
    }

    const connection_query& query_;
    packet_matcher matcher_;
    bool chooses_all_;
    std::vector<std::uint64_t> quoted_{}; ///< connections in ICMP errors of the current packet
    tcplens::basic_connection_table<tcplens::evidence_rules, quote_observer> table_;
    fragment_frames fragments_;
    checksum_evidence checksums_{};
    stream_begins begins_{};
    std::vector<std::uint64_t> numbers_{}; ///< of the connections of the current packet, by segment
    std::vector<bool> ends_pass_{};        ///< likewise
    connection_survey told_{};
};

/// Why none of the connections is there.
std::string nothing_found(const connection_query& query, const connection_survey& told) {
    for (const std::uint64_t each : query.numbers) {
        if (each < told.connections) continue;
        return why_no_connection(each, told.connections);
    }
    if (told.chosen_count > 0) return {};
    if (told.connections == 0) return "There is no TCP connection in what was read.";
    return query.numbers.empty() ? "The options choose no packet of a connection."
                                 : "The options choose no packet of the connections that are named.";
}

} // namespace

bool connection_query::asks_for(std::uint64_t number) const noexcept {
    return numbers.empty() || std::ranges::find(numbers, number) != numbers.end();
}

void declare_numbers(command_line& line, std::string meaning, std::vector<std::uint64_t>& numbers) {
    line.option(
        {.names = "--connection",
         .value = "N[,N…]",
         .needs = "numbers of connections such as 3 or 0,4,7",
         .meaning = std::move(meaning) + "; connections are numbered from 0, as `tcplens connections` shows them",
         .several = true},
        [&numbers](std::string_view value) {
            for (std::size_t begin = 0; begin <= value.size();) {
                const std::size_t end = std::min(value.find(',', begin), value.size());
                const auto number = parse_number<std::uint64_t>(value.substr(begin, end - begin));
                if (!number) return false;
                numbers.push_back(*number);
                begin = end + 1;
            }
            return true;
        });
}

void declare_icmp(command_line& line, connection_query& query) {
    line.flag("--icmp", "with the ICMP errors that quote a segment of the connections", query.with_icmp);
}

bool connection_survey::has_chosen(std::span<const std::uint64_t> numbers) const noexcept {
    return std::ranges::any_of(numbers, [this](std::uint64_t each) { return is_chosen(each); });
}

std::vector<std::string> readable_twice(const std::vector<std::string>& files, std::string_view what) {
    namespace fs = std::filesystem;
    std::vector<std::string> named;
    for (const std::string& each : files) {
        std::error_code failed;
        const std::string file = each == "-" ? "/dev/stdin" : each;
        const fs::file_status status = fs::status(file, failed);
        const bool is_stream = fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
        if (is_stream || (each == "-" && !fs::is_regular_file(status))) {
            throw usage_error{escaped(name_of(each)) + " can be read once, and " + std::string{what} +
                              " reads a capture twice: write it to a file first."};
        }
        named.push_back(file);
    }
    return named;
}

std::optional<connection_survey> survey(const connection_query& query, session& with, exit_status& status) {
    captures input{all_packets(query.files)};
    surveyor reader{query};
    for (const tcplens::packet& each : input) reader.take(each);
    connection_survey told = reader.finish(input);
    if (interrupted()) {
        with.complain("Reading was interrupted: nothing was written.");
        status = exit_status::bad_input;
        return std::nullopt;
    }
    const std::string problem = nothing_found(query, told);
    if (problem.empty()) return told;
    (void)with.conclude(told.problems); // which may be why
    with.complain(problem);
    status = exit_status::bad_usage;
    return std::nullopt;
}

second_reading::second_reading(const connection_query& query, const connection_survey& survey)
    : survey_(survey), input_(all_packets(query.files)), table_({.decoding = query.decoding}) {}

void second_reading::note(std::uint64_t connection) {
    if (!survey_.is_chosen(connection)) return;
    if (std::ranges::find(connections_, connection) == connections_.end()) connections_.push_back(connection);
}

const tcplens::packet* second_reading::next() {
    while (const tcplens::packet* const packet = input_.next()) {
        segments_.clear();
        connections_.clear();
        table_.add_each(*packet, [&](const tcplens::segment& found, const auto& result) {
            segments_.push_back({found, result.verdict, result.connection->number});
            note(result.connection->number);
        });
        if (const auto with = survey_.fragments.find(packet->number); with != survey_.fragments.end()) {
            for (const std::uint64_t each : with->second) note(each);
        }
        if (const auto about = survey_.icmp_errors.find(packet->number); about != survey_.icmp_errors.end()) {
            for (const std::uint64_t each : about->second) note(each);
        }
        if (!connections_.empty()) return packet;
    }
    return nullptr;
}

} // namespace program
