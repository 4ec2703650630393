#include "tests/support/leaks.h"

#include "tests/support/scene.h"

/* What a draw of the plan is for; the number of the photo follows. */
enum {
	DRAW_PLACE = 1,
	DRAW_CLASS,
	DRAW_DATE,
	DRAW_TIME,
	DRAW_LENGTH,
	DRAW_GAP,
	DRAW_ORIGINAL,
	DRAW_COPY,
	DRAW_NAME,
};

enum { DAY = 24 * 60 * 60 * 1000 }; /* in milliseconds */

typedef struct {
	const LeakWanted *wanted;
	GPtrArray *photos; /* LeakPhoto */
} Plan;

static guint64
draw(const Plan *plan, int purpose, int index)
{
	guint64 own = scene_mix(plan->wanted->seed, (guint64)purpose);

	return scene_mix(own, (guint64)index);
}

/* A number of 0..n-1. */
static int
draw_below(const Plan *plan, int purpose, int index, int n)
{
	return (int)(draw(plan, purpose, index) % (guint64)n);
}

/* The date some milliseconds after the beginning of a year. */
static char *
date_after(int year, gint64 milliseconds)
{
	g_autoptr(GDateTime) start = g_date_time_new_utc(year, 1, 1, 0, 0, 0);
	g_autoptr(GDateTime) date =
		g_date_time_add(start, milliseconds * G_TIME_SPAN_MILLISECOND);
	g_autofree char *seconds =
		g_date_time_format(date, "%Y:%m:%d %H:%M:%S");

	return g_strdup_printf("%s.%03d", seconds,
			       g_date_time_get_microsecond(date) / 1000);
}

static LeakPhoto *
add_photo(Plan *plan, LeakKind kind, int label)
{
	LeakPhoto *photo = g_new0(LeakPhoto, 1);

	photo->kind = kind;
	photo->label = label;
	g_ptr_array_add(plan->photos, photo);
	return photo;
}

/*
 * Names of photos that belong together are not neighbours, and those of
 * neighbours are of no use: only pixels tell.
 */
static char *
scattered_path(const Plan *plan, int label, const char *type)
{
	int index = (int)plan->photos->len;
	guint64 number = draw(plan, DRAW_NAME, index) % 100000;

	return g_strdup_printf("class%d/%05d-%05d.%s", label, (int)number,
			       index, type);
}

/* Every other one is dated, in the years before the first burst. */
static void
add_plain(Plan *plan, int index)
{
	int label =
		draw_below(plan, DRAW_CLASS, index, plan->wanted->n_classes);
	LeakPhoto *photo = add_photo(plan, LEAK_PLAIN, label);

	photo->path = scattered_path(plan, label, "jpg");
	photo->seed = draw(plan, DRAW_PLACE, index);
	if (index % 2 == 0) {
		gint64 day = draw_below(plan, DRAW_DATE, index, 3650);

		photo->date =
			date_after(2000, day * DAY + draw_below(plan, DRAW_TIME,
								index, DAY));
		photo->camera = g_strdup_printf("%d", 1000 + index % 7);
	}
}

/*
 * When a burst begins, in milliseconds after 2010: each on a day of its own,
 * but every fifth amid the one before it, with another camera.  Every eighth is
 * half over at midnight.
 */
static gint64
burst_start(const Plan *plan, int burst, gint64 duration, gint64 before)
{
	gint64 day = 2 * (gint64)burst * DAY;

	if (burst % 5 == 1)
		return before + 100;
	if (burst % 8 == 0)
		return day + DAY - duration / 2;
	return day + draw_below(plan, DRAW_TIME, burst, DAY - 60000);
}

/* Returns the photos that it has; *start is that of the burst before it. */
static int
add_burst(Plan *plan, int burst, gint64 *start)
{
	int n = 2 + draw_below(plan, DRAW_LENGTH, burst, 7);
	/* The two of a pair are of one class. */
	int label = draw_below(plan, DRAW_CLASS, -1 - (burst - burst % 5),
			       plan->wanted->n_classes);
	gint64 offsets[8] = { 0 };

	for (int i = 1; i < n; i++)
		offsets[i] = offsets[i - 1] + 200 +
			     draw_below(plan, DRAW_GAP, 8 * burst + i, 4800);
	*start = burst_start(plan, burst, offsets[n - 1], *start);
	for (int i = 0; i < n; i++) {
		LeakPhoto *photo = add_photo(plan, LEAK_BURST, label);

		photo->path = g_strdup_printf("class%d/DSC%d_%05d.jpg", label,
					      burst % 5, 8 * burst + i);
		photo->series = burst + 1;
		photo->seed = draw(plan, DRAW_PLACE, -1 - burst);
		photo->frame = i;
		photo->camera = g_strdup_printf("%d", 2000 + burst % 5);
		photo->date = date_after(2010, *start + offsets[i]);
	}
	return n;
}

/* The originals are the first photos, every other one of them undated. */
static void
add_copy(Plan *plan, LeakKind kind, int index, int n_plain)
{
	static const char *const types[LEAK_N_KINDS] = {
		[LEAK_PNG] = "png", [LEAK_WEBP] = "webp"
	};
	int place = draw_below(plan, DRAW_ORIGINAL, index, n_plain);
	LeakPhoto *photo, *original;

	/* A byte copy of a dated photo would be dated as well. */
	if (kind == LEAK_SAME && place % 2 == 0)
		place = place + 1 < n_plain ? place + 1 : place - 1;
	original = plan->photos->pdata[place];
	photo = add_photo(plan, kind, original->label);
	photo->path = scattered_path(plan, original->label,
				     types[kind] != NULL ? types[kind] : "jpg");
	photo->original = g_strdup(original->path);
	photo->seed = draw(plan, DRAW_COPY, index);
}

static void
add_frames(Plan *plan, int camera)
{
	int label = camera % plan->wanted->n_classes;

	for (int i = 0; i < plan->wanted->n_frames; i++) {
		LeakPhoto *photo = add_photo(plan, LEAK_FRAME, label);

		photo->path = g_strdup_printf("class%d/trap%d-%04d.jpg", label,
					      camera, i);
		photo->series = camera + 1;
		photo->seed = draw(plan, DRAW_PLACE, G_MAXINT - camera);
		photo->frame = i;
	}
}

GPtrArray *
leaks_plan(const LeakWanted *wanted)
{
	Plan plan = { wanted, g_ptr_array_new_with_free_func(
				      (GDestroyNotify)leak_photo_free) };
	int n_copies = MAX(wanted->n / 40, 1);
	int n_burst = wanted->n / 4;
	int n_plain = wanted->n - n_burst -
		      n_copies * (LEAK_N_KINDS - LEAK_FIRST_COPY);
	gint64 start = 0;

	for (int i = 0; i < n_plain; i++)
		add_plain(&plan, i);
	for (int burst = 0; n_burst > 0; burst++)
		n_burst -= add_burst(&plan, burst, &start);
	for (int i = 0; i < wanted->n_cameras; i++)
		add_frames(&plan, i);
	for (int kind = LEAK_FIRST_COPY; kind < LEAK_N_KINDS; kind++)
		for (int i = 0; i < n_copies; i++)
			add_copy(&plan, (LeakKind)kind, kind * n_copies + i,
				 n_plain);
	return plan.photos;
}
