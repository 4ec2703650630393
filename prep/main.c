/*
 * kw-prep: turn folders of photos into a kw dataset.
 */
#include <stdio.h>
#include <string.h>

#include "kw/app.h"
#include "kw/image.h"
#include "prep/options.h"
#include "prep/photo.h"
#include "prep/prep.h"

/* Rejects that are told one by one where a file now lists all of them. */
enum { FEW = 10 };

/* Warnings that are told; there may be one for each of thousands of classes. */
enum { MANY = 20 };

/* What was left out, and what looks wrong: also with -q. */
static void
print_problems(const Report *report, const Options *options, gboolean ok)
{
	guint told = 0, all = report->rejects->len - (guint)report->n_dropped;

	for (guint i = 0; i < report->rejects->len; i++) {
		const Reject *reject = report->rejects->pdata[i];

		/* Those without a date were not wanted: no problem. */
		if (strcmp(reject->stage, "date") == 0 ||
		    (ok && options->rejects != NULL && told == FEW))
			continue;
		told++;
		kw_app_say("left out '%s': %s: %s", reject->file, reject->stage,
			   reject->reason);
	}
	if (told < all)
		kw_app_say("left out %u more, which '%s' lists", all - told,
			   options->rejects);
	all = report->warnings->len;
	told = options->common.verbosity > 0 ? all : MIN(all, MANY);
	for (guint i = 0; i < told; i++)
		kw_app_warn("%s", (char *)report->warnings->pdata[i]);
	if (told < all)
		kw_app_warn("%u more; -v tells all of them", all - told);
}

static int
run(const Options *options)
{
	g_autoptr(Report) report = report_new();
	g_autoptr(GError) error = NULL;
	gboolean ok = prep_run(options, report, &error);

	print_problems(report, options, ok);
	if (!ok)
		return kw_app_fail(error);
	if (options->common.verbosity >= 0) {
		g_autofree char *text =
			report_text(report, options->common.verbosity > 0);

		/* Standard output may be the dataset. */
		fputs(text, stderr);
	}
	return report->rejects->len > report->n_dropped ? KW_EXIT_SKIPPED
							: KW_EXIT_DONE;
}

int
main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	Options options;
	int status;

	kw_app_init("kw-prep");
	options_parse(&options, argc, argv);
	if (!kw_image_start(argv[0], &error))
		return kw_app_fail(error);
	status = run(&options);
	kw_image_stop();
	options_clear(&options);
	return kw_app_finish(status);
}
