# kw-train: the output of frozen layers is kept from one epoch to the next, in
# memory or in a file beside the dataset, and the models are the same with it
# and without.
. "$KW_TESTS/support/cli.sh"

"$KW_BIN/make-photos" photos cat,dog 10
"$KW_BIN/kw-prep" -q -s 32 -o data.h5 photos
"$KW_BIN/kw-train" -q --weights none --freeze 22 --head 16 --epochs 1 \
	--batch 16 --no-feature-cache -o base.h5 data.h5 2> /dev/null
rm -r base.resume.h5 base.log

# The last epoch is the best one: all of them count in the model.
train=("$KW_BIN/kw-train" --weights base.h5 --head 16 --epochs 2 --patience 0
	--lr 0.0003 --monitor val_loss --algorithm direct)

# kw_train NAME OPTION...: into NAME.h5, in place of what is there.
kw_train() {
	local name=$1
	shift
	run 0 "${train[@]}" -f -o "$name.h5" "$@"
}

# same NAME OTHER: the models, and the logs but for the times, are the same.
same() {
	cmp "$1.h5" "$2.h5" || fail "$1.h5 is not $2.h5: $(cat stdout stderr)"
	cmp <(cut -d , -f 1-6 "$1.log/metrics.csv") \
		<(cut -d , -f 1-6 "$2.log/metrics.csv")
}

not_said() {
	! grep -qF -e "$1" stderr || fail "'$1' in: $(cat stderr)"
}

# In MB, what a run without features takes.
memory_of() {
	kw_train probe --no-feature-cache --epochs 1 "$@" data.h5
	sed -n 's/.* for the program: \([0-9]*\) MB.*/\1/p' stderr
}

for freeze in block4_pool block5_pool; do
	echo "-- --freeze $freeze: kept in memory"
	kw_train without --freeze $freeze --no-feature-cache data.h5
	not_said features
	grep -q 'epoch 2/2.*best so far' stdout || fail "$(cat stdout)"
	kw_train with --freeze $freeze data.h5
	said "features: the output of $freeze ("
	said "is kept in memory: from the second epoch on only the layers above are computed"
	grep -q '^kw-train: memory: .* features, .* for the program' stderr ||
		fail "$(cat stderr)"
	same with without
	[ ! -e data.features ] || fail "a file: $(ls)"
done

echo "-- --freeze block4_pool: no room in memory, a file; then it is there"
# That is rounded: at most 1 MB is left, and 1.2 MB of features.
room=$(memory_of --freeze block4_pool)500k
"$KW_BIN/kw-augment" -q -n 9 -o large.h5 data.h5
kw_train whole --freeze block4_pool --no-feature-cache large.h5
kw_train file --freeze block4_pool --memory $room large.h5
said "goes to 'large.features': from the second epoch on"
not_said " features, "
same file whole
[ -s large.features ] || fail "no file: $(ls)"
kw_train again --freeze block4_pool large.h5
said "features: 'large.features' holds the output of block4_pool ("
not_said "is kept in memory"
same again whole

echo "-- damaged, and of something else"
printf damage | dd of=large.features bs=1 seek=20000 conv=notrunc 2> /dev/null
kw_train again --freeze block4_pool large.h5
said "features: 'large.features' is damaged: what was is computed again"
same again whole
kw_train other --freeze block5_pool large.h5
said "'large.features' is of other weights, images or settings: it is replaced"
no_leftovers

echo "-- killed while the file is under way: nothing is left, and it goes on"
rm -f large.features
resumed=("${train[@]}" --freeze block4_pool --memory "$room"
	--checkpoint-minutes 0.001 -o killed.h5 large.h5)
"${resumed[@]}" -v > out 2> err &
pid=$!
tries=1200
until grep -q 'step 9/' err; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] && kill -0 $pid || fail "no step 9: $(cat err)"
	sleep 0.05
done
kill -9 $pid
wait $pid 2> /dev/null || true
[ ! -e large.features ] || fail "a file that is not complete"
[ -n "$(find . -name '.large.features.kw-partial-*')" ] || fail "$(ls -A)"
run 0 "${resumed[@]}" --resume
said "goes on from 'killed.resume.h5', in epoch 1 after"
same killed whole
no_leftovers
[ -s large.features ] || fail "no file: $(ls)"

echo "-- and from a file that is there, into its second epoch"
rm -r killed.*
env --default-signal=INT "${resumed[@]}" -v > out 2> err &
pid=$!
tries=1200
until [ "$(grep -c 'step 3/' err)" -ge 2 ]; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] && kill -0 $pid || fail "no second epoch: $(cat err)"
	sleep 0.05
done
kill -INT $pid
status=0
wait $pid || status=$?
[ $status -eq 130 ] || fail "status $status: $(cat err)"
run 0 "${resumed[@]}" --resume
said "goes on from 'killed.resume.h5', in epoch 2 after"
same killed whole
no_leftovers

echo "-- --no-feature-cache removes it, and nothing else of that name"
kw_train again --freeze block4_pool --no-feature-cache --epochs 1 large.h5
said "features: 'large.features' is removed"
[ ! -e large.features ] || fail "it is there still"
echo mine > data.features
kw_train again --freeze block4_pool --no-feature-cache --epochs 1 data.h5
not_said features
[ "$(cat data.features)" = mine ] || fail "$(cat data.features)"
rm data.features

echo "-- a pipe: no file"
run 0 "${train[@]}" -f -o piped.h5 --freeze block4_pool --memory "$room" - \
	< large.h5
said "does not fit into memory, and a dataset from a pipe has no place for a file"
same piped whole
no_leftovers

echo "-- new images in every epoch: off, and said where it would have been on"
kw_train fresh --freeze block4_pool --augment seed --epochs 2 data.h5
said "features: --augment gives new images in every epoch, so what the frozen layers make of them is not kept"
kw_train fresh --augment seed --epochs 1 data.h5
not_said features
