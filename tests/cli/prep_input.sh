# kw-prep: lists, several folders, chosen classes, undated photos, fits.
. "$KW_TESTS/support/cli.sh"
prep=$KW_BIN/kw-prep
draw=$KW_BIN/make-photos
info=$KW_BIN/kw-info

# holds FILE TEXT...: kw-info tells each of them, runs of spaces counted as one.
holds() {
	local file=$1 text
	shift
	"$info" "$file" | tr -s ' ' > told
	for text; do
		grep -qF -e "$text" told || fail "no '$text' in: $(cat told)"
	done
}

"$draw" photos cat,dog,owl 20

echo "-- a list of all photos is the same as their folder"
run 0 "$prep" -q -s 32 -o folder.h5 photos
(cd photos && find cat dog owl -type f | awk -F/ '{ print $0 "\t" $1 }' |
	sort -r) > list.tsv
run 0 "$prep" -q -s 32 --list list.tsv -o list.h5 photos
cmp folder.h5 list.h5
"$prep" -q -s 32 --list - photos < list.tsv > stdin.h5
cmp folder.h5 stdin.h5
(cd photos && "$prep" -q -s 32 --list ../list.tsv) > here.h5
cmp folder.h5 here.h5

echo "-- a list gives splits and groups; the rest is dealt out around them"
{
	printf 'path\tlabel\tsplit\tgroup\n'
	for n in 00 01 02 03 04; do
		printf 'cat/00%s.jpg\tcat\ttest\t\n' $n
		printf 'dog/00%s.jpg\tdog\t\tone\n' $n
		printf 'owl/00%s.jpg\tcat\t\tone\n' $n
	done
	for n in 05 06 07 08 09; do
		printf 'cat/00%s.jpg\tcat\n' $n
		printf 'dog/00%s.jpg\tdog\n' $n
	done
} > given.tsv
run 0 "$prep" -s 32 --split 50/0/50 --list given.tsv -o given.h5 photos
said 'cat 8 (4) 0 (0) 7 (7) 15 (11)'
said 'dog 5 (1) 0 (0) 5 (5) 10 (6)'
said 'all 13 (4) 0 (0) 12 (12) 25 (16)'
said 'leakage check: 0 groups'
"$info" --extract all -o files given.h5 > /dev/null
for n in 00 01 02 03 04; do
	[ -e files/test/cat/00$n.png ] ||
		fail "cat/00$n.jpg is not in test: $(find files)"
done
rm -r files
run 0 "$prep" -q -s 32 --list given.tsv --near-duplicates off -f -o a.h5 photos
run 2 "$prep" -s 32 --list <(cat given.tsv; printf 'no.jpg\tdog\n') \
	-f -o a.h5 photos
said "left out 'photos/no.jpg': read: No such file"
run 1 "$prep" -s 32 --list <(echo cat/0000.jpg) -f -o a.h5 photos
said 'line 1: 1 fields; expected PATH, LABEL'

echo "-- several folders"
"$draw" --first 100 more cat,dog 10
run 0 "$prep" -s 32 -o both.h5 photos more
said 'cat 21 (21) 5 (5) 4 (4) 30 (30)'
mkdir away
mv more away/photos
run 1 "$prep" -s 32 -f -o both.h5 photos away/photos
said 'have the same name'

echo "-- chosen classes, in their order"
run 0 "$prep" -s 32 --classes owl,cat -o two.h5 photos
said 'files of classes that --classes does not name, left out: 20'
holds two.h5 'owl 14 (14)' 'cat 14 (14)' 'all 28 (28)'
[ "$(grep -n '^owl' told | cut -d: -f1)" -lt \
	"$(grep -n '^cat' told | cut -d: -f1)" ] || fail "order: $(cat told)"

echo "-- undated photos: kept, dropped, or all into train"
"$draw" --days 6 dated cat,dog 12
"$draw" --first 50 dated cat,dog 6
run 0 "$prep" -s 32 -o keep.h5 dated
said 'without a date: 12 of 36 photos'
run 0 "$prep" -s 32 --undated drop --rejects dropped.tsv -o drop.h5 dated
said 'without a date: 0 of 24 photos'
said 'dropped without a date: 12'
[ "$(grep -c "	date	no EXIF date (--undated drop)" dropped.tsv)" -eq 12 ] ||
	fail "$(cat dropped.tsv)"
run 0 "$prep" -s 32 --undated train --near-duplicates off -o train.h5 dated
"$info" --extract all -o files train.h5 > /dev/null
[ -z "$(find files/val files/test -name '*005[0-9].png')" ] ||
	fail "undated photos outside train"
run 1 "$prep" -s 32 --undated drop photos
said 'holds no readable photo'

echo "-- --max-pixels, --gray, fits and standardisation are told to a model"
"$draw" --size 400x300 --first 70 photos cat 1
run 2 "$prep" -s 32 --max-pixels 100k -o small.h5 photos
said "left out 'photos/cat/0070.jpg': decode: too large (400 x 300 pixels"
rm photos/cat/0070.jpg
run 0 "$prep" -q -s 32x48 --gray --fit pad -o gray.h5 photos
holds gray.h5 '32 x 48 x 1' 'fit pad'
run 0 "$prep" -q -s 32 --standardize caffe -o caffe.h5 photos
holds caffe.h5 'scale 1, 1, 1' 'offset -123.68'
run 0 "$prep" -q -s 32 --standardize torch -o torch.h5 photos
holds torch.h5 'scale 0.0171247' 'offset -2.1179'
