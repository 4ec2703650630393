/*
 * kw-prep: turn a folder of class folders of photos into a kw dataset.
 */
#include <stdio.h>

#include "kw/app.h"
#include "kw/image.h"
#include "prep/options.h"
#include "prep/photo.h"
#include "prep/prep.h"

/* What was left out, and what looks wrong: also with -q. */
static void
print_problems(const Report *report)
{
	for (guint i = 0; i < report->rejects->len; i++) {
		const Reject *reject = report->rejects->pdata[i];

		kw_app_say("left out '%s': %s: %s", reject->file, reject->stage,
			   reject->reason);
	}
	for (guint i = 0; i < report->warnings->len; i++)
		kw_app_warn("%s", (char *)report->warnings->pdata[i]);
}

/* On standard error, for standard output may be the dataset. */
static void
print_tables(const Report *report, gboolean verbose)
{
	g_autofree char *table = report_table(report);

	fprintf(stderr, "%s%s", verbose ? report->settings : "", table);
	if (report->rejects->len > 0)
		fprintf(stderr, "left out: %u\n", report->rejects->len);
	fprintf(stderr,
		"leakage check: %zu groups, %zu exact duplicates shared "
		"between splits\n",
		report->leakage.groups, report->leakage.duplicates);
}

static int
run(const Options *options)
{
	g_autoptr(Report) report = report_new();
	g_autoptr(GError) error = NULL;
	gboolean ok = prep_run(options, report, &error);

	print_problems(report);
	if (!ok)
		return kw_app_fail(error);
	if (options->common.verbosity >= 0)
		print_tables(report, options->common.verbosity > 0);
	return report->rejects->len > 0 ? KW_EXIT_SKIPPED : KW_EXIT_DONE;
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
	return kw_app_finish(status);
}
