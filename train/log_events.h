/* TensorBoard's files in the run log, one in a folder of its own. */
#ifndef KW_TRAIN_LOG_EVENTS_H
#define KW_TRAIN_LOG_EVENTS_H

#include "train/log_file.h"

typedef struct {
	char *dir;
	LogFile file;
	int last; /* the last epoch that is in the file */
} LogEvents;

/* Nothing is there, or made, yet. */
void log_events_init(LogEvents *events, char *dir /* taken */);
void log_events_clear(LogEvents *events);

/* A file of kw in the folder, the newest; NULL when there is none.  Free it. */
char *log_events_find(const LogEvents *events);

/* Remove all of them.  KW_ERROR_IO. */
gboolean log_events_remove(const LogEvents *events, GError **error);

/*
 * Go on with the file that log_events_find() finds, if any, with what it says
 * of epochs up to `epoch`: it is cut before the first record that says more, or
 * is damaged or torn.  KW_ERROR_IO.
 */
gboolean log_events_resume(LogEvents *events, int epoch, GError **error);

/*
 * Add records (tensorboard.h), the last of which is of `epoch`.  The folder and
 * a file, "events.out.tfevents.TIME.HOST.PID.kw", are made where there are none
 * yet.  All of it is added, or nothing with KW_ERROR_IO.
 */
gboolean log_events_append(LogEvents *events, const GByteArray *records,
			   int epoch, GError **error);

#endif
