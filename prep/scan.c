#include "prep/scan.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "kw/error.h"
#include "prep/photo.h"

typedef DIR Dir;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dir, closedir)

/* What a folder holds: names, sorted bytewise. */
typedef struct {
	GPtrArray *folders;
	GPtrArray *files;
} Listing;

/* One folder of a class, in one split. */
typedef struct {
	char *folder;
	gsize root; /* length of what is not part of a record's path */
	KwSplit split;
} ClassFolder;

/* The folders that lead to where the walk is, to see loops. */
typedef struct Trail {
	const struct Trail *up;
	dev_t dev;
	ino_t ino;
} Trail;

static int
compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
listing_free(Listing *listing)
{
	g_ptr_array_unref(listing->folders);
	g_ptr_array_unref(listing->files);
	g_free(listing);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Listing, listing_free)

static void
class_folder_free(ClassFolder *folder)
{
	g_free(folder->folder);
	g_free(folder);
}

void
scan_free(Scan *scan)
{
	g_ptr_array_unref(scan->photos);
	g_ptr_array_unref(scan->classes);
	g_free(scan->loose);
	g_free(scan);
}

static char *
join(const char *folder, const char *name)
{
	return g_str_has_suffix(folder, "/")
		       ? g_strconcat(folder, name, NULL)
		       : g_strconcat(folder, "/", name, NULL);
}

static void
set_read_error(GError **error)
{
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT, "%s", g_strerror(errno));
}

static Listing *
list_folder(const char *folder, GError **error)
{
	g_autoptr(Dir) dir = opendir(folder);
	g_autoptr(Listing) listing = NULL;
	struct dirent *entry;
	struct stat st;

	if (dir == NULL) {
		set_read_error(error);
		return NULL;
	}
	listing = g_new0(Listing, 1);
	listing->folders = g_ptr_array_new_with_free_func(g_free);
	listing->files = g_ptr_array_new_with_free_func(g_free);
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		g_autofree char *path = NULL;

		/* Also "._NAME", where macOS keeps what is not a photo. */
		if (entry->d_name[0] == '.')
			continue;
		path = join(folder, entry->d_name);
		g_ptr_array_add(stat(path, &st) == 0 && S_ISDIR(st.st_mode)
					? listing->folders
					: listing->files,
				g_strdup(entry->d_name));
	}
	if (errno != 0) {
		set_read_error(error);
		return NULL;
	}
	g_ptr_array_sort(listing->folders, compare_names);
	g_ptr_array_sort(listing->files, compare_names);
	return g_steal_pointer(&listing);
}

/* ---- the shape of the tree */

/* The split that a folder's name stands for, in any case, or KW_N_SPLITS. */
static KwSplit
split_by_name(const char *name)
{
	static const struct {
		const char *name;
		KwSplit split;
	} names[] = {
		{ "train", KW_TRAIN },  { "val", KW_VAL },
		{ "valid", KW_VAL },    { "validation", KW_VAL },
		{ "validate", KW_VAL }, { "test", KW_TEST },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_ascii_strcasecmp(name, names[i].name) == 0)
			return names[i].split;
	return KW_N_SPLITS;
}

/*
 * A tree is split when all its folders are splits.  "test" or "train" may also
 * be a class among others; only a train folder beside a val or test folder and
 * something else is a riddle, and must not be solved by guessing.
 */
static gboolean
find_shape(const char *dir, const Listing *top, gboolean *presplit,
	   GError **error)
{
	gsize found[KW_N_SPLITS + 1] = { 0 };
	const char *other = NULL;

	for (guint i = 0; i < top->folders->len; i++) {
		const char *name = top->folders->pdata[i];
		KwSplit split = split_by_name(name);

		found[split]++;
		if (split == KW_N_SPLITS)
			other = name;
	}
	*presplit = top->folders->len > 0 && found[KW_N_SPLITS] == 0;
	if (other == NULL || found[KW_TRAIN] == 0 ||
	    found[KW_VAL] + found[KW_TEST] == 0)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "'%s' holds split folders (train, val, test) and others "
		    "('%s'): is it split or not? move one kind elsewhere",
		    dir, other);
	return FALSE;
}

static void
note_loose(Scan *scan, const char *folder, const Listing *listing)
{
	scan->n_loose += listing->files->len;
	if (scan->loose == NULL && listing->files->len > 0)
		scan->loose = join(folder, listing->files->pdata[0]);
}

/* The folders of `listing` are classes of `split`. */
static void
add_class_folders(Scan *scan, GPtrArray *folders, const char *parent,
		  const Listing *listing, KwSplit split)
{
	note_loose(scan, parent, listing);
	for (guint i = 0; i < listing->folders->len; i++) {
		const char *name = listing->folders->pdata[i];
		ClassFolder *folder = g_new0(ClassFolder, 1);

		folder->folder = join(parent, name);
		folder->root = strlen(folder->folder) - strlen(name);
		folder->split = split;
		g_ptr_array_add(folders, folder);
		g_ptr_array_add(scan->classes, g_strdup(name));
	}
}

static void
reject_folder(GPtrArray *rejects, const char *folder, const GError *why)
{
	g_autoptr(GError) error = g_error_copy(why);

	g_prefix_error(&error, "cannot read folder: ");
	g_ptr_array_add(rejects, reject_new(folder, error));
}

static void
add_split_folders(Scan *scan, GPtrArray *folders, const char *dir,
		  const Listing *top, GPtrArray *rejects)
{
	note_loose(scan, dir, top);
	for (guint i = 0; i < top->folders->len; i++) {
		const char *name = top->folders->pdata[i];
		g_autofree char *parent = join(dir, name);
		g_autoptr(GError) error = NULL;
		g_autoptr(Listing) listing = list_folder(parent, &error);

		if (listing == NULL)
			reject_folder(rejects, parent, error);
		else
			add_class_folders(scan, folders, parent, listing,
					  split_by_name(name));
	}
}

/* Sort the class names and keep each once. */
static void
unite_classes(GPtrArray *classes)
{
	g_ptr_array_sort(classes, compare_names);
	for (guint i = classes->len; i-- > 1;)
		if (strcmp(classes->pdata[i], classes->pdata[i - 1]) == 0)
			g_ptr_array_remove_index(classes, i);
}

/* ---- the walk */

static gboolean
is_loop(const Trail *trail, const struct stat *st)
{
	for (; trail != NULL; trail = trail->up)
		if (trail->dev == st->st_dev && trail->ino == st->st_ino)
			return TRUE;
	return FALSE;
}

static void
walk(Scan *scan, const ClassFolder *origin, const char *folder, int label,
     const Trail *up, GPtrArray *rejects)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Listing) listing = NULL;
	struct stat st = { 0 };

	if (stat(folder, &st) == 0 && is_loop(up, &st))
		return;
	listing = list_folder(folder, &error);
	if (listing == NULL) {
		reject_folder(rejects, folder, error);
		return;
	}
	for (guint i = 0; i < listing->files->len; i++) {
		char *file = join(folder, listing->files->pdata[i]);

		g_ptr_array_add(scan->photos,
				photo_new(file, file + origin->root, label,
					  origin->split));
	}
	Trail here = { up, st.st_dev, st.st_ino };
	for (guint i = 0; i < listing->folders->len; i++) {
		g_autofree char *sub = join(folder, listing->folders->pdata[i]);

		walk(scan, origin, sub, label, &here, rejects);
	}
}

static int
find_class(const GPtrArray *classes, const char *name)
{
	guint low = 0, high = classes->len;

	while (high - low > 1) {
		guint middle = low + (high - low) / 2;

		if (strcmp(classes->pdata[middle], name) <= 0)
			low = middle;
		else
			high = middle;
	}
	return (int)low;
}

static int
compare_photos(gconstpointer a, gconstpointer b)
{
	const Photo *x = *(Photo *const *)a, *y = *(Photo *const *)b;
	int order = strcmp(x->path, y->path);

	/* "val" and "valid" are one split. */
	return order != 0             ? order
	       : x->split != y->split ? (int)x->split - (int)y->split
				      : strcmp(x->file, y->file);
}

static gboolean
check_found(const Scan *scan, const char *dir, GError **error)
{
	if (scan->classes->len == 0 && scan->presplit)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "the split folders of '%s' hold no class folders; "
			    "expected %s/train/CLASS/PHOTO",
			    dir, dir);
	else if (scan->classes->len == 0)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' holds no class folders (%zu files, no "
			    "folders); expected %s/CLASS/PHOTO",
			    dir, scan->n_loose, dir);
	else if (scan->classes->len == 1)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' holds one class only, '%s'; expected two or "
			    "more class folders, %s/CLASS/PHOTO",
			    dir, (char *)scan->classes->pdata[0], dir);
	else if (scan->photos->len == 0)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "the %u class folders of '%s' hold no files; "
			    "expected %s/CLASS/PHOTO",
			    scan->classes->len, dir, dir);
	else
		return TRUE;
	return FALSE;
}

Scan *
scan_folder(const char *dir, GPtrArray *rejects, GError **error)
{
	g_autoptr(Listing) top = list_folder(dir, error);
	g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func(
		(GDestroyNotify)class_folder_free);
	g_autoptr(Scan) scan = g_new0(Scan, 1);

	scan->photos =
		g_ptr_array_new_with_free_func((GDestroyNotify)photo_free);
	scan->classes = g_ptr_array_new_with_free_func(g_free);
	if (top == NULL) {
		g_prefix_error(error, "cannot read folder '%s': ", dir);
		return NULL;
	}
	if (!find_shape(dir, top, &scan->presplit, error))
		return NULL;
	if (scan->presplit)
		add_split_folders(scan, folders, dir, top, rejects);
	else
		add_class_folders(scan, folders, dir, top, KW_TRAIN);
	unite_classes(scan->classes);
	for (guint i = 0; i < folders->len; i++) {
		const ClassFolder *folder = folders->pdata[i];

		walk(scan, folder, folder->folder,
		     find_class(scan->classes, folder->folder + folder->root),
		     NULL, rejects);
	}
	if (!check_found(scan, dir, error))
		return NULL;
	g_ptr_array_sort(scan->photos, compare_photos);
	return g_steal_pointer(&scan);
}
