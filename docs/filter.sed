# What doxygen 1.9.4 (Debian 12) is given instead of a header, line for line: sed -E -f docs/filter.sed

# It takes `namespace a::inline b` for a namespace b. Users write tcplens::, too.
s/\bnamespace tcplens::inline v[0-9]+/namespace tcplens/

# It takes `~a::b` for a link to b, and does not find it.
s/`~([a-z_]+::)/`~\1%/g

# It looks in vain for the scope of `struct std::hash<…>` outside of namespace std, and warns of that.
/^template <.*>$/ {
    N
    /\nstruct std::/ {
        :more
        /\};$/ ! { N; b more; }
        s/[^\n]*//g
    }
}

# It wants a sentence for each of these, which are what the standard says of the like. M: the line may follow one with `template`.
s/^( *)((\[\[nodiscard\]\] )?friend .*\boperator(==|<=>|<)\()/\1\/** Compares. *\/ \2/M
s/^( *)((constexpr )?[a-z_]+& operator=\()/\1\/** Assigns. *\/ \2/M
s/^( *)((constexpr )?([a-z_]+)\((const )?\4&&?( [a-z]+)?\))/\1\/** Copies or moves. *\/ \2/M
s/^( *)(using (value_type|difference_type|iterator_category|iterator_concept|pointer|reference) =)/\1\/** As of any iterator. *\/ \2/M
s/^( *)([a-z_]+\(.*\) -> )/\1\/** Tells the types by what it is made of. *\/ \2/M

# How a class is saved is no affair of who uses it.
s/^( *)((static|friend) .*\barchive\()/\1\/** \\private *\/ \2/M
