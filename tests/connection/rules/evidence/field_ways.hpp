// SPDX-License-Identifier: MIT
#pragma once

#include "../../../support/story.hpp"

/// Calls `tell` with every way in which the hosts of a story of the field may send: without and with timestamps, and with each kind of
/// IPv4 Identifications. Stories are told over both IP versions by themselves.
template <class Tell>
void for_each_way(story_opening opening, Tell tell) {
    for (const bool timestamps : {false, true}) {
        for (const story_ids ids : {story_ids::counted, story_ids::constant, story_ids::zero, story_ids::random}) {
            opening.timestamps = timestamps;
            opening.ids = ids;
            CAPTURE(timestamps);
            CAPTURE(static_cast<int>(ids));
            tell(opening);
        }
    }
}
