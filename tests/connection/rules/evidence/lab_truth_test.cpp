// SPDX-License-Identifier: MIT
// Recordings of real TCP over a path that did known harm: what is said of each segment against what it was.
// See tests/lab.
#include <tcplens/capture.hpp>
#include <tcplens/connection.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

struct recording {
    std::string name;
    unsigned arriving; ///< segments that came to this end late, again or twice: all are called so
    unsigned inferred; ///< of those sent again of which nothing had come before: called retransmissions
};

// A skipped Identification after a pause is no proof by itself: hosts skip for other reasons, too. So one each of few_losses-3/b and
// few_stalls-1/b, which followed within less than a timeout or after another skip, is not called a retransmission.
const std::vector<recording> recordings{
    {"few_late-9/a", 9, 0},   {"few_late-9/b", 3, 1},   {"few_losses-3/a", 6, 2}, {"few_losses-3/b", 10, 1},
    {"few_queued-2/a", 7, 1}, {"few_queued-2/b", 1, 0}, {"few_stalls-1/a", 1, 1}, {"few_stalls-1/b", 5, 1},
};

/// What it is called: a class of the truth.
std::string class_of(const verdict& said) {
    if (said.has(verdict_kinds::duplicate)) return "duplicate";
    if (said.is_retransmission()) return "retransmission";
    return said.has(verdict_kinds::out_of_order) ? "out_of_order" : "new";
}

std::map<std::uint64_t, std::string> classes_in(const std::string& file) {
    capture_file capture{file};
    connection_table table;
    std::map<std::uint64_t, std::string> said;
    for (const packet& each : capture) {
        const add_result added = table.add(each);
        REQUIRE(added.outcome == packet_outcome::tcp);
        said[each.number] = class_of(added.verdict);
    }
    REQUIRE_FALSE(capture.error());
    return said;
}

/// The kernel's RetransSegs: the line after the one with the names.
unsigned segments_sent_again(const std::string& file) {
    std::ifstream counters{file};
    for (std::string line; std::getline(counters, line);) {
        std::istringstream names{line};
        std::getline(counters, line);
        std::istringstream values{line};
        for (std::string name, value; names >> name && values >> value;) {
            if (name == "RetransSegs") return static_cast<unsigned>(std::stoul(value));
        }
    }
    FAIL("no RetransSegs in " << file);
    return 0;
}

} // namespace

TEST_CASE("what is said of recorded segments is what they were") {
    for (const recording& each : recordings) {
        CAPTURE(each.name);
        const std::string path = "tests/data/lab/" + each.name;
        auto said = classes_in(path + ".pcap");

        std::ifstream truth{path + ".truth.tsv"};
        std::string line;
        REQUIRE(std::getline(truth, line));
        REQUIRE(line == "frame\tvantage\tclass");
        unsigned rows = 0;
        unsigned sent_again = 0;
        unsigned right = 0;
        unsigned inferred = 0;
        std::uint64_t frame = 0;
        std::string vantage;
        std::string real;
        while (truth >> frame >> vantage >> real) {
            ++rows;
            CAPTURE(frame);
            REQUIRE(said.contains(frame));
            const std::string told = said[frame];
            said.erase(frame);
            if (vantage == "sent") {
                CHECK(told == real);
                sent_again += told == "retransmission";
                continue;
            }
            REQUIRE(vantage == "arriving");
            if (real == "unseen") {
                CHECK((told == "new" || told == "retransmission"));
                inferred += told == "retransmission";
                continue;
            }
            CHECK(told == real);
            right += real != "new" && told == real;
        }
        CHECK(rows > 50);
        CHECK(sent_again == segments_sent_again(path + ".kernel.txt"));
        CHECK(right == each.arriving);
        CHECK(inferred == each.inferred);
        for (const auto& stray : said) { // neither data nor SYN nor FIN
            CAPTURE(stray.first);
            CHECK((stray.second == "new" || stray.second == "duplicate"));
        }
    }
}
