// SPDX-License-Identifier: MIT
#include "interruption.hpp"

#include <csignal>

namespace program {

namespace {

volatile std::sig_atomic_t came = 0;

extern "C" void note_interruption(int signal) {
    came = 1;
    std::signal(signal, SIG_DFL);
}

} // namespace

void watch_for_interruption() {
#ifdef _WIN32
    std::signal(SIGINT, note_interruption);
#else
    struct sigaction action {};
    action.sa_handler = note_interruption;
    sigaction(SIGINT, &action, nullptr); // without SA_RESTART: it ends a wait for input
#endif
}

void stop_watching_for_interruption() {
    std::signal(SIGINT, SIG_DFL);
}

bool interrupted() noexcept {
    return came != 0;
}

} // namespace program
