#include "train/log.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "kw/error.h"
#include "kw/matrix_image.h"
#include "kw/outfile.h"
#include "train/log_events.h"
#include "train/tensorboard.h"

/* A file with a line an epoch. */
typedef struct {
	char *path;
	const char *header;
	void (*add_row)(GString *text, const EpochReport *report);
	LogFile file;
	guint rows; /* epochs in it */
} Table;

enum { CSV, JSONL, N_TABLES };

struct RunLog {
	char *dir;
	gboolean made_dir;
	gboolean replaces; /* what is there makes way for the first epoch */
	gboolean begun;    /* what is there is of this run */
	GArray *history;   /* of EpochReport */
	Table tables[N_TABLES];
	LogEvents events[KW_N_SPLITS];
};

/* ---- rows */

static const char csv_header[] =
	"epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,"
	"images_per_second\n";

static void
add_csv_row(GString *text, const EpochReport *r)
{
	g_string_append_printf(text, "%d,%.7g,%.7g,", r->epoch, r->loss,
			       r->accuracy);
	if (r->has_val)
		g_string_append_printf(text, "%.7g,%.7g,", r->val_loss,
				       r->val_accuracy);
	else
		g_string_append(text, ",,");
	g_string_append_printf(text, "%.7g,%.2f\n", r->rate,
			       r->images_per_second);
}

static void
add_number(JsonBuilder *json, const char *name, gboolean is_known, double value)
{
	json_builder_set_member_name(json, name);
	/* JSON has no numbers but finite ones. */
	if (is_known && isfinite(value))
		json_builder_add_double_value(json, value);
	else
		json_builder_add_null_value(json);
}

static void
add_json_row(GString *text, const EpochReport *r)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *line = NULL;

	json_builder_begin_object(json);
	json_builder_set_member_name(json, "epoch");
	json_builder_add_int_value(json, r->epoch);
	add_number(json, "loss", TRUE, r->loss);
	add_number(json, "accuracy", TRUE, r->accuracy);
	add_number(json, "val_loss", r->has_val, r->val_loss);
	add_number(json, "val_accuracy", r->has_val, r->val_accuracy);
	add_number(json, "learning_rate", TRUE, r->rate);
	add_number(json, "images_per_second", TRUE, r->images_per_second);
	add_number(json, "wall_time", TRUE, r->wall_time);
	json_builder_set_member_name(json, "skipped");
	json_builder_add_int_value(json, r->skipped);
	json_builder_set_member_name(json, "best");
	json_builder_add_boolean_value(json, r->best);
	json_builder_end_object(json);
	root = json_builder_get_root(json);
	line = json_to_string(root, FALSE);
	g_string_append_printf(text, "%s\n", line);
}

/* ---- tables */

/* The text of epochs from..., the header before the first. */
static GString *
table_text(const Table *table, const GArray *history, guint from)
{
	GString *text = g_string_new(from == 0 ? table->header : NULL);

	for (guint i = from; i < history->len; i++)
		table->add_row(text, &g_array_index(history, EpochReport, i));
	return text;
}

/* The whole table, beside an older one until it is all there. */
static gboolean
table_create(Table *table, const GString *text, gboolean force, GError **error)
{
	g_autoptr(KwOutfile) out = kw_outfile_new(table->path, force, error);

	return out != NULL &&
	       kw_outfile_write(out, text->str, text->len, error) &&
	       kw_outfile_commit(out, error) &&
	       log_file_open(&table->file, table->path, (goffset)text->len,
			     error);
}

static gboolean
table_write(Table *table, const GArray *history, gboolean force, GError **error)
{
	const gboolean is_new = table->file.fd < 0;
	GString *text = table_text(table, history, is_new ? 0 : table->rows);
	const gboolean ok = is_new ? table_create(table, text, force, error)
				   : log_file_append(&table->file, text->str,
						     text->len, error);

	g_string_free(text, TRUE);
	if (ok)
		table->rows = history->len;
	return ok;
}

/* Is `old` what `text` says, as far as both go?  Its last line may be torn. */
static gboolean
agrees(const char *old, const char *text)
{
	while (*old != '\0' && *old == *text) {
		old++;
		text++;
	}
	return *text == '\0' || strchr(old, '\n') == NULL;
}

/* Is the file that is there, if any, that of a run with this history? */
static gboolean
table_is_ours(const Table *table, const GArray *history)
{
	g_autofree char *old = NULL;
	GString *text;
	gboolean is_ours;

	if (!g_file_get_contents(table->path, &old, NULL, NULL))
		return TRUE;
	text = table_text(table, history, 0);
	is_ours = agrees(old, text->str);
	g_string_free(text, TRUE);
	return is_ours;
}

/* Go on with it: as it is where it ends with the history, else written anew. */
static gboolean
table_resume(Table *table, const GArray *history, GError **error)
{
	g_autofree char *old = NULL;
	GString *text = table_text(table, history, 0);
	const gsize n = text->len;
	const gboolean is_same =
		g_file_get_contents(table->path, &old, NULL, NULL) &&
		strcmp(old, text->str) == 0;

	g_string_free(text, TRUE);
	if (!is_same)
		return table_write(table, history, TRUE, error);
	table->rows = history->len;
	return log_file_open(&table->file, table->path, (goffset)n, error);
}

/* ---- events */

static const char loss_tag[] = "epoch_loss", accuracy_tag[] = "epoch_accuracy";

static void
add_epoch(GByteArray *records, KwSplit split, const EpochReport *r)
{
	const TensorboardScalar train[] = {
		{ loss_tag, r->loss },
		{ accuracy_tag, r->accuracy },
		{ "epoch_learning_rate", r->rate },
		{ "images_per_second", r->images_per_second },
	};
	const TensorboardScalar val[] = { { loss_tag, r->val_loss },
					  { accuracy_tag, r->val_accuracy } };

	if (split == KW_TRAIN)
		tensorboard_add_scalars(records, r->wall_time, r->epoch, train,
					G_N_ELEMENTS(train));
	else if (r->has_val)
		tensorboard_add_scalars(records, r->wall_time, r->epoch, val,
					G_N_ELEMENTS(val));
}

/* The epochs that are not in the file yet; the test images have none. */
static gboolean
write_events(RunLog *log, KwSplit split, GError **error)
{
	g_autoptr(GByteArray) records = g_byte_array_new();
	LogEvents *events = &log->events[split];
	int last = events->last;

	for (guint i = 0; i < log->history->len && split != KW_TEST; i++) {
		const EpochReport *r =
			&g_array_index(log->history, EpochReport, i);

		if (r->epoch <= events->last)
			continue;
		add_epoch(records, split, r);
		last = r->epoch;
	}
	return records->len == 0 ||
	       log_events_append(events, records, last, error);
}

/* ---- the log */

static gboolean
refuse(const char *path, const char *why, GError **error)
{
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
		    "'%s' %s; use -f to replace it, or --log-dir DIR", path,
		    why);
	return FALSE;
}

/* Of a new run: is there a log already? */
static gboolean
check_nothing_is_there(const RunLog *log, GError **error)
{
	for (int i = 0; i < N_TABLES; i++)
		if (g_file_test(log->tables[i].path, G_FILE_TEST_EXISTS))
			return refuse(log->tables[i].path, "exists already",
				      error);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		g_autofree char *path = log_events_find(&log->events[s]);

		if (path != NULL)
			return refuse(path, "exists already", error);
	}
	return TRUE;
}

/* Of a resumed run: is what is there its log? */
static gboolean
check_is_ours(const RunLog *log, GError **error)
{
	for (int i = 0; i < N_TABLES; i++)
		if (!table_is_ours(&log->tables[i], log->history))
			return refuse(log->tables[i].path,
				      "is the log of another run", error);
	return TRUE;
}

/* Can files be made in the folder? */
static gboolean
check_folder(const RunLog *log, GError **error)
{
	g_autoptr(KwOutfile) probe =
		kw_outfile_new(log->tables[CSV].path, TRUE, error);

	return probe != NULL;
}

static gboolean
resume(RunLog *log, GError **error)
{
	const int epoch =
		g_array_index(log->history, EpochReport, log->history->len - 1)
			.epoch;

	for (int i = 0; i < N_TABLES; i++)
		if (!table_resume(&log->tables[i], log->history, error))
			return FALSE;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		if (!log_events_resume(&log->events[s], epoch, error) ||
		    !write_events(log, s, error))
			return FALSE;
	log->begun = TRUE;
	return TRUE;
}

static RunLog *
log_new(const char *dir, const GArray *history)
{
	static const char *const folders[] = { "train", "validation", "test" };
	RunLog *log = g_new0(RunLog, 1);

	log->dir = g_strdup(dir);
	log->made_dir = !g_file_test(dir, G_FILE_TEST_EXISTS);
	log->history = g_array_new(FALSE, FALSE, sizeof(EpochReport));
	if (history != NULL && history->len > 0)
		g_array_append_vals(log->history, history->data, history->len);
	log->tables[CSV] =
		(Table){ .path = g_build_filename(dir, "metrics.csv", NULL),
			 .header = csv_header,
			 .add_row = add_csv_row,
			 .file = LOG_FILE_INIT };
	log->tables[JSONL] =
		(Table){ .path = g_build_filename(dir, "metrics.jsonl", NULL),
			 .header = "",
			 .add_row = add_json_row,
			 .file = LOG_FILE_INIT };
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		log_events_init(&log->events[s],
				g_build_filename(dir, folders[s], NULL));
	return log;
}

RunLog *
run_log_new(const char *dir, gboolean force, const GArray *history,
	    GError **error)
{
	g_autoptr(RunLog) log = log_new(dir, history);
	g_autoptr(GError) other = NULL;

	if (g_mkdir_with_parents(dir, 0777) != 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_IO,
			    "cannot create folder '%s': %s", dir,
			    g_strerror(errno));
		return NULL;
	}
	if (log->history->len > 0 && check_is_ours(log, &other))
		return resume(log, error) ? g_steal_pointer(&log) : NULL;
	if (other == NULL)
		check_nothing_is_there(log, &other);
	if (other != NULL && !force) {
		g_propagate_error(error, g_steal_pointer(&other));
		return NULL;
	}
	log->replaces = force;
	return check_folder(log, error) ? g_steal_pointer(&log) : NULL;
}

/* Keeps the first of several errors. */
static void
note(GError **first, GError *next)
{
	if (next != NULL && *first == NULL)
		*first = next;
	else
		g_clear_error(&next);
}

/* Bring all files to the end of the history, as many as can be. */
static gboolean
write_all(RunLog *log, GError **error)
{
	GError *first = NULL;

	for (int i = 0; i < N_TABLES; i++) {
		GError *failure = NULL;

		table_write(&log->tables[i], log->history,
			    log->begun || log->replaces, &failure);
		note(&first, failure);
	}
	/* An older log goes when all of the new one's tables are there. */
	for (KwSplit s = 0; s < KW_N_SPLITS && !log->begun; s++)
		if (first == NULL && log->replaces)
			log_events_remove(&log->events[s], &first);
	log->begun |= first == NULL;
	for (KwSplit s = 0; s < KW_N_SPLITS && log->begun; s++) {
		GError *failure = NULL;

		write_events(log, s, &failure);
		note(&first, failure);
	}
	if (first == NULL)
		return TRUE;
	g_propagate_error(error, first);
	return FALSE;
}

gboolean
run_log_epoch(RunLog *log, const EpochReport *report, GError **error)
{
	g_array_append_vals(log->history, report, 1);
	return write_all(log, error);
}

gboolean
run_log_evaluation(RunLog *log, const Evaluation *e, char *const *class_names,
		   KwSplit split, int epoch, GError **error)
{
	const double now = (double)g_get_real_time() / G_USEC_PER_SEC;
	const TensorboardScalar scalars[] = { { loss_tag, e->loss },
					      { accuracy_tag, e->accuracy } };
	g_autoptr(GByteArray) records = g_byte_array_new();

	if (!write_all(log, error))
		return FALSE;
	if (split == KW_TEST)
		tensorboard_add_scalars(records, now, epoch, scalars,
					G_N_ELEMENTS(scalars));
	if (e->classes <= KW_MATRIX_MAX) {
		int height, width;
		gsize n;
		g_autofree guint8 *png =
			kw_matrix_png(e->confusion, class_names, e->classes,
				      &height, &width, &n, error);

		if (png == NULL)
			return FALSE;
		tensorboard_add_image(records, now, epoch, "confusion_matrix",
				      height, width, png, n);
	}
	return records->len == 0 ||
	       log_events_append(&log->events[split], records, epoch, error);
}

void
run_log_free(RunLog *log)
{
	gboolean is_empty = TRUE;

	if (log == NULL)
		return;
	for (int i = 0; i < N_TABLES; i++) {
		is_empty &= log->tables[i].file.fd < 0;
		log_file_clear(&log->tables[i].file);
		g_free(log->tables[i].path);
	}
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		log_events_clear(&log->events[s]);
	if (log->made_dir && is_empty)
		rmdir(log->dir);
	g_array_unref(log->history);
	g_free(log->dir);
	g_free(log);
}
