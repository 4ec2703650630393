#include "train/metrics.h"

#include <math.h>
#include <stdlib.h>

/* The 97.5 % point of the normal distribution. */
static const double z = 1.959963984540054;

/* Of a share p seen in n trials, which need not be a whole number. */
static Interval
wilson(double p, double n)
{
	const double zz = z * z / n;
	const double centre = (p + zz / 2) / (1 + zz);
	const double half = z * sqrt(p * (1 - p) / n + zz / (4 * n)) / (1 + zz);

	return (Interval){ p <= 0 ? 0 : MAX(centre - half, 0),
			   p >= 1 ? 1 : MIN(centre + half, 1) };
}

void
wilson_interval(gsize correct, gsize n, double *low, double *high)
{
	const Interval i = wilson((double)correct / (double)n, (double)n);

	*low = i.low;
	*high = i.high;
}

static double
share(gsize part, gsize whole)
{
	return whole > 0 ? (double)part / (double)whole : 0;
}

ClassScore *
metrics_class_scores(const Evaluation *e, ClassScore *macro)
{
	const gsize classes = (gsize)e->classes;
	ClassScore *scores = g_new0(ClassScore, classes);

	*macro = (ClassScore){ 0 };
	for (gsize i = 0; i < classes; i++)
		for (gsize k = 0; k < classes; k++) {
			scores[i].support += e->confusion[i * classes + k];
			scores[i].predicted += e->confusion[k * classes + i];
		}
	for (gsize i = 0; i < classes; i++) {
		ClassScore *s = &scores[i];
		const gsize right = e->confusion[i * classes + i];

		s->precision = share(right, s->predicted);
		s->recall = share(right, s->support);
		s->f1 = share(2 * right, s->predicted + s->support);
		macro->precision += s->precision / (double)classes;
		macro->recall += s->recall / (double)classes;
		macro->f1 += s->f1 / (double)classes;
		macro->support += s->support;
		macro->predicted += s->predicted;
	}
	return scores;
}

/* Bins exclude their lower end; what is no number goes to the first. */
static int
bin_of(double confidence)
{
	const double bin = ceil(confidence * CALIBRATION_BINS) - 1;

	return bin > 0 ? (int)MIN(bin, CALIBRATION_BINS - 1) : 0;
}

Calibration
metrics_calibration(const Evaluation *e, const Samples *samples)
{
	Calibration c = { 0 };

	for (gsize i = 0; i < e->n; i++) {
		const double confidence = (double)e->confidence[i];
		const int bin = bin_of(confidence);

		c.bins[bin].n++;
		c.bins[bin].confidence += confidence;
		c.bins[bin].accuracy += e->predicted[i] == samples->labels[i];
	}
	for (int b = 0; b < CALIBRATION_BINS; b++) {
		if (c.bins[b].n == 0)
			continue;
		c.error += fabs(c.bins[b].accuracy - c.bins[b].confidence) /
			   (double)e->n;
		c.confidence += c.bins[b].confidence / (double)e->n;
		c.bins[b].accuracy /= (double)c.bins[b].n;
		c.bins[b].confidence /= (double)c.bins[b].n;
	}
	return c;
}

/* ---- groups */

typedef struct {
	guint64 id;
	gboolean right;
} Member;

static int
compare_members(const void *a, const void *b)
{
	const Member *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/*
 * The 97.5 % point of Student's t with n degrees of freedom: exact for 1 and 2,
 * else the expansion of Abramowitz and Stegun 26.7.5, within 0.2 %.
 */
static double
student(gsize n)
{
	const double v = (double)n, z2 = z * z;

	if (n == 1)
		return tan(G_PI * 0.475);
	if (n == 2)
		return 0.95 * sqrt(2 / (1 - 0.95 * 0.95));
	return z * (1 + (z2 + 1) / (4 * v) +
		    ((5 * z2 + 16) * z2 + 3) / (96 * v * v) +
		    (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * v * v * v) +
		    ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) /
			    (92160 * v * v * v * v));
}

/* `squares`: the squared deviations of the groups' accuracies, summed. */
static Interval
group_interval(double p, double squares, gsize groups, gsize images)
{
	const double g = (double)groups;
	double n = (double)images, t;

	if (groups < 2)
		return (Interval){ 0, 1 };
	if (p <= 0 || p >= 1)
		return wilson(p, g);
	/* As many as have this variance, but not more than there are. */
	if (squares > 0)
		n = MIN(p * (1 - p) * g * (g - 1) / squares, n);
	t = student(groups - 1);
	return wilson(p, n * z * z / (t * t));
}

/* Accuracies of the groups, in order of their ids; returns how many. */
static gsize
accuracies(double *values, const Evaluation *e, const Samples *samples)
{
	g_autofree Member *members = g_new(Member, e->n);
	gsize groups = 0;

	for (gsize i = 0; i < e->n; i++)
		members[i] = (Member){ samples->group_ids[i],
				       e->predicted[i] == samples->labels[i] };
	qsort(members, e->n, sizeof *members, compare_members);
	for (gsize i = 0, end; i < e->n; i = end) {
		gsize right = 0;

		for (end = i; end < e->n && members[end].id == members[i].id;
		     end++)
			right += (gsize)members[end].right;
		values[groups++] = (double)right / (double)(end - i);
	}
	return groups;
}

GroupAccuracy
metrics_groups(const Evaluation *e, const Samples *samples)
{
	g_autofree double *values = g_new(double, e->n);
	GroupAccuracy a = { 0 };
	double sum = 0, squares = 0;

	if (e->n == 0)
		return a;
	a.groups = accuracies(values, e, samples);
	for (gsize k = 0; k < a.groups; k++)
		sum += values[k];
	a.accuracy = sum / (double)a.groups;
	for (gsize k = 0; k < a.groups; k++)
		squares += (values[k] - a.accuracy) * (values[k] - a.accuracy);
	a.interval = group_interval(a.accuracy, squares, a.groups, e->n);
	return a;
}
