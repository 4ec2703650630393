# kw-augment: files and pipes, threads, shards, replays, instruction sets.
. "$KW_TESTS/support/cli.sh"
augment=$KW_BIN/kw-augment
info=$KW_BIN/kw-info

# Every image of a dataset, whatever files it is in, and its index in a row.
content() {
	"$info" --extract all -q -o "$1.images" "$1"
	(cd "$1.images" && LC_ALL=C find . -type f | sort | xargs sha256sum)
	rm -r "$1.images"
}

"$KW_BIN/make-photos" photos cat,dog 12
"$KW_BIN/kw-prep" -q -s 20x28 -o in.h5 photos

echo "-- one thread, many threads, again, pipes and files: the same bytes"
"$augment" -n 3 -j 1 -o one.h5 in.h5 2> report
tr -s ' ' < report | grep -q '^all 16 -> 64 4 4$' ||
	fail "report: $(cat report)"
"$augment" -q -n 3 -j 2 -o two.h5 in.h5 2> report
[ ! -s report ] || fail "not quiet: $(cat report)"
cmp one.h5 two.h5
"$augment" -q -n 3 in.h5 > redirected.h5
cmp one.h5 redirected.h5
"$augment" -q -n 3 < in.h5 > filtered.h5
cmp one.h5 filtered.h5
cat in.h5 | "$augment" -q -n 3 - | cat > piped.h5
cmp one.h5 piped.h5
"$KW_BIN/kw-prep" -q -s 20x28 photos | "$augment" -q -n 3 > pipeline.h5
cmp one.h5 pipeline.h5
"$info" --verify one.h5 | grep -q '^verified: 72 records, 72 checksums' ||
	fail "not sound"
"$augment" -v -n 3 -f -o two.h5 in.h5 2> report
grep -q '^augment.rotation=45$' report || fail "-v: $(cat report)"

echo "-- how many copies"
"$augment" -n 2 --no-originals -o copies.h5 in.h5 2> report
tr -s ' ' < report | grep -q '^all 16 -> 32 4 4$' || fail "$(cat report)"
"$info" copies.h5 | tr -s ' ' | grep -q '^copies 32 0 0 32$' ||
	fail "$("$info" copies.h5)"
"$augment" -q -n 2 --seed 7 -o seed.h5 in.h5
"$augment" -q -n 2 -o other.h5 in.h5
! cmp -s seed.h5 other.h5 || fail "--seed changes nothing"

echo "-- classes of equal size"
cp -r photos uneven
rm uneven/dog/000[0-5].jpg
"$KW_BIN/kw-prep" -q -s 20x28 --split 100/0/0 -o uneven.h5 uneven
# balanced OPTIONS CAT DOG: the sizes after that
balanced() {
	"$augment" $1 -f -o balanced.h5 uneven.h5 2> report
	tr -s ' ' < report > squeezed
	grep -q "^cat 12 -> $2 0 0\$" squeezed || fail "$1: $(cat report)"
	grep -q "^dog 6 -> $3 0 0\$" squeezed || fail "$1: $(cat report)"
	"$info" --verify -q balanced.h5
}
balanced "--balance none" 24 12
balanced "--balance max" 24 24
balanced "--balance max -n 2" 36 36
balanced "--balance max -n 2 --no-originals" 24 24
balanced "--balance 20" 20 20
balanced "--balance 20 --no-originals" 20 20
balanced "--balance 8" 12 8
grep -q "warning: class 'cat' has more originals" report ||
	fail "no warning: $(cat report)"
# different copies, no repeats
"$augment" -q -f --balance 100 -o balanced.h5 uneven.h5
content balanced.h5 | cut -d ' ' -f 1 | sort -u > different
[ "$(wc -l < different)" -eq 200 ] || fail "$(wc -l < different) images differ"

echo "-- threads, shards and instruction sets give the same bytes"
for policy in heavy trivial; do
	args=(-q -f -n 4 --policy $policy)
	"$augment" "${args[@]}" -j 1 -o one.h5 in.h5
	for threads in 2 8; do
		"$augment" "${args[@]}" -j $threads -o other.h5 in.h5
		cmp one.h5 other.h5
	done
	for cpu in generic avx2 avx512; do
		KW_CPU=$cpu "$augment" "${args[@]}" -o other.h5 in.h5
		cmp one.h5 other.h5
	done
	content one.h5 > expected
	[ "$(wc -l < expected)" -eq 88 ] || fail "$(wc -l < expected) images"
	for shards in 1 7; do
		"$augment" "${args[@]}" --shards $shards -o set.h5 in.h5
		content set.h5 | cmp - expected
		"$info" --verify -q set.h5
	done
done
KW_CPU=fast refused 1 "KW_CPU=fast" "$augment" -o never.h5 in.h5

echo "-- a replay makes the same bytes"
"$augment" -q -f -n 3 --policy heavy --seed 5 -o made.h5 in.h5
"$augment" --replay made.h5 -o again.h5 in.h5 2> report
cmp made.h5 again.h5
grep -q '^replay: all images are as they were$' report || fail "$(cat report)"
"$augment" -q --replay made.h5 -j 1 made.h5 | cmp - made.h5
"$augment" -q -f -n 3 --policy heavy --seed 5 --shards 4 -o set.h5 in.h5
"$augment" -q --replay set.h5 in.h5 | cmp - made.h5
"$augment" -q --replay set.h5 set.h5 | cmp - made.h5
"$augment" -q --replay - in.h5 < made.h5 | cmp - made.h5
"$augment" -q --replay copies.h5 in.h5 | cmp - copies.h5
KW_CPU=generic "$augment" -q --replay made.h5 in.h5 | cmp - made.h5
"$augment" -q --replay made.h5 --shards 3 -f -o set.h5 in.h5
content made.h5 > expected
content set.h5 | cmp - expected
"$augment" --replay made.h5 --dry-run -o never.h5 in.h5 2> report
[ ! -e never.h5 ] || fail "a dry run wrote"
tr -s ' ' < report | grep -q '^all 16 -> 64 4 4$' || fail "$(cat report)"

echo "-- of other photos, replayed images are counted"
"$KW_BIN/make-photos" --first 50 others cat,dog 12
(cd others && for i in {50..61}; do
	mv cat/00$i.jpg cat/$(printf %04d $((i - 50))).jpg
	mv dog/00$i.jpg dog/$(printf %04d $((i - 50))).jpg
done)
"$KW_BIN/kw-prep" -q -s 20x28 --split-from in.h5 -o others.h5 others
"$augment" -f --replay made.h5 -o again.h5 others.h5 2> report
grep -q '^replay: 64 images are not as they were' report ||
	fail "$(cat report)"
"$info" --verify -q again.h5

echo "-- nothing is left behind"
[ -z "$(ls -A tmp)" ] || fail "left behind: $(ls -A tmp)"
no_leftovers
