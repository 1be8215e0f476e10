// SPDX-License-Identifier: MIT
// How long each server takes to answer: from the last byte of a request to the first byte of the response, as captured. Beside the
// client that includes the way to the server and back.

#include <tcplens/connection/tracking/duration_histogram.hpp>
#include <tcplens/tcplens.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <optional>

class response_observer {
public:
    struct facts { // what each connection has besides
        tcplens::duration_histogram responses{};

        void swap_roles() noexcept {}
        [[nodiscard]] friend bool operator==(const facts&, const facts&) noexcept = default;
    };
    struct connection_state { // what is remembered of it
        std::optional<tcplens::timestamp> asked{};
    };
    static constexpr bool per_connection = true;

    void observe(const tcplens::observer_input& next, connection_state& state, facts& known) const noexcept {
        using enum tcplens::verdict_kinds;
        if (next.segment.payload_length == 0 || next.verdict.has(retransmission | duplicate | keep_alive)) return;
        if (next.direction == tcplens::direction::client_to_server) {
            state.asked = next.segment.time;
        } else if (state.asked) {
            known.responses.add(next.segment.time - *state.asked);
            state.asked.reset();
        }
    }
};
static_assert(tcplens::connection_observer<response_observer>);

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::basic_connection_table<tcplens::evidence_rules, response_observer> table;
    table.add_all(capture);
    std::map<tcplens::endpoint, tcplens::duration_histogram> servers;
    for (const auto& each : table) servers[each.server].merge(each.responses);
    const auto ms = [](std::chrono::nanoseconds time) {
        return std::chrono::duration<double, std::milli>{time}.count();
    };
    for (const auto& [server, responses] : servers) {
        if (responses.total() == 0) continue;
        std::cout << to_string(server) << ": " << responses.total() << " responses, median "
                  << ms(responses.percentile(50)) << " ms, 95 % within " << ms(responses.percentile(95)) << " ms\n";
    }
    return capture.error() ? 1 : 0;
}
