#include "prep/burst.h"

#include <stdlib.h>
#include <string.h>

#include "kw/image.h"
#include "prep/photo.h"

/* A photo in the order in which its camera took it. */
typedef struct {
	const Photo *photo;
	guint index;
	gint64 time;
	/* The path up to the number at the end of the name; and the number. */
	int stem;
	gint64 number;
} Shot;

static int
compare_cameras(const Photo *a, const Photo *b)
{
	if (a->label != b->label)
		return a->label - b->label;
	if (a->camera != b->camera)
		return a->camera < b->camera ? -1 : 1;
	return 0;
}

static int
compare_times(const void *a, const void *b)
{
	const Shot *x = a, *y = b;
	int order = compare_cameras(x->photo, y->photo);

	if (order == 0)
		order = (x->time > y->time) - (x->time < y->time);
	return order != 0 ? order : strcmp(x->photo->path, y->photo->path);
}

static int
compare_stems(const Shot *x, const Shot *y)
{
	int order = strncmp(x->photo->path, y->photo->path,
			    (gsize)MIN(x->stem, y->stem));

	return order != 0 ? order : x->stem - y->stem;
}

static int
compare_numbers(const void *a, const void *b)
{
	const Shot *x = a, *y = b;
	int order = compare_cameras(x->photo, y->photo);

	if (order == 0)
		order = compare_stems(x, y);
	if (order == 0)
		order = (x->number > y->number) - (x->number < y->number);
	return order != 0 ? order : strcmp(x->photo->path, y->photo->path);
}

/* "cat/IMG_0041.JPG" is 41, behind a stem of 8 bytes.  FALSE: no number. */
static gboolean
parse_number(Shot *shot)
{
	enum { MOST_DIGITS = 15 };
	const char *path = shot->photo->path;
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
	const char *name = slash != NULL ? slash + 1 : path;
	const char *end = dot != NULL && dot > name ? dot : path + strlen(path);
	const char *digits = end;

	while (digits > name && g_ascii_isdigit(digits[-1]) &&
	       end - digits < MOST_DIGITS)
		digits--;
	shot->stem = (int)(digits - path);
	shot->number = g_ascii_strtoll(digits, NULL, 10);
	return digits < end;
}

static void
join_by_time(Shot *shots, guint n, gint64 gap, Sets *sets)
{
	qsort(shots, n, sizeof *shots, compare_times);
	for (guint i = 1; i < n; i++)
		if (compare_cameras(shots[i - 1].photo, shots[i].photo) == 0 &&
		    shots[i].time - shots[i - 1].time < gap)
			sets_join(sets, shots[i - 1].index, shots[i].index);
}

static void
join_by_number(Shot *shots, guint n, gint64 gap, Sets *sets)
{
	qsort(shots, n, sizeof *shots, compare_numbers);
	for (guint i = 1; i < n; i++) {
		const Shot *a = &shots[i - 1], *b = &shots[i];

		if (compare_cameras(a->photo, b->photo) == 0 &&
		    compare_stems(a, b) == 0 && b->number - a->number <= 1 &&
		    llabs(b->time - a->time) < gap)
			sets_join(sets, a->index, b->index);
	}
}

/* Sets of two and more are bursts; join what they hold in `sets`. */
static void
settle(Sets *bursts, guint n, Sets *sets, BurstCount *count)
{
	g_autofree guint *size = g_new0(guint, n);

	for (guint i = 0; i < n; i++) {
		guint root = sets_find(bursts, i);

		sets_join(sets, root, i);
		size[root]++;
	}
	*count = (BurstCount){ 0 };
	for (guint i = 0; i < n; i++) {
		if (size[i] > 1) {
			count->bursts++;
			count->photos += size[i];
		}
	}
}

void
burst_join(const GPtrArray *photos, gint64 gap, Sets *sets, BurstCount *count)
{
	g_autoptr(Sets) bursts = sets_new(photos->len);
	g_autofree Shot *taken = g_new(Shot, photos->len);
	g_autofree Shot *numbered = g_new(Shot, photos->len);
	guint n_taken = 0, n_numbered = 0;

	for (guint i = 0; i < photos->len; i++) {
		const Photo *photo = photos->pdata[i];
		Shot shot = { .photo = photo, .index = i };

		if (photo->given_group != 0)
			continue;
		shot.time = photo->taken;
		if (shot.time != KW_NO_TIME)
			taken[n_taken++] = shot;
		else
			shot.time = photo->stamped;
		if (shot.time != KW_NO_TIME && parse_number(&shot))
			numbered[n_numbered++] = shot;
	}
	join_by_time(taken, n_taken, gap, bursts);
	join_by_number(numbered, n_numbered, gap, bursts);
	settle(bursts, photos->len, sets, count);
}
