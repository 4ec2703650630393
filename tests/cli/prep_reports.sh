# kw-prep: what it tells besides the dataset, and that all of it appears
# together or not at all.
. "$KW_TESTS/support/cli.sh"
prep=$KW_BIN/kw-prep
draw=$KW_BIN/make-photos

# The JSON, on one line and without blanks, holds TEXT.
tells() {
	tr -d ' \n' < summary.json | grep -qF -e "$1" ||
		fail "no '$1' in: $(cat summary.json)"
}
"$draw" photos cat,dog 12
cp photos/cat/0000.jpg photos/cat/copy.jpg
cp photos/dog/0001.jpg photos/cat/stranger.jpg
: > $'photos/dog/em\tpty.jpg'
touch photos/cat/.hidden photos/cat/._0000.jpg

echo "-- the tables, the summary, the rejects and the sheet"
run 2 "$prep" -s 32 -o d.h5 --summary summary.json --rejects rejects.tsv \
	--preview sheet.png photos
said 'duplicates: 2 exact, 0 near'
grep -E 'cat/(copy|0000).jpg. is the same as .photos/cat/(copy|0000).jpg' \
	stderr > /dev/null || fail "no duplicate: $(cat stderr)"
said ', of another class'
said 'more than one class: 1, such as'
said 'hidden files and folders passed over: 2'
said 'longer sides: 26 below 256 pixels; 0 enlarged'
said 'left out: 1'
said 'disk: '
tells '"photos":26'
tells '"stage":"read","reason":"emptyfile"'
tells '"kind":"exact"'
tells '"hidden":2'
tells '"leakage":{"groups":0,"exact_duplicates":'
tells '"prep.near-duplicates":"4"'
[ "$(sed -n 2p rejects.tsv)" = $'photos/dog/em\\tpty.jpg\tread\tempty file' ] ||
	fail "$(cat rejects.tsv)"
[ "$(head -c 8 sheet.png | tail -c 7 | head -c 3)" = PNG ] || fail "no PNG"
run 2 "$prep" -s 32 -f -o d.h5 --preview sheet.jpg photos
[ "$(od -An -tx1 -N2 sheet.jpg)" = ' ff d8' ] || fail "no JPEG"

echo "-- the same reports for any number of threads"
cp summary.json summary1.json
run 2 "$prep" -j 1 -s 32 -f -o d.h5 --summary summary.json \
	--rejects rejects1.tsv --preview sheet1.png photos
cmp summary.json summary1.json
cmp rejects.tsv rejects1.tsv
cmp sheet.png sheet1.png

echo "-- a long list of what was left out goes to its file"
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do : > photos/dog/empty$n.jpg; done
run 2 "$prep" -q -s 32 -f -o d.h5 --rejects rejects.tsv photos
said "left out 3 more, which 'rejects.tsv' lists"
[ "$(wc -l < rejects.tsv)" -eq 14 ] || fail "$(cat rejects.tsv)"

echo "-- --strict lets nothing pass, and changes no file"
cp summary.json before.json
run 1 "$prep" -s 32 -f --strict -o strict.h5 --summary summary.json \
	--rejects strict.tsv photos
said '13 files could not be read, and --strict allows none'
[ ! -e strict.h5 ] || fail "an output in spite of --strict"
cmp summary.json before.json
[ "$(grep -c 'left out .photos/dog/e' stderr)" -eq 13 ] ||
	fail "not all reasons without a file of them: $(cat stderr)"
rm photos/dog/e*
run 0 "$prep" -q -s 32 --strict -o strict.h5 photos

echo "-- a dry run writes no dataset"
run 0 "$prep" --dry-run -s 32 -f --summary summary.json photos
said 'dry run: no dataset was written'
said 'planned: 0 groups,'
said 'cat 10 (10) 2 (1)'
[ ! -s stdout ] || fail "a dry run wrote to standard output"
tells '"leakage_checked":false,"leakage":{"groups":0,'

echo "-- files that are there stay, unless forced"
for option in summary=summary.json rejects=rejects.tsv preview=sheet.png; do
	run 1 "$prep" -s 32 -o new.h5 --$option photos
	said 'exists already'
	[ ! -e new.h5 ] || fail "an output in spite of $option"
done

echo "-- no two outputs are one file"
ln -s same.h5 link.h5
: > same.h5
run 1 "$prep" -s 32 -f -o link.h5 --rejects ./same.h5 photos
said "--output and --rejects both go to"
rm same.h5 link.h5
run 1 "$prep" -s 32 -f -o same.h5 --rejects same.h5 photos
said "--output and --rejects both go to 'same.h5'"
run 1 "$prep" -s 32 --summary - photos
said "--output and --summary both go to '-'"
if [ -c /dev/full ]; then
	run 1 "$prep" -q -s 32 -o new.h5 --summary /dev/full photos
	[ ! -e new.h5 ] || fail "a dataset whose summary is lost"
fi
run 0 "$prep" -q -s 32 -f -o new.h5 --summary - photos
grep -q '"photos" : 26' stdout || fail "no summary: $(cat stdout)"
rm new.h5

echo "-- too little room is told before a photo is read"
run 1 "$prep" --list <(for n in $(seq 200000); do
	printf 'none/%d\t%d\n' $n $((n % 2))
done) -s 4096 -o huge.h5
said 'not enough room'
grep -q 'TMPDIR' stderr || fail "no remedy: $(cat stderr)"
[ "$(wc -l < stderr)" -eq 1 ] || fail "$(cat stderr)"
no_leftovers

echo "-- killed, it leaves no output, and a file whose name says what it is"
"$draw" --size 1600x1200 many cat,dog 40
"$prep" -j 1 -s 512 -o late.h5 --rejects late.tsv --summary late.json \
	--preview late.png many 2> /dev/null &
pid=$!
sleep 0.5
kill -KILL $pid
wait $pid 2> /dev/null || true
[ ! -e late.h5 ] || fail "an output after SIGKILL"
[ "$(find . -name '*kw-*' | wc -l)" -le 1 ] ||
	fail "left behind: $(find . -name '*kw-*')"
[ -n "$(find . -name '.late.h5.kw-partial-*')" ] ||
	[ -z "$(find . -name '*kw-*')" ] || fail "$(find . -name '*kw-*')"
