// SPDX-License-Identifier: MIT
#pragma once

// Captures that were read, kept as long as there is room, so that a second question about one is answered from memory.

#include "../capture_summary.hpp"
#include "../rule_sets.hpp"
#include "download.hpp"
#include "job.hpp"
#include "packet_evidence.hpp"
#include "roots.hpp"

#include <tcplens/analysis/analyze_observations.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program::context_server {

/// Bounds of what a client can make the server do.
struct bounds {
    std::uint64_t file_bytes = std::uint64_t{16} << 30; ///< of a capture; packed ones as they are
    std::uint64_t connections = 200'000;                ///< that are kept, of all captures together: about 2.7 kB each
    std::chrono::seconds time{60};                      ///< for one request
};

/// All that is kept of one capture. It does not change.
struct loaded_capture {
    std::string id{};    ///< names the capture in resources
    std::string shown{}; ///< its path beneath its root, or its URL
    file_identity identity{};
    capture_summary summary{};
    std::vector<tcplens::capture_section> sections{};
    std::vector<tcplens::capture_interface> interfaces{};
    std::optional<tcplens::timestamp> first_time{};
    std::optional<tcplens::timestamp> last_time{};
    std::uint64_t captured_bytes = 0;
    std::uint64_t wire_bytes = 0;
    std::uint64_t cut_packets = 0; ///< by the snapshot length
    std::uint64_t times_run_back = 0;
    std::uint64_t first_run_back = 0;                        ///< the packet where that happened first; 0 if nowhere
    std::vector<tcplens::detailed_connection> connections{}; ///< by their numbers
    std::vector<tcplens::connection> brief{}; ///< the same without facts: an analysis reads a tenth of the memory
    std::vector<packet_evidence> evidence{};  ///< likewise
    tcplens::direction_skew::totals skew{};
    tcplens::observation_report observations{};
    /// The file of a capture that came from a URL. It has no name, so the system removes it with this object. Absent for others.
    std::optional<opened_file> fetched{};
    std::chrono::steady_clock::time_point fetched_at{};
    std::string_view rules{}; ///< by which segments were judged; empty: those of the library
};

/// Reads packets of one file, and looks at the job now and then.
class job_packets;

class capture_store {
public:
    capture_store(const roots& from, const bounds& most, rule_set rules = rule_set::evidence,
                  download_options downloads = {})
        : roots_(from), bounds_(most), rules_(rules), downloads_(std::move(downloads)) {}

    /// The capture at a path, at a URL, or with the id of a resource: from memory if the file is still the one that was read, else read
    /// now. What was fetched from a URL counts as the same for an hour.
    /// \throws tool_failure, request_cancelled
    [[nodiscard]] std::shared_ptr<const loaded_capture> get(std::string_view path, job& work);
    [[nodiscard]] std::shared_ptr<const loaded_capture> get_by_id(std::string_view id, job& work);

    /// Reads a capture once more, packet by packet: `use` returns false if it has enough. The file must still be the one that was read.
    void read_again(const loaded_capture& capture, job& work,
                    const std::function<bool(const tcplens::packet&)>& use) const;
    /// The same with the reader of the capture, which tells of interfaces and options.
    using packet_user = std::function<bool(const tcplens::packet&, const input_file&)>;
    void read_again_with_reader(const loaded_capture& capture, job& work, const packet_user& use) const;

    [[nodiscard]] const roots& folders() const noexcept { return roots_; }
    [[nodiscard]] rule_set rules() const noexcept { return rules_; }
    /// Whether an id could be that of a capture.
    [[nodiscard]] bool knows(std::string_view id) const;
    [[nodiscard]] bool fetches() const noexcept { return downloads_.allows_any(); }
    [[nodiscard]] const bounds& limits() const noexcept { return bounds_; }

private:
    using entry = std::shared_ptr<const loaded_capture>;

    [[nodiscard]] entry get(opened_file file, job& work);
    [[nodiscard]] entry get_by_url(const std::string& url, job& work);
    [[nodiscard]] std::shared_ptr<loaded_capture> read(const opened_file& file, job& work) const;
    void keep(const entry& read);
    [[nodiscard]] entry find(const opened_file& file);
    [[nodiscard]] entry find_url(const std::string& url);
    /// The first one that is kept and of which that holds; it becomes the last to be forgotten.
    template <class Holds>
    [[nodiscard]] entry find_kept(Holds holds);

    const roots& roots_;
    bounds bounds_;
    std::mutex mutex_{};
    std::list<entry> kept_{};     ///< the one that was asked for last is first
    std::timed_mutex reading_{};  ///< one capture is read at a time, so that memory stays bounded
    std::timed_mutex fetching_{}; ///< and one is fetched
    rule_set rules_;
    download_options downloads_;
};

/// Ids of captures: the place of a root and the path beneath it, in letters that a URI takes. They mean the same after a restart.
[[nodiscard]] std::string id_of(std::size_t root, std::string_view path);
struct captured_path {
    std::size_t root;
    std::string path;
};
[[nodiscard]] std::optional<captured_path> path_of_id(std::string_view id);
/// The same of what is fetched.
[[nodiscard]] std::string id_of_url(std::string_view url);
[[nodiscard]] std::optional<std::string> url_of_id(std::string_view id);

} // namespace program::context_server
