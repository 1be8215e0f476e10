// SPDX-License-Identifier: MIT
#include "watch_loop.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>

#include <unistd.h>

namespace program::watching {

namespace {

using namespace std::chrono_literals;
using state = interface_state::state;

constexpr std::size_t most_services = 5; // on the screen
constexpr std::size_t most_worst = 5;
constexpr std::size_t most_told_last = 50;
constexpr std::size_t most_told = 5;  // observations in a second
constexpr auto longest_pause = 250ms; // a signal that comes just before a wait does not end it

volatile std::sig_atomic_t end_came = 0;
volatile std::sig_atomic_t stop_wanted = 0;
volatile std::sig_atomic_t was_continued = 0;

/// Memory that is not swapped out, in bytes; 0 if it is not known.
std::uint64_t resident_memory() {
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    std::ifstream{"/proc/self/statm"} >> size >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

} // namespace

end_signals::end_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { end_came = 1; };
    for (const int each : {SIGTERM, SIGINT, SIGHUP}) sigaction(each, &action, nullptr); // without SA_RESTART
    std::signal(SIGPIPE, SIG_IGN);
}

bool end_signals::came() const noexcept {
    return end_came != 0;
}

job_signals::job_signals(bool has_screen) {
    if (!has_screen) return;
    struct sigaction before {};
    if (sigaction(SIGTSTP, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) return; // a shell without jobs
    struct sigaction action {};
    action.sa_handler = [](int) { stop_wanted = 1; };
    sigaction(SIGTSTP, &action, nullptr);
    action.sa_handler = [](int) { was_continued = 1; };
    sigaction(SIGCONT, &action, nullptr);
}

bool job_signals::stop_came() noexcept {
    const bool came = stop_wanted != 0;
    stop_wanted = 0;
    return came;
}

// NOLINTNEXTLINE(readability-convert-member-functions-to-static): it goes with what the constructor did
void job_signals::stop() {
    struct sigaction as_usual {};
    as_usual.sa_handler = SIG_DFL;
    struct sigaction ours {};
    sigaction(SIGTSTP, &as_usual, &ours);
    static_cast<void>(
        std::raise(SIGTSTP)); // returns once the process is continued, or at once if the system did not stop it
    sigaction(SIGTSTP, &ours, nullptr);
    was_continued = 1;
}

bool job_signals::goes_on() noexcept {
    const bool came = was_continued != 0;
    was_continued = 0;
    return came;
}

bool job_signals::has_terminal() noexcept {
    const pid_t owner = tcgetpgrp(STDOUT_FILENO);
    return owner < 0 || owner == getpgrp();
}

bool watch_loop::follow_jobs() {
    if (jobs_.stop_came()) {
        parts_.shown.suspend();
        jobs_.stop();
    }
    if (!jobs_.goes_on()) return false;
    if (job_signals::has_terminal()) parts_.shown.resume();
    else parts_.shown.suspend();
    return true;
}

std::string watch_loop::run(std::optional<std::chrono::seconds> time) {
    const clock::time_point until = time ? clock::now() + *time : clock::time_point::max();
    clock::time_point next_second = clock::now() + 1s;
    clock::time_point next_look = clock::now() + longest_pause;
    clock::time_point end = clock::time_point::max(); // until it is known: the kernel has to hand over what it holds
    while (true) {
        const bool some = state_ != state::gone && parts_.source.take(parts_.table);
        const bool is_new = follow_jobs();
        const clock::time_point now = clock::now();
        if (is_new) next_second = now;
        if (now >= next_look || !parts_.source.problem().empty()) {
            next_look = now + longest_pause;
            look_at_interface();
            if (state_ != state::up) parts_.source.forget_problem();
            if (problem_.empty()) problem_ = parts_.source.problem();
        }
        if (now >= next_second) {
            next_second += 1s * (1 + (now - next_second) / 1s);
            show_second(now, !some);
        }
        parts_.server.serve(now);
        if (now >= until || signals_.came() || !problem_.empty()) end = std::min(end, now + 2 * longest_wait);
        if (now >= end) break;
        if (!some) wait_until(std::min({next_second, next_look, end}));
    }
    parts_.table.flush();
    tell_observations(clock::now(), true);
    parts_.file.write(page(metrics_format::prometheus));
    return problem_;
}

void watch_loop::show_second(clock::time_point now, bool is_quiet) {
    watch_table& table = parts_.table;
    const tcplens::timestamp wall = wall_time();
    if (is_quiet) table.expire(wall);
    past_.take(table, parts_.source.counts());
    second_facts facts{.now = wall,
                       .second = past_.last_second(),
                       .minute = past_.last_minute(),
                       .all = past_.in_all(),
                       .open = table.connections().open,
                       .most_connections = what_.most_connections,
                       .services = table.services().take(most_services)};
    const auto worst = table.worst().take(most_worst);
    facts.worst.assign(worst.begin(), worst.end());
    tell_observations(now, false);
    parts_.shown.show(facts);
    parts_.file.write(page(metrics_format::prometheus));
    if (const std::string wrong = parts_.file.problem(); !wrong.empty()) {
        parts_.shown.complain(wall, "--metrics-file: " + wrong);
    }
    if (!parts_.with.out && problem_.empty()) problem_ = "The output could not be written.";
}

void watch_loop::tell_observations(clock::time_point now, bool is_last) {
    const auto fresh = parts_.table.new_observations(now, is_last);
    const std::size_t told = std::min(fresh.size(), is_last ? most_told_last : most_told);
    for (std::size_t i = 0; i < told; ++i) parts_.shown.tell(wall_time(), fresh[i]);
    if (told < fresh.size()) {
        parts_.shown.complain(wall_time(), "There are " + std::to_string(fresh.size() - told) + " more observations.");
    }
}

void watch_loop::look_at_interface() {
    const auto tell = [this](const std::string& sentence) { parts_.shown.complain(wall_time(), sentence); };
    state now = interface_.look();
    if (now == state::gone) {
        if (state_ != state::gone) tell("It is gone; waiting for it to come back.");
        const unsigned index = interface_.successor();
        const std::string why = index == 0 ? "" : parts_.source.go_on_with(index);
        if (index != 0 && why.empty()) {
            interface_.follow(index);
            ++returns_;
            has_told_why_ = false;
            tell("It is back.");
            now = interface_.look();
            state_ = state::up;
        } else if (!why.empty() && !std::exchange(has_told_why_, true)) {
            tell("It is back, but cannot be watched: " + why);
        }
    }
    if (now == state::down && state_ != state::down) tell("It is down; waiting.");
    if (now == state::up && state_ == state::down) tell("It is up again.");
    state_ = now;
}

void watch_loop::wait_until(clock::time_point wanted) {
    waiting_.clear();
    if (state_ != state::gone) waiting_.push_back({parts_.source.descriptor(), POLLIN, 0});
    parts_.server.add_to(waiting_);
    const auto pause = std::chrono::ceil<std::chrono::milliseconds>(std::max(wanted - clock::now(), clock::duration{}));
    (void)poll(waiting_.data(), static_cast<nfds_t>(waiting_.size()), static_cast<int>(pause.count()));
}

std::string watch_loop::page(metrics_format format) {
    return metrics_text({.segments = parts_.table.totals(),
                         .connections = parts_.table.connections(),
                         .packets = parts_.table.packets(),
                         .kernel = parts_.source.counts(),
                         .observations = parts_.table.observations(),
                         .most_connections = what_.most_connections,
                         .interface_up = state_ == state::up,
                         .interface_returns = returns_,
                         .begun = begun_,
                         .resident_bytes = resident_memory()},
                        format);
}

tcplens::timestamp watch_loop::wall_time() {
    return std::chrono::time_point_cast<tcplens::timestamp::duration>(std::chrono::system_clock::now());
}

} // namespace program::watching
