# kw-prep: one clear line and the right status for all that can be wrong, and
# nothing left behind.
. "$KW_TESTS/support/cli.sh"
prep=$KW_BIN/kw-prep

"$KW_BIN/make-photos" photos cat,dog 12

echo "-- the command line"
refused 1 'name the folder' "$prep"
refused 1 'have the same name' "$prep" photos photos
refused 1 '--size' "$prep" -s 7 photos
refused 1 '--size' "$prep" -s 4097 photos
refused 1 '--size' "$prep" -s 32x photos
refused 1 '--size' "$prep" -s 32x32x3 photos
refused 1 '--split' "$prep" --split 70/30 photos
refused 1 'adds up to 95' "$prep" --split 70/15/10 photos
refused 1 '--split' "$prep" --split 110/-5/-5 photos
refused 1 '--standardize' "$prep" --standardize keras photos
refused 1 '--gray leaves one' "$prep" --gray --standardize torch photos
refused 1 '--fit' "$prep" --fit zoom photos
refused 1 '--group' "$prep" --group week photos
refused 1 '--undated' "$prep" --undated guess photos
refused 1 '--near-duplicates' "$prep" --near-duplicates 17 photos
refused 1 '--near-duplicates' "$prep" --near-duplicates no photos
refused 1 '--burst-gap' "$prep" --burst-gap 10x photos
refused 1 '--max-pixels' "$prep" --max-pixels 0 photos
refused 1 '--classes' "$prep" --classes cat photos
refused 1 "'cat' is named twice" "$prep" --classes cat,dog,cat photos
refused 1 'a name is empty' "$prep" --classes cat,,dog photos
refused 1 "no class 'owl'" "$prep" --classes cat,owl photos
refused 1 '--dry-run writes no dataset' "$prep" --dry-run -o x.h5 photos
refused 1 '--preview: ' "$prep" --preview x.gif -o x.h5 photos
refused 1 'begin at one folder' "$prep" --list x photos photos
refused 1 'train empty' "$prep" --standardize normalize --split 0/0/100 photos
refused 1 '--seed' "$prep" --seed -1 photos
refused 1 '--threads' "$prep" -j 0 photos

echo "-- the input"
mkdir empty one one/cat hollow hollow/cat hollow/dog
refused 1 "cannot read folder 'missing': No such file" "$prep" missing
refused 1 "Not a directory" "$prep" photos/cat/0000.jpg
refused 1 "'empty' holds no class folders (0 files" "$prep" empty
refused 1 "'photos/cat' holds no class folders (12 files" "$prep" photos/cat
refused 1 "hold no files" "$prep" hollow
cp photos/cat/* one/cat
refused 1 "one class only, 'cat'" "$prep" one
mkdir untrained
cp -r photos untrained/val
refused 1 "no readable photo for train" "$prep" --standardize normalize untrained
cp -r photos/cat mixed 2> /dev/null
mkdir -p mixed/train/cat mixed/val/cat mixed/other
refused 1 "'other'" "$prep" mixed

status=0
echo text > hollow/cat/1.jpg
"$prep" hollow > stdout 2> stderr || status=$?
[ $status -eq 1 ] && [ ! -s stdout ] || fail "no readable photo: $status"
grep -q "no readable photo; 'hollow/cat/1.jpg', for one: not a photo" stderr ||
	fail "$(cat stderr)"
cp photos/dog/0000.jpg hollow/dog
status=0
"$prep" hollow > stdout 2> stderr || status=$?
[ $status -eq 1 ] && [ ! -s stdout ] || fail "one readable class: $status"
grep -q "one class only, 'dog'; a classifier needs two" stderr ||
	fail "$(cat stderr)"

echo "-- the output"
refused 1 'is a folder' "$prep" -o empty photos
refused 1 'missing/out.h5' "$prep" -o missing/out.h5 photos
if [ -c /dev/full ]; then
	status=0
	"$prep" -q -s 32 photos > /dev/full 2> stderr || status=$?
	[ $status -eq 1 ] && [ "$(wc -l < stderr)" -eq 1 ] &&
		grep -q 'No space left' stderr ||
		fail "/dev/full: $status: $(cat stderr)"
	refused 1 'No space left' "$prep" -q -s 32 -o /dev/full photos
	status=0
	"$prep" --help > /dev/full 2> stderr || status=$?
	[ $status -eq 1 ] && [ "$(wc -l < stderr)" -eq 1 ] ||
		fail "--help to /dev/full: $status: $(cat stderr)"
fi
TMPDIR=$PWD/missing refused 1 'TMPDIR' "$prep" -o out.h5 photos
[ ! -e out.h5 ] || fail "an output without a spool"
if [ "$(id -u)" -ne 0 ]; then
	mkdir locked
	chmod 555 locked
	refused 1 'locked/out.h5' "$prep" -o locked/out.h5 photos
fi
# A terminal is refused before any photo is read.
if command -v script > /dev/null; then
	script -qec "'$prep' missing" typescript > /dev/null < /dev/null || true
	grep -q 'is a terminal' typescript || fail "$(cat typescript)"
	grep -q -e '-o FILE' typescript || fail "$(cat typescript)"
	rm typescript
fi

status=0
(ulimit -f 20 && "$prep" -q -s 32 -o large.h5 photos) 2> stderr || status=$?
[ $status -eq 1 ] && grep -q 'File too large' stderr ||
	fail "a limit on the size of files: $status: $(cat stderr)"
no_leftovers

echo "-- Ctrl-C leaves nothing behind"
"$KW_BIN/make-photos" --size 1600x1200 many cat,dog 40
env --default-signal=INT "$prep" -j 1 -s 512 -o late.h5 many 2> stderr &
pid=$!
sleep 0.3
kill -INT $pid
status=0
wait $pid || status=$?
[ $status -eq 130 ] || fail "status $status after SIGINT: $(cat stderr)"
[ ! -e late.h5 ] || fail "an output after SIGINT"
no_leftovers
