# kw-augment: bad command lines and inputs, full disks, signals, and what is
# left behind then.
. "$KW_TESTS/support/cli.sh"
augment=$KW_BIN/kw-augment
info=$KW_BIN/kw-info

"$KW_BIN/make-photos" photos cat,dog 12
"$KW_BIN/kw-prep" -q -s 20x28 -o in.h5 photos
"$augment" -q -n 3 -o one.h5 in.h5

echo "-- bad command lines"
refused 1 "--copies" "$augment" -n 0 in.h5
refused 1 "--copies" "$augment" -n 3x in.h5
refused 1 "--copies" "$augment" -n 1000001 in.h5
refused 1 "--balance" "$augment" --balance 0 in.h5
refused 1 "--balance" "$augment" --balance min in.h5
refused 1 "--seed" "$augment" --seed -1 in.h5
refused 1 "--shards" "$augment" --shards 0 -o never.h5 in.h5
refused 1 "--shards" "$augment" --shards 65537 -o never.h5 in.h5
refused 1 "--shard-size" "$augment" --shard-size 4X -o never.h5 in.h5
refused 1 "--save-format" "$augment" --save-to x --save-format gif in.h5
refused 1 "--save-to" "$augment" --save-to "" -o never.h5 in.h5
for grid in 8 8x 0x10 8x1 8x101 1001x10 8x10x2 -8x10 ax10 99999999999x10 \
	4294967304x10; do
	refused 1 "--grid" "$augment" --preview x.png --grid=$grid in.h5
done
refused 1 "second" "$augment" in.h5 in.h5

echo "-- options that do not go together, or have no effect"
refused 1 "--shard-size: give one" "$augment" --shards 2 --shard-size 1G in.h5
refused 1 "--balance with a number" "$augment" -n 2 --balance 50 in.h5
refused 1 "--preview" "$augment" --grid 3x3 in.h5
refused 1 "--save-to" "$augment" --save-format png in.h5
for option in --copies=2 --no-originals --balance=max --seed=1 --policy=heavy \
	--rotation=3 --horizontal-flip --no-horizontal-flip; do
	refused 1 "does not go with --replay" \
		"$augment" --replay one.h5 "$option" in.h5
done
refused 1 "--preview does not go" "$augment" --replay one.h5 --preview x.png \
	in.h5

echo "-- bad input"
refused 1 "missing.h5" "$augment" missing.h5
refused 1 "photos" "$augment" photos
echo "no dataset" > text.h5
refused 1 "text.h5" "$augment" text.h5
head -c 20000 in.h5 > truncated.h5
refused 1 "truncated.h5" "$augment" truncated.h5
refused 1 "standard input" "$augment" < /dev/null
refused 1 "augmented already" "$augment" one.h5
"$KW_BIN/kw-prep" -q -s 20x28 --split 0/50/50 -o untrained.h5 photos
refused 1 "no train records" "$augment" untrained.h5
refused 1 "no copies to make" "$augment" --balance 8 -o never.h5 in.h5

echo "-- bad replays"
refused 1 "in.h5' cannot be replayed: it is not augmented" \
	"$augment" --replay in.h5 in.h5
refused 1 "missing.h5" "$augment" --replay missing.h5 in.h5
"$KW_BIN/kw-prep" -q -s 28x20 -o turned.h5 photos
refused 1 "another size" "$augment" --replay one.h5 turned.h5
"$KW_BIN/kw-prep" -q -s 20x28 --gray -o gray.h5 photos
refused 1 "gray" "$augment" --replay one.h5 gray.h5
"$KW_BIN/make-photos" strangers cat,eel 12
"$KW_BIN/kw-prep" -q -s 20x28 -o strangers.h5 strangers
refused 1 "other classes" "$augment" --replay one.h5 strangers.h5
cp -r photos fewer
rm fewer/cat/0003.jpg fewer/cat/0004.jpg fewer/cat/0005.jpg fewer/cat/0006.jpg
"$KW_BIN/kw-prep" -q -s 20x28 -o fewer.h5 fewer
refused 1 "is no train record in" "$augment" --replay one.h5 fewer.h5
refused 1 "not augmented" "$augment" --replay in.h5 --dry-run in.h5

echo "-- shards that cannot be written"
refused 1 "standard output" "$augment" --shards 2 in.h5
refused 1 "standard output" "$augment" --shards 2 -o - in.h5
refused 1 "standard output" "$augment" --shard-size 1M in.h5
# at once
refused 1 "standard output" "$augment" --shard-size 1M missing.h5
refused 1 "as small as" "$augment" --shard-size 100 -o never.h5 in.h5
ln -s elsewhere.h5 link.h5
refused 1 "link.h5" "$augment" --shards 2 -f -o link.h5 in.h5
"$augment" -q -n 3 --shards 3 -o set.h5 in.h5
refused 1 "set.h5" "$augment" --shards 3 -o set.h5 in.h5
rm set.h5
refused 1 "set-00000-of-00003.h5" "$augment" --shards 3 -o set.h5 in.h5
[ ! -e set.h5 ] || fail "an index beside old shards"
"$augment" -q -f -n 3 --shards 3 -o set.h5 in.h5
"$info" -q --verify set.h5

echo "-- shards that are missing, short, or of another set"
# broken SHARD: both tools name it
broken() {
	refused 1 "$1" "$augment" --replay set.h5 in.h5
	refused 1 "$1" "$augment" set.h5
	refused 1 "$1" "$info" set.h5
	refused 1 "$1" "$info" --verify set.h5
}
shard=set-00001-of-00003.h5
mv $shard kept
broken $shard
head -c 30000 kept > $shard
broken $shard
: > $shard
broken $shard
"$augment" -q -n 3 --seed 1 --shards 3 -o strange.h5 in.h5
cp strange-00001-of-00003.h5 $shard
broken $shard
cp one.h5 $shard
broken $shard
# the same set, and other records: not so many as there were
"$augment" -q -n 3 --shards 2 -o halves.h5 in.h5
cp halves-00001-of-00002.h5 $shard
broken $shard
mv kept $shard
"$info" -q --verify set.h5

echo "-- outputs that cannot be, and that are left alone"
cp in.h5 there.h5
refused 1 "there.h5" "$augment" -o there.h5 in.h5
cmp there.h5 in.h5
"$augment" -q -f -n 3 -o there.h5 in.h5
cmp one.h5 there.h5
refused 1 "missing/out.h5" "$augment" -o missing/out.h5 in.h5
refused 1 "--preview" "$augment" --preview sheet.gif -o never.h5 in.h5
refused 1 "missing/sheet.png" "$augment" --preview missing/sheet.png in.h5
refused 1 "missing/told.json" "$augment" --summary missing/told.json in.h5
refused 1 "text.h5" "$augment" --save-to text.h5 -o never.h5 in.h5
[ ! -e never.h5 ] || fail "a refused run made a dataset"
status=0
"$augment" -q in.h5 > /dev/full 2> stderr || status=$?
[ "$status" -eq 1 ] || fail "status $status for a full disk"
grep -q "standard output" stderr || fail "a full disk: $(cat stderr)"
if command -v script > /dev/null; then
	# `script` gives the command a terminal
	script -qec "$augment missing.h5" typescript < /dev/null > stdout || :
	grep -q -e "-o" stdout || fail "a terminal: $(cat stdout)"
	! grep -q "missing.h5" stdout || fail "refused after opening the input"
fi

echo "-- interrupted: dies of the signal and leaves nothing"
# images that take their time
"$KW_BIN/kw-prep" -q -s 224 -o large.h5 photos
mkdir work
for signal in INT TERM; do
	# the parent of all this may have it ignored
	[[ $(trap -p $signal) != *"''"* ]] || continue
	for shards in "" "--shards 5"; do
		status=0
		TMPDIR=$PWD/work timeout --preserve-status -s $signal 0.5 \
			"$augment" -q -n 300 --interpolate nohalo $shards \
			-o work/out.h5 large.h5 2> stderr || status=$?
		[ "$status" -eq $((128 + $(kill -l $signal))) ] ||
			fail "status $status after SIG$signal: $(cat stderr)"
		[ -z "$(ls -A work)" ] || fail "left behind: $(ls -A work)"
	done
done
# as soon as it waits for its policy
mkfifo policy
for signal in INT TERM; do
	[[ $(trap -p $signal) != *"''"* ]] || continue
	status=0
	timeout --preserve-status -s $signal 0.5 "$augment" --policy ./policy \
		--print-policy 2> stderr || status=$?
	[ "$status" -eq $((128 + $(kill -l $signal))) ] ||
		fail "status $status after SIG$signal: $(cat stderr)"
	said "no output was written"
done
no_leftovers

echo "-- what is read is never replaced"
cp in.h5 mine.h5
printf '[policy]\nrotation = 5\n' > mine.policy
"$augment" -q -o made.h5 mine.h5
for option in "-o mine.h5" "--summary mine.h5 --dry-run" \
	"--summary mine.policy --policy mine.policy -o never.h5" \
	"--summary ./mine.h5 -o never.h5"; do
	refused 1 "which is read" "$augment" -f $option mine.h5
done
refused 1 "which is read" "$augment" -f --replay made.h5 --summary made.h5 \
	-o never.h5 mine.h5
cmp mine.h5 in.h5
cp made.h5 before.h5
"$augment" -q -f --replay made.h5 -o made.h5 mine.h5
cmp made.h5 before.h5
