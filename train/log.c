#include "train/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "kw/error.h"

struct RunLog {
	char *dir, *path;
	FILE *file;
	gboolean made_dir, made_file;
	gsize rows;
};

static gboolean
fail(GError **error, const char *doing, const char *path)
{
	int code = errno;

	g_set_error(error, KW_ERROR, KW_ERROR_IO, "cannot %s '%s': %s", doing,
		    path, g_strerror(code));
	return FALSE;
}

/* What is there already is left as it is until there is a row to write. */
static FILE *
open_file(RunLog *log, gboolean force)
{
	int fd = open(log->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	log->made_file = fd >= 0;
	if (fd < 0 && errno == EEXIST && force)
		fd = open(log->path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 ? fdopen(fd, "w") : NULL;
}

RunLog *
run_log_new(const char *dir, gboolean force, GError **error)
{
	g_autoptr(RunLog) log = g_new0(RunLog, 1);

	log->dir = g_strdup(dir);
	log->made_dir = !g_file_test(dir, G_FILE_TEST_EXISTS);
	if (g_mkdir_with_parents(dir, 0777) != 0) {
		fail(error, "create folder", dir);
		return NULL;
	}
	log->path = g_build_filename(dir, "metrics.csv", NULL);
	log->file = open_file(log, force);
	if (log->file == NULL && errno == EEXIST) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "'%s' exists already; use -f to replace it, or "
			    "--log-dir DIR",
			    log->path);
		return NULL;
	}
	if (log->file == NULL) {
		fail(error, "write", log->path);
		return NULL;
	}
	return g_steal_pointer(&log);
}

/* An older log, if there is one, ends here. */
static gboolean
start(RunLog *log)
{
	return (log->made_file || ftruncate(fileno(log->file), 0) == 0) &&
	       fputs("epoch,loss,accuracy,val_loss,val_accuracy,"
		     "learning_rate,images_per_second\n",
		     log->file) >= 0;
}

gboolean
run_log_epoch(RunLog *log, const EpochReport *report, GError **error)
{
	if (log->rows == 0 && !start(log))
		return fail(error, "write", log->path);
	fprintf(log->file, "%d,%.7g,%.7g,", report->epoch, report->loss,
		report->accuracy);
	if (report->has_val)
		fprintf(log->file, "%.7g,%.7g,", report->val_loss,
			report->val_accuracy);
	else
		fputs(",,", log->file);
	fprintf(log->file, "%.7g,%.2f\n", report->rate,
		report->images_per_second);
	if (fflush(log->file) != 0)
		return fail(error, "write", log->path);
	log->rows++;
	return TRUE;
}

void
run_log_free(RunLog *log)
{
	if (log == NULL)
		return;
	if (log->file != NULL)
		fclose(log->file);
	if (log->made_file && log->rows == 0)
		unlink(log->path);
	if (log->made_dir && log->rows == 0)
		rmdir(log->dir);
	g_free(log->dir);
	g_free(log->path);
	g_free(log);
}
