#include "train/test_report.h"

#include <stdlib.h>

#include "kw/app.h"

enum {
	COLUMNS = 80,    /* of a terminal */
	NAME_WIDTH = 24, /* longer class names end in "..." */
	MAX_CLASSES = 50 /* in the table of classes */
};

/* ---- names in columns */

/* What is shown of a name, and as wide as it is shown, at most `width`. */
static char *
short_name(const char *name, glong width)
{
	g_autofree char *printable = kw_printable(name);
	g_autofree char *start = NULL;

	if (g_utf8_strlen(printable, -1) <= width)
		return g_steal_pointer(&printable);
	start = g_utf8_substring(printable, 0, width - 1);
	return g_strconcat(start, "…", NULL);
}

/* The width of a column of all class names, `heading` above them. */
static glong
name_width(const TestReport *r, const char *heading)
{
	glong width = g_utf8_strlen(heading, -1);

	for (char **name = r->class_names; *name != NULL; name++)
		width = MAX(width, MIN(g_utf8_strlen(*name, -1), NAME_WIDTH));
	return width;
}

static void
add_name(GString *text, const char *name, glong width)
{
	g_autofree char *shown = short_name(name, MAX(width, 1));

	g_string_append_printf(text, "%s%*s", shown,
			       (int)(width - g_utf8_strlen(shown, -1)), "");
}

/* ---- the numbers above all classes */

static void
add_groups(GString *text, const TestReport *r)
{
	const GroupAccuracy *g = &r->groups;

	if (g->groups == r->evaluation->n) {
		g_string_append(text, "by group: every image is a group of its "
				      "own\n");
		return;
	}
	g_string_append_printf(text,
			       "by group: %.2f %% (mean of %zu group%s), 95 %% "
			       "interval %.2f to %.2f %%\n",
			       100 * g->accuracy, g->groups,
			       g->groups == 1 ? "" : "s", 100 * g->interval.low,
			       100 * g->interval.high);
}

static void
add_summary(GString *text, const TestReport *r)
{
	const Evaluation *e = r->evaluation;
	g_autofree char *frequent = kw_printable(r->class_names[r->frequent]);

	g_string_append_printf(text, "%s report, %zu image%s\n", r->split, e->n,
			       e->n == 1 ? "" : "s");
	g_string_append_printf(text,
			       "baseline: always '%s' is right for %.2f %%\n",
			       frequent, 100 * r->baseline);
	g_string_append_printf(text,
			       "accuracy: %.2f %% (%zu of %zu), 95 %% interval "
			       "%.2f to %.2f %%; loss %.4f\n",
			       100 * e->accuracy, e->correct, e->n,
			       100 * r->wilson.low, 100 * r->wilson.high,
			       e->loss);
	add_groups(text, r);
	g_string_append_printf(text,
			       "confidence: %.2f %% on average; calibration "
			       "error %.2f %%\n",
			       100 * r->calibration.confidence,
			       100 * r->calibration.error);
}

/* ---- classes */

static void
add_score(GString *text, const char *name, const ClassScore *s, glong width)
{
	g_string_append(text, "  ");
	add_name(text, name, width);
	g_string_append_printf(text, "  %9.4f  %6.4f  %6.4f  %7zu\n",
			       s->precision, s->recall, s->f1, s->support);
}

typedef struct {
	int index;
	double f1;
} Ranked;

static int
compare_ranked(const void *a, const void *b)
{
	const Ranked *x = a, *y = b;

	if (x->f1 != y->f1)
		return x->f1 < y->f1 ? -1 : 1;
	return x->index - y->index;
}

/* All classes, or of very many the worst. */
static void
add_classes(GString *text, const TestReport *r)
{
	const int classes = r->evaluation->classes;
	const int shown = MIN(classes, MAX_CLASSES);
	const glong width = name_width(r, "mean of all");
	g_autofree Ranked *order = g_new(Ranked, classes);

	for (int k = 0; k < classes; k++)
		order[k] = (Ranked){ k, r->classes[k].f1 };
	g_string_append_c(text, '\n');
	if (shown < classes) {
		qsort(order, classes, sizeof *order, compare_ranked);
		g_string_append_printf(text,
				       "the %d classes of lowest F1, of %d\n",
				       shown, classes);
	}
	g_string_append(text, "  ");
	add_name(text, "class", width);
	g_string_append(text, "  precision  recall      F1  support\n");
	for (int i = 0; i < shown; i++)
		add_score(text, r->class_names[order[i].index],
			  &r->classes[order[i].index], width);
	add_score(text, "mean of all", &r->macro, width);
}

/* ---- what is taken for what */

static gsize
confusion_at(const Evaluation *e, int label, int predicted)
{
	return e->confusion[(gsize)label * (gsize)e->classes +
			    (gsize)predicted];
}

static int
digits(gsize n)
{
	int d = 1;

	for (; n >= 10; n /= 10)
		d++;
	return d;
}

/* Of a cell of the matrix, with a blank before it. */
static int
cell_width(const Evaluation *e)
{
	int width = digits((gsize)e->classes);

	for (int i = 0; i < e->classes; i++)
		for (int k = 0; k < e->classes; k++)
			width = MAX(width, digits(confusion_at(e, i, k)));
	return width + 2;
}

/* Rows are true classes, columns predicted ones, numbered to stay narrow. */
static void
add_matrix(GString *text, const TestReport *r, int number, glong name, int cell)
{
	const Evaluation *e = r->evaluation;

	g_string_append(text, "\nconfusion matrix (rows: true class, columns: "
			      "predicted)\n");
	g_string_append_printf(text, "  %*s ", number + (int)name, "");
	for (int k = 0; k < e->classes; k++)
		g_string_append_printf(text, "%*d", cell, k + 1);
	g_string_append_c(text, '\n');
	for (int i = 0; i < e->classes; i++) {
		g_string_append_printf(text, "  %*d ", number, i + 1);
		add_name(text, r->class_names[i], name);
		for (int k = 0; k < e->classes; k++)
			g_string_append_printf(text, "%*zu", cell,
					       confusion_at(e, i, k));
		g_string_append_c(text, '\n');
	}
}

typedef struct {
	int label, predicted;
	gsize n;
} Pair;

static int
compare_pairs(const void *a, const void *b)
{
	const Pair *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	if (x->label != y->label)
		return x->label - y->label;
	return x->predicted - y->predicted;
}

/* Pair of each cell beside the diagonal that is not 0, the largest first. */
static GArray *
confused_pairs(const Evaluation *e)
{
	GArray *pairs = g_array_new(FALSE, FALSE, sizeof(Pair));

	for (int i = 0; i < e->classes; i++)
		for (int k = 0; k < e->classes; k++) {
			const Pair pair = { i, k, confusion_at(e, i, k) };

			if (i != k && pair.n > 0)
				g_array_append_val(pairs, pair);
		}
	g_array_sort(pairs, compare_pairs);
	return pairs;
}

static void
add_pairs(GString *text, const TestReport *r)
{
	enum { MAX_PAIRS = 20 };
	g_autoptr(GArray) pairs = confused_pairs(r->evaluation);
	const glong width = name_width(r, "true class");

	if (pairs->len == 0)
		return;
	g_string_append(text, "\nclasses most often confused\n  images  ");
	add_name(text, "true class", width);
	g_string_append(text, "  predicted\n");
	for (guint i = 0; i < MIN(pairs->len, MAX_PAIRS); i++) {
		const Pair *p = &g_array_index(pairs, Pair, i);
		g_autofree char *predicted =
			short_name(r->class_names[p->predicted], NAME_WIDTH);

		g_string_append_printf(text, "  %6zu  ", p->n);
		add_name(text, r->class_names[p->label], width);
		g_string_append_printf(text, "  %s\n", predicted);
	}
}

static void
add_confusion(GString *text, const TestReport *r)
{
	const Evaluation *e = r->evaluation;
	const int number = digits((gsize)e->classes), cell = cell_width(e);
	const glong name = name_width(r, "");

	if (3 + number + name + (glong)cell * e->classes <= COLUMNS)
		add_matrix(text, r, number, name, cell);
	else
		add_pairs(text, r);
}

/* ---- mistakes */

static void
add_mistakes(GString *text, const TestReport *r)
{
	const gsize all = r->evaluation->n - r->evaluation->correct;
	const glong width = name_width(r, "true class");

	if (r->n_mistakes == 0)
		return;
	g_string_append_printf(text,
			       "\nmistakes: %u of %zu, the most confident "
			       "first\n  confidence  ",
			       r->n_mistakes, all);
	add_name(text, "predicted", width);
	g_string_append(text, "  ");
	add_name(text, "true class", width);
	g_string_append(text, "  image\n");
	for (guint i = 0; i < r->n_mistakes; i++) {
		const Mistake *m = &r->mistakes[i];
		g_autofree char *source = kw_printable(m->source);

		g_string_append_printf(text, "  %8.2f %%  ",
				       100 * m->confidence);
		add_name(text, r->class_names[m->predicted], width);
		g_string_append(text, "  ");
		add_name(text, r->class_names[m->label], width);
		g_string_append_printf(text, "  %s", source);
		if (m->copy > 0)
			g_string_append_printf(text, ", copy %d", m->copy);
		g_string_append_c(text, '\n');
	}
}

char *
test_report_text(const TestReport *report)
{
	GString *text = g_string_new(NULL);

	add_summary(text, report);
	add_classes(text, report);
	add_confusion(text, report);
	add_mistakes(text, report);
	return g_string_free(text, FALSE);
}
