#include "kw/space.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "kw/error.h"
#include "kw/size.h"

/* What a need comes to, and the file system that it goes to. */
typedef struct {
	const KwSpaceNeed *need;
	guint64 bytes;
	dev_t device;
	guint64 available; /* G_MAXUINT64: no limit is known */
} Place;

static gboolean
set_look_error(GError **error, const char *path)
{
	int code = errno;

	g_set_error(error, KW_ERROR, KW_ERROR_IO,
		    "cannot tell how much room there is in '%s': %s", path,
		    g_strerror(code));
	return FALSE;
}

static gboolean
look_at_folder(Place *place, const char *path, GError **error)
{
	struct stat st;
	struct statvfs fs;

	if (stat(path, &st) != 0 || statvfs(path, &fs) != 0)
		return set_look_error(error, path);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return set_look_error(error, path);
	}
	place->device = st.st_dev;
	if (fs.f_blocks == 0 ||
	    !g_uint64_checked_mul(&place->available, fs.f_bavail, fs.f_frsize))
		place->available = G_MAXUINT64;
	return TRUE;
}

static gboolean
look_at_file(Place *place, const char *path, GError **error)
{
	/* What a link points to is written in the folder of that. */
	g_autofree char *target = realpath(path, NULL);
	g_autofree char *folder =
		g_path_get_dirname(target != NULL ? target : path);
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		place->bytes = 0;
	return look_at_folder(place, folder, error);
}

/* "in '/var/tmp'", or "in '/var/tmp' and for 'x.h5', which are on one disk" */
static char *
list_places(const Place *places, gsize n, dev_t device)
{
	GString *text = g_string_new(NULL);
	int listed = 0;

	for (gsize i = 0; i < n; i++)
		if (places[i].device == device && places[i].bytes > 0)
			g_string_append_printf(
				text, "%s%s '%s'", listed++ > 0 ? " and " : "",
				places[i].need->folder ? "in" : "for",
				places[i].need->path);
	if (listed > 1)
		g_string_append(text, ", which are on one disk");
	return g_string_free(text, FALSE);
}

/* Compare what goes to the disk of a place with the room that there is. */
static gboolean
check_disk(const Place *places, gsize n, const Place *place, GError **error)
{
	g_autofree char *list = NULL, *needed = NULL, *available = NULL;
	const char *remedy = NULL;
	guint64 sum = 0, largest = 0;

	for (gsize i = 0; i < n; i++) {
		if (places[i].device != place->device)
			continue;
		if (!g_uint64_checked_add(&sum, sum, places[i].bytes))
			sum = G_MAXUINT64;
		if (places[i].bytes > largest) {
			largest = places[i].bytes;
			remedy = places[i].need->remedy;
		}
	}
	if (sum <= place->available)
		return TRUE;
	list = list_places(places, n, place->device);
	needed = kw_size_text(sum);
	available = kw_size_text(place->available);
	g_set_error(error, KW_ERROR, KW_ERROR_IO,
		    "not enough room %s: %s needed, %s free; free some%s%s",
		    list, needed, available, remedy != NULL ? ", or " : "",
		    remedy != NULL ? remedy : "");
	return FALSE;
}

gboolean
kw_space_check(const KwSpaceNeed *needs, gsize n, GError **error)
{
	g_autofree Place *places = g_new0(Place, n);

	for (gsize i = 0; i < n; i++) {
		const KwSpaceNeed *need = &needs[i];
		Place *place = &places[i];

		*place = (Place){ .need = need, .bytes = need->bytes };
		if (!(need->folder ? look_at_folder(place, need->path, error)
				   : look_at_file(place, need->path, error)))
			return FALSE;
	}
	for (gsize i = 0; i < n; i++)
		if (!check_disk(places, n, &places[i], error))
			return FALSE;
	return TRUE;
}
