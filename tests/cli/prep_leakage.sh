# kw-prep keeps together what belongs together, and nothing else: copies and
# bursts known from how they were made, frames of fixed cameras, real photos.
#
# $KW_LEAK_PHOTOS is the number of photos to draw, $KW_PHOTOS a folder of class
# folders of photographs.
. "$KW_TESTS/support/cli.sh"
prep=$KW_BIN/kw-prep
make_leaks=$KW_BIN/make-leaks
check_leaks=$KW_BIN/check-leaks
case $KW_BIN in
*sanitize) n=${KW_LEAK_PHOTOS:-600} ;;
*) n=${KW_LEAK_PHOTOS:-1200} ;;
esac

# judge DATASET MANIFEST [OPTION...]
judge() {
	run 0 "$check_leaks" "${@:3}" "$1" "$2"
	cat stdout
}
nothing_shared='leakage check: 0 groups, 0 exact and 0 near duplicates shared'

echo "-- photos are drawn alike by one thread and by two"
OMP_NUM_THREADS=1 "$make_leaks" --fixed-cameras 1 --frames 20 small 200
OMP_NUM_THREADS=2 "$make_leaks" --fixed-cameras 1 --frames 20 again 200
diff -r small again
cmp small.tsv again.tsv
rm -r again

echo "-- one thread, two threads: the same bytes"
run 0 "$prep" -q -s 224 -j 1 -o one.h5 small
run 0 "$prep" -q -s 224 -j 2 -o two.h5 small
cmp one.h5 two.h5
rm two.h5

echo "-- copies, bursts and frames among $n photos"
"$make_leaks" --fixed-cameras 5 --frames $((n / 10)) tree "$n"
run 0 "$prep" -s 224 -o d.h5 tree
said "$nothing_shared between splits"
judge d.h5 tree.tsv
rm -r tree d.h5

echo "-- bursts of two cameras at a time are two groups"
run 0 "$prep" -s 224 --group burst -o burst.h5 small
said "$nothing_shared between splits"
judge burst.h5 small.tsv --paired 0

echo "-- without looking at pixels, copies are not found: the check tells"
run 0 "$prep" -q -s 224 --near-duplicates off -o off.h5 small
run 1 "$check_leaks" off.h5 small.tsv
grep -q '^FAILED: .* of copies found' stdout || fail "said: $(cat stdout)"

# Some of the photographs are copies; ever so many would be a mistake.
if [ -d "${KW_PHOTOS:-}" ]; then
	echo "-- photographs are not taken for copies of each other"
	status=0
	"$prep" -s 224 --group none -o real.h5 "$KW_PHOTOS" 2> stderr ||
		status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 2 ] ||
		fail "status $status: $(cat stderr)"
	said "$nothing_shared between splits"
	read -r photos groups <<< "$(sed -n \
		's/^all .* \([0-9]*\) (\([0-9]*\))$/\1 \2/p' stderr)"
	echo "$photos photographs, $groups groups"
	[ $((100 * groups)) -ge $((97 * photos)) ] ||
		fail "$photos photographs in only $groups groups"
fi
