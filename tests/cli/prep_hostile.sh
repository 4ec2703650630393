# kw-prep survives hostile photos: it leaves out those that it must, with the
# right reason, and nothing else.
. "$KW_TESTS/support/cli.sh"
prep=$KW_BIN/kw-prep
export LC_ALL=C

# Compare what was left out with what was expected.  A line of the list is
#	kw-prep: left out 'photos/CLASS/FILE': STAGE: REASON
compare_list() {
	awk -F '\t' '
	function wrong(text) { print text; n_wrong++ }
	function fits(reason, words,    i, n, list) {
		n = split(words, list, "|")
		for (i = 1; i <= n; i++)
			if (index(reason, list[i]))
				return 1
		return n == 0
	}
	NR == FNR {
		if ($1 in verdict)
			wrong("two files are shown as " $1)
		verdict[$1] = $2
		words[$1] = $3
		next
	}
	!/^kw-prep: left out .photos\// { next }
	{
		rest = substr($0, length("kw-prep: left out .photos/") + 1)
		name = ""
		# Names may hold what ends them here.
		for (at = 1; at <= length(rest); at++)
			if (substr(rest, at, 3) == "'"'"': " &&
			    substr(rest, 1, at - 1) in verdict) {
				name = substr(rest, 1, at - 1)
				reason = substr(rest, at + 3)
			}
		if (name == "" || verdict[name] == "read")
			wrong("should be in: " rest)
		else if (!fits(reason, words[name]))
			wrong("not \"" words[name] "\": " rest)
		if (seen[name]++)
			wrong("twice: " rest)
	}
	END {
		for (name in verdict)
			if (verdict[name] == "left out" && !seen[name])
				wrong("should be out: " name)
		exit n_wrong > 0
	}' expected.tsv "$1" || fail "see above"
}

"$KW_BIN/make-hostile" photos expected.tsv
classes=$(cd photos && printf '%s,' *)
"$KW_BIN/make-photos" photos "${classes%,}" 3
n_files=$(($(wc -l < expected.tsv) + 3 * $(ls photos | wc -l)))

echo "-- the list is the expected one, and all else is in"
status=0
timeout 600 "$prep" -j 4 -s 32 -o four.h5 photos 2> four || status=$?
[ $status -eq 2 ] || fail "status $status: $(tail -n 5 four)"
compare_list four
n_out=$(grep -c '^kw-prep: left out ' four)
grep -qx "left out: $n_out" four || fail "another count than $n_out"
tr -s ' ' < four | grep -q "^all .* $((n_files - n_out)) (" ||
	fail "not $((n_files - n_out)) photos: $(grep '^all' four)"

echo "-- one thread does the same"
status=0
timeout 600 "$prep" -j 1 -s 32 -o one.h5 photos 2> one || status=$?
[ $status -eq 2 ] || fail "status $status: $(tail -n 5 one)"
cmp one.h5 four.h5
grep '^kw-prep: left out' one > one.list
grep '^kw-prep: left out' four > four.list
cmp one.list four.list
[ -z "$(find . -name '*kw-*' ! -path './photos*')" ] ||
	fail "left behind: $(find . -name '*kw-*')"
