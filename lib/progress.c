#include "kw/progress.h"

#include <stdio.h>
#include <unistd.h>

struct KwProgress {
	char *verb, *unit;
	guint64 total;
	gint64 begin, shown; /* microseconds, monotonic */
	gboolean terminal;
};

KwProgress *
kw_progress_new(const char *verb, const char *unit, guint64 total)
{
	KwProgress *p = g_new0(KwProgress, 1);

	p->verb = g_strdup(verb);
	p->unit = g_strdup(unit);
	p->total = total;
	p->begin = p->shown = g_get_monotonic_time();
	p->terminal = isatty(STDERR_FILENO);
	return p;
}

/* "12s", "3m05s", "2h10m" */
static char *
duration(double seconds)
{
	guint64 s = (guint64)(seconds + 0.5);

	if (s < 60)
		return g_strdup_printf("%us", (unsigned)s);
	if (s < 3600)
		return g_strdup_printf("%um%02us", (unsigned)(s / 60),
				       (unsigned)(s % 60));
	return g_strdup_printf("%" G_GUINT64_FORMAT "h%02um", s / 3600,
			       (unsigned)(s / 60 % 60));
}

void
kw_progress_set(KwProgress *p, guint64 done)
{
	enum { WIDTH = 24 };
	gint64 now = g_get_monotonic_time();

	if (p == NULL || now - p->shown < (p->terminal ? G_USEC_PER_SEC / 5
						       : 10 * G_USEC_PER_SEC))
		return;
	p->shown = now;
	done = MIN(done, p->total);

	double seconds = (double)(now - p->begin) / G_USEC_PER_SEC;
	double rate = (double)done / seconds;
	g_autofree char *left =
		done == 0 ? g_strdup("?")
			  : duration((double)(p->total - done) / rate);

	if (!p->terminal) {
		fprintf(stderr,
			"%s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			" %s, %.1f/s, %s left\n",
			p->verb, done, p->total, p->unit, rate, left);
		return;
	}
	int filled = (int)(WIDTH * done / p->total);

	fprintf(stderr,
		"\r\033[K%s [%.*s%*s] %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT
		" %s, %.1f/s, %s left",
		p->verb, filled, "########################", WIDTH - filled, "",
		done, p->total, p->unit, rate, left);
	fflush(stderr);
}

void
kw_progress_free(KwProgress *p)
{
	if (p == NULL)
		return;
	if (p->terminal)
		fputs("\r\033[K", stderr);
	g_free(p->verb);
	g_free(p->unit);
	g_free(p);
}
