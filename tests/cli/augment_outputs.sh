# kw-augment: shards, image files, previews and reports.
. "$KW_TESTS/support/cli.sh"
augment=$KW_BIN/kw-augment
info=$KW_BIN/kw-info

"$KW_BIN/make-photos" photos cat,dog 12
"$KW_BIN/kw-prep" -q -s 20x28 -o in.h5 photos
"$augment" -q -n 2 -o whole.h5 in.h5

# is_json FILE: as far as something here can tell.
is_json() {
	[ "$(head -c 1 "$1")$(tail -c 2 "$1")" = "{}" ] || fail "no object: $1"
	if command -v json-glib-validate > /dev/null; then
		json-glib-validate "$1" > /dev/null || fail "not JSON: $1"
	fi
	if command -v python3 > /dev/null; then
		python3 -m json.tool "$1" > /dev/null || fail "not JSON: $1"
	fi
}
# tells FILE TEXT: it has TEXT, runs of spaces and line ends counted as one.
tells() {
	tr -s ' \n' ' ' < "$1" | grep -qF -e "$2" || fail "no '$2': $(cat "$1")"
}
# is_image FILE BYTES: it begins with these, in hexadecimal.
is_image() {
	[ "$(head -c 3 "$1" | od -An -tx1 | tr -d ' ')" = "$2" ] ||
		fail "$1 is no such image"
}
png=89504e jpeg=ffd8ff
# images FILE: their content, one after the other.
images() {
	rm -rf extracted
	"$info" --extract all -q -o extracted "$1"
	(cd extracted && find . -type f | LC_ALL=C sort | xargs sha256sum)
}

echo "-- shards hold what the whole file does"
images whole.h5 > expected
"$info" whole.h5 | sed -n '/^classes/,$p' > expected.told
for n in 1 7; do
	mkdir set$n
	"$augment" -n 2 --shards $n -o set$n/set.h5 in.h5 2> stderr
	said "in $n shards"
	[ "$(ls set$n | wc -l)" -eq $((n + 1)) ] || fail "$(ls set$n)"
	images set$n/set.h5 | cmp - expected
	"$info" --verify set$n/set.h5 | grep -q '^verified: 56 records, 56 ch' ||
		fail "not sound"
	"$info" set$n/set.h5 | sed -n '/^classes/,$p' > told
	grep -E '^(cat|dog|all|originals|copies)' expected.told > a || :
	grep -E '^(cat|dog|all|originals|copies)' told > b || :
	cmp a b || fail "another table: $(cat told)"
done
[ -s set7/set-00006-of-00007.h5 ] || fail "$(ls set7)"
# each shard is a dataset, and augmented
"$info" --verify -q set7/set-00003-of-00007.h5
# a set can be moved
mv set7 moved
"$info" --verify -q moved/set.h5
mv moved set7

echo "-- shards of a size"
# a few records, and what a file has besides
"$augment" -n 2 --shard-size 60k -o sized.h5 in.h5 2> stderr
n=$(ls sized-* | wc -l)
[ "$n" -gt 1 ] || fail "one shard"
for shard in sized-*; do
	[ "$(wc -c < "$shard")" -le 60000 ] || fail "too large: $shard"
done
said "in $n shards"
images sized.h5 | cmp - expected
"$augment" -q -f -n 2 --shard-size 1G -o big.h5 in.h5
[ -e big-00000-of-00001.h5 ] || fail "not one shard: $(ls big*)"

echo "-- images as files"
"$augment" -n 2 --save-to saved -f -o saved.h5 in.h5 2> stderr
said "image files: 48"
cmp saved.h5 whole.h5
[ "$(find saved -type f | wc -l)" -eq 48 ] || fail "$(find saved)"
[ "$(ls saved)" = train ] || fail "$(ls saved)"
first=$(cd saved/train/cat && ls | grep -v -e -c | head -n 1)
[ -s "saved/train/cat/${first%.png}-c2.png" ] || fail "no copy: $first"
is_image "saved/train/cat/$first" $png
# the very files that kw-info extracts
"$info" --extract train -q -o extracted.train whole.h5
diff -r saved/train extracted.train/train
"$augment" -q -n 2 --save-to jpegs --save-format jpeg -f -o saved.h5 in.h5
[ "$(find jpegs -name '*.jpg' | wc -l)" -eq 48 ] || fail "$(find jpegs)"
is_image "jpegs/train/cat/${first%.png}-c1.jpg" $jpeg
"$augment" -q -n 2 --no-originals --save-to copies -f -o saved.h5 in.h5
[ "$(find copies -type f | wc -l)" -eq 32 ] || fail "$(find copies)"
rm saved.h5

echo "-- image files that are there"
rm -r saved
mkdir -p saved/train/cat
echo mine > "saved/train/cat/$first"
refused 1 "saved/train' exists" \
	"$augment" -q -n 2 --save-to saved -o never.h5 in.h5
# they may be the photos that the dataset is made of: -f is not for them
refused 1 "saved/train' exists already; --save-to never replaces files" \
	"$augment" -q -n 2 --save-to saved -f -o never.h5 in.h5
[ "$(cat "saved/train/cat/$first")" = mine ] || fail "replaced"
[ "$(find saved -type f | wc -l)" -eq 1 ] || fail "written: $(find saved)"
[ ! -e never.h5 ] || fail "a dataset is there"
rm -r saved
mkdir -p saved/train
"$augment" -q -n 2 --save-to saved -o saved.h5 in.h5
is_image "saved/train/cat/$first" $png

echo "-- a preview beside the dataset"
"$augment" -q -n 2 --preview sheet.png -o previewed.h5 in.h5
cmp previewed.h5 whole.h5
is_image sheet.png $png
"$augment" -q -n 2 --preview sheet.jpg in.h5 | cmp - whole.h5
is_image sheet.jpg $jpeg
refused 1 "sheet.png" "$augment" -q --preview sheet.png -o never.h5 in.h5
cp sheet.png before.png
"$augment" -q -f --preview sheet.png --grid 2x3 -o never.h5 in.h5
! cmp -s sheet.png before.png || fail "--grid changes nothing"
rm never.h5
# width and height of a PNG
size() {
	od -An -tu1 -j 16 -N 8 "$1" |
		awk '{ print $3 * 256 + $4, $7 * 256 + $8 }'
}
set -- $(size before.png) $(size sheet.png)
[ "$1" -gt "$3" ] && [ "$2" -gt "$4" ] || fail "sizes: $*"
# on a terminal it is all that is made
if command -v script > /dev/null; then
	script -qec "$augment -q --preview alone.png in.h5" typescript \
		< /dev/null > stdout
	is_image alone.png $png
	[ ! -s stdout ] || fail "on the terminal: $(cat stdout)"
	cmp alone.png before.png
	script -qec "$augment -q -n 2 --save-to alone in.h5" typescript \
		< /dev/null > stdout
	diff -r alone extracted.train
	[ ! -s stdout ] || fail "on the terminal: $(cat stdout)"
	# and the report says so
	script -qec "$augment --preview told.png in.h5" typescript \
		< /dev/null > stdout
	grep -q "^disk: .*, not written: standard output is a terminal" \
		stdout || fail "told: $(cat stdout)"
	# an index has no place there, so there are no shards to tell of
	script -qec "$augment --shards 3 --preview never.png in.h5" typescript \
		< /dev/null > stdout || :
	grep -q "shards cannot go to standard output" stdout ||
		fail "told: $(cat stdout)"
	[ ! -e never.png ] || fail "a sheet for shards without an index"
fi

echo "-- a dry run tells, and writes no dataset"
rm -rf dry
"$augment" -n 2 --dry-run --shards 3 -o dry.h5 --save-to dry \
	--summary dry.json in.h5 2> stderr > stdout
said "in 3 shards, not written: a dry run"
said "all 16 -> 48 4 4"
[ ! -s stdout ] || fail "standard output: $(cat stdout)"
[ -z "$(find . -name 'dry*' ! -name dry.json)" ] || fail "$(ls)"
is_json dry.json
"$augment" --dry-run --balance 100 in.h5 2> stderr
said "cat 8 -> 100 2 2"
# what could not be written is refused in the plan as well
refused 1 "shards cannot go to standard output" \
	"$augment" --dry-run --shards 3 in.h5
refused 1 "shards cannot go to standard output" \
	"$augment" --dry-run --shard-size 1M -o - in.h5
(
	ulimit -n 64
	refused 1 "'dry.h5' cannot have 100 shards" \
		"$augment" --dry-run --shards 100 -o dry.h5 in.h5
	refused 1 "'dry.h5' cannot have " \
		"$augment" --dry-run -n 100 --shard-size 50k -o dry.h5 in.h5
)

echo "-- a summary for programs"
"$augment" -q -n 2 --shards 2 --save-to told.images --summary told.json -o told.h5 \
	--policy light --seed 9 in.h5
is_json told.json
tells told.json '{ "train" : 16, "augmented" : 48, "val" : 4, "test" : 4,'
tells told.json \
	'{ "name" : "dog", "train" : 8, "augmented" : 24, "val" : 2, "test" : 2 }'
tells told.json '"rotation" : "10"'
tells told.json '"seed" : "9"'
tells told.json '"copies" : "2"'
tells told.json '"shards" : 2'
tells told.json '"image_files" : 48'
tells dry.json '"shards" : 3'
# what is told of its size is no less than it, and not much more
bytes=$(sed -n 's/.*"dataset_bytes" : \([0-9]*\).*/\1/p' told.json)
real=$(cat told-*.h5 told.h5 | wc -c)
[ "$bytes" -ge $((real * 3 / 4)) ] && [ "$bytes" -le $((real * 2)) ] ||
	fail "$bytes bytes told, $real written"
"$augment" -q --replay whole.h5 --summary again.json -o again.h5 in.h5
is_json again.json
tells again.json '"not_as_before" : 0'
refused 1 "told.json" "$augment" --summary told.json -o never.h5 in.h5
[ ! -e never.h5 ] || fail "a dataset is there"
"$augment" -q --summary - -o summed.h5 in.h5 > stdout
is_json stdout

echo "-- no two outputs are one"
refused 1 "--output and --summary both go to '-'" \
	"$augment" --summary - in.h5
refused 1 "--output and --summary both go to '-'" \
	"$augment" --summary - -o - in.h5
for force in "" -f; do
	refused 1 "--output and --summary both go to 'one'" \
		"$augment" $force --summary one -o one in.h5
	refused 1 "--output and --preview both go to 'one.png'" \
		"$augment" $force --preview one.png -o ./one.png in.h5
	refused 1 "--summary and --preview both go to 'one.png'" \
		"$augment" $force --preview one.png --summary one.png in.h5
	refused 1 "a shard and --summary both go to 'set-00001-of-00002.h5'" \
		"$augment" $force --shards 2 -o set.h5 \
		--summary set-00001-of-00002.h5 in.h5
done
[ -z "$(ls | grep '^one\|^set\.\|^set-')" ] || fail "$(ls)"
# where no dataset is written, nothing is in the way
"$augment" -q --dry-run --summary - in.h5 > stdout
is_json stdout

echo "-- a stream that fails leaves no file"
status=0
"$augment" -q -n 2 --summary failed.json --preview failed.png in.h5 \
	> /dev/full 2> stderr || status=$?
[ "$status" -eq 1 ] || fail "status $status for a full disk"
said "standard output"
status=0
"$augment" -q -n 2 --summary /dev/full --preview failed.png -o failed.h5 in.h5 \
	2> stderr || status=$?
[ "$status" -eq 1 ] || fail "status $status for a full disk"
said "/dev/full"
[ -z "$(ls | grep failed)" ] || fail "left behind: $(ls)"

echo "-- nothing is left behind"
[ -z "$(ls -A tmp)" ] || fail "left behind: $(ls -A tmp)"
no_leftovers
