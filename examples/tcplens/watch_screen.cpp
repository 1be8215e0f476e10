// SPDX-License-Identifier: MIT
// The screen of watch, drawn again each second.

#include "text.hpp"
#include "watch_display.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/ioctl.h>
#include <unistd.h>

namespace program::watching {

namespace {

constexpr std::size_t usual_height = 24;
constexpr double worth_a_colour = 0.02;  // retransmissions, as report's --threshold
constexpr std::size_t most_events = 200; // that are kept

/// A line of the screen: text without control characters, and how it looks.
struct screen_line {
    std::string text{};
    style look = style::plain;
};

std::size_t height_of_terminal() {
    winsize size{};
    return ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : usual_height;
}

std::string clock_time(tcplens::timestamp now) {
    return time_text(now).substr(11, 8); // behind the date, before the fraction
}

std::string by_second(std::uint64_t count, double seconds) {
    const double rate = static_cast<double>(count) / std::max(seconds, 1e-3);
    return (rate < 10 && count > 0 ? fixed(rate, 1) : grouped(static_cast<std::uint64_t>(rate + 0.5))) + "/s";
}

/// The least bound that so many of the round trips are below.
std::string below(const round_trip_histogram& of, double part) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < of.bounds_us.size(); ++i) {
        sum += of.counts[i];
        if (static_cast<double>(sum) >= part * static_cast<double>(of.count)) {
            return "below " + duration_text(std::chrono::microseconds{of.bounds_us[i]});
        }
    }
    return "above " + duration_text(std::chrono::microseconds{of.bounds_us.back()});
}

class screen final : public display {
public:
    screen(session& with, const watched& what) : with_(with), what_(what) { resume(); }
    ~screen() override { suspend(); }

    void show(const second_facts& facts) override {
        if (!is_there_) return;
        const terminal now = terminal::of_standard_output(); // its size may have changed
        std::vector<screen_line> lines;
        add_counts(lines, facts);
        add_services(lines, facts);
        add_worst(lines, facts);
        add_events(lines, now.width());
        const std::size_t height = height_of_terminal();
        if (lines.size() >= height) lines.resize(height - 1);
        std::string text = "\x1b[H";
        for (const screen_line& each : lines) {
            text += now.painted(each.look, cut_to(each.text, now.width() - 1)) + "\x1b[K\n";
        }
        with_.out << text << "\x1b[J" << std::flush;
    }

    void tell(tcplens::timestamp now, const tcplens::observation& of) override {
        note(clock_time(now) + "  " + std::string{to_string(of.kind)} + ": " + of.text);
    }
    void complain(tcplens::timestamp now, const std::string& sentence) override {
        note(clock_time(now) + "  " + escaped(what_.interface) + ": " + sentence);
        if (!standard_error_is_terminal()) with_.complain(what_.interface, sentence);
    }
    void end() override { suspend(); }
    [[nodiscard]] bool has_screen() const override { return true; }
    void suspend() override {
        if (!std::exchange(is_there_, false)) return;
        with_.out << "\x1b[?25h\x1b[?1049l" << std::flush;
    }
    void resume() override {
        is_there_ = true;
        with_.out << "\x1b[?1049h\x1b[?25l\x1b[2J" << std::flush; // the other screen, without a cursor
    }

private:
    void note(std::string event) {
        events_.push_front(std::move(event));
        if (events_.size() > most_events) events_.pop_back();
    }

    static std::string row(std::string_view name, std::string_view second, std::string_view minute,
                           std::string_view all) {
        constexpr std::size_t column = 16;
        return padded(name, 24) + padded(second, column, true) + padded(minute, column, true) +
               padded(all, column, true);
    }

    void add_counts(std::vector<screen_line>& to, const second_facts& facts) const {
        const interval& second = facts.second;
        const interval& minute = facts.minute;
        const interval& all = facts.all;
        const auto rates = [&](std::string_view name, auto count) {
            to.push_back({row(name, by_second(count(second.counts), second.seconds),
                              by_second(count(minute.counts), minute.seconds), grouped(count(all.counts)))});
        };
        to.push_back({"tcplens watch " + escaped(what_.interface) + " (" + std::string{to_string(what_.link)} + "), " +
                          time_text(facts.now).substr(0, 19) + " UTC, for " +
                          duration_text(std::chrono::seconds{static_cast<std::int64_t>(all.seconds)}),
                      style::bold});
        to.push_back({row("", "last second", "last minute", "in all"), style::faint});
        rates("packets", [](const moment& of) { return of.packets; });
        const auto bytes = [](const interval& of) {
            return rate_text(static_cast<double>(of.counts.wire_bytes) / std::max(of.seconds, 1e-3));
        };
        to.push_back({row("bytes of TCP packets", bytes(second), bytes(minute), bytes_text(all.counts.wire_bytes))});
        rates("connections begun", [](const moment& of) { return of.begun; });
        rates("connections ended", [](const moment& of) { return of.ended(); });
        const auto again = [](const interval& of) {
            return grouped(of.counts.retransmissions) + " " + share(of.counts.retransmissions, of.counts.segments);
        };
        const bool is_much = static_cast<double>(second.counts.retransmissions) >
                             worth_a_colour * static_cast<double>(second.counts.segments);
        to.push_back(
            {row("retransmitted", again(second), again(minute), again(all)), is_much ? style::warning : style::plain});
        const auto drops = [&](std::string_view name, auto count) {
            to.push_back(
                {row(name, grouped(count(second.counts)), grouped(count(minute.counts)), grouped(count(all.counts))),
                 count(minute.counts) > 0 ? style::bad : style::plain});
        };
        drops("dropped by the kernel", [](const moment& of) { return of.kernel_dropped; });
        drops("dropped by the bound", [](const moment& of) { return of.bound_dropped; });
        to.push_back({"open connections: " + grouped(facts.open) + " of at most " + grouped(facts.most_connections)});
        add_round_trips(to, minute.counts);
    }

    static void add_round_trips(std::vector<screen_line>& to, const moment& minute) {
        constexpr std::array<std::string_view, 2> ends{"servers", "clients"};
        std::string line = "round trips, last minute:";
        for (std::size_t i = 0; i < ends.size(); ++i) {
            const round_trip_histogram& of = minute.round_trips[i];
            line.append(i == 0 ? " to " : "; to ").append(ends[i]);
            if (of.count == 0) line += " none";
            else line += " half " + below(of, 0.5) + ", 95% " + below(of, 0.95);
        }
        to.push_back({line});
    }

    static void add_services(std::vector<screen_line>& to, const second_facts& facts) {
        to.push_back({});
        to.push_back({padded("Services now", 46) + padded("bytes", 12, true) + padded("packets", 12, true) +
                          padded("begun", 8, true) + "  retransmitted",
                      style::bold});
        if (facts.services.empty()) to.push_back({"  none", style::faint});
        for (const service_counts::service& each : facts.services) {
            to.push_back({"  " + padded(to_string(each.server), 44) +
                          padded(rate_text(static_cast<double>(each.wire_bytes) / std::max(facts.second.seconds, 1e-3)),
                                 12, true) +
                          padded(by_second(each.segments, facts.second.seconds), 12, true) +
                          padded(grouped(each.begun), 8, true) + "  " + grouped(each.retransmissions) + " " +
                          share(each.retransmissions, each.segments)});
        }
    }

    static void add_worst(std::vector<screen_line>& to, const second_facts& facts) {
        to.push_back({});
        to.push_back({"Worst connections now, by retransmissions", style::bold});
        if (facts.worst.empty()) to.push_back({"  none", style::faint});
        for (const worst_connections::entry& each : facts.worst) {
            to.push_back({padded(grouped(each.retransmissions), 8, true) + "  " + to_string(each.client) + " > " +
                          to_string(each.server)});
        }
    }

    void add_events(std::vector<screen_line>& to, std::size_t width) const {
        to.push_back({});
        to.push_back({"What deserves a look, the latest first (Ctrl-C ends)", style::bold});
        if (events_.empty()) to.push_back({"  nothing", style::faint});
        for (const std::string& each : events_) {
            std::string_view rest = each;
            const std::string lines = wrapped(rest, width - 1, 12, false);
            rest = lines;
            while (!rest.empty()) {
                const std::size_t end = std::min(rest.find('\n'), rest.size());
                to.push_back({(rest.data() == lines.data() ? "  " : "") + std::string{rest.substr(0, end)}});
                rest.remove_prefix(std::min(end + 1, rest.size()));
            }
        }
    }

    session& with_;
    watched what_;
    std::deque<std::string> events_{}; ///< the latest first
    bool is_there_ = false;
};

} // namespace

std::unique_ptr<display> make_screen(session& with, const watched& what) {
    return std::make_unique<screen>(with, what);
}

} // namespace program::watching
