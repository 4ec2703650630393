/* The memory that is left, from /proc and /sys as systems have them. */
#include "kw/memory.h"

#include <string.h>

#include "tests/support/kwtest.h"

#define GB (G_GUINT64_CONSTANT(1) << 30)

/* "8388608 kB" is 8 GB. */
static const char meminfo[] = "MemTotal:       16777216 kB\n"
			      "MemFree:          100000 kB\n"
			      "MemAvailable:    8388608 kB\n";

/* Put `text` into a file below the folder of the test. */
static void
put(void **state, const char *path, const char *text)
{
	g_autofree char *full = g_build_filename(*state, path, NULL);
	g_autofree char *dir = g_path_get_dirname(full);

	assert_int_equal(g_mkdir_with_parents(dir, 0777), 0);
	assert_true(g_file_set_contents(full, text, -1, NULL));
}

static void
put_number(void **state, const char *path, guint64 value)
{
	g_autofree char *text =
		g_strdup_printf("%" G_GUINT64_FORMAT "\n", value);

	put(state, path, text);
}

static guint64
available(void **state)
{
	return kw_memory_available_under(*state);
}

static void
a_system_that_does_not_say(void **state)
{
	assert_true(available(state) == G_MAXUINT64);
	put(state, "proc/meminfo", "MemTotal: 5 kB\n");
	assert_true(available(state) == G_MAXUINT64);
}

static void
what_the_kernel_calls_available(void **state)
{
	put(state, "proc/meminfo", meminfo);
	assert_true(available(state) == 8 * GB);
}

static void
a_group_without_a_limit(void **state)
{
	put(state, "proc/meminfo", meminfo);
	put(state, "proc/self/cgroup", "0::/user.slice/job\n");
	put(state, "sys/fs/cgroup/user.slice/job/memory.max", "max\n");
	put_number(state, "sys/fs/cgroup/user.slice/job/memory.current", GB);
	assert_true(available(state) == 8 * GB);
}

static void
a_group_with_a_limit(void **state)
{
	put(state, "proc/meminfo", meminfo);
	put(state, "proc/self/cgroup", "0::/user.slice/job\n");
	put_number(state, "sys/fs/cgroup/user.slice/job/memory.max", 5 * GB);
	put_number(state, "sys/fs/cgroup/user.slice/job/memory.current",
		   3 * GB);
	assert_true(available(state) == 2 * GB);
	/* its file cache can be given up; "active" is not in its middle */
	put(state, "sys/fs/cgroup/user.slice/job/memory.stat",
	    "anon 5\nactive_inactive_file 7\ninactive_file 1073741824\n");
	assert_true(available(state) == 3 * GB);
	/* a limit that was lowered below what is in use */
	put_number(state, "sys/fs/cgroup/user.slice/job/memory.max", GB);
	assert_true(available(state) == 0);
}

static void
the_limit_of_a_group_around_it(void **state)
{
	put(state, "proc/meminfo", meminfo);
	put(state, "proc/self/cgroup", "0::/user.slice/job\n");
	put(state, "sys/fs/cgroup/user.slice/job/memory.max", "max\n");
	put_number(state, "sys/fs/cgroup/user.slice/memory.max", 4 * GB);
	put_number(state, "sys/fs/cgroup/user.slice/memory.current", 3 * GB);
	assert_true(available(state) == GB);
}

static void
a_container_that_sees_a_path_from_outside(void **state)
{
	put(state, "proc/meminfo", meminfo);
	put(state, "proc/self/cgroup", "0::/docker/0123\n");
	put_number(state, "sys/fs/cgroup/memory.max", 3 * GB);
	put_number(state, "sys/fs/cgroup/memory.current", GB);
	assert_true(available(state) == 2 * GB);
}

static void
version_1(void **state)
{
	put(state, "proc/meminfo", meminfo);
	put(state, "proc/self/cgroup",
	    "9:cpu,cpuacct:/job\n4:hugetlb,memory:/job\n0::/\n");
	put_number(state, "sys/fs/cgroup/memory/job/memory.limit_in_bytes",
		   6 * GB);
	put_number(state, "sys/fs/cgroup/memory/job/memory.usage_in_bytes",
		   5 * GB);
	put(state, "sys/fs/cgroup/memory/job/memory.stat",
	    "inactive_file 5\ntotal_inactive_file 2147483648\n");
	assert_true(available(state) == 3 * GB);
	/* none: the largest number that pages make up */
	put_number(state, "sys/fs/cgroup/memory/job/memory.limit_in_bytes",
		   G_GUINT64_CONSTANT(0x7ffffffffffff000));
	assert_true(available(state) == 8 * GB);
}

static void
this_system(void **state)
{
	(void)state;
	assert_true(kw_memory_available() > 0);
	assert_true(kw_memory_available() < G_GUINT64_CONSTANT(1) << 50);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, test_dir_setup,              \
					test_dir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_system_that_does_not_say),
		TEST(what_the_kernel_calls_available),
		TEST(a_group_without_a_limit),
		TEST(a_group_with_a_limit),
		TEST(the_limit_of_a_group_around_it),
		TEST(a_container_that_sees_a_path_from_outside),
		TEST(version_1),
		TEST(this_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
