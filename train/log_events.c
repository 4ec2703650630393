#include "train/log_events.h"

#include <errno.h>
#include <unistd.h>

#include "kw/error.h"
#include "train/tensorboard.h"

static const char prefix[] = "events.out.tfevents.", suffix[] = ".kw";

void
log_events_init(LogEvents *events, char *dir)
{
	*events = (LogEvents){ .dir = dir, .file = LOG_FILE_INIT };
}

void
log_events_clear(LogEvents *events)
{
	const gboolean is_empty =
		events->file.fd >= 0 && events->file.size == 0;

	log_file_clear(&events->file);
	/* A folder that holds something else stays. */
	if (is_empty)
		rmdir(events->dir);
	g_free(events->dir);
}

/* ---- what is there */

/* Paths of the files of kw, in no order; no folder, no files. */
static GPtrArray *
list_files(const LogEvents *events)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(events->dir, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
		if (g_str_has_prefix(name, prefix) &&
		    g_str_has_suffix(name, suffix))
			g_ptr_array_add(paths, g_build_filename(events->dir,
								name, NULL));
	return paths;
}

char *
log_events_find(const LogEvents *events)
{
	g_autoptr(GPtrArray) paths = list_files(events);
	const char *newest = NULL;

	/* Their times have the same number of digits. */
	for (guint i = 0; i < paths->len; i++)
		if (g_strcmp0(paths->pdata[i], newest) > 0)
			newest = paths->pdata[i];
	return g_strdup(newest);
}

gboolean
log_events_remove(const LogEvents *events, GError **error)
{
	g_autoptr(GPtrArray) paths = list_files(events);

	for (guint i = 0; i < paths->len; i++)
		if (unlink(paths->pdata[i]) != 0 && errno != ENOENT) {
			g_set_error(error, KW_ERROR, KW_ERROR_IO,
				    "cannot remove '%s': %s",
				    (char *)paths->pdata[i], g_strerror(errno));
			return FALSE;
		}
	return TRUE;
}

gboolean
log_events_resume(LogEvents *events, int epoch, GError **error)
{
	g_autofree char *path = log_events_find(events);
	g_autofree char *bytes = NULL;
	g_autoptr(GError) failure = NULL;
	TensorboardRecord record;
	gsize n, at = 0;

	if (path == NULL)
		return TRUE;
	if (!g_file_get_contents(path, &bytes, &n, &failure)) {
		g_set_error(error, KW_ERROR, KW_ERROR_IO,
			    "cannot read '%s': %s", path, failure->message);
		return FALSE;
	}
	while (tensorboard_read((const guint8 *)bytes + at, n - at, &record) &&
	       record.step <= epoch) {
		at += record.size;
		events->last = MAX(events->last, (int)record.step);
	}
	return log_file_open(&events->file, path, (goffset)at, error);
}

/* ---- adding to it */

static gboolean
create_file(LogEvents *events, GError **error)
{
	g_autofree char *name =
		g_strdup_printf("%s%010" G_GINT64_FORMAT ".%s.%d%s", prefix,
				g_get_real_time() / G_USEC_PER_SEC,
				g_get_host_name(), (int)getpid(), suffix);
	g_autofree char *path = g_build_filename(events->dir, name, NULL);

	if (g_mkdir_with_parents(events->dir, 0777) != 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_IO,
			    "cannot create folder '%s': %s", events->dir,
			    g_strerror(errno));
		return FALSE;
	}
	return log_file_create(&events->file, path, error);
}

gboolean
log_events_append(LogEvents *events, const GByteArray *records, int epoch,
		  GError **error)
{
	g_autoptr(GByteArray) all = g_byte_array_new();

	if (events->file.fd < 0 && !create_file(events, error))
		return FALSE;
	if (events->file.size == 0)
		tensorboard_add_version(all, (double)g_get_real_time() /
						     G_USEC_PER_SEC);
	g_byte_array_append(all, records->data, records->len);
	if (!log_file_append(&events->file, all->data, all->len, error))
		return FALSE;
	events->last = MAX(events->last, epoch);
	return TRUE;
}
