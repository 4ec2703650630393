/*
 * One run of kw-train: data, network, first weights, training, the model file,
 * the report.
 */
#ifndef KW_TRAIN_TRAIN_H
#define KW_TRAIN_TRAIN_H

#include "train/train_options.h"

/* Who hears of the run; train_main.c prints what comes. */
typedef struct {
	void (*say)(const char *text);   /* a line about what is going on */
	void (*warn)(const char *text);  /* a line about what may be wrong */
	void (*print)(const char *text); /* results, lines included */
} TrainVoice;

/*
 * Train and write the model.  TRUE as well when SIGHUP, SIGINT or SIGTERM ended
 * it early: what was reached is kept, and said (kw_app_finish() dies of it).
 */
gboolean train_run(const TrainOptions *options, const TrainVoice *voice,
		   GError **error);

#endif
