#include "tests/support/kwtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kw/error.h"
#include "kw/image.h"
#include "tests/support/hostile.h"

enum { H = 48, W = 64, N = H * W * 3, N_THREADS = 4 };

/* What became of one file. */
typedef struct {
	char *reason; /* NULL: it was read */
	int code;
	KwPhotoFacts facts;
	guint8 *pixels; /* N bytes when it was read */
} Result;

static char *dir;
static GPtrArray *files;
/* By one thread, and by several. */
static Result *alone, *together;

static void
load_one(const HostileFile *file, Result *result)
{
	g_autofree char *path = g_build_filename(dir, file->path, NULL);
	g_autoptr(GError) error = NULL;

	const KwImageRequest request = { .height = H,
					 .width = W,
					 .channels = 3,
					 .max_pixels = KW_DEFAULT_MAX_PIXELS };

	result->pixels = g_malloc0(N);
	if (kw_image_load(path, &request, result->pixels, &result->facts,
			  &error))
		return;
	g_clear_pointer(&result->pixels, g_free);
	result->reason = g_strdup(error->message);
	result->code = error->code;
}

static Result *
load_all(int n_threads)
{
	Result *results = g_new0(Result, files->len);

#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 1)
	for (guint i = 0; i < files->len; i++)
		load_one(files->pdata[i], &results[i]);
#pragma omp parallel num_threads(n_threads)
	kw_image_thread_end();
	return results;
}

static void
free_all(Result *results)
{
	for (guint i = 0; i < files->len; i++) {
		g_free(results[i].reason);
		g_free(results[i].pixels);
	}
	g_free(results);
}

/* Say what is wrong with a file; all of them are told before the test fails. */
static void G_GNUC_PRINTF(3, 4)
	complain(int *n_wrong, guint i, const char *format, ...)
{
	g_autofree char *text = NULL;
	g_autofree char *name =
		g_strescape(((HostileFile *)files->pdata[i])->path, NULL);
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	print_error("%s: %s\n", name, text);
	++*n_wrong;
}

static void
reads_photos_that_are_odd_and_whole(void **state)
{
	int n_wrong = 0;

	(void)state;
	for (guint i = 0; i < files->len; i++) {
		const HostileFile *file = files->pdata[i];

		if (file->verdict == HOSTILE_READ && alone[i].reason != NULL)
			complain(&n_wrong, i, "left out: %s", alone[i].reason);
	}
	assert_int_equal(n_wrong, 0);
}

static void
leaves_out_what_is_damaged_and_says_why(void **state)
{
	int n_wrong = 0;

	(void)state;
	for (guint i = 0; i < files->len; i++) {
		const HostileFile *file = files->pdata[i];
		const char *reason = alone[i].reason;

		if (file->verdict == HOSTILE_LEFT_OUT && reason == NULL)
			complain(&n_wrong, i, "read, not: %s", file->words);
		else if (reason != NULL && !hostile_reason_fits(file, reason))
			complain(&n_wrong, i, "'%s', not: %s", reason,
				 file->words);
	}
	assert_int_equal(n_wrong, 0);
}

/* A reason goes into a list of many: short, and about nothing but the file. */
static gboolean
is_a_good_reason(const char *reason)
{
	for (const char *c = reason; *c != '\0'; c++)
		if (g_ascii_iscntrl(*c))
			return FALSE;
	return *reason != '\0' && strlen(reason) < 200 &&
	       g_utf8_validate(reason, -1, NULL) &&
	       strstr(reason, "/proc/") == NULL &&
	       strstr(reason, dir) == NULL &&
	       strstr(reason, "no reason given") == NULL;
}

static void
gives_a_reason_of_one_line_and_the_right_code(void **state)
{
	int n_wrong = 0;

	(void)state;
	for (guint i = 0; i < files->len; i++) {
		const Result *result = &alone[i];

		if (result->reason == NULL)
			continue;
		if (!is_a_good_reason(result->reason))
			complain(&n_wrong, i, "'%s'", result->reason);
		/* Other codes would end the work of kw-prep. */
		if (result->code != KW_ERROR_INPUT &&
		    result->code != KW_ERROR_FORMAT)
			complain(&n_wrong, i, "code %d: %s", result->code,
				 result->reason);
	}
	assert_int_equal(n_wrong, 0);
}

static void
finds_days_that_exist_or_none(void **state)
{
	int n_wrong = 0;

	(void)state;
	for (guint i = 0; i < files->len; i++) {
		const char *day = alone[i].facts.day;
		unsigned y, m, d;

		if (alone[i].reason == NULL && *day != '\0' &&
		    (strlen(day) != 10 ||
		     sscanf(day, "%4u-%2u-%2u", &y, &m, &d) != 3 ||
		     !g_date_valid_dmy((GDateDay)d, (GDateMonth)m,
				       (GDateYear)y)))
			complain(&n_wrong, i, "day '%s'", day);
	}
	assert_int_equal(n_wrong, 0);
}

/* ---- pixels */

/* The mean of each box of 2 x 2. */
static guint8 *
draw_small(HostileLook look)
{
	g_autofree guint8 *large = hostile_look(look);
	guint8 *small = g_malloc(N);

	for (int i = 0; i < N; i++) {
		int y = i / 3 / W * 2, x = i / 3 % W * 2, sum = 2;

		for (int k = 0; k < 4; k++)
			sum += large[((y + k / 2) * HOSTILE_WIDTH + x + k % 2) *
					     3 +
				     i % 3];
		small[i] = (guint8)(sum / 4);
	}
	return small;
}

static double
distance(const guint8 *a, const guint8 *b)
{
	double sum = 0;

	for (int i = 0; i < N; i++)
		sum += abs(a[i] - b[i]);
	return sum / N;
}

/*
 * A shift by a pixel, a turn, or colours of another space are 10 and more away;
 * the palette of a GIF is 5.  Of 4 bits of gray, how libvips writes them
 * decides.
 */
static void
shows_what_was_drawn(void **state)
{
	guint8 *looks[] = { NULL, draw_small(LOOKS_DRAWN),
			    draw_small(LOOKS_GRAY), draw_small(LOOKS_FLAT) };
	int n_wrong = 0;

	(void)state;
	for (guint i = 0; i < files->len; i++) {
		const HostileFile *file = files->pdata[i];
		double away, most;

		if (alone[i].reason != NULL || file->look == LOOKS_ANY)
			continue;
		away = distance(alone[i].pixels, looks[file->look]);
		most = strstr(file->path, "4 bits") != NULL ? 7 : 6;
		if (away > most)
			complain(&n_wrong, i, "%.1f levels away", away);
	}
	for (gsize k = 0; k < G_N_ELEMENTS(looks); k++)
		g_free(looks[k]);
	assert_int_equal(n_wrong, 0);
}

static void
does_the_same_in_several_threads(void **state)
{
	int n_wrong = 0;

	(void)state;
	for (guint i = 0; i < files->len; i++) {
		const Result *a = &alone[i], *b = &together[i];

		if (g_strcmp0(a->reason, b->reason) != 0)
			complain(&n_wrong, i, "'%s', then '%s'",
				 a->reason != NULL ? a->reason : "read",
				 b->reason != NULL ? b->reason : "read");
		else if (a->reason == NULL &&
			 (memcmp(a->pixels, b->pixels, N) != 0 ||
			  strcmp(a->facts.day, b->facts.day) != 0))
			complain(&n_wrong, i, "other pixels or another day");
	}
	assert_int_equal(n_wrong, 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_photos_that_are_odd_and_whole),
		cmocka_unit_test(leaves_out_what_is_damaged_and_says_why),
		cmocka_unit_test(gives_a_reason_of_one_line_and_the_right_code),
		cmocka_unit_test(finds_days_that_exist_or_none),
		cmocka_unit_test(shows_what_was_drawn),
		cmocka_unit_test(does_the_same_in_several_threads),
	};
	GError *error = NULL;
	int failed;

	(void)argc;
	if (!kw_image_start(argv[0], NULL))
		return 1;
	dir = test_dir_new();
	files = hostile_write(dir, &error);
	test_assert_no_error(error);
	alone = load_all(1);
	together = load_all(N_THREADS);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free_all(alone);
	free_all(together);
	g_ptr_array_unref(files);
	test_dir_remove(dir);
	kw_image_stop();
	return failed != 0;
}
