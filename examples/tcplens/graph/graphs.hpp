// SPDX-License-Identifier: MIT
#pragma once

// The pictures that there are. Each is a function that takes what was collected and gives SVG of a bounded size, as text:
//
//     captures input{files};
//     const collected found = collect(input, decoding, rules, std::span{&number, 1});       // one reading
//     if (!found.traces.empty()) write(time_sequence(found.traces[0], {.most_bytes = 150'000}));
//
// | function        | of                                  | takes                                          |
// | --------------- | ----------------------------------- | ---------------------------------------------- |
// | time_sequence() | a connection                        | a trace: collect()                             |
// | round_trips()   | a connection                        | a trace                                        |
// | in_flight()     | a connection                        | a trace                                        |
// | throughput()    | a connection                        | a trace                                        |
// | ladder()        | a connection                        | a trace, and which segments                    |
// | time_spent()    | the connections that lasted longest | collect_slowest(), or any range of spent_time  |
// | overview()      | the capture                         | a capture_overview: collect(…, &whole)         |
// | xplot()         | one direction of a connection       | a trace; it gives xplot.org's format, no SVG   |
//
// picture_options has the bound in bytes, and says whether a picture is a part of a page.

#include "collect.hpp"
#include "ladder.hpp"
#include "lines.hpp"
#include "overview.hpp"
#include "time_sequence.hpp"
#include "time_spent.hpp"
#include "xplot.hpp"
