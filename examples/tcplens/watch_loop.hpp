// SPDX-License-Identifier: MIT
#pragma once

// What watch does until it has to end: packets, seconds, the interface, the metrics.

#include "watch_display.hpp"
#include "watch_file.hpp"
#include "watch_interface.hpp"
#include "watch_server.hpp"
#include "watch_source.hpp"
#include "watch_table.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace program::watching {

/// Whether SIGTERM, SIGINT or SIGHUP came. SIGPIPE is ignored: writing fails instead.
class end_signals {
public:
    end_signals();
    [[nodiscard]] bool came() const noexcept;
};

/// Ctrl-Z, and what follows it. Without a screen the system stops and continues the process by itself.
class job_signals {
public:
    explicit job_signals(bool has_screen);
    /// Whether SIGTSTP came since the last question.
    [[nodiscard]] bool stop_came() noexcept;
    /// Stops the process, until SIGCONT comes.
    void stop();
    /// Whether SIGCONT came, or stop() ended, since the last question.
    [[nodiscard]] bool goes_on() noexcept;
    /// Whether the terminal is this process's: behind `bg` it is not.
    [[nodiscard]] static bool has_terminal() noexcept;
};

/// What the loop works with: all of it outlives the loop.
struct loop_parts {
    session& with;
    packet_source& source;
    watch_table& table;
    metrics_server& server;
    metrics_file& file;
    display& shown;
};

class watch_loop {
public:
    using clock = std::chrono::steady_clock;

    watch_loop(const loop_parts& parts, const watched& what)
        : parts_(parts), what_(what), jobs_(parts.shown.has_screen()), interface_(what.interface) {}

    /// Watches until a signal comes or the time is over, or nothing can be captured any more; all that was captured by then is taken in.
    /// Says what went wrong; empty if nothing did.
    [[nodiscard]] std::string run(std::optional<std::chrono::seconds> time);

    /// The metrics as they are now.
    [[nodiscard]] std::string page(metrics_format format);

private:
    /// Does what Ctrl-Z, `fg` and `bg` ask for. Returns whether the screen has to be drawn now.
    [[nodiscard]] bool follow_jobs();
    void show_second(clock::time_point now, bool is_quiet);
    void tell_observations(clock::time_point now, bool is_last);
    void look_at_interface();
    void wait_until(clock::time_point wanted);
    [[nodiscard]] static tcplens::timestamp wall_time();

    loop_parts parts_;
    watched what_;
    end_signals signals_{};
    job_signals jobs_;
    interface_state interface_;
    interface_state::state state_ = interface_state::state::up;
    bool has_told_why_ = false; ///< why the interface that came back cannot be taken
    std::uint64_t returns_ = 0;
    history past_{};
    std::chrono::system_clock::time_point begun_ = std::chrono::system_clock::now();
    std::vector<pollfd> waiting_{};
    std::string problem_{};
};

} // namespace program::watching
