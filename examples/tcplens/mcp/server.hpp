// SPDX-License-Identifier: MIT
#pragma once

// The protocol between clients and tools, apart from how messages travel.

#include "failures.hpp"
#include "job.hpp"
#include "message_reader.hpp"
#include "tools.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace program::context_server {

/// What is known of the client before a request comes.
struct caller {
    /// The client has sent `initialize`, or its transport says that it speaks a revision with sessions.
    bool has_session = false;
};

/// Sends a notification that belongs to a request. Returns false if nobody listens any more.
using notifier = std::function<bool(const json& notification)>;

class server {
public:
    explicit server(workshop& with) : with_(with) {}

    /// The response to a request, or the error that answers a wrong message; nothing if none is due: of notifications, and if the request
    /// was cancelled.
    [[nodiscard]] std::optional<json> respond(const message& asked, const caller& by, job& work,
                                              const notifier& notify);

    /// A listener for a job that tells the client of progress, if the request asks for that.
    [[nodiscard]] static job::listener progress_of(const message& asked, const notifier& notify);

    /// The revision of a request without a session, if its `_meta` names one.
    [[nodiscard]] static std::optional<std::string> named_revision(const message& asked);

    /// Whether a revision is spoken, with `initialize` or without.
    [[nodiscard]] static bool speaks(std::string_view revision) noexcept;
    /// Whether a revision has sessions, which begin with `initialize`.
    [[nodiscard]] static bool has_sessions(std::string_view revision) noexcept;

    /// How long one request may take.
    [[nodiscard]] std::chrono::seconds longest() const { return with_.captures.limits().time; }

private:
    [[nodiscard]] json result_of(const message& asked, bool is_stateless, job& work, const notifier& notify);
    [[nodiscard]] json call(const json& params, job& work);
    [[nodiscard]] json tools_list() const;

    workshop& with_;
};

/// An error as a message. \param id null: none could be read
[[nodiscard]] json error_message(const json& id, error_code code, const std::string& sentence,
                                 const json& data = nullptr);

} // namespace program::context_server
