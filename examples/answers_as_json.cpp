// SPDX-License-Identifier: MIT
// Answers as JSON by nlohmann-json: one line a struct, and one rule for every type that has a to_string(). See docs/serialising.md.

#include <tcplens/tcplens.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <iostream>
#include <string>
#include <string_view>

// Enumerations, endpoints and addresses are text.
template <class Value>
requires requires(const Value& value) {
    { tcplens::to_string(value) } -> std::convertible_to<std::string_view>;
}
struct nlohmann::adl_serializer<Value> {
    static void to_json(json& to, const Value& value) { to = std::string{tcplens::to_string(value)}; }
};

// One line a struct, with the members that are wanted.
using nlohmann::json;
namespace tcplens {
template <class Item>
void to_json(json& to, const bounded_list<Item>& of) {
    to = {{"items", of.items}, {"left_out", of.left_out()}};
}
void to_json(json& to, const flag_counts& of) {
    to = {{"syn", of.syn}, {"fin", of.fin}, {"rst", of.rst}};
}
void to_json(json& to, const connections_report::totals& of) {
    to = {{"connections", of.total_connections},
          {"failed", of.failed_handshakes},
          {"retransmissions", of.retransmissions}};
}
void to_json(json& to, const connections_report::row& of) {
    to = {{"client", of.client},
          {"server", of.server},
          {"close_reason", of.close_reason},
          {"flags", of.flags},
          {"packets", of.packets}};
}
void to_json(json& to, const connections_report& of) {
    to = {{"summary", of.summary}, {"connections", of.connections}, {"issues", of.issues}};
}
} // namespace tcplens

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::connection_table table;
    table.add_all(capture);
    std::cout << json(tcplens::analyze_connections(table)).dump(2) << '\n';
    return capture.error() ? 1 : 0;
}
