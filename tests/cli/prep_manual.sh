# kw-prep(1): its examples run, and do what they are said to do.
. "$KW_TESTS/support/cli.sh"

"$KW_BIN/make-photos" --days 12 photos kangaroo,wallaby 24
for site in 1 2 3 4; do
	for class in kangaroo wallaby; do
		mkdir -p sites/$class/$site
		cp photos/$class/00${site}[0-4].jpg sites/$class/$site 2> /dev/null ||
			cp photos/$class/000[0-4].jpg sites/$class/$site
	done
done
(cd photos && find . -name '*.jpg' | awk -F/ '{ print $0 "\t" $2 "\tx" }') \
	> labels.tsv
run_examples kw-prep.1 9
for file in dataset small n larger sites listed told shards; do
	[ -s $file.h5 ] || fail "no $file.h5"
done
for file in sheet.png rejects.tsv summary.json; do
	[ -s $file ] || fail "no $file"
done
cmp dataset.h5 told.h5
