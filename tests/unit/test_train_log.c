/*
 * The run log: its files after each epoch, after a resumption, and when they
 * cannot be written.
 */
#include "tests/support/kwtest.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kw/error.h"
#include "kw/image.h"
#include "train/log.h"
#include "train/log_file.h"
#include "train/tensorboard.h"

static const char *const header =
	"epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,"
	"images_per_second\n";

static const EpochReport first = {
	.epoch = 1,
	.loss = 10.9331,
	.accuracy = 0.5625,
	.has_val = TRUE,
	.val_loss = 1.0 / 3,
	.val_accuracy = 0.5,
	.rate = 1e-4,
	.images_per_second = 11.876,
	.wall_time = 1600000000.25,
	.best = TRUE,
};

static const EpochReport second = {
	.epoch = 2,
	.loss = 0.25,
	.accuracy = 1,
	.rate = 1e-5,
	.images_per_second = 1234.5,
	.wall_time = 1600000001,
	.skipped = 7,
};

static const char first_row[] = "1,10.9331,0.5625,0.3333333,0.5,0.0001,11.88\n";
static const char second_row[] = "2,0.25,1,,,1e-05,1234.50\n";

/* Epoch k of a run of which all epochs differ. */
static EpochReport
epoch(int k)
{
	EpochReport report = first;

	report.epoch = k;
	report.loss /= k;
	report.val_loss = 0.7 / k;
	report.wall_time += 60 * k;
	return report;
}

/* ---- files of a log */

static char *
read_file(const char *dir, const char *name, gsize *n)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	char *text = NULL;

	if (!g_file_get_contents(path, &text, n, NULL))
		fail_msg("no '%s'", path);
	return text;
}

static void
write_file(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	g_mkdir_with_parents(folder, 0777);
	assert_true(g_file_set_contents(path, text, -1, NULL));
}

static gboolean
exists(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void
check_csv(const char *dir, const char *rows)
{
	g_autofree char *expected = g_strconcat(header, rows, NULL);
	g_autofree char *text = read_file(dir, "metrics.csv", NULL);

	assert_string_equal(text, expected);
}

static int
count_lines(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

/* The name of the only event file of a split; NULL where there is none. */
static char *
events_name(const char *dir, const char *split)
{
	g_autofree char *path = g_build_filename(dir, split, NULL);
	g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
	const char *name;
	char *found = NULL;

	while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
		assert_null(found);
		found = g_build_filename(split, name, NULL);
	}
	return found;
}

/* The event records after the version, which all are whole.  Free them. */
static guint8 *
read_events(const char *dir, const char *split, gsize *n)
{
	g_autofree char *name = events_name(dir, split);
	g_autofree guint8 *bytes = NULL;
	TensorboardRecord record = { 0 };
	gsize start = 0;

	assert_non_null(name);
	bytes = (guint8 *)read_file(dir, name, n);
	for (gsize at = 0; at < *n; at += record.size) {
		assert_true(tensorboard_read(bytes + at, *n - at, &record));
		assert_int_equal(record.step == 0, at == 0);
		if (at == 0)
			start = record.size;
	}
	*n -= start;
	return g_memdup2(bytes + start, *n);
}

/* "1 2 3": the steps of the records of an event file. */
static void
check_steps(const char *dir, const char *split, const char *expected)
{
	gsize n;
	g_autofree guint8 *bytes = read_events(dir, split, &n);
	GString *steps = g_string_new(NULL);
	TensorboardRecord record;

	for (gsize at = 0; at < n; at += record.size) {
		assert_true(tensorboard_read(bytes + at, n - at, &record));
		g_string_append_printf(steps, "%s%d", at > 0 ? " " : "",
				       (int)record.step);
	}
	assert_string_equal(steps->str, expected);
	g_string_free(steps, TRUE);
}

/* ---- writing */

static char *
folder(void **state, const char *name)
{
	return g_build_filename(*state, name, NULL);
}

static RunLog *
log_new(const char *dir, gboolean force, const GArray *history)
{
	GError *error = NULL;
	RunLog *log = run_log_new(dir, force, history, &error);

	test_assert_no_error(error);
	return log;
}

static void
write_row(RunLog *log, const EpochReport *report)
{
	GError *error = NULL;

	run_log_epoch(log, report, &error);
	test_assert_no_error(error);
}

static void
write_epochs(RunLog *log, int from, int to)
{
	for (int k = from; k <= to; k++) {
		const EpochReport report = epoch(k);

		write_row(log, &report);
	}
}

static GArray *
history_of(int n)
{
	GArray *history = g_array_new(FALSE, FALSE, sizeof(EpochReport));

	for (int k = 1; k <= n; k++) {
		const EpochReport report = epoch(k);

		g_array_append_val(history, report);
	}
	return history;
}

/* Files may have so many bytes; a disk is as full as that. */
static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* ---- a run */

/* Complete after every row, before it is closed. */
static void
test_tables(void **state)
{
	g_autofree char *dir = g_build_filename(*state, "a", "b", NULL);
	g_autoptr(RunLog) log = log_new(dir, FALSE, NULL);
	g_autofree char *json = NULL;

	write_row(log, &first);
	check_csv(dir, first_row);
	write_row(log, &second);
	g_autofree char *rows = g_strconcat(first_row, second_row, NULL);
	check_csv(dir, rows);
	json = read_file(dir, "metrics.jsonl", NULL);
	assert_string_equal(
		json,
		"{\"epoch\":1,\"loss\":10.9331,\"accuracy\":0.5625,"
		"\"val_loss\":0.33333333333333331,\"val_accuracy\":0.5,"
		"\"learning_rate\":0.0001,\"images_per_second\":11."
		"875999999999999,"
		"\"wall_time\":1600000000.25,\"skipped\":0,\"best\":true}\n"
		"{\"epoch\":2,\"loss\":0.25,\"accuracy\":1.0,"
		"\"val_loss\":null,\"val_accuracy\":null,"
		"\"learning_rate\":1.0000000000000001e-05,"
		"\"images_per_second\":1234.5,"
		"\"wall_time\":1600000001.0,\"skipped\":7,\"best\":false}\n");
}

static void
test_events(void **state)
{
	static const TensorboardScalar train[] = {
		{ "epoch_loss", 10.9331 },
		{ "epoch_accuracy", 0.5625 },
		{ "epoch_learning_rate", 1e-4 },
		{ "images_per_second", 11.876 },
	};
	static const TensorboardScalar val[] = { { "epoch_loss", 1.0 / 3 },
						 { "epoch_accuracy", 0.5 } };
	g_autofree char *dir = folder(state, "events");
	g_autoptr(RunLog) log = log_new(dir, FALSE, NULL);
	g_autoptr(GByteArray) expected = g_byte_array_new();
	gsize n;

	write_row(log, &first);
	g_autofree guint8 *bytes = read_events(dir, "train", &n);
	tensorboard_add_scalars(expected, 1600000000.25, 1, train, 4);
	assert_int_equal(n, expected->len);
	assert_memory_equal(bytes, expected->data, n);
	g_autofree guint8 *more = read_events(dir, "validation", &n);
	g_byte_array_set_size(expected, 0);
	tensorboard_add_scalars(expected, 1600000000.25, 1, val, 2);
	assert_int_equal(n, expected->len);
	assert_memory_equal(more, expected->data, n);

	/* The second epoch was not validated. */
	write_row(log, &second);
	check_steps(dir, "train", "1 2");
	check_steps(dir, "validation", "1");
	assert_false(exists(dir, "test"));
	g_autofree char *name = events_name(dir, "train");
	if (!g_regex_match_simple("^train/events[.]out[.]tfevents[.][0-9]{10}"
				  "[.].+[.][0-9]+[.]kw$",
				  name, 0, 0))
		fail_msg("'%s'", name);
}

static void
test_nothing_is_left(void **state)
{
	g_autofree char *dir = folder(state, "empty");
	g_autoptr(GDir) inside = NULL;

	run_log_free(log_new(dir, FALSE, NULL));
	assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
	/* A folder that was there stays. */
	assert_int_equal(g_mkdir_with_parents(dir, 0777), 0);
	run_log_free(log_new(dir, FALSE, NULL));
	inside = g_dir_open(dir, 0, NULL);
	assert_null(g_dir_read_name(inside));
	run_log_free(NULL);
}

/* ---- an older log */

static void
test_older_log(void **state)
{
	g_autofree char *dir = folder(state, "older");
	g_autofree char *text = NULL;
	const char *old = "a row of an older run that is much longer than the "
			  "new one, so that a rest of it would show; and this "
			  "makes it longer than all that is written now\n";
	const char *events = "train/events.out.tfevents.1600000000.h.1.kw";
	const char *others = "train/events.out.tfevents.1600000000.h.1.v2";
	GError *error = NULL;

	write_file(dir, "metrics.csv", old);
	write_file(dir, "metrics.jsonl", old);
	write_file(dir, events, old);
	write_file(dir, others, old);
	assert_null(run_log_new(dir, FALSE, NULL, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "-f");

	/* It is there until the new run has something to say. */
	run_log_free(log_new(dir, TRUE, NULL));
	text = read_file(dir, "metrics.csv", NULL);
	assert_string_equal(text, old);
	assert_true(exists(dir, events));

	g_autoptr(RunLog) log = log_new(dir, TRUE, NULL);
	write_row(log, &second);
	check_csv(dir, second_row);
	g_autofree char *json = read_file(dir, "metrics.jsonl", NULL);
	assert_true(g_str_has_prefix(json, "{\"epoch\":2,"));
	assert_non_null(strstr(json, "false}\n"));
	assert_true(g_str_has_suffix(json, "false}\n"));
	assert_false(exists(dir, events));
	/* what another program has written */
	assert_true(exists(dir, others));
	g_autofree char *path = g_build_filename(dir, others, NULL);
	unlink(path);
	check_steps(dir, "train", "2");
}

/* Any of the files is a log. */
static void
test_part_of_an_older_log(void **state)
{
	static const char *const names[] = {
		"metrics.jsonl",
		"validation/events.out.tfevents.1600000000.host.1.kw",
		"test/events.out.tfevents.1600000000.host.1.kw",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *name = g_strdup_printf("part%zu", i);
		g_autofree char *dir = folder(state, name);
		GError *error = NULL;

		write_file(dir, names[i], "x");
		assert_null(run_log_new(dir, FALSE, NULL, &error));
		test_assert_error(&error, KW_ERROR_USAGE, names[i]);
	}
}

/* One that has come since the start is left alone. */
static void
test_log_of_the_meantime(void **state)
{
	g_autofree char *dir = folder(state, "meantime");
	g_autoptr(RunLog) log = log_new(dir, FALSE, NULL);
	g_autofree char *text = NULL;
	GError *error = NULL;

	write_file(dir, "metrics.csv", "another");
	assert_false(run_log_epoch(log, &first, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "metrics.csv");
	text = read_file(dir, "metrics.csv", NULL);
	assert_string_equal(text, "another");
	assert_false(exists(dir, "train"));
}

/* ---- resuming */

/* The log of five epochs that nothing has disturbed. */
static void
check_five(const char *dir, const char *undisturbed)
{
	static const char *const tables[] = { "metrics.csv", "metrics.jsonl" };
	static const char *const splits[] = { "train", "validation" };

	for (int i = 0; i < 2; i++) {
		g_autofree char *a = read_file(dir, tables[i], NULL);
		g_autofree char *b = read_file(undisturbed, tables[i], NULL);

		assert_string_equal(a, b);
	}
	for (int i = 0; i < 2; i++) {
		gsize n, m;
		g_autofree guint8 *a = read_events(dir, splits[i], &n);
		g_autofree guint8 *b = read_events(undisturbed, splits[i], &m);

		assert_int_equal(n, m);
		assert_memory_equal(a, b, n);
	}
}

/* Take bytes from the end of a file. */
static void
tear(const char *dir, const char *name, gsize bytes)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	gsize n;
	g_autofree char *text = read_file(dir, name, &n);

	assert_int_equal(truncate(path, (off_t)(n - bytes)), 0);
}

/*
 * A run that wrote `written` epochs, the last of them torn by so many bytes,
 * and is resumed with `known` ones.
 */
static void
check_resumed(void **state, int written, gsize torn, int known)
{
	static int count;
	g_autofree char *whole = folder(state, "whole");
	g_autofree char *name = g_strdup_printf("resumed%d", count++);
	g_autofree char *dir = folder(state, name);
	g_autoptr(GArray) history = history_of(known);
	RunLog *log = log_new(dir, FALSE, NULL);

	if (!exists(whole, "metrics.csv")) {
		RunLog *undisturbed = log_new(whole, FALSE, NULL);

		write_epochs(undisturbed, 1, 5);
		run_log_free(undisturbed);
	}
	write_epochs(log, 1, written);
	run_log_free(log);
	g_autofree char *train = events_name(dir, "train");
	g_autofree char *val = events_name(dir, "validation");
	if (torn > 0) {
		tear(dir, "metrics.csv", torn);
		tear(dir, "metrics.jsonl", torn);
		tear(dir, train, torn);
		tear(dir, val, torn);
	}

	log = log_new(dir, FALSE, history);
	/* At once at the end of the history, whatever happens now. */
	g_autofree char *rows = read_file(dir, "metrics.csv", NULL);
	assert_int_equal(count_lines(rows), known + 1);
	write_epochs(log, known + 1, 5);
	run_log_free(log);
	check_five(dir, whole);
	assert_true(exists(dir, train));
	assert_true(exists(dir, val));
}

static void
test_resumed(void **state)
{
	check_resumed(state, 3, 0, 3);
	/* killed between the log and the checkpoint, or the other way round */
	check_resumed(state, 4, 0, 3);
	check_resumed(state, 5, 0, 3);
	check_resumed(state, 2, 0, 3);
	/* killed while it wrote */
	check_resumed(state, 3, 1, 3);
	check_resumed(state, 3, 17, 3);
	check_resumed(state, 4, 17, 3);
	check_resumed(state, 4, 1, 4);
	check_resumed(state, 1, 5, 1);
}

static void
test_resumed_without_a_log(void **state)
{
	g_autofree char *dir = folder(state, "lost");
	g_autoptr(GArray) history = history_of(2);
	g_autoptr(RunLog) log = log_new(dir, FALSE, history);

	check_steps(dir, "train", "1 2");
	write_epochs(log, 3, 3);
	check_steps(dir, "train", "1 2 3");
	check_steps(dir, "validation", "1 2 3");
	g_autofree char *text = read_file(dir, "metrics.csv", NULL);
	assert_non_null(strstr(text, "\n1,"));
	assert_non_null(strstr(text, "\n3,"));
}

/* An event file of which nothing can be read is begun again. */
static void
test_resumed_with_broken_events(void **state)
{
	g_autofree char *dir = folder(state, "broken");
	const char *name = "train/events.out.tfevents.1600000000.host.1.kw";
	g_autoptr(GArray) history = history_of(2);
	RunLog *log;

	write_file(dir, name, "this was never an event file, but is long");
	log = log_new(dir, FALSE, history);
	write_epochs(log, 3, 3);
	run_log_free(log);
	assert_true(exists(dir, name));
	check_steps(dir, "train", "1 2 3");
}

/* Of several event files, those of earlier runs among them, the newest. */
static void
test_resumed_with_older_events(void **state)
{
	g_autofree char *dir = folder(state, "several");
	g_autoptr(GArray) history = history_of(2);
	RunLog *log = log_new(dir, FALSE, NULL);

	write_epochs(log, 1, 2);
	run_log_free(log);
	g_autofree char *newest = events_name(dir, "train");
	for (int k = 0; k < 8; k++) {
		g_autofree char *name = g_strdup_printf(
			"train/events.out.tfevents.150000000%d.h.1.kw", k);

		write_file(dir, name, "older");
	}
	gsize before, after;
	g_free(read_file(dir, newest, &before));
	log = log_new(dir, FALSE, history);
	write_epochs(log, 3, 3);
	run_log_free(log);
	g_free(read_file(dir, newest, &after));
	assert_true(after > before);
}

static void
test_resumed_beside_another_log(void **state)
{
	g_autofree char *dir = folder(state, "another");
	g_autoptr(GArray) history = history_of(2);
	RunLog *log = log_new(dir, FALSE, NULL);
	GError *error = NULL;

	write_row(log, &first);
	write_row(log, &second);
	run_log_free(log);
	assert_null(run_log_new(dir, FALSE, history, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "log of another run");
	g_autofree char *rows = g_strconcat(first_row, second_row, NULL);
	check_csv(dir, rows);

	log = log_new(dir, TRUE, history);
	check_csv(dir, rows);
	write_epochs(log, 3, 3);
	run_log_free(log);
	g_autofree char *text = read_file(dir, "metrics.csv", NULL);
	assert_null(strstr(text, second_row));
	assert_non_null(strstr(text, "\n3,"));
	check_steps(dir, "train", "1 2 3");
	check_steps(dir, "validation", "1 2 3");
}

/* ---- what cannot be written */

static void
test_cannot_be_written(void **state)
{
	g_autofree char *file = folder(state, "file");
	g_autofree char *below = g_build_filename(file, "log", NULL);
	g_autofree char *full = folder(state, "full");
	g_autofree char *link = g_build_filename(full, "metrics.csv", NULL);
	GError *error = NULL;

	assert_true(g_file_set_contents(file, "", 0, NULL));
	assert_null(run_log_new(below, FALSE, NULL, &error));
	test_assert_error(&error, KW_ERROR_IO, below);
	assert_null(run_log_new(file, FALSE, NULL, &error));
	test_assert_error(&error, KW_ERROR_IO, file);

	g_mkdir_with_parents(full, 0777);
	assert_int_equal(symlink("/dev/full", link), 0);
	g_autoptr(RunLog) log = log_new(full, TRUE, NULL);
	assert_false(run_log_epoch(log, &first, &error));
	test_assert_error(&error, KW_ERROR_IO, "metrics.csv");
}

/* A disk that is full for an epoch leaves no gap and no torn line. */
static void
test_full_disk(void **state)
{
	g_autofree char *dir = folder(state, "full_disk");
	g_autoptr(RunLog) log = log_new(dir, FALSE, NULL);
	GError *error = NULL;
	EpochReport report = second;
	gsize n;

	write_row(log, &first);
	g_free(read_file(dir, "metrics.csv", &n));
	limit_files(n + 10);
	assert_false(run_log_epoch(log, &second, &error));
	test_assert_error(&error, KW_ERROR_IO, "metrics.csv");
	check_csv(dir, first_row);
	check_steps(dir, "train", "1");
	report.epoch = 3;
	assert_false(run_log_epoch(log, &report, &error));
	test_assert_error(&error, KW_ERROR_IO, "metrics.csv");
	limit_files(RLIM_INFINITY);

	report.epoch = 4;
	write_row(log, &report);
	g_autofree char *rows =
		g_strconcat(first_row, second_row, "3", second_row + 1, "4",
			    second_row + 1, NULL);
	check_csv(dir, rows);
	check_steps(dir, "train", "1 2 3 4");
	g_autofree char *json = read_file(dir, "metrics.jsonl", NULL);
	assert_int_equal(count_lines(json), 4);
}

/* One file that cannot grow does not stop the others. */
static void
test_one_full_file(void **state)
{
	g_autofree char *dir = folder(state, "one_full");
	g_autoptr(RunLog) log = log_new(dir, FALSE, NULL);
	GError *error = NULL;
	gsize n;

	write_epochs(log, 1, 4);
	const EpochReport report = epoch(5);
	g_free(read_file(dir, "metrics.jsonl", &n));
	limit_files(n + 10);
	assert_false(run_log_epoch(log, &report, &error));
	limit_files(RLIM_INFINITY);
	test_assert_error(&error, KW_ERROR_IO, "metrics.jsonl");
	check_steps(dir, "train", "1 2 3 4 5");
	check_steps(dir, "validation", "1 2 3 4 5");
	write_epochs(log, 6, 6);
	check_steps(dir, "train", "1 2 3 4 5 6");
}

/* The first epoch of all: there is no half of a log, and the older one stays.
 */
static void
test_full_disk_from_the_start(void **state)
{
	g_autofree char *dir = folder(state, "full_start");
	const char *events = "train/events.out.tfevents.1600000000.h.1.kw";
	GError *error = NULL;

	write_file(dir, "metrics.csv", "older\n");
	write_file(dir, events, "older");
	g_autoptr(RunLog) log = log_new(dir, TRUE, NULL);
	limit_files(20);
	assert_false(run_log_epoch(log, &first, &error));
	limit_files(RLIM_INFINITY);
	test_assert_error(&error, KW_ERROR_IO, "metrics.csv");
	g_autofree char *text = read_file(dir, "metrics.csv", NULL);
	assert_string_equal(text, "older\n");
	assert_true(exists(dir, events));

	write_row(log, &second);
	g_autofree char *rows = g_strconcat(first_row, second_row, NULL);
	check_csv(dir, rows);
	check_steps(dir, "train", "1 2");
}

/* A log that is as it should be is gone on with, even on a full disk; where
 * something has to be written, the one that is there stays. */
static void
test_resumed_on_a_full_disk(void **state)
{
	g_autofree char *dir = folder(state, "full_resumed");
	g_autoptr(GArray) two = history_of(2), three = history_of(3);
	RunLog *log = log_new(dir, FALSE, NULL);
	GError *error = NULL;

	write_epochs(log, 1, 2);
	run_log_free(log);
	g_autofree char *before = read_file(dir, "metrics.csv", NULL);
	limit_files(1);
	run_log_free(log_new(dir, FALSE, two));
	assert_null(run_log_new(dir, FALSE, three, &error));
	limit_files(RLIM_INFINITY);
	test_assert_error(&error, KW_ERROR_IO, "metrics.csv");
	g_autofree char *after = read_file(dir, "metrics.csv", NULL);
	assert_string_equal(before, after);
	check_steps(dir, "train", "1 2");
}

/* ---- evaluations */

static gsize confusion[] = { 3, 1, 0, 4 };
static const Evaluation evaluation = {
	.classes = 2,
	.n = 8,
	.correct = 7,
	.loss = 0.5,
	.accuracy = 0.875,
	.confusion = confusion,
};
static char cat[] = "cat", dog[] = "dog";
static char *const class_names[] = { cat, dog, NULL };

static void
evaluate_log(RunLog *log, KwSplit split, int number)
{
	GError *error = NULL;

	run_log_evaluation(log, &evaluation, class_names, split, number,
			   &error);
	test_assert_no_error(error);
}

static void
test_evaluation(void **state)
{
	g_autofree char *dir = folder(state, "evaluation");
	g_autoptr(RunLog) log = log_new(dir, FALSE, NULL);
	gsize n;

	write_epochs(log, 1, 3);
	evaluate_log(log, KW_VAL, 3);
	check_steps(dir, "validation", "1 2 3 3");
	evaluate_log(log, KW_TEST, 2);
	/* its scalars, and the picture */
	check_steps(dir, "test", "2 2");
	g_autofree guint8 *bytes = read_events(dir, "test", &n);
	assert_non_null(memmem(bytes, n, "epoch_accuracy", 14));
	assert_non_null(memmem(bytes, n, "confusion_matrix", 16));
	assert_non_null(memmem(bytes, n, "\x89PNG\r\n", 6));
}

/* What is said of epochs that are not known any more is cut. */
static void
test_evaluation_and_resuming(void **state)
{
	g_autofree char *dir = folder(state, "evaluation_resumed");
	g_autoptr(GArray) history = history_of(3);
	RunLog *log = log_new(dir, FALSE, NULL);

	for (int k = 1; k <= 4; k++) {
		write_epochs(log, k, k);
		evaluate_log(log, KW_VAL, k);
		evaluate_log(log, KW_TEST, k);
	}
	run_log_free(log);
	log = log_new(dir, FALSE, history);
	check_steps(dir, "validation", "1 1 2 2 3 3");
	check_steps(dir, "test", "1 1 2 2 3 3");
	write_epochs(log, 4, 4);
	evaluate_log(log, KW_TEST, 2);
	run_log_free(log);
	check_steps(dir, "validation", "1 1 2 2 3 3 4");
	check_steps(dir, "test", "1 1 2 2 3 3 2 2");
}

/* ---- the files below */

static void
test_empty_files_are_removed(void **state)
{
	g_autofree char *path = folder(state, "empty_file");
	LogFile file = LOG_FILE_INIT;
	GError *error = NULL;

	log_file_create(&file, path, &error);
	test_assert_no_error(error);
	log_file_clear(&file);
	assert_false(exists(*state, "empty_file"));

	log_file_create(&file, path, &error);
	test_assert_no_error(error);
	assert_true(log_file_append(&file, "x", 1, NULL));
	log_file_clear(&file);
	assert_true(exists(*state, "empty_file"));
	assert_false(log_file_create(&file, path, &error));
	test_assert_error(&error, KW_ERROR_IO, "empty_file");
	log_file_clear(&file);
}

static int
setup(void **state)
{
	/* A file at its limit is an error, not the end. */
	signal(SIGXFSZ, SIG_IGN);
	return kw_image_start("test_train_log", NULL) ? test_dir_setup(state)
						      : -1;
}

static int
teardown(void **state)
{
	kw_image_stop();
	return test_dir_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_nothing_is_left),
		cmocka_unit_test(test_older_log),
		cmocka_unit_test(test_part_of_an_older_log),
		cmocka_unit_test(test_log_of_the_meantime),
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_resumed_with_older_events),
		cmocka_unit_test(test_resumed_without_a_log),
		cmocka_unit_test(test_resumed_with_broken_events),
		cmocka_unit_test(test_resumed_beside_another_log),
		cmocka_unit_test(test_cannot_be_written),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_one_full_file),
		cmocka_unit_test(test_full_disk_from_the_start),
		cmocka_unit_test(test_resumed_on_a_full_disk),
		cmocka_unit_test(test_evaluation),
		cmocka_unit_test(test_evaluation_and_resuming),
		cmocka_unit_test(test_empty_files_are_removed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
