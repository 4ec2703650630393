#include "kw/limit.h"

#include <sys/resource.h>

/* Files that libraries open for a moment, and what is open where /proc is not.
 */
enum { SPARE = 16, USUALLY_OPEN = 48 };

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

static gsize
room_under(rlim_t limit, gsize taken)
{
	if (limit == RLIM_INFINITY)
		return G_MAXSIZE;
	return limit > taken ? limit - taken : 0;
}

gsize
kw_limit_files(gsize n)
{
	const gsize taken = count_open_files() + SPARE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return n;
	if (room_under(limit.rlim_cur, taken) < n &&
	    limit.rlim_cur < limit.rlim_max) {
		const rlim_t before = limit.rlim_cur;

		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			limit.rlim_cur = before;
	}
	return room_under(limit.rlim_cur, taken);
}
