// SPDX-License-Identifier: MIT
#include "http_transport.hpp"

#ifdef TCPLENS_HAS_HTTPLIB
#include "worker_queue.hpp"

#include <httplib.h>
#endif

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace program::context_server {

bool is_loopback(const std::string& host) noexcept {
    return host == "localhost" || host == "::1" ||
           (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

#ifndef TCPLENS_HAS_HTTPLIB

bool has_http() noexcept {
    return false;
}
bool serve_http(server&, const http_options&, const std::function<void(const std::string&)>&) {
    return false;
}

#else

namespace {

constexpr int ok = 200;
constexpr int accepted = 202;
constexpr int bad_request = 400;
constexpr int unauthorized = 401;
constexpr int forbidden = 403;
constexpr int not_found = 404;
constexpr int method_not_allowed = 405;
constexpr int not_acceptable = 406;
constexpr int unsupported_media_type = 415;

/// The host of `Host`, or of `Origin` without its scheme: without port and brackets.
std::string_view host_of(std::string_view authority) {
    if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
    return authority.substr(0, authority.find(':'));
}

/// A page of another site must not talk to the server through its reader's browser (DNS rebinding). A server that others reach
/// may have many names, and a token: there a page must come from the name that it asks.
bool comes_from_here(const httplib::Request& request, const http_options& given) {
    const std::string asked = request.get_header_value("Host");
    constexpr std::array<std::string_view, 3> of_loopback{"localhost", "127.0.0.1", "::1"};
    const auto is_own = [&](std::string_view authority) {
        const std::string_view host = host_of(authority);
        if (!is_loopback(given.host)) return host == host_of(asked);
        return host == given.host || std::ranges::find(of_loopback, host) != of_loopback.end();
    };
    if (!is_own(asked)) return false;
    if (!request.has_header("Origin")) return true;
    const std::string origin = request.get_header_value("Origin");
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (origin.starts_with(scheme)) return is_own(std::string_view{origin}.substr(scheme.size()));
    }
    return false;
}

/// Compares in a time that does not tell how much was right.
bool same_secret(std::string_view a, std::string_view b) {
    unsigned char different = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        different = static_cast<unsigned char>(different |
                                               (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
    return different == 0;
}

bool is_authorized(const httplib::Request& request, const http_options& given) {
    if (given.token.empty()) return true;
    constexpr std::string_view bearer = "Bearer ";
    const std::string header = request.get_header_value("Authorization");
    return header.starts_with(bearer) && same_secret(std::string_view{header}.substr(bearer.size()), given.token);
}

void send(httplib::Response& response, int status, const json& body) {
    response.status = status;
    response.set_content(body.dump(-1, ' ', false, json::error_handler_t::replace), "application/json");
}

/// A header value, which may be in Base64 between markers; nothing if it is damaged.
std::optional<std::string> plain_header(const std::string& value) {
    constexpr std::string_view begin = "=?base64?";
    constexpr std::string_view end = "?=";
    if (!value.starts_with(begin) || !value.ends_with(end) || value.size() < begin.size() + end.size()) return value;
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char each : value.substr(begin.size(), value.size() - begin.size() - end.size())) {
        if (each == '=') continue;
        const std::size_t found = letters.find(each);
        if (found == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(found);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        text += static_cast<char>(bits >> held & 255);
    }
    return text;
}

/// What is wrong with the headers of a request, which repeat what stands in its body; empty if nothing is.
std::string header_mismatch(const httplib::Request& request, const message& asked,
                            const std::optional<std::string>& revision) {
    const auto differs = [&](const char* name, const std::string& in_body) {
        const std::optional<std::string> header = plain_header(request.get_header_value(name));
        return !request.has_header(name) || !header || *header != in_body;
    };
    if (!revision) {
        if (asked.method == "initialize" || server::has_sessions(request.get_header_value("MCP-Protocol-Version")))
            return {};
        return "the header MCP-Protocol-Version names no revision that begins with initialize, and _meta names none.";
    }
    if (differs("MCP-Protocol-Version", *revision)) return "MCP-Protocol-Version is not the revision in _meta.";
    if (!server::speaks(*revision)) return {}; // has an error of its own
    if (differs("Mcp-Method", asked.method)) return "Mcp-Method is not the method of the message.";
    const char* const name = asked.method == "resources/read"                                ? "uri"
                             : asked.method == "tools/call" || asked.method == "prompts/get" ? "name"
                                                                                             : nullptr;
    if (name == nullptr) return {};
    const auto value = asked.params.find(name);
    if (value == asked.params.end() || !value->is_string()) return {}; // likewise
    return differs("Mcp-Name", value->get<std::string>()) ? "Mcp-Name is not what the message names." : std::string{};
}

/// The status of a response: of the revisions with sessions all errors of JSON-RPC have 200.
int status_of(const json& answer, bool is_stateless) {
    const auto error = answer.find("error");
    if (error == answer.end() || !is_stateless) return ok;
    switch (static_cast<error_code>((*error)["code"].get<int>())) {
    case error_code::method_not_found: return not_found;
    case error_code::unsupported_version:
    case error_code::header_mismatch:
    case error_code::invalid_request: return bad_request;
    case error_code::parse_error:
    case error_code::invalid_params:
    case error_code::internal_error: break;
    }
    return ok;
}

/// Whether the client is told of progress, or the method has a stream.
bool wants_stream(const httplib::Request& request, const message& asked) {
    if (request.get_header_value("Accept").find("text/event-stream") == std::string::npos) return false;
    if (asked.method == "subscriptions/listen") return true;
    const auto meta = asked.params.find("_meta");
    return meta != asked.params.end() && meta->is_object() && meta->contains("progressToken");
}

/// The threads of a server, as cpp-httplib asks for them.
class request_queue final : public httplib::TaskQueue {
public:
    void enqueue(std::function<void()> task) override { workers_.enqueue(std::move(task)); }
    void shutdown() override { workers_.shut_down(); }

private:
    static constexpr std::size_t most_threads = 8;
    worker_queue<> workers_{most_threads};
};

class http_server {
public:
    http_server(server& with, const http_options& given) : with_(with), given_(given) {
        http_.new_task_queue = [] { return new request_queue; };
        http_.set_payload_max_length(most_line_bytes);
        http_.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
            return is_let_in(request, response) ? httplib::Server::HandlerResponse::Unhandled
                                                : httplib::Server::HandlerResponse::Handled;
        });
        http_.Post("/mcp",
                   [this](const httplib::Request& request, httplib::Response& response) { post(request, response); });
        const auto refuse = [](const httplib::Request&, httplib::Response& response) {
            response.set_header("Allow", "POST");
            send(response, method_not_allowed,
                 error_message(nullptr, error_code::invalid_request,
                               "Messages are sent by POST; there are no sessions and no streams to open."));
        };
        http_.Get("/mcp", refuse);
        http_.Delete("/mcp", refuse);
        http_.Put("/mcp", refuse);
    }

    bool run(const std::function<void(const std::string&)>& listening) {
        int port = given_.port;
        if (port == 0) port = http_.bind_to_any_port(given_.host);
        else if (!http_.bind_to_port(given_.host, port)) return false;
        if (port <= 0) return false;
        const bool has_colons = given_.host.find(':') != std::string::npos;
        listening("http://" + (has_colons ? "[" + given_.host + "]" : given_.host) + ":" + std::to_string(port) +
                  "/mcp");
        return http_.listen_after_bind();
    }

private:
    bool is_let_in(const httplib::Request& request, httplib::Response& response) const {
        if (!comes_from_here(request, given_)) {
            send(response, forbidden,
                 error_message(nullptr, error_code::invalid_request, "Host or Origin is not that of this server."));
            return false;
        }
        if (!is_authorized(request, given_)) {
            response.set_header("WWW-Authenticate", "Bearer");
            send(response, unauthorized,
                 error_message(nullptr, error_code::invalid_request,
                               "The header Authorization: Bearer TOKEN is missing or wrong."));
            return false;
        }
        return true;
    }

    void post(const httplib::Request& request, httplib::Response& response) {
        if (!request.get_header_value("Content-Type").starts_with("application/json")) {
            send(response, unsupported_media_type,
                 error_message(nullptr, error_code::invalid_request, "Messages are application/json."));
            return;
        }
        const std::string accepts = request.get_header_value("Accept");
        if (!accepts.empty() && accepts.find("application/json") == std::string::npos &&
            accepts.find("*/*") == std::string::npos) {
            send(response, not_acceptable,
                 error_message(nullptr, error_code::invalid_request,
                               "Answers are application/json or text/event-stream: accept both."));
            return;
        }
        message asked = read_message(request.body);
        if (asked.what == message::kind::wrong) {
            send(response, bad_request, error_message(asked.id, asked.code, asked.complaint));
            return;
        }
        if (asked.what == message::kind::notification) {
            response.status = accepted;
            return;
        }
        const std::optional<std::string> revision = server::named_revision(asked);
        if (const std::string wrong = header_mismatch(request, asked, revision); !wrong.empty()) {
            send(response, bad_request,
                 error_message(asked.id, error_code::header_mismatch, "Header mismatch: " + wrong));
            return;
        }
        if (wants_stream(request, asked)) {
            stream(std::move(asked), response);
            return;
        }
        job work{with_.longest()};
        const auto answer = with_.respond(asked, {.has_session = !revision}, work, [](const json&) { return true; });
        if (answer) send(response, status_of(*answer, revision.has_value()), *answer);
    }

    /// Answers by server-sent events: what the client is told meanwhile, then the answer. A client that goes away cancels.
    void stream(message asked, httplib::Response& response) {
        response.set_header("Cache-Control", "no-cache");
        response.set_header("X-Accel-Buffering", "no");
        const auto held = std::make_shared<message>(std::move(asked));
        response.set_chunked_content_provider("text/event-stream", [this, held](std::size_t, httplib::DataSink& sink) {
            const notifier tell = [&sink](const json& whole) {
                const std::string event =
                    "event: message\ndata: " + whole.dump(-1, ' ', false, json::error_handler_t::replace) + "\n\n";
                return sink.write(event.data(), event.size());
            };
            job work{with_.longest(), server::progress_of(*held, tell)};
            const bool has_session = !server::named_revision(*held);
            if (const auto answer = with_.respond(*held, {.has_session = has_session}, work, tell)) tell(*answer);
            sink.done();
            return true;
        });
    }

    server& with_;
    http_options given_;
    httplib::Server http_{};
};

} // namespace

bool has_http() noexcept {
    return true;
}

bool serve_http(server& with, const http_options& given, const std::function<void(const std::string&)>& listening) {
    http_server made{with, given};
    return made.run(listening);
}

#endif

} // namespace program::context_server
