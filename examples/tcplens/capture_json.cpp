// SPDX-License-Identifier: MIT
#include "capture_json.hpp"

#include "json_answers.hpp"
#include "json_facts.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace program {

json_value error_json(const file_problem& problem) {
    if (!problem.error) return {{"code", "interrupted"}, {"offset", 0}, {"packet", 0}, {"message", problem.sentence}};
    return {{"code", to_string(problem.error->code)},
            {"offset", problem.error->offset},
            {"packet", problem.error->packet_number},
            {"message", problem.sentence}};
}

json_value capture_json(const capture_summary& captures, std::size_t most_listed) {
    const std::vector<file_problem>& problems = captures.problems;
    json_value told = {{"packets", captures.packets.packets},
                       {"tcp_packets", captures.packets.tcp + captures.packets.additional_segments},
                       {"decode", captures.packets}};
    add_not_understood(told, captures.packets.undecoded, most_listed);
    told["not_told_apart"] = captures.packets.undecoded.others();
    told["dropped"] = captures.dropped;
    told["skipped"] = captures.skipped;
    told["error"] = problems.empty() ? json_value() : error_json(problems[0]);
    if (captures.files.size() > 1) {
        json_value& files = told["files"] = json_value::array();
        for (std::size_t i = 0; i < std::min(most_listed, captures.files.size()); ++i) {
            files.push_back(captures.files[i]);
        }
        json_value& errors = told["errors"] = json_value::array();
        for (std::size_t i = 0; i < std::min(most_listed, problems.size()); ++i) {
            errors.push_back({{"file", problems[i].file}});
            errors.back().update(error_json(problems[i]));
        }
        if (files.size() < captures.files.size()) told["files_left_out"] = captures.files.size() - files.size();
        if (errors.size() < problems.size()) told["errors_left_out"] = problems.size() - errors.size();
    }
    return told;
}

} // namespace program
