#include "kw/limit.h"

#include <sys/resource.h>

/*
 * Kept back for files that are open for a moment: of libraries, and of threads
 * that each read or write images.  And what is open where /proc is not.
 */
enum { SPARE = 16, SPARE_PER_CPU = 4, USUALLY_OPEN = 48 };

static gsize
count_open_files(void)
{
	GDir *dir = g_dir_open("/proc/self/fd", 0, NULL);
	gsize n = 0;

	if (dir == NULL)
		return USUALLY_OPEN;
	while (g_dir_read_name(dir) != NULL)
		n++;
	g_dir_close(dir);
	return n - 1; /* without the folder itself */
}

/* Of many CPUs no more than a quarter: a low limit is still of use then. */
static gsize
room_under(rlim_t limit, gsize n_open)
{
	gsize taken;

	if (limit == RLIM_INFINITY)
		return G_MAXSIZE;
	taken = n_open + SPARE +
		MIN((gsize)limit / 4,
		    (gsize)SPARE_PER_CPU * g_get_num_processors());
	return limit > taken ? limit - taken : 0;
}

gsize
kw_limit_files(gsize n)
{
	const gsize n_open = count_open_files();
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return n;
	if (room_under(limit.rlim_cur, n_open) < n &&
	    limit.rlim_cur < limit.rlim_max) {
		const rlim_t before = limit.rlim_cur;

		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			limit.rlim_cur = before;
	}
	return room_under(limit.rlim_cur, n_open);
}
