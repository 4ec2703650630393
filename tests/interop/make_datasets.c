/*
 * make-datasets DIR
 *
 * Write a whole dataset, whole.h5, and a set of shards, set.h5 over part-0.h5
 * and part-1.h5, with the content of tests/support/kwdata.h, for others to
 * read.
 */
#include "tests/support/kwdata.h"

static void
write_dataset(const char *dir, const char *name, const TestDataset *set)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	test_dataset_write(path, set);
}

int
main(int argc, char **argv)
{
	static const char *const parts[] = { "part-0.h5", "part-1.h5", NULL };
	g_autoptr(GError) error = NULL;

	if (argc != 2)
		return 1;
	write_dataset(
		argv[1], "whole.h5",
		&(TestDataset){ .counts = { 7, 3, 0 }, .augmented = TRUE });
	write_dataset(argv[1], parts[0],
		      &(TestDataset){ .counts = { 4, 3, 0 },
				      .augmented = TRUE,
				      .set_id = 99 });
	write_dataset(argv[1], parts[1],
		      &(TestDataset){ .counts = { 3, 0, 0 },
				      .first = 4,
				      .augmented = TRUE,
				      .set_id = 99 });

	g_autofree char *path = g_build_filename(argv[1], "set.h5", NULL);
	g_autoptr(KwOutfile) out = kw_outfile_new(path, FALSE, &error);
	if (out == NULL || !kw_dataset_write_index(out, parts, &error) ||
	    !kw_outfile_commit(out, &error)) {
		g_printerr("make-datasets: %s\n", error->message);
		return 1;
	}
	return 0;
}
