/*
 * check-leaks [options] DATASET MANIFEST
 *
 * Judge a dataset that kw-prep made of a tree of make-leaks: are the photos
 * that belong together in one group, are the others not, and do splits share
 * nothing?  Ends with "ok", or "FAILED: ..." and status 1.
 */
#include <stdio.h>
#include <string.h>

#include "kw/app.h"
#include "kw/dataset.h"
#include "tests/support/leaks.h"

typedef struct {
	const char *dataset, *manifest;
	double found; /* wanted percentages, at least */
	double alone;
	double whole;
	int joined; /* undated photos in a group with others, at most */
	int paired; /* bursts in a group with another, at most; -1: any */
} Options;

enum { KEY_FOUND = 256, KEY_ALONE, KEY_WHOLE, KEY_JOINED, KEY_PAIRED };

static const struct argp_option option_table[] = {
	{ "found", KEY_FOUND, "PERCENT", 0,
	  "Copies to be in the group of their original (95)", 0 },
	{ "alone", KEY_ALONE, "PERCENT", 0,
	  "Frames of fixed cameras to be alone in their group (90)", 0 },
	{ "whole", KEY_WHOLE, "PERCENT", 0, "Bursts to be in one group (100)",
	  0 },
	{ "joined", KEY_JOINED, "N", 0,
	  "Undated photos that may be in a group with others (0)", 0 },
	{ "paired", KEY_PAIRED, "N", 0,
	  "Bursts that may be in a group with another (any number: days are "
	  "groups)",
	  0 },
	{ 0 },
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	Options *o = state->input;

	switch (key) {
	case KEY_FOUND:
		o->found = kw_arg_double(state, "--found", arg, 0, 100);
		return 0;
	case KEY_ALONE:
		o->alone = kw_arg_double(state, "--alone", arg, 0, 100);
		return 0;
	case KEY_WHOLE:
		o->whole = kw_arg_double(state, "--whole", arg, 0, 100);
		return 0;
	case KEY_JOINED:
		o->joined =
			(int)kw_arg_int(state, "--joined", arg, 0, G_MAXINT);
		return 0;
	case KEY_PAIRED:
		o->paired =
			(int)kw_arg_int(state, "--paired", arg, 0, G_MAXINT);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			o->dataset = arg;
		else if (state->arg_num == 1)
			o->manifest = arg;
		else
			return ARGP_ERR_UNKNOWN;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num != 2)
			argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- the photos and groups of the dataset */

typedef struct Seen Seen;

/* A group of the dataset. */
typedef struct {
	guint64 id;
	const Seen *first;
	guint n;        /* photos */
	gboolean mixed; /* of which not all belong together */
	gboolean split; /* between splits */
} Group;

/* A photo of the manifest, as it is in the dataset. */
struct Seen {
	const LeakPhoto *photo;
	/* Of all that belong together, one: a copy's original, a burst's
	 * first. */
	Seen *leader;
	Group *group;
	guint64 group_id;
	guint32 checksum;
	KwSplit split;
	gsize row;          /* in the split */
	gboolean scattered; /* a leader: not all of its photos are with it */
};

typedef struct {
	GHashTable *by_path; /* path -> Seen; owns both */
	GHashTable *groups;  /* their ids -> Group; owns them */
	GPtrArray *photos;   /* Seen, in the order of the manifest */
} Tree;

static Tree *
tree_new(void)
{
	Tree *tree = g_new0(Tree, 1);

	tree->by_path =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	tree->groups = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
					     g_free);
	tree->photos = g_ptr_array_new();
	return tree;
}

static void
tree_free(Tree *tree)
{
	g_ptr_array_unref(tree->photos);
	g_hash_table_unref(tree->groups);
	g_hash_table_unref(tree->by_path);
	g_free(tree);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tree, tree_free)

static gboolean
read_split(Tree *tree, KwDataset *dataset, KwSplit split, GError **error)
{
	gsize n = kw_dataset_count(dataset, split);
	g_autoptr(KwRecords) records =
		kw_dataset_read_records(dataset, split, 0, n, error);

	if (records == NULL)
		return FALSE;
	for (gsize i = 0; i < n; i++) {
		Seen *seen = g_new0(Seen, 1);

		seen->group_id = records->group_ids[i];
		seen->checksum = records->checksums[i];
		seen->split = split;
		seen->row = i;
		g_hash_table_insert(tree->by_path,
				    g_strdup(records->sources[i]), seen);
	}
	return TRUE;
}

/* `bursts`: series -> Seen, the first of each. */
static Seen *
find_leader(const Tree *tree, Seen *seen, GHashTable *bursts)
{
	gpointer series = GINT_TO_POINTER(seen->photo->series);

	if (seen->photo->original != NULL)
		return g_hash_table_lookup(tree->by_path,
					   seen->photo->original);
	if (seen->photo->kind != LEAK_BURST)
		return seen;
	if (!g_hash_table_contains(bursts, series))
		g_hash_table_insert(bursts, series, seen);
	return g_hash_table_lookup(bursts, series);
}

static void
add_to_group(Tree *tree, Seen *seen)
{
	Group *group = g_hash_table_lookup(tree->groups, &seen->group_id);

	if (group == NULL) {
		group = g_new0(Group, 1);
		group->id = seen->group_id;
		group->first = seen;
		g_hash_table_insert(tree->groups, &group->id, group);
	}
	seen->group = group;
	group->n++;
	if (group->first->leader != seen->leader)
		group->mixed = TRUE;
	if (group->first->split != seen->split)
		group->split = TRUE;
	if (seen->leader->group_id != seen->group_id)
		seen->leader->scattered = TRUE;
}

/* Dataset and manifest are of the same photos; or KW_ERROR_INPUT. */
static gboolean
match(Tree *tree, const GPtrArray *manifest, GError **error)
{
	g_autoptr(GHashTable) bursts = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < manifest->len; i++) {
		const LeakPhoto *photo = manifest->pdata[i];
		Seen *seen = g_hash_table_lookup(tree->by_path, photo->path);

		if (seen == NULL) {
			g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
				    "the dataset has no '%s'", photo->path);
			return FALSE;
		}
		seen->photo = photo;
		seen->leader = find_leader(tree, seen, bursts);
		g_ptr_array_add(tree->photos, seen);
	}
	if (g_hash_table_size(tree->by_path) != tree->photos->len) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "the dataset has %u photos, the manifest %u",
			    g_hash_table_size(tree->by_path),
			    tree->photos->len);
		return FALSE;
	}
	for (guint i = 0; i < tree->photos->len; i++)
		add_to_group(tree, tree->photos->pdata[i]);
	return TRUE;
}

/* ---- equal pictures in two splits */

static int
compare_checksums(gconstpointer a, gconstpointer b)
{
	const Seen *x = *(Seen *const *)a, *y = *(Seen *const *)b;

	return x->checksum < y->checksum ? -1 : x->checksum > y->checksum;
}

/* Is the picture of `a` to the last bit that of `b`? */
static gboolean
equal_pictures(const KwDataset *dataset, const Seen *a, const Seen *b,
	       gboolean *equal, GError **error)
{
	gsize size = kw_dataset_image_size(kw_dataset_info(dataset));
	g_autofree guint8 *x = g_malloc(size);
	g_autofree guint8 *y = g_malloc(size);

	if (!kw_dataset_read_images(dataset, a->split, a->row, 1, x, error) ||
	    !kw_dataset_read_images(dataset, b->split, b->row, 1, y, error))
		return FALSE;
	*equal = memcmp(x, y, size) == 0;
	return TRUE;
}

/* Count the pairs of equal pictures that are in two splits. */
static gboolean
count_shared(const KwDataset *dataset, const GPtrArray *photos, guint *count,
	     GError **error)
{
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();
	gboolean equal;

	for (guint i = 0; i < photos->len; i++)
		g_ptr_array_add(sorted, photos->pdata[i]);
	g_ptr_array_sort(sorted, compare_checksums);
	for (guint i = 0; i < sorted->len; i++) {
		const Seen *a = sorted->pdata[i], *b;

		for (guint k = i + 1; k < sorted->len; k++) {
			b = sorted->pdata[k];
			if (b->checksum != a->checksum)
				break;
			if (a->split == b->split)
				continue;
			if (!equal_pictures(dataset, a, b, &equal, error))
				return FALSE;
			*count += equal ? 1 : 0;
		}
	}
	return TRUE;
}

/* ---- judging */

/* So many of so many. */
typedef struct {
	guint n, of;
} Share;

typedef struct {
	Share copies[LEAK_N_KINDS]; /* in one group with their original */
	Share all_copies;
	Share joined; /* undated photos, in a group with others */
	Share whole;  /* bursts */
	Share paired; /* bursts, in a group with others */
	Share alone;  /* frames */
	Share groups; /* in two splits */
	guint equal;  /* pairs of pictures in two splits */
} Findings;

static void
count(Share *share, gboolean yes)
{
	share->of++;
	share->n += yes ? 1 : 0;
}

static void
count_photo(Findings *findings, const Seen *seen)
{
	LeakKind kind = seen->photo->kind;

	if (kind == LEAK_FRAME) {
		count(&findings->alone, seen->group->n == 1);
		return;
	}
	if (kind == LEAK_BURST) {
		if (seen != seen->leader)
			return;
		count(&findings->whole, !seen->scattered);
		count(&findings->paired, seen->group->mixed);
		return;
	}
	if (seen->leader->photo->date == NULL)
		count(&findings->joined, seen->group->mixed);
	if (kind >= LEAK_FIRST_COPY) {
		gboolean found = seen->group == seen->leader->group;

		count(&findings->copies[kind], found);
		count(&findings->all_copies, found);
	}
}

static Findings
look(const Tree *tree)
{
	Findings findings = { 0 };
	GHashTableIter groups;
	gpointer group;

	for (guint i = 0; i < tree->photos->len; i++)
		count_photo(&findings, tree->photos->pdata[i]);
	g_hash_table_iter_init(&groups, tree->groups);
	while (g_hash_table_iter_next(&groups, NULL, &group))
		count(&findings.groups, ((const Group *)group)->split);
	return findings;
}

static double
percent(Share share)
{
	return share.of > 0 ? 100.0 * share.n / share.of : 100.0;
}

static void
print_share(const char *what, Share share)
{
	if (share.of > 0)
		printf("%-40s %6u of %6u  %6.2f %%\n", what, share.n, share.of,
		       percent(share));
}

static void
print_findings(const Findings *f)
{
	for (int kind = LEAK_FIRST_COPY; kind < LEAK_N_KINDS; kind++) {
		g_autofree char *what = g_strdup_printf("copies found: %s",
							leak_kind_names[kind]);

		print_share(what, f->copies[kind]);
	}
	print_share("copies found: all", f->all_copies);
	print_share("undated photos in a group with others", f->joined);
	print_share("bursts in one group", f->whole);
	print_share("bursts in a group with others", f->paired);
	print_share("frames alone in their group", f->alone);
	print_share("groups shared between splits", f->groups);
	printf("%-40s %6u\n", "equal pictures shared between splits", f->equal);
}

/* What is wrong; empty when nothing is.  Free it. */
static char *
judge(const Options *o, const Findings *f)
{
	g_autoptr(GString) wrong = g_string_new(NULL);

	if (percent(f->all_copies) < o->found)
		g_string_append_printf(wrong,
				       ", %.2f %% of copies found, not "
				       "%g",
				       percent(f->all_copies), o->found);
	if (f->joined.n > (guint)o->joined)
		g_string_append_printf(wrong,
				       ", %u undated photos in a group "
				       "with others",
				       f->joined.n);
	if (percent(f->whole) < o->whole)
		g_string_append_printf(wrong,
				       ", %.2f %% of bursts whole, not "
				       "%g",
				       percent(f->whole), o->whole);
	if (o->paired >= 0 && f->paired.n > (guint)o->paired)
		g_string_append_printf(wrong,
				       ", %u bursts in a group with "
				       "others",
				       f->paired.n);
	if (percent(f->alone) < o->alone)
		g_string_append_printf(wrong,
				       ", %.2f %% of frames alone, not "
				       "%g",
				       percent(f->alone), o->alone);
	if (f->groups.n > 0)
		g_string_append_printf(wrong,
				       ", %u groups shared between "
				       "splits",
				       f->groups.n);
	if (f->equal > 0)
		g_string_append_printf(wrong,
				       ", %u equal pictures shared "
				       "between splits",
				       f->equal);
	return g_strdup(wrong->len > 0 ? wrong->str + 2 : "");
}

/* NULL with an error, or what judge() says. */
static char *
check(const Options *o, GError **error)
{
	g_autoptr(GPtrArray) manifest = leaks_read(o->manifest, error);
	g_autoptr(KwDataset) dataset = NULL;
	g_autoptr(Tree) tree = tree_new();
	Findings findings;

	if (manifest == NULL)
		return NULL;
	dataset = kw_dataset_open(o->dataset, error);
	if (dataset == NULL)
		return NULL;
	for (int split = 0; split < KW_N_SPLITS; split++)
		if (!read_split(tree, dataset, (KwSplit)split, error))
			return NULL;
	if (!match(tree, manifest, error))
		return NULL;
	findings = look(tree);
	if (!count_shared(dataset, tree->photos, &findings.equal, error))
		return NULL;
	print_findings(&findings);
	return judge(o, &findings);
}

int
main(int argc, char **argv)
{
	static const struct argp argp = {
		option_table,
		parse,
		"DATASET MANIFEST",
		"Judge what kw-prep made of a tree of make-leaks.",
		NULL,
		NULL,
		NULL
	};
	Options o = { .found = 95, .alone = 90, .whole = 100, .paired = -1 };
	g_autoptr(GError) error = NULL;
	g_autofree char *wrong = NULL;

	kw_app_init("check-leaks");
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	wrong = check(&o, &error);
	if (wrong == NULL)
		return kw_app_fail(error);
	if (*wrong == '\0')
		puts("ok");
	else
		printf("FAILED: %s\n", wrong);
	return kw_app_finish(*wrong == '\0' ? KW_EXIT_DONE : KW_EXIT_FAILED);
}
