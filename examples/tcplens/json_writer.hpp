// SPDX-License-Identifier: MIT
#pragma once

// JSON that is written as it comes: the outer objects and arrays here, small values by nlohmann-json. What is written looks like
// nlohmann-json's dump(2) of all of it.

#include <nlohmann/json.hpp>

#include <cstddef>
#include <ios>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace program {

using json_value = nlohmann::ordered_json;

class json_writer {
public:
    explicit json_writer(std::ostream& out) : out_(out) {}

    void begin_object() { begin('{', '}'); }
    void begin_array() { begin('[', ']'); }
    /// Ends the object or array that began last.
    void end() {
        const level ended = open_.back();
        open_.pop_back();
        if (ended.has_elements) start_line();
        out_ << ended.closing;
    }
    /// Before each value of an object.
    void key(std::string_view name) {
        separate();
        out_ << json_value(name).dump(-1, ' ', false, json_value::error_handler_t::replace) << ": ";
        has_key_ = true;
    }
    void value(const json_value& small) {
        if (!has_key_) separate();
        has_key_ = false;
        const std::string text = small.dump(2, ' ', false, json_value::error_handler_t::replace);
        std::string_view rest = text;
        lines_.clear(); // one write of all lines takes a third of the time of one a line
        for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
            lines_.append(rest.substr(0, end + 1)).append(2 * open_.size(), ' ');
            rest.remove_prefix(end + 1);
        }
        lines_.append(rest);
        out_.write(lines_.data(), static_cast<std::streamsize>(lines_.size()));
    }
    void member(std::string_view name, const json_value& small) {
        key(name);
        value(small);
    }
    /// The members of a small object, as members of the object that is open.
    void members(const json_value& object) {
        for (const auto& [name, value] : object.items()) member(name, value);
    }

private:
    struct level {
        char closing;
        bool has_elements = false;
    };

    void begin(char opening, char closing) {
        if (!has_key_) separate();
        has_key_ = false;
        out_ << opening;
        open_.push_back({closing});
    }
    /// Before an element or a key.
    void separate() {
        if (open_.empty()) return;
        if (open_.back().has_elements) out_ << ',';
        open_.back().has_elements = true;
        start_line();
    }
    void start_line() {
        out_ << '\n';
        for (std::size_t i = 0; i < open_.size(); ++i) out_ << "  ";
    }

    std::ostream& out_;
    std::vector<level> open_{};
    std::string lines_{};
    bool has_key_ = false; ///< the next value has its key already
};

} // namespace program
