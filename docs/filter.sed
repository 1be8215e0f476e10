# What doxygen 1.9.4 (Debian 12) is given instead of a header, line for line: sed -E -f docs/filter.sed

# doxygen reads `namespace a::inline b` as a namespace b. Users write tcplens::, too.
s/\bnamespace tcplens::inline v[0-9]+/namespace tcplens/

# doxygen reads `~a::b` as a link to b, which does not exist.
s/`~([a-z_]+::)/`~\1%/g

# doxygen does not find the scope of `struct std::hash<…>` outside of namespace std.
/^template <.*>$/ {
    N
    /\nstruct std::/ {
        :more
        /\};$/ ! { N; b more; }
        s/[^\n]*//g
    }
}

# doxygen asks for a sentence for each of these, which do what such members always do. M: the line may follow one with `template`.
s/^( *)((\[\[nodiscard\]\] )?friend .*\boperator(==|<=>|<)\()/\1\/** Compares. *\/ \2/M
s/^( *)((constexpr )?[a-z_]+& operator=\()/\1\/** Assigns. *\/ \2/M
s/^( *)((constexpr )?([a-z_]+)\((const )?\4&&?( [a-z]+)?\))/\1\/** Copies or moves. *\/ \2/M
s/^( *)(using (value_type|difference_type|iterator_category|iterator_concept|pointer|reference) =)/\1\/** As for any iterator. *\/ \2/M
s/^( *)([a-z_]+\(.*\) -> )/\1\/** Deduces the types from the arguments. *\/ \2/M

# Archive lists are not for users.
s/^( *)((static|friend) .*\barchive\()/\1\/** \\private *\/ \2/M
