// SPDX-License-Identifier: MIT
#include "capture_store.hpp"

#include "../captures.hpp"
#include "../text.hpp"
#include "capture_reading.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

namespace program::context_server {

namespace {

constexpr std::chrono::milliseconds between_tries{100}; // between looks whether the question still waits

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

namespace {
constexpr std::string_view mark_of_url = "url:"; // where other ids have a number
}

std::string id_of_url(std::string_view url) {
    return encoded(std::string{mark_of_url}.append(url));
}

std::optional<std::string> url_of_id(std::string_view id) {
    const std::optional<std::string> text = decoded(id);
    if (!text || !text->starts_with(mark_of_url)) return std::nullopt;
    return text->substr(mark_of_url.size());
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
    if (is_url(path)) return get_by_url(std::string{path}, work);
    return get(roots_.open(path), work);
}

bool capture_store::knows(std::string_view id) const {
    const std::optional<captured_path> named = path_of_id(id);
    return named ? named->root < roots_.size() : fetches() && url_of_id(id);
}

std::shared_ptr<const loaded_capture> capture_store::get_by_id(std::string_view id, job& work) {
    if (const std::optional<std::string> url = url_of_id(id)) return get_by_url(*url, work);
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
    while (!reads.try_lock_for(between_tries)) work.look(0, file.identity.size, 0);
    if (const entry found = find(file)) return found; // another request has read it meanwhile
    const std::shared_ptr<loaded_capture> made = read(file, work);
    made->id = id_of(file.root, file.shown);
    keep(made);
    return made;
}

capture_store::entry capture_store::get_by_url(const std::string& url, job& work) {
    if (!fetches()) {
        throw tool_failure{"This server reads files beneath the folders of --root only, no URLs. Save the capture "
                           "there, and pass its path; or start the server with --allow-url and the name of the host."};
    }
    if (const entry found = find_url(url)) return found;
    std::unique_lock<std::timed_mutex> fetches{fetching_, std::defer_lock};
    while (!fetches.try_lock_for(between_tries)) work.look(0, 0, 0);
    if (const entry found = find_url(url)) return found;
    opened_file file = fetch(url, downloads_, work);
    std::unique_lock<std::timed_mutex> reads{reading_, std::defer_lock};
    while (!reads.try_lock_for(between_tries)) work.look(0, file.identity.size, 0);
    const std::shared_ptr<loaded_capture> made = read(file, work);
    made->id = id_of_url(url);
    made->fetched = std::move(file);
    made->fetched_at = std::chrono::steady_clock::now();
    keep(made);
    return made;
}

template <class Holds>
capture_store::entry capture_store::find_kept(Holds holds) {
    const std::lock_guard<std::mutex> guard{mutex_};
    const auto found = std::ranges::find_if(kept_, [&](const entry& each) { return holds(*each); });
    if (found == kept_.end()) return nullptr;
    kept_.splice(kept_.begin(), kept_, found);
    return kept_.front();
}

capture_store::entry capture_store::find(const opened_file& file) {
    const std::string id = id_of(file.root, file.shown);
    return find_kept([&](const loaded_capture& each) { return each.identity == file.identity && each.id == id; });
}

capture_store::entry capture_store::find_url(const std::string& url) {
    constexpr std::chrono::hours longest{1};
    const auto oldest = std::chrono::steady_clock::now() - longest;
    return find_kept(
        [&, id = id_of_url(url)](const loaded_capture& each) { return each.id == id && each.fetched_at >= oldest; });
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

std::shared_ptr<loaded_capture> capture_store::read(const opened_file& file, job& work) const {
    switch (rules_) {
    case rule_set::wireshark: return read_by_wireshark(file, bounds_, work);
    case rule_set::repeated_sequence: return read_by_repeated_sequence(file, bounds_, work);
    case rule_set::evidence: break;
    }
    return read_by_evidence(file, bounds_, work);
}

void capture_store::read_again(const loaded_capture& capture, job& work,
                               const std::function<bool(const tcplens::packet&)>& use) const {
    read_again_with_reader(capture, work, [&](const tcplens::packet& next, const input_file&) { return use(next); });
}

void capture_store::read_again_with_reader(const loaded_capture& capture, job& work, const packet_user& use) const {
    opened_file again;
    if (!capture.fetched) {
        const std::optional<captured_path> named = path_of_id(capture.id);
        again = roots_.open(named->root, named->path);
    }
    const opened_file& file = capture.fetched ? *capture.fetched : again;
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
