/* How many files can be open: against files that are really opened. */
#include "kw/limit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/kwtest.h"

enum { LOW = 100, SPARE = 16, PER_CPU = 4, MAX_FILES = 1000 };

/* The limits from now on, for this process. */
static void
set_limits(rlim_t now, rlim_t most)
{
	const struct rlimit limit = { .rlim_cur = now, .rlim_max = most };

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static rlim_t
limit_now(void)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	return limit.rlim_cur;
}

/* How many files can be opened; they are closed again, but for `keep`. */
static gsize
count_room(int *keep, gsize n_keep)
{
	int files[MAX_FILES];
	gsize n = 0;

	while (n < MAX_FILES &&
	       (files[n] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		n++;
	assert_true(n < MAX_FILES && n >= n_keep);
	for (gsize i = 0; i < n_keep; i++)
		keep[i] = files[i];
	for (gsize i = n_keep; i < n; i++)
		close(files[i]);
	return n;
}

/* What is to be kept back under a limit. */
static gsize
spare(gsize limit)
{
	return SPARE + MIN(limit / 4, PER_CPU * (gsize)g_get_num_processors());
}

static void
a_limit_that_is_enough_stays(void **state)
{
	(void)state;
	set_limits(LOW, 2 * LOW);
	assert_true(kw_limit_files(10) >= 10);
	assert_int_equal(limit_now(), LOW);
}

static void
some_are_kept_back_for_each_cpu(void **state)
{
	(void)state;
	set_limits(LOW, 2 * LOW);
	assert_int_equal(kw_limit_files(0) + spare(LOW), count_room(NULL, 0));
}

static void
what_is_open_is_counted(void **state)
{
	gsize before;
	int files[7];

	(void)state;
	set_limits(LOW, 2 * LOW);
	before = kw_limit_files(0);
	count_room(files, 7);
	assert_int_equal(kw_limit_files(0), before - 7);
	for (int i = 0; i < 7; i++)
		close(files[i]);
}

static void
a_limit_is_raised_as_far_as_it_goes(void **state)
{
	gsize room;

	(void)state;
	set_limits(LOW, 2 * LOW);
	room = kw_limit_files(LOW);
	assert_int_equal(limit_now(), 2 * LOW);
	assert_int_equal(room + spare(2 * LOW), count_room(NULL, 0));
	/* no more than there are, however many are asked for */
	assert_int_equal(kw_limit_files(10 * LOW), room);
}

/* Lowers the limit for good: the last one. */
static void
no_room_is_none(void **state)
{
	(void)state;
	set_limits(SPARE, SPARE);
	assert_int_equal(kw_limit_files(1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_that_is_enough_stays),
		cmocka_unit_test(some_are_kept_back_for_each_cpu),
		cmocka_unit_test(what_is_open_is_counted),
		cmocka_unit_test(a_limit_is_raised_as_far_as_it_goes),
		cmocka_unit_test(no_room_is_none),
	};

	/* One above the limit, of whoever started this, takes no room. */
	for (int fd = 3; fd < MAX_FILES; fd++)
		close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
