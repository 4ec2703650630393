/* kw-train: fine-tune VGG19 on a kw dataset. */
#include <stdio.h>

#include "kw/image.h"
#include "train/train.h"

static gboolean quiet;

static void
say(const char *text)
{
	if (!quiet)
		kw_app_say("%s", text);
}

static void
warn(const char *text)
{
	kw_app_warn("%s", text);
}

/* Each line at once, so that a log that is followed shows it. */
static void
print(const char *text)
{
	if (quiet)
		return;
	fputs(text, stdout);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	static const TrainVoice voice = { say, warn, print };
	g_autoptr(GError) error = NULL;
	TrainOptions options;

	kw_app_init("kw-train");
	train_options_parse(&options, argc, argv);
	quiet = options.common.verbosity < 0;
	/* Of augmentation, and the pictures of the log. */
	if (!kw_image_start(argv[0], &error) ||
	    !train_run(&options, &voice, &error))
		return kw_app_fail(error);
	kw_image_stop();
	return kw_app_finish(KW_EXIT_DONE);
}
