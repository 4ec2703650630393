#include "kw/memory.h"

#include <string.h>

/* What the files of a control group are called, and where they are. */
typedef struct {
	const char *mount;
	const char *limit, *usage;
	const char *cache; /* of its memory.stat: file cache not in use */
} Version;

static const Version version1 = {
	"sys/fs/cgroup/memory",
	"memory.limit_in_bytes",
	"memory.usage_in_bytes",
	"total_inactive_file ",
};
static const Version version2 = {
	"sys/fs/cgroup",
	"memory.max",
	"memory.current",
	"inactive_file ",
};

/* A file that starts with a number; "max", as any text, is none. */
static gboolean
read_number(const char *folder, const char *name, guint64 *value)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL) ||
	    !g_ascii_isdigit(*text))
		return FALSE;
	*value = g_ascii_strtoull(text, NULL, 10);
	return TRUE;
}

/* The number behind `key` at the start of a line; 0 where there is none. */
static guint64
find_number(const char *text, const char *key)
{
	const gsize n = strlen(key);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, n) == 0)
			return g_ascii_strtoull(line + n, NULL, 10);
	}
	return 0;
}

/* What one group has left. */
static guint64
left_in(const char *folder, const Version *version)
{
	g_autofree char *path = g_build_filename(folder, "memory.stat", NULL);
	g_autofree char *stat = NULL;
	guint64 limit, usage, cache = 0;

	if (!read_number(folder, version->limit, &limit) ||
	    !read_number(folder, version->usage, &usage))
		return G_MAXUINT64;
	if (g_file_get_contents(path, &stat, NULL, NULL))
		cache = find_number(stat, version->cache);
	usage -= MIN(cache, usage);
	return limit > usage ? limit - usage : 0;
}

/*
 * The least of a group and those that it is in.  In a container its path may
 * be that outside: then only the topmost of them is there, which is its own.
 */
static guint64
left_in_hierarchy(const char *root, const char *group, const Version *version)
{
	g_autofree char *path = g_strdup(group);
	guint64 left = G_MAXUINT64;

	for (;;) {
		g_autofree char *folder =
			g_build_filename(root, version->mount, path, NULL);
		char *slash = strrchr(path, '/');

		left = MIN(left, left_in(folder, version));
		if (slash == NULL)
			return left;
		*slash = '\0';
	}
}

/* A line of /proc/self/cgroup: "4:cpu,memory:/group", "0::/group". */
static guint64
left_by_line(const char *root, const char *line)
{
	g_auto(GStrv) parts = g_strsplit(line, ":", 3);
	g_auto(GStrv) controllers = NULL;

	if (g_strv_length(parts) != 3)
		return G_MAXUINT64;
	if (*parts[1] == '\0')
		return left_in_hierarchy(root, parts[2], &version2);
	controllers = g_strsplit(parts[1], ",", -1);
	if (!g_strv_contains((const char *const *)controllers, "memory"))
		return G_MAXUINT64;
	return left_in_hierarchy(root, parts[2], &version1);
}

static guint64
left_in_groups(const char *root)
{
	g_autofree char *path =
		g_build_filename(root, "proc/self/cgroup", NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	guint64 left = G_MAXUINT64;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return left;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line != NULL; line++)
		left = MIN(left, left_by_line(root, *line));
	return left;
}

guint64
kw_memory_available_under(const char *root)
{
	g_autofree char *path = g_build_filename(root, "proc/meminfo", NULL);
	g_autofree char *text = NULL;
	guint64 kilobytes = 0;

	if (g_file_get_contents(path, &text, NULL, NULL))
		kilobytes = find_number(text, "MemAvailable:");
	return MIN(kilobytes > 0 ? kilobytes * 1024 : G_MAXUINT64,
		   left_in_groups(root));
}

guint64
kw_memory_available(void)
{
	return kw_memory_available_under("/");
}
