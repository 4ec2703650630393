#include "prep/duplicates.h"

#include <stdlib.h>

#include "kw/app.h"
#include "prep/hash_index.h"

/* A search under way. */
typedef struct {
	const Picture *pictures;
	const PictureSource *source;
	Duplicates *found;
	HashIndex *index;   /* hash 2 i + view is that of originals[i] */
	GArray *originals;  /* guint: images */
	GArray *candidates; /* guint: hashes; kept to save allocations */
} Search;

typedef struct {
	const Picture *picture;
	guint i;
} Place;

void
duplicates_free(Duplicates *d)
{
	if (d == NULL)
		return;
	g_free(d->original);
	g_free(d->kind);
	g_free(d->stranger);
	g_free(d->equal);
	g_free(d);
}

static Duplicates *
duplicates_new(guint n)
{
	Duplicates *d = g_new0(Duplicates, 1);

	d->n = n;
	d->original = g_new(guint, n);
	d->kind = g_new0(DuplicateKind, n);
	d->stranger = g_new(guint, n);
	d->equal = g_new(guint, n);
	for (guint i = 0; i < n; i++)
		d->original[i] = d->stranger[i] = d->equal[i] = i;
	return d;
}

/* ---- equal images */

static int
compare_order(const Place *x, const Place *y)
{
	if (x->picture->order != y->picture->order)
		return x->picture->order < y->picture->order ? -1 : 1;
	return (x->i > y->i) - (x->i < y->i);
}

static int
compare_content(const void *a, const void *b)
{
	const Place *x = a, *y = b;
	const Picture *p = x->picture, *q = y->picture;

	if (p->checksum != q->checksum)
		return p->checksum < q->checksum ? -1 : 1;
	if (p->print.hash[0] != q->print.hash[0])
		return p->print.hash[0] < q->print.hash[0] ? -1 : 1;
	return compare_order(x, y);
}

static gboolean
may_be_equal(const Picture *p, const Picture *q)
{
	return p->checksum == q->checksum &&
	       p->print.hash[0] == q->print.hash[0];
}

/* Find the first image of a run that equals image k of it. */
static gboolean
find_first_equal(Search *search, const Place *run, guint k, GError **error)
{
	guint *equal = search->found->equal;
	guint i = run[k].i;

	for (guint j = 0; j < k && equal[i] == i; j++) {
		guint other = run[j].i;
		gboolean same = FALSE;

		if (equal[other] != other)
			continue;
		if (!search->source->compare(search->source->data, i, other,
					     &same, error))
			return FALSE;
		if (same)
			equal[i] = other;
	}
	return TRUE;
}

/* Of the images that equal image k of a run, the first of its class. */
static void
note_equal(Duplicates *d, const Place *run, guint k)
{
	guint i = run[k].i;

	if (d->equal[i] == i)
		return;
	for (guint j = 0; j < k; j++) {
		guint other = run[j].i;

		if (run[j].picture->label == run[k].picture->label &&
		    d->equal[other] == d->equal[i]) {
			d->original[i] = other;
			d->kind[i] = DUPLICATE_EQUAL;
			return;
		}
	}
	d->stranger[i] = d->equal[i];
}

static gboolean
find_equal(Search *search, GError **error)
{
	guint n = search->found->n, length;
	g_autofree Place *places = g_new(Place, n);

	for (guint i = 0; i < n; i++)
		places[i] = (Place){ &search->pictures[i], i };
	qsort(places, n, sizeof *places, compare_content);
	for (guint first = 0; first < n; first += length) {
		for (length = 1; first + length < n &&
				 may_be_equal(places[first].picture,
					      places[first + length].picture);)
			length++;
		/* A checksum hardly ever gets it wrong, but it may. */
		for (guint k = 1; k < length; k++) {
			if (!find_first_equal(search, places + first, k, error))
				return FALSE;
			note_equal(search->found, places + first, k);
		}
	}
	return TRUE;
}

/* ---- near ones */

static guint
original_of(const Search *search, guint number)
{
	return g_array_index(search->originals, guint, number / N_VIEWS);
}

static int
compare_numbers(gconstpointer a, gconstpointer b)
{
	const guint *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * The numbers of hashes that a view of image i may match, in order: first
 * originals come first.  Two inner views prove nothing.
 */
static void
find_candidates(Search *search, guint i, View view)
{
	const Fingerprint *print = &search->pictures[i].print;
	GArray *found = search->candidates;
	guint8 low, high;
	guint kept = 0;

	g_array_set_size(found, 0);
	fingerprint_levels(print, view, &low, &high);
	for (int level = low; level <= high; level++)
		hash_index_find(search->index, print->hash[view], (guint8)level,
				found);
	for (guint k = 0; k < found->len; k++) {
		guint number = g_array_index(found, guint, k);
		View other = number % N_VIEWS;
		guint original = original_of(search, number);

		if ((view == VIEW_INNER && other == VIEW_INNER) ||
		    !fingerprint_may_match(print, view,
					   &search->pictures[original].print,
					   other))
			continue;
		g_array_index(found, guint, kept++) = number;
	}
	g_array_set_size(found, kept);
	g_array_sort(found, compare_numbers);
}

/*
 * Compare a view of image i with originals: the first that is like it, of its
 * class and of another one.
 */
static gboolean
search_view(Search *search, guint i, const Thumbs *thumbs, View view,
	    GError **error)
{
	Duplicates *d = search->found;
	const Picture *pictures = search->pictures;

	find_candidates(search, i, view);
	for (guint k = 0; k < search->candidates->len; k++) {
		guint number = g_array_index(search->candidates, guint, k);
		guint original = original_of(search, number);
		gboolean same = pictures[i].label == pictures[original].label;
		Thumbs other;

		if (same ? d->original[i] != i : d->stranger[i] != i)
			continue;
		if (!search->source->read_thumbs(search->source->data, original,
						 &other, error))
			return FALSE;
		if (!thumbs_match(thumbs, view, &other, number % N_VIEWS))
			continue;
		if (same) {
			d->original[i] = original;
			d->kind[i] = DUPLICATE_NEAR;
		} else {
			d->stranger[i] = original;
		}
	}
	return TRUE;
}

static gboolean
find_near_of(Search *search, guint i, GError **error)
{
	Duplicates *d = search->found;
	Thumbs thumbs;

	if (!kw_check_interrupted(error) ||
	    !search->source->read_thumbs(search->source->data, i, &thumbs,
					 error))
		return FALSE;
	for (View view = 0; view < N_VIEWS; view++)
		if (!search_view(search, i, &thumbs, view, error))
			return FALSE;
	if (d->original[i] == i) {
		g_array_append_val(search->originals, i);
		for (View view = 0; view < N_VIEWS; view++)
			hash_index_add(
				search->index,
				search->pictures[i].print.hash[view],
				fingerprint_level(&search->pictures[i].print,
						  view));
	}
	return TRUE;
}

static int
compare_places(const void *a, const void *b)
{
	return compare_order(a, b);
}

/* What equals a duplicate is one of the same original. */
static gboolean
find_near(Search *search, GError **error)
{
	Duplicates *d = search->found;
	g_autofree Place *places = g_new(Place, d->n);

	for (guint i = 0; i < d->n; i++)
		places[i] = (Place){ &search->pictures[i], i };
	qsort(places, d->n, sizeof *places, compare_places);
	for (guint k = 0; k < d->n; k++)
		if (d->original[places[k].i] == places[k].i &&
		    !find_near_of(search, places[k].i, error))
			return FALSE;
	for (guint i = 0; i < d->n; i++)
		if (d->kind[i] == DUPLICATE_EQUAL)
			d->original[i] = d->original[d->original[i]];
	return TRUE;
}

Duplicates *
duplicates_find(const Picture *pictures, guint n, int bits,
		const PictureSource *source, GError **error)
{
	g_autoptr(Duplicates) found = duplicates_new(n);
	g_autoptr(HashIndex) index = hash_index_new(MAX(bits, 0));
	g_autoptr(GArray) originals = g_array_new(FALSE, FALSE, sizeof(guint));
	g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(guint));
	Search search = {
		pictures, source, found, index, originals, candidates
	};

	if (!find_equal(&search, error) ||
	    (bits != NEAR_OFF && !find_near(&search, error)))
		return NULL;
	return g_steal_pointer(&found);
}
