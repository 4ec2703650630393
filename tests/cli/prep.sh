# kw-prep: from folders to a dataset; threads, pipes, splits, bad photos.
. "$KW_TESTS/support/cli.sh"
prep=$KW_BIN/kw-prep
draw=$KW_BIN/make-photos

"$draw" photos cat,dog,owl 20

echo "-- one thread, many threads, again, file and pipe: the same bytes"
run 0 "$prep" -s 32 -j 1 -o one.h5 photos
said 'cat 14 (14) 3 (3) 3 (3) 20 (20)'
said 'all 42 (42) 9 (9) 9 (9) 60 (60)'
said 'leakage check: 0 groups, 0 exact and 0 near duplicates shared between splits'
run 0 "$prep" -q -s 32 -j 2 -o two.h5 photos
[ ! -s stderr ] || fail "not quiet: $(cat stderr)"
cmp one.h5 two.h5
run 0 "$prep" -v -s 32x32 photos/
said 'prep.size=32x32'
cmp one.h5 stdout
"$prep" -q -s 32 photos | cat > piped.h5
cmp one.h5 piped.h5
cp -r photos elsewhere
touch -d 2001-01-01 elsewhere/*/*
run 0 "$prep" -q -s 32 elsewhere
cmp one.h5 stdout

echo "-- every option that should change the bytes does"
run 0 "$prep" -q -s 32 --size 32 --seed 42 --split 70/15/15 \
	--standardize rescale --fit stretch --group auto --burst-gap 10s \
	--near-duplicates 4 --undated keep --max-pixels 268M photos
cmp one.h5 stdout
for option in --size=32x40 --seed=1 --split=50/25/25 --standardize=none \
	--standardize=normalize --standardize=caffe --standardize=torch \
	--fit=crop --fit=pad --gray --group=none --burst-gap=1m \
	--near-duplicates=off --undated=train \
	--classes=owl,cat,dog; do
	run 0 "$prep" -q -s 32 "$option" photos
	! cmp -s one.h5 stdout || fail "$option changes nothing"
done

echo "-- an existing output stays, unless forced"
run 1 "$prep" -o one.h5 photos
said 'exists already'
cmp one.h5 two.h5
run 0 "$prep" -q -s 32 --seed 1 -f -o two.h5 photos
! cmp -s one.h5 two.h5 || fail "-f has not replaced the output"

echo "-- days are groups"
"$draw" --days 5 dated cat,dog 30
run 0 "$prep" -s 32 -o dated.h5 dated
said 'all 36 (6) 12 (2) 12 (2) 60 (10)'
"$draw" --days 2 few cat,dog 8
run 0 "$prep" -s 32 -o few.h5 few
said "warning: class 'cat' has only 2 groups of photos: test will have none"

echo "-- exact duplicates stay together; under two classes they are told"
cp -r photos doubled
for n in 00 01 02 03 04 05 06 07 08 09; do
	cp "photos/cat/00$n.jpg" "doubled/cat/again$n.jpg"
done
run 0 "$prep" -s 32 -o doubled.h5 doubled
said '30 (20)'
said 'leakage check: 0 groups, 0 exact and 0 near duplicates'
cp photos/cat/0000.jpg doubled/dog/other.jpg
run 0 "$prep" -s 32 -f -o doubled.h5 doubled
said 'more than one class: 1, such as'

echo "-- a tree that is split already stays so, and the check tells the truth"
"$draw" presplit/train cat,dog 6
"$draw" --first 6 presplit/valid cat,dog 3
"$draw" --first 9 presplit/test cat 2
run 0 "$prep" -s 32 -o presplit.h5 presplit
said 'dog 6 (6) 3 (3) 0 (0) 9 (9)'
said 'leakage check: 0 groups, 0 exact and 0 near duplicates'
cp presplit/train/cat/0000.jpg presplit/test/cat/leak.jpg
"$draw" --first 20 presplit/test dog 1
mv presplit/test/dog/0020.jpg presplit/test/dog/0000.jpg
run 0 "$prep" -s 32 -f -o presplit.h5 --split 80/10/10 presplit
said 'leakage check: 2 groups, 1 exact and 0 near duplicates'
said 'warning: splits share 2 groups, 1 exact and 0 near duplicates'
said "record id and its group: 1, such as 'presplit/t"
said 'warning: --split has no effect'

echo "-- bad photos are listed and skipped, good ones are not"
cp -r photos bad
head -c 1500 photos/cat/0001.jpg > bad/cat/0001.jpg
: > bad/dog/empty.jpg
echo 'no photo' > bad/dog/text.jpg
ln -s nowhere bad/dog/dangling.jpg
mkfifo bad/dog/fifo.jpg
mv bad/owl/0000.jpg bad/owl/renamed.png
mv bad/owl/0001.jpg $'bad/owl/new\nline [1].jpg'
mv bad/owl/0002.jpg $'bad/owl/\xff\xfe'
touch bad/._0000.jpg bad/cat/.hidden bad/README
run 2 "$prep" -s 32 -o bad.h5 bad
said "left out 'bad/cat/0001.jpg': decode: truncated ("
said "left out 'bad/dog/empty.jpg': read: empty file"
said "left out 'bad/dog/text.jpg': decode: not a photo"
said "left out 'bad/dog/dangling.jpg': read: No such file"
said "left out 'bad/dog/fifo.jpg': read: not a regular file"
said 'left out: 5'
said "files outside class folders, left out: 1, such as 'bad/README'"
said '59 (59)'
run 2 "$prep" -q -s 32 bad
cmp bad.h5 stdout
[ "$(grep -c 'left out .bad/' stderr)" -eq 5 ] || fail "quiet about rejects"
mkdir bad/yak
run 2 "$prep" -s 32 -f -o bad.h5 bad
said "class 'yak' has no readable photo and is left out"

echo "-- links are followed, in circles they are not"
mkdir linked
ln -s ../photos/cat ../photos/dog linked
ln -s . photos/cat/circle
run 0 "$prep" -q -s 32 linked
rm photos/cat/circle

if [ "$(id -u)" -ne 0 ]; then
	echo "-- what may not be read is listed"
	cp -r photos secret
	chmod 0 secret/cat/0000.jpg
	run 2 "$prep" -q -s 32 secret
	said 'read: Permission denied'
fi
no_leftovers
