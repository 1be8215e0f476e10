// SPDX-License-Identifier: MIT
// Deals the segments of captures to several tables, joins what these saw, and compares that with one table that saw all. Prints
// how much came out the same, and fails if anything differs that should not: what is not marked as doubtful, retransmissions
// that are out of their bounds, or what depends on the order of joining.
//
//     tcplens_joined [--verbose] FILE|FOLDER...
//
// Columns: connections of one table; of those, what more than one table saw; the same in all, without a doubt or marked
// nevertheless; the same but for the number of retransmissions, which are within their bounds; different in more, and marked;
// of those joined, how many have exact numbers of retransmissions; by how much all bounds are apart; how many retransmissions
// there were; bounds that do not hold where a segment was acknowledged before it was captured. The last three must be 0.

#include <tcplens/capture.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/joined/connection_joiner.hpp>
#include <tcplens/connection/joined/trace_observer.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

bool verbose = false;

/// How a capture's segments are dealt to tables.
struct dealing {
    std::string_view name;
    join_options::join_order order;
    std::size_t (*table_for)(const segment& next, std::size_t place, std::size_t count, std::mt19937& random);
};

std::size_t by_direction(const segment& next, std::size_t, std::size_t, std::mt19937&) {
    return next.source < next.destination ? 0 : 1;
}
std::size_t by_half(const segment&, std::size_t place, std::size_t count, std::mt19937&) {
    return place * 2 / count;
}
std::size_t by_half_and_direction(const segment& next, std::size_t place, std::size_t count, std::mt19937& random) {
    return by_half(next, place, count, random) * 2 + by_direction(next, place, count, random);
}
std::size_t by_chance(const segment&, std::size_t, std::size_t, std::mt19937& random) {
    return random() % 3;
}
std::size_t by_connection(const segment& next, std::size_t, std::size_t, std::mt19937&) {
    return (std::hash<endpoint>{}(next.source) ^ std::hash<endpoint>{}(next.destination)) % 4;
}

constexpr std::array dealings{
    dealing{"connection", join_options::join_order::time, by_connection},
    dealing{"direction", join_options::join_order::time, by_direction},
    dealing{"direction, numbers", join_options::join_order::packet_number, by_direction},
    dealing{"half", join_options::join_order::time, by_half},
    dealing{"half, numbers", join_options::join_order::packet_number, by_half},
    dealing{"half and direction, numbers", join_options::join_order::packet_number, by_half_and_direction},
    dealing{"chance, numbers", join_options::join_order::packet_number, by_chance},
};

struct totals {
    std::uint64_t connections = 0;     ///< of one table
    std::uint64_t joined = 0;          ///< of those, of which more than one table saw a part
    std::uint64_t same = 0;            ///< in all, and not marked
    std::uint64_t same_but_marked = 0; ///< likewise, but marked
    std::uint64_t bounded = 0;         ///< but for the number of retransmissions, which is marked and within its bounds
    std::uint64_t doubted = 0;         ///< another difference, marked
    std::uint64_t wrong_bounds = 0;
    std::uint64_t outside =
        0; ///< out of their bounds, as they may be where a segment was acknowledged before it was captured
    std::uint64_t wrong = 0; ///< not marked
    std::uint64_t unstable = 0;
    std::uint64_t exact_bounds = 0; ///< of joined
    std::uint64_t width = 0;        ///< of all bounds
    std::uint64_t retransmissions = 0;
};

connection without_retransmissions(connection of) {
    of.number = 0;
    of.client_to_server.retransmissions = of.server_to_client.retransmissions = 0;
    return of;
}

/// By what a connection is found again.
auto key(const connection& of) {
    return std::tuple{std::min(of.client, of.server), std::max(of.client, of.server), of.network, of.first_packet};
}

std::string describe(const connection& of) {
    const auto counts = [](const direction_statistics& direction) {
        return std::to_string(direction.packets) + '/' + std::to_string(direction.payload_bytes) + " SYN " +
               std::to_string(direction.syn) + " FIN " + std::to_string(direction.fin) + " RST " +
               std::to_string(direction.rst) + " again " + std::to_string(direction.retransmissions);
    };
    return to_string(of.client) + " > " + to_string(of.server) + " by " + std::string{to_string(of.role_basis)} +
           ", handshake " + std::string{to_string(of.handshake)} + ", close " +
           std::string{to_string(of.close_reason)} + (of.closed ? " closed" : " open") +
           (of.closed_by ? " by " + std::string{to_string(*of.closed_by)} : "") + ", " +
           std::to_string(of.first_packet) + '-' + std::to_string(of.last_packet) + ", up " +
           counts(of.client_to_server) + ", down " + counts(of.server_to_client);
}

/// The connections of two joiners, as if they had been added to one.
connection_joiner merged(connection_joiner a, const connection_joiner& b) {
    a.merge(b);
    return a;
}

template <class Rules>
void compare(std::vector<segment> segments, const dealing& how, std::string_view file, totals& result) {
    using table = basic_connection_table<Rules, trace_observer>;
    table whole{};
    std::vector<table> parts(4);
    std::mt19937 random{1};
    // What has to be put in the order of its times comes in that order to the one table, too.
    if (how.order == join_options::join_order::time) std::ranges::stable_sort(segments, {}, &segment::time);
    std::set<std::uint64_t> acknowledged_early;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const add_result added = whole.add(segments[i]);
        if (added.verdict.has(verdict_kinds::ack_lost_segment)) acknowledged_early.insert(added.connection->number);
        parts[how.table_for(segments[i], i, segments.size(), random)].add(segments[i]);
    }
    const join_options options{.order = how.order};
    const auto joined = merge_connections(parts, options);

    // In another order, and in groups.
    std::vector<typename table::connection_type> bag;
    for (const table& each : parts) bag.insert(bag.end(), each.begin(), each.end());
    std::ranges::shuffle(bag, random);
    std::array<connection_joiner, 3> joiners{connection_joiner{options}, connection_joiner{options},
                                             connection_joiner{options}};
    for (const auto& each : bag) joiners[random() % 3].add<Rules>(each);
    result.unstable += merged(joiners[0], merged(joiners[1], joiners[2])).join() != joined;
    result.unstable += merged(merged(joiners[2], joiners[0]), joiners[1]).join() != joined;

    std::map<decltype(key(connection{})), const joined_connection*> found;
    for (const joined_connection& each : joined) found[key(each)] = &each;
    const bool any_doubt = std::ranges::any_of(joined, [](const joined_connection& each) {
        return each.has(join_doubt::incarnations | join_doubt::forgotten | join_doubt::order);
    });
    for (const connection& each : whole) {
        ++result.connections;
        const auto at = found.find(key(each));
        if (at == found.end()) {
            const bool marked = any_doubt && std::ranges::any_of(joined, [&](const joined_connection& other) {
                                    return other.has(join_doubt::incarnations | join_doubt::forgotten) &&
                                           std::min(other.client, other.server) == std::min(each.client, each.server) &&
                                           std::max(other.client, other.server) == std::max(each.client, each.server);
                                });
            ++(marked ? result.doubted : result.wrong);
            if (verbose) std::cout << file << ", " << how.name << ": lost " << describe(each) << '\n';
            continue;
        }
        const joined_connection& told = *at->second;
        result.joined += told.parts > 1;
        bool within = true;
        bool same_count = true;
        if (told.parts > 1) result.exact_bounds += told.to_server.exact() && told.to_client.exact();
        for (const direction direction : {direction::client_to_server, direction::server_to_client}) {
            // By the sender: roles may differ.
            const bool same_roles = told.client == each.client;
            const auto other = same_roles ? direction : opposite(direction);
            const std::uint64_t right = each.statistics(direction).retransmissions;
            const joined_connection::retransmission_bounds bounds = told.retransmissions(other);
            within = within && bounds.at_least <= right && right <= bounds.at_most;
            same_count = same_count && told.statistics(other).retransmissions == right;
            if (told.parts > 1) {
                result.width += bounds.at_most - bounds.at_least;
                result.retransmissions += right;
            }
        }
        const bool same = without_retransmissions(told) == without_retransmissions(each);
        const bool doubtful = told.has(join_doubt::order | join_doubt::incarnations | join_doubt::forgotten);
        if (!same && !doubtful) {
            ++result.wrong;
        } else if (!within && !told.has(join_doubt::incarnations | join_doubt::forgotten)) {
            ++(acknowledged_early.contains(each.number) ? result.outside : result.wrong_bounds);
        } else if (!same) {
            ++result.doubted;
        } else if (!same_count) {
            ++result.bounded;
        } else {
            ++(told.doubts == join_doubt::none ? result.same : result.same_but_marked);
        }
        if (verbose && ((!same && !doubtful) || (!within && !doubtful && !acknowledged_early.contains(each.number)))) {
            std::cout << file << ", " << how.name << ", doubts " << static_cast<int>(told.doubts) << ", bounds "
                      << told.to_server.at_least << '-' << told.to_server.at_most << ' ' << told.to_client.at_least
                      << '-' << told.to_client.at_most << "\n  one    " << describe(each) << "\n  joined "
                      << describe(told) << '\n';
        }
    }
    if (joined.size() > whole.size()) {
        result.wrong += !any_doubt;
        if (verbose) std::cout << file << ", " << how.name << ": " << joined.size() << " for " << whole.size() << '\n';
    }
}

void print(std::string_view rules, const std::array<totals, dealings.size()>& results) {
    std::cout << rules << '\n'
              << std::left << std::setw(30) << "  dealt by" << std::right << std::setw(8) << "all" << std::setw(8)
              << "joined" << std::setw(8) << "same" << std::setw(8) << "marked" << std::setw(9) << "bounded"
              << std::setw(9) << "doubted" << std::setw(8) << "exact" << std::setw(8) << "width" << std::setw(8)
              << "again" << std::setw(9) << "outside" << std::setw(8) << "bounds!" << std::setw(8) << "wrong!"
              << std::setw(10) << "unstable!" << '\n';
    for (std::size_t i = 0; i < dealings.size(); ++i) {
        const totals& of = results[i];
        std::cout << "  " << std::left << std::setw(28) << dealings[i].name << std::right << std::setw(8)
                  << of.connections << std::setw(8) << of.joined << std::setw(8) << of.same << std::setw(8)
                  << of.same_but_marked << std::setw(9) << of.bounded << std::setw(9) << of.doubted << std::setw(8)
                  << of.exact_bounds << std::setw(8) << of.width << std::setw(8) << of.retransmissions << std::setw(9)
                  << of.outside << std::setw(8) << of.wrong_bounds << std::setw(8) << of.wrong << std::setw(10)
                  << of.unstable << '\n';
    }
}

} // namespace

int main(int argument_count, char** arguments) {
    std::array<totals, dealings.size()> by_evidence{}, by_number{};
    std::vector<std::filesystem::path> files;
    for (const std::string_view given : std::span{arguments + 1, arguments + argument_count}) {
        if (given == "--verbose") {
            verbose = true;
        } else if (std::filesystem::is_directory(given)) {
            for (const auto& each : std::filesystem::recursive_directory_iterator{given}) {
                if (each.is_regular_file()) files.push_back(each.path());
            }
        } else {
            files.emplace_back(given);
        }
    }
    for (const std::filesystem::path& file : files) {
        std::vector<segment> segments;
        capture_file capture{file};
        decoder reader;
        timestamp last_time{};
        for (const packet& each : capture) {
            segment found;
            if (reader.decode(each, found).outcome != packet_outcome::tcp) continue;
            if (each.has_time) last_time = found.time;
            else found.time = last_time;
            segments.push_back(found);
        }
        const std::string name = file.string();
        for (std::size_t i = 0; i < dealings.size(); ++i) {
            compare<evidence_rules>(segments, dealings[i], name, by_evidence[i]);
            compare<repeated_sequence_rules>(segments, dealings[i], name, by_number[i]);
        }
    }
    print("evidence_rules", by_evidence);
    print("repeated_sequence_rules", by_number);
    std::uint64_t wrong = 0;
    for (const auto* results : {&by_evidence, &by_number}) {
        for (const totals& each : *results) wrong += each.wrong + each.wrong_bounds + each.unstable;
    }
    if (by_evidence[0].connections == 0) std::cerr << "no connections\n"; // nothing was compared
    return wrong == 0 && by_evidence[0].connections > 0 ? 0 : 1;
}
