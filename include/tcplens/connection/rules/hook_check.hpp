// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/enum_set.hpp"

#include <type_traits>

namespace tcplens::inline v1::detail {

/// Whether rules or an observer list a hook in `hooks`.
template <class Part, auto Hook>
concept has_hook = requires {
    Part::hooks;
}
&&contains_all(Part::hooks, Hook);

/// Whether rules or an observer that have a `hooks` have one of that type.
template <class Part, class Hooks>
concept lists_hooks_as = !requires {
    Part::hooks;
}
|| std::is_same_v<std::remove_cvref_t<decltype(Part::hooks)>, Hooks>;

// Whether a class has a member of some name, whatever it is: with a base that has it too, the name is ambiguous.

template <class Part, class Named>
struct with_name : Part, Named {};

struct named_reserve {
    int reserve;
};
struct named_forget {
    int forget;
};
struct named_prefetch {
    int prefetch;
};
struct named_prefetch_side {
    int prefetch_side;
};
struct named_begins_another {
    int begins_another;
};
struct named_archive_connection {
    int archive_connection;
};
struct named_saved_as {
    int saved_as;
};
struct named_archive {
    int archive;
};
struct named_fits {
    int fits;
};
struct named_finish {
    int finish;
};
struct named_take_notice {
    int take_notice;
};

template <class Part>
concept names_reserve = !requires {
    &with_name<Part, named_reserve>::reserve;
};
template <class Part>
concept names_forget = !requires {
    &with_name<Part, named_forget>::forget;
};
template <class Part>
concept names_prefetch = !requires {
    &with_name<Part, named_prefetch>::prefetch;
};
template <class Part>
concept names_prefetch_side = !requires {
    &with_name<Part, named_prefetch_side>::prefetch_side;
};
template <class Part>
concept names_begins_another = !requires {
    &with_name<Part, named_begins_another>::begins_another;
};
template <class Part>
concept names_archive_connection = !requires {
    &with_name<Part, named_archive_connection>::archive_connection;
};
template <class Part>
concept names_saved_as = !requires {
    &with_name<Part, named_saved_as>::saved_as;
};
template <class Part>
concept names_archive = !requires {
    &with_name<Part, named_archive>::archive;
};
template <class Part>
concept names_fits = !requires {
    &with_name<Part, named_fits>::fits;
};
template <class Part>
concept names_finish = !requires {
    &with_name<Part, named_finish>::finish;
};
template <class Part>
concept names_take_notice = !requires {
    &with_name<Part, named_take_notice>::take_notice;
};

} // namespace tcplens::inline v1::detail
