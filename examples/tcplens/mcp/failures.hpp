// SPDX-License-Identifier: MIT
#pragma once

// How a request fails.

#include "message_reader.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace program::context_server {

/// A tool cannot answer: a sentence that says why and what to do. The model reads it.
class tool_failure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The request is wrong as such: an error of JSON-RPC.
class request_failure : public std::runtime_error {
public:
    request_failure(error_code code, const std::string& sentence, json data = nullptr)
        : std::runtime_error(sentence), code_(code), data_(std::move(data)) {}

    [[nodiscard]] error_code code() const noexcept { return code_; }
    /// What the error tells besides; null if nothing.
    [[nodiscard]] const json& data() const noexcept { return data_; }

private:
    error_code code_;
    json data_;
};

/// The client no longer wants the answer, which is not sent.
class request_cancelled : public std::exception {
public:
    [[nodiscard]] const char* what() const noexcept override { return "The request was cancelled."; }
};

} // namespace program::context_server
