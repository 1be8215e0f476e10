// SPDX-License-Identifier: MIT
#pragma once

namespace tcplens::inline v1::detail {

template <class Type, class Parameter>
struct late_type {
    using type = Type;
};

/// `Type`, which the compiler knows only once a template's `Parameter` is given. A template that names a type by it instantiates nothing of the type
/// before the template itself is used, so programs that include its header and do not use it compile faster.
template <class Type, class Parameter>
using late = typename late_type<Type, Parameter>::type;

} // namespace tcplens::inline v1::detail
