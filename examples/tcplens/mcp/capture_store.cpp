// SPDX-License-Identifier: MIT
#include "capture_store.hpp"

#include "../captures.hpp"
#include "../not_understood.hpp"
#include "../text.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <system_error>
#include <utility>

namespace program::context_server {

namespace {

constexpr std::uint32_t packets_between_looks = 1u << 13; // a look at the clock costs more than a packet

/// The first observations of each kind that are kept; find_observations counts the others.
constexpr std::size_t most_of_a_kind = 200;

/// What a capture says of each packet, summed up.
void count_packet(loaded_capture& into, const tcplens::packet& next) {
    into.captured_bytes += next.bytes.size();
    into.wire_bytes += next.wire_length;
    into.cut_packets += next.bytes.size() < next.wire_length;
    if (!next.has_time) return;
    const tcplens::timestamp time = tcplens::detail::clamp_for_arithmetic(next.time);
    if (into.last_time && time < *into.last_time) {
        if (into.times_run_back++ == 0) into.first_run_back = next.number;
    }
    if (!into.first_time || time < *into.first_time) into.first_time = time;
    if (!into.last_time || time > *into.last_time) into.last_time = time;
}

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 for URLs without padding (RFC 4648 section 5).
std::string encoded(std::string_view bytes) {
    std::string text;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char each : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(each);
        for (held += 8; held >= 6; held -= 6) text += letters[bits >> (held - 6) & 63];
    }
    if (held > 0) text += letters[bits << (6 - held) & 63];
    return text;
}

std::optional<std::string> decoded(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char each : text) {
        const std::size_t value = letters.find(each);
        if (value == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes += static_cast<char>(bits >> held & 255);
    }
    return bytes;
}

} // namespace

std::string id_of(std::size_t root, std::string_view path) {
    return encoded(std::to_string(root) + ":" + std::string{path});
}

std::optional<captured_path> path_of_id(std::string_view id) {
    const std::optional<std::string> text = decoded(id);
    if (!text) return std::nullopt;
    captured_path found{};
    const char* const end = text->data() + text->size();
    const auto [rest, error] = std::from_chars(text->data(), end, found.root);
    if (error != std::errc{} || rest == end || *rest != ':') return std::nullopt;
    found.path.assign(rest + 1, end);
    return found;
}

std::shared_ptr<const loaded_capture> capture_store::get(std::string_view path, job& work) {
    constexpr std::string_view resource = "tcplens://capture/";
    if (path.starts_with(resource)) {
        path.remove_prefix(resource.size());
        return get_by_id(path.substr(0, path.find('/')), work);
    }
    for (const std::string_view scheme : {"http://", "https://", "file://", "ftp://"}) {
        if (!path.starts_with(scheme)) continue;
        throw tool_failure{"This server reads files beneath the folders of --root only, no URLs. Save the capture "
                           "there, and pass its path."};
    }
    return get(roots_.open(path), work);
}

std::shared_ptr<const loaded_capture> capture_store::get_by_id(std::string_view id, job& work) {
    const std::optional<captured_path> named = path_of_id(id);
    if (!named || named->root >= roots_.size()) {
        throw tool_failure{"There is no capture with this id. describe_capture tells the id of a capture."};
    }
    return get(roots_.open(named->root, named->path), work);
}

std::shared_ptr<const loaded_capture> capture_store::get(opened_file file, job& work) {
    if (file.identity.size > bounds_.file_bytes) {
        throw tool_failure{escaped(file.shown) + " has " + bytes_text(file.identity.size) + ", and the server reads " +
                           bytes_text(bounds_.file_bytes) +
                           " at most. Start it with a larger --max-size, or cut the capture into parts."};
    }
    if (const entry found = find(file)) return found;
    std::unique_lock<std::timed_mutex> reads{reading_, std::defer_lock};
    while (!reads.try_lock_for(std::chrono::milliseconds{100})) work.look(0, file.identity.size, 0);
    if (const entry found = find(file)) return found; // another request has read it meanwhile
    entry made = read(file, work);
    keep(made);
    return made;
}

capture_store::entry capture_store::find(const opened_file& file) {
    const std::lock_guard<std::mutex> guard{mutex_};
    const auto found = std::ranges::find_if(kept_, [&](const entry& each) {
        return each->identity == file.identity && each->id == id_of(file.root, file.shown);
    });
    if (found == kept_.end()) return nullptr;
    kept_.splice(kept_.begin(), kept_, found);
    return kept_.front();
}

void capture_store::keep(const entry& read) {
    constexpr std::size_t most_captures = 16;
    const std::lock_guard<std::mutex> guard{mutex_};
    kept_.remove_if([&](const entry& each) { return each->id == read->id; });
    kept_.push_front(read);
    std::uint64_t connections = 0;
    std::size_t captures = 0;
    const auto too_much = std::ranges::find_if(kept_, [&](const entry& each) {
        connections += each->connections.size();
        return ++captures > 1 && (captures > most_captures || connections > bounds_.connections);
    });
    kept_.erase(too_much, kept_.end());
}

capture_store::entry capture_store::read(const opened_file& file, job& work) const {
    auto made = std::make_shared<loaded_capture>();
    made->id = id_of(file.root, file.shown);
    made->shown = file.shown;
    made->identity = file.identity;
    input_file input{file.path};
    tcplens::detailed_connection_table table{};
    const auto note = [&](const tcplens::segment& sent, const auto& added) {
        if (added.connection == nullptr) return;
        const auto number = static_cast<std::size_t>(added.connection->number);
        if (number >= made->evidence.size()) made->evidence.resize(number + 1);
        made->evidence[number].add(sent, added.verdict);
    };
    std::optional<file_problem> problem;
    std::uint32_t since_look = 0;
    while (const tcplens::packet* const next = input.next()) {
        count_packet(*made, *next);
        table.add_each(*next, note);
        if (++since_look < packets_between_looks) continue;
        since_look = 0;
        work.look(input.position(), file.identity.size, input.packets());
        if (table.size() <= bounds_.connections) continue;
        problem = file_problem{file.shown,
                               "Reading ended at packet " + grouped(next->number) + ", since there are more than " +
                                   grouped(bounds_.connections) +
                                   " connections: the answers are for the packets before. Start the server "
                                   "with a larger --max-connections, or cut the capture into parts.",
                               {}};
        break;
    }
    if (!problem) problem = input.problem(file.shown);
    if (problem && input.packets() == 0) {
        throw tool_failure{escaped(file.shown) + ": " + problem->sentence +
                           " No packet could be read; resources/list lists the captures that there are."};
    }
    made->connections.reserve(table.size());
    made->brief.reserve(table.size());
    tcplens::observation_accumulator observations{{.per_kind = most_of_a_kind}};
    for (const tcplens::detailed_connection& each : table) {
        made->connections.push_back(each);
        made->brief.push_back(each);
        observations.add(each);
        made->skew.add(each.skew);
    }
    made->observations = observations.result();
    made->evidence.resize(made->connections.size());
    made->sections = input.sections();
    made->interfaces = input.interfaces();
    made->summary = {.files = {file.shown},
                     .packets = table.statistics(),
                     .dropped = dropped(input),
                     .skipped = input.skipped(),
                     .problems = {}};
    if (problem) made->summary.problems.push_back(*std::move(problem));
    return made;
}

void capture_store::read_again(const loaded_capture& capture, job& work,
                               const std::function<bool(const tcplens::packet&)>& use) const {
    read_again_with_reader(capture, work, [&](const tcplens::packet& next, const input_file&) { return use(next); });
}

void capture_store::read_again_with_reader(const loaded_capture& capture, job& work, const packet_user& use) const {
    const std::optional<captured_path> named = path_of_id(capture.id);
    const opened_file file = roots_.open(named->root, named->path);
    if (file.identity != capture.identity) {
        throw tool_failure{escaped(capture.shown) + " was changed while it was read. Ask again."};
    }
    input_file input{file.path};
    std::uint32_t since_look = 0;
    while (const tcplens::packet* const next = input.next()) {
        if (!use(*next, input)) return;
        if (++since_look < packets_between_looks) continue;
        since_look = 0;
        work.look(input.position(), file.identity.size, input.packets());
    }
}

} // namespace program::context_server
