# kw-prep --split-from: known photos and groups stay where they were.
. "$KW_TESTS/support/cli.sh"
prep=$KW_BIN/kw-prep
draw=$KW_BIN/make-photos
info=$KW_BIN/kw-info

# splits DATASET: "SPLIT CLASS/PHOTO" lines, sorted.
splits() {
	rm -rf files
	"$info" --extract all -o files "$1" > /dev/null
	(cd files && find . -name '*.png' | sed 's|^\./\([^/]*\)/|\1 |' | sort)
}

"$draw" --days 20 photos cat,dog 60
run 0 "$prep" -q -s 32 -o old.h5 photos
splits old.h5 > old
run 0 "$prep" -q -s 32 --seed 7 -o other.h5 photos
! cmp -s old.h5 other.h5 || fail "another seed changes nothing"

echo "-- the same photos, another seed: the same splits"
run 0 "$prep" -q -s 32 --seed 7 --split-from old.h5 -o again.h5 photos
splits again.h5 > again
cmp old again

echo "-- new photos are placed, old ones stay, days are not torn"
"$draw" --days 30 --first 200 photos cat,dog 60
run 0 "$prep" -s 32 --seed 7 --split-from old.h5 -o new.h5 photos
said 'leakage check: 0 groups, 0 exact and 0 near duplicates'
said 'kept splits: 120 photos known, 120 new, 0 no longer there'
splits new.h5 > new
[ "$(comm -12 old new | wc -l)" -eq 120 ] || fail "old photos have moved"
[ "$(wc -l < new)" -eq 240 ] || fail "photos are missing"
[ "$(comm -13 old new | cut -d' ' -f1 | sort -u | wc -l)" -ge 2 ] ||
	fail "all new photos are in one split"

echo "-- --undated train moves nothing that is known"
"$draw" undated cat,dog 30
run 0 "$prep" -q -s 32 -o undated.h5 undated
run 0 "$prep" -q -s 32 --undated train --split-from undated.h5 -o kept.h5 \
	undated
splits undated.h5 > before
cmp <(splits kept.h5) before
run 0 "$prep" -s 32 --undated train -f -o kept.h5 undated
said "class 'cat' whose split is given leave none for val and test"

echo "-- in place, and from an augmented dataset"
cp old.h5 same.h5
run 0 "$prep" -q -s 32 --split-from same.h5 -f -o same.h5 photos
cmp <(splits same.h5 | grep -F -f old) old
"$KW_BIN/kw-augment" -q -n 1 -o augmented.h5 old.h5
run 0 "$prep" -q -s 32 --seed 9 --split-from augmented.h5 -o b.h5 photos
[ "$(splits b.h5 | comm -12 old - | wc -l)" -eq 120 ] || fail "moved"

echo "-- a photo that ties old groups together is told of, and moves nothing"
mkdir -p tie/cat tie/dog
cp photos/cat/0000.jpg tie/cat/a.jpg
cp photos/cat/0059.jpg tie/cat/b.jpg
"$draw" tie cat,dog 8
run 0 "$prep" -q -s 32 --group none --split 50/0/50 -o tie.h5 tie
splits tie.h5 > tie.before
cat > tie.tsv <<-END
	cat/a.jpg	cat		x
	cat/b.jpg	cat		x
	END
for n in 0 1 2 3 4 5 6 7; do
	printf 'cat/000%d.jpg\tcat\t\tx\ndog/000%d.jpg\tdog\t\t\n' $n $n
done >> tie.tsv
run 0 "$prep" -s 32 --list tie.tsv --split-from tie.h5 -o tied.h5 tie
said 'tear them apart: 1'
said 'leakage check: 1 groups'
cmp <(splits tied.h5) tie.before

echo "-- photos under other names are told of"
cp -r photos renamed
mv renamed/cat renamed/tom
run 0 "$prep" -s 32 --split-from old.h5 -o renamed.h5 renamed
said "warning: photos of 'old.h5' that are not in 'renamed'"
mv renamed/dog renamed/rex
run 1 "$prep" -s 32 --split-from old.h5 -f -o renamed.h5 renamed
said "no photo of 'old.h5' is in 'renamed'"

echo "-- what it cannot use, it refuses or tells"
run 1 "$prep" -q --split-from missing.h5 -o c.h5 photos
said "missing.h5"
run 1 "$prep" -q --split-from old -o c.h5 photos
said "'old'"
mkdir split
cp -r photos split/train
cp -r tie split/test
run 0 "$prep" -s 32 --split-from old.h5 -o c.h5 split
said 'warning: --split-from has no effect'
