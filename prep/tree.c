#include "prep/tree.h"

#include <string.h>

#include "kw/app.h"
#include "kw/error.h"
#include "kw/folder.h"

/* One folder of a class, in one split of one tree. */
typedef struct {
	char *folder;
	const char *name; /* of the class: the end of `folder` */
	const char *tree; /* what comes before the class in names, or "" */
	KwSplit split;    /* KW_N_SPLITS: the tree is not split */
} ClassFolder;

/* What a walk through a class folder needs to know. */
typedef struct {
	Scan *scan;
	GPtrArray *rejects;
	const ClassFolder *origin;
	int label;           /* -1: the class is not wanted */
	GHashTable *visited; /* folders */
} Walk;

static void
class_folder_free(ClassFolder *folder)
{
	g_free(folder->folder);
	g_free(folder);
}

/* Hidden names are counted. */
static KwFolder *
list_folder(Scan *scan, const char *path, GError **error)
{
	KwFolder *folder = kw_folder_list(path, error);

	if (folder != NULL)
		scan->n_hidden += folder->n_hidden;
	return folder;
}

static void
reject_folder(GPtrArray *rejects, const char *folder, const GError *why)
{
	g_autoptr(GError) error = g_error_copy(why);

	g_prefix_error(&error, "cannot read folder: ");
	g_ptr_array_add(rejects, reject_new(folder, error));
}

/* ---- the shape of a tree */

/*
 * A tree is split when all its folders are splits.  "test" or "train" may also
 * be a class among others; only a train folder beside a val or test folder and
 * something else is a riddle, and must not be solved by guessing.
 */
static gboolean
find_shape(const char *dir, const KwFolder *top, gboolean *presplit,
	   GError **error)
{
	gsize found[KW_N_SPLITS + 1] = { 0 };
	const char *other = NULL;

	for (guint i = 0; i < top->folders->len; i++) {
		const char *name = top->folders->pdata[i];
		KwSplit split = scan_split_by_name(name);

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
note_loose(Scan *scan, const char *folder, const KwFolder *listing)
{
	scan->n_loose += listing->files->len;
	if (scan->loose == NULL && listing->files->len > 0)
		scan->loose = kw_folder_join(folder, listing->files->pdata[0]);
}

/* The folders of `listing` are classes. */
static void
add_class_folders(Scan *scan, GPtrArray *folders, const char *parent,
		  const KwFolder *listing, const char *tree, KwSplit split)
{
	note_loose(scan, parent, listing);
	for (guint i = 0; i < listing->folders->len; i++) {
		const char *name = listing->folders->pdata[i];
		ClassFolder *folder = g_new0(ClassFolder, 1);

		folder->folder = kw_folder_join(parent, name);
		folder->name =
			folder->folder + strlen(folder->folder) - strlen(name);
		folder->tree = tree;
		folder->split = split;
		g_ptr_array_add(folders, folder);
	}
}

static void
add_split_folders(Scan *scan, GPtrArray *folders, const char *dir,
		  const KwFolder *top, const char *tree, GPtrArray *rejects)
{
	note_loose(scan, dir, top);
	for (guint i = 0; i < top->folders->len; i++) {
		const char *name = top->folders->pdata[i];
		g_autofree char *parent = kw_folder_join(dir, name);
		g_autoptr(GError) error = NULL;
		g_autoptr(KwFolder) listing = list_folder(scan, parent, &error);

		if (listing == NULL)
			reject_folder(rejects, parent, error);
		else
			add_class_folders(scan, folders, parent, listing, tree,
					  scan_split_by_name(name));
	}
}

/* Add the class folders of a tree; all trees have the shape of the first. */
static gboolean
add_tree(Scan *scan, GPtrArray *folders, const char *dir, const char *tree,
	 gboolean first, GPtrArray *rejects, GError **error)
{
	g_autoptr(KwFolder) top = list_folder(scan, dir, error);
	gboolean presplit;

	if (top == NULL) {
		g_prefix_error(error, "cannot read folder '%s': ", dir);
		return FALSE;
	}
	if (!find_shape(dir, top, &presplit, error))
		return FALSE;
	if (!first && presplit != scan->presplit) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' is %s, and the folder before it is %s; "
			    "prepare them one by one",
			    dir, presplit ? "split already" : "not split",
			    presplit ? "not" : "already");
		return FALSE;
	}
	scan->presplit = presplit;
	if (presplit)
		add_split_folders(scan, folders, dir, top, tree, rejects);
	else
		add_class_folders(scan, folders, dir, top, tree, KW_N_SPLITS);
	return TRUE;
}

/* ---- the walk */

/* Takes `file`. */
static void
add_photo(const Walk *walk, char *file)
{
	const ClassFolder *origin = walk->origin;
	const char *below = file + (origin->name - origin->folder);
	Photo *photo = photo_new(file, g_strconcat(origin->tree, below, NULL),
				 walk->label);

	photo->pinned = origin->split;
	g_ptr_array_add(walk->scan->photos, photo);
}

static void
walk_folder(const Walk *walk, const char *folder)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(KwFolder) listing = NULL;

	if (kw_interrupted() || !kw_folder_visit(walk->visited, folder))
		return;
	listing = list_folder(walk->scan, folder, &error);
	if (listing == NULL) {
		if (walk->label >= 0)
			reject_folder(walk->rejects, folder, error);
		return;
	}
	if (walk->label < 0)
		walk->scan->n_other += listing->files->len;
	for (guint i = 0; walk->label >= 0 && i < listing->files->len; i++)
		add_photo(walk,
			  kw_folder_join(folder, listing->files->pdata[i]));
	for (guint i = 0; i < listing->folders->len; i++) {
		g_autofree char *sub =
			kw_folder_join(folder, listing->folders->pdata[i]);

		walk_folder(walk, sub);
	}
}

/* A link to a folder above would take all classes for one of them. */
static void
visit_above(const Walk *walk)
{
	g_autoptr(GString) above = g_string_new(walk->origin->folder);

	do
		g_string_append(above, "/..");
	while (kw_folder_visit(walk->visited, above->str) && above->len < 2048);
}

static void
walk_classes(Scan *scan, const GPtrArray *folders, GPtrArray *rejects)
{
	for (guint i = 0; i < folders->len; i++) {
		const ClassFolder *folder = folders->pdata[i];
		g_autoptr(GHashTable) visited = kw_folder_visits_new();
		const Walk walk = { scan, rejects, folder,
				    scan_label(scan, folder->name), visited };

		visit_above(&walk);
		walk_folder(&walk, folder->folder);
	}
}

/* ---- all of it */

static gboolean
check_found(const Scan *scan, const char *dir, GError **error)
{
	if (scan->classes->len == 0 && scan->presplit)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "the split folders of %s hold no class folders; "
			    "expected %s/train/CLASS/PHOTO",
			    scan->where, dir);
	else if (scan->classes->len == 0)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "%s holds no class folders (%zu files, no "
			    "folders); expected %s/CLASS/PHOTO",
			    scan->where, scan->n_loose, dir);
	else if (scan->classes->len == 1)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "%s holds one class only, '%s'; expected two or "
			    "more class folders, %s/CLASS/PHOTO",
			    scan->where, (char *)scan->classes->pdata[0], dir);
	else if (scan->photos->len == 0)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "the %u class folders of %s hold no files; "
			    "expected %s/CLASS/PHOTO",
			    scan->classes->len, scan->where, dir);
	else
		return TRUE;
	return FALSE;
}

/*
 * What each of several trees is called in the names of its photos: its base
 * name and a '/'.  "" for a single tree.
 */
static GStrv
name_trees(char *const *dirs, GError **error)
{
	guint n = g_strv_length((GStrv)dirs);
	g_auto(GStrv) names = g_new0(char *, n + 1);

	for (guint i = 0; i < n; i++) {
		g_autofree char *whole = g_canonicalize_filename(dirs[i], NULL);
		g_autofree char *base = g_path_get_basename(whole);

		names[i] = n == 1 ? g_strdup("") : g_strconcat(base, "/", NULL);
		for (guint k = 0; n > 1 && k < i; k++) {
			if (strcmp(names[k], names[i]) != 0)
				continue;
			g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
				    "'%s' and '%s' have the same name, by "
				    "which their photos are told apart; rename "
				    "one",
				    dirs[k], dirs[i]);
			return NULL;
		}
	}
	return g_steal_pointer(&names);
}

static gboolean
settle_classes(Scan *scan, const GPtrArray *folders, char *const *classes,
	       GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = 0; i < folders->len; i++)
		g_ptr_array_add(
			names,
			(char *)((ClassFolder *)folders->pdata[i])->name);
	return scan_set_classes(scan, names, classes, error);
}

Scan *
tree_scan(char *const *dirs, char *const *classes, GPtrArray *rejects,
	  GError **error)
{
	g_autofree char *all = g_strjoinv("', '", (GStrv)dirs);
	g_autoptr(Scan) scan = scan_new(g_strdup_printf("'%s'", all));
	g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func(
		(GDestroyNotify)class_folder_free);
	g_auto(GStrv) trees = name_trees(dirs, error);

	if (trees == NULL)
		return NULL;
	for (guint i = 0; dirs[i] != NULL; i++)
		if (!add_tree(scan, folders, dirs[i], trees[i], i == 0, rejects,
			      error))
			return NULL;
	if (!settle_classes(scan, folders, classes, error))
		return NULL;
	walk_classes(scan, folders, rejects);
	if (!kw_check_interrupted(error) || !check_found(scan, dirs[0], error))
		return NULL;
	scan_sort(scan);
	return g_steal_pointer(&scan);
}
