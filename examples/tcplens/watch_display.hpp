// SPDX-License-Identifier: MIT
#pragma once

// What watch shows: a screen that is drawn again each second, or plain lines where there is no terminal.

#include "session.hpp"
#include "watch_history.hpp"

#include <tcplens/analysis/observations/observation.hpp>
#include <tcplens/tcplens.hpp>

#include <memory>
#include <ostream>
#include <string>

namespace program::watching {

/// What stands in the heading.
struct watched {
    std::string interface {};
    tcplens::link_type link{};
    std::uint64_t most_connections = 0;
};

class display {
public:
    display() = default;
    display(const display&) = delete;
    display& operator=(const display&) = delete;
    virtual ~display() = default;

    /// A second is over.
    virtual void show(const second_facts& facts) = 0;
    /// Something deserves a look.
    virtual void tell(tcplens::timestamp now, const tcplens::observation& of) = 0;
    /// Something happened to the interface, or to what watch itself does. A sentence.
    virtual void complain(tcplens::timestamp now, const std::string& sentence) = 0;
    /// Gives the terminal back. Nothing is shown after that.
    virtual void end() = 0;

    /// Whether the terminal looks otherwise as long as this is there, and has to be given back before the process is stopped.
    [[nodiscard]] virtual bool has_screen() const { return false; }
    /// Gives the terminal back until resume(). Nothing is drawn meanwhile.
    virtual void suspend() {}
    /// Takes it again, whatever stands there now.
    virtual void resume() {}
};

[[nodiscard]] std::unique_ptr<display> make_screen(session& with, const watched& what);
[[nodiscard]] std::unique_ptr<display> make_plain_lines(session& with, const watched& what);

/// The line of a connection that ended.
void print_ended(std::ostream& out, const tcplens::connection& ended, tcplens::end_reason why);
/// The totals, when all is over.
void print_summary(std::ostream& out, const watch_table& table, const kernel_counts& kernel);

/// "12.34%"; "0.00%" of nothing.
[[nodiscard]] std::string share(std::uint64_t part, std::uint64_t whole);

} // namespace program::watching
