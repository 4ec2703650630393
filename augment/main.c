/*
 * kw-augment: add transformed copies of its train images to a dataset.
 */
#include <stdio.h>

#include "augment/augment.h"
#include "kw/app.h"
#include "kw/image.h"

/* Warnings that are told; there may be one for each of thousands of classes. */
enum { MANY = 20 };

static void
print_warnings(const AugmentReport *report, gboolean verbose)
{
	const guint all = report->warnings->len;
	const guint told = verbose ? all : MIN(all, MANY);

	for (guint i = 0; i < told; i++)
		kw_app_warn("%s", (char *)report->warnings->pdata[i]);
	if (told < all)
		kw_app_warn("%u more; -v tells all of them", all - told);
}

static int
run(const AugmentOptions *options)
{
	g_autoptr(AugmentReport) report = augment_report_new();
	g_autoptr(GError) error = NULL;
	const int verbosity = options->common.verbosity;
	gboolean ok = augment_run(options, report, &error);

	print_warnings(report, verbosity > 0);
	if (!ok)
		return kw_app_fail(error);
	if (verbosity >= 0) {
		g_autofree char *text =
			augment_report_text(report, verbosity > 0);

		/* Standard output may be the dataset. */
		fputs(text, stderr);
	}
	return KW_EXIT_DONE;
}

int
main(int argc, char **argv)
{
	AugmentOptions options;
	g_autoptr(GError) error = NULL;
	int status;

	kw_app_init("kw-augment");
	augment_options_parse(&options, argc, argv);
	if (!kw_image_start(argv[0], &error))
		return kw_app_fail(error);
	status = run(&options);
	kw_image_stop();
	return kw_app_finish(status);
}
