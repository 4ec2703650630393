#include "train/checkpoint_state.h"

#include <float.h>
#include <limits.h>
#include <string.h>

/* More epochs than --epochs takes. */
enum { MAX_EPOCHS = 1000000 };

typedef enum { FIELD_INT, FIELD_SIZE, FIELD_UINT64, FIELD_DOUBLE } FieldType;

/* A number of a struct, and between what it lies.  A gboolean is an int. */
typedef struct {
	const char *name;
	FieldType type;
	gsize offset;
	double low, high; /* 0 and 0: any that is finite */
} Field;

#define REPORT(name) offsetof(EpochReport, name)
#define STATE(name)  offsetof(TrainState, name)

static const Field report_fields[] = {
	{ "epoch", FIELD_INT, REPORT(epoch), 0, MAX_EPOCHS },
	{ "loss", FIELD_DOUBLE, REPORT(loss), 0, 0 },
	{ "accuracy", FIELD_DOUBLE, REPORT(accuracy), 0, 1 },
	{ "has_val", FIELD_INT, REPORT(has_val), 0, 1 },
	{ "val_loss", FIELD_DOUBLE, REPORT(val_loss), 0, 0 },
	{ "val_accuracy", FIELD_DOUBLE, REPORT(val_accuracy), 0, 1 },
	{ "rate", FIELD_DOUBLE, REPORT(rate), 0, DBL_MAX },
	{ "images_per_second", FIELD_DOUBLE, REPORT(images_per_second), 0,
	  DBL_MAX },
	{ "wall_time", FIELD_DOUBLE, REPORT(wall_time), 0, DBL_MAX },
	{ "skipped", FIELD_INT, REPORT(skipped), 0, INT_MAX },
	{ "best", FIELD_INT, REPORT(best), 0, 1 },
};

static const Field state_fields[] = {
	{ "epoch", FIELD_INT, STATE(epoch), 1, MAX_EPOCHS + 1 },
	{ "step", FIELD_SIZE, STATE(step), 0, INT_MAX },
	{ "steps", FIELD_UINT64, STATE(steps), 0, 0 },
	{ "loss_sum", FIELD_DOUBLE, STATE(loss_sum), 0, 0 },
	{ "correct", FIELD_SIZE, STATE(correct), 0, 0 },
	{ "seen", FIELD_SIZE, STATE(seen), 0, 0 },
	{ "skipped", FIELD_SIZE, STATE(skipped), 0, 0 },
	{ "seconds", FIELD_DOUBLE, STATE(seconds), 0, DBL_MAX },
	{ "patience_from", FIELD_INT, STATE(patience_from), 0, MAX_EPOCHS },
	{ "plateau_from", FIELD_INT, STATE(plateau_from), 0, MAX_EPOCHS },
	{ "plateau_factor", FIELD_DOUBLE, STATE(plateau_factor), 0, 1 },
	{ "n_window", FIELD_UINT64, STATE(n_window), 0, 0 },
	{ "n_divergent", FIELD_INT, STATE(n_divergent), 0, INT_MAX },
};

/* A field more in state.h is one more above, and a larger struct here. */
#if GLIB_SIZEOF_SIZE_T == 8
G_STATIC_ASSERT(sizeof(EpochReport) == 80);
G_STATIC_ASSERT(sizeof(TrainState) == 184 + STATE_WINDOW * 8);
#endif

/* ---- types */

static hid_t
file_type(FieldType type)
{
	switch (type) {
	case FIELD_INT:
		return H5T_STD_I32LE;
	case FIELD_SIZE:
	case FIELD_UINT64:
		return H5T_STD_U64LE;
	case FIELD_DOUBLE:
		break;
	}
	return H5T_IEEE_F64LE;
}

static hid_t
memory_type(FieldType type)
{
	switch (type) {
	case FIELD_INT:
		return H5T_NATIVE_INT;
	case FIELD_SIZE:
		return H5T_NATIVE_ULONG;
	case FIELD_UINT64:
		return H5T_NATIVE_UINT64;
	case FIELD_DOUBLE:
		break;
	}
	return H5T_NATIVE_DOUBLE;
}

static double
value_of(const Field *field, const guint8 *object)
{
	const guint8 *at = object + field->offset;

	switch (field->type) {
	case FIELD_INT:
		return *(const int *)at;
	case FIELD_SIZE:
		return (double)*(const gsize *)at;
	case FIELD_UINT64:
		return (double)*(const guint64 *)at;
	case FIELD_DOUBLE:
		break;
	}
	return *(const double *)at;
}

static gboolean
is_in_range(const Field *field, const guint8 *object)
{
	const double value = value_of(field, object);
	const gboolean any = field->low == 0 && field->high == 0;

	/* What is not a number is not in any. */
	return value >= (any ? -DBL_MAX : field->low) &&
	       value <= (any ? DBL_MAX : field->high);
}

/* ---- one struct as attributes */

static gboolean
write_fields(hid_t group, const Field *fields, gsize n, const void *object)
{
	for (gsize i = 0; i < n; i++)
		if (!kw_h5_set_scalar(
			    group, fields[i].name, file_type(fields[i].type),
			    memory_type(fields[i].type),
			    (const guint8 *)object + fields[i].offset))
			return FALSE;
	return TRUE;
}

/* An attribute of n numbers of exactly this type. */
static gboolean
read_numbers(hid_t group, const char *name, FieldType type, void *values,
	     gsize n)
{
	g_auto(KwHid) attribute = H5I_INVALID_HID;
	g_auto(KwHid) stored = H5I_INVALID_HID;

	if (H5Aexists(group, name) <= 0)
		return FALSE;
	attribute = H5Aopen(group, name, H5P_DEFAULT);
	stored = attribute < 0 ? H5I_INVALID_HID : H5Aget_type(attribute);
	return stored >= 0 && H5Tequal(stored, file_type(type)) > 0 &&
	       kw_h5_get_numbers(group, name, memory_type(type), values, n);
}

static gboolean
read_fields(hid_t group, const Field *fields, gsize n, void *object,
	    const char **wrong)
{
	for (gsize i = 0; i < n; i++) {
		const Field *field = &fields[i];

		*wrong = field->name;
		if (!read_numbers(group, field->name, field->type,
				  (guint8 *)object + field->offset, 1) ||
		    !is_in_range(field, object))
			return FALSE;
	}
	return TRUE;
}

/* ---- history: a dataset a field */

static gsize
size_of(FieldType type)
{
	return H5Tget_size(memory_type(type));
}

static gboolean
write_column(hid_t group, const Field *field, const GArray *history)
{
	const hsize_t dims[] = { history->len };
	const gsize size = size_of(field->type);
	g_autofree guint8 *values = g_malloc0_n(history->len, size);
	g_auto(KwHid) dataset = kw_h5_create_dataset(
		group, field->name, file_type(field->type), 1, dims);

	for (guint i = 0; i < history->len; i++)
		memcpy(values + i * size,
		       (guint8 *)&g_array_index(history, EpochReport, i) +
			       field->offset,
		       size);
	return dataset >= 0 &&
	       kw_h5_write_rows(dataset, memory_type(field->type), 0,
				history->len, values) &&
	       H5Dclose(kw_hid_steal(&dataset)) >= 0;
}

static gboolean
write_history(hid_t parent, const GArray *history)
{
	g_auto(KwHid) group = kw_h5_create_group(parent, "history");

	for (gsize i = 0; i < G_N_ELEMENTS(report_fields); i++)
		if (group < 0 ||
		    !write_column(group, &report_fields[i], history))
			return FALSE;
	return TRUE;
}

/* One axis, of n numbers of this type, which lie in this very file. */
static gboolean
is_column(hid_t dataset, FieldType type, hsize_t n)
{
	g_auto(KwHid) stored = H5Dget_type(dataset);
	g_auto(KwHid) space = H5Dget_space(dataset);
	g_auto(KwHid) creation = H5Dget_create_plist(dataset);
	hsize_t dims[H5S_MAX_RANK];

	return stored >= 0 && space >= 0 && creation >= 0 &&
	       H5Tequal(stored, file_type(type)) > 0 &&
	       H5Pget_layout(creation) == H5D_CONTIGUOUS &&
	       H5Pget_external_count(creation) == 0 &&
	       H5Sget_simple_extent_dims(space, dims, NULL) == 1 &&
	       dims[0] == n;
}

static gboolean
read_column(hid_t group, const Field *field, GArray *history)
{
	const gsize size = size_of(field->type);
	g_autofree guint8 *values = g_malloc0_n(history->len, size);
	g_auto(KwHid) dataset = kw_h5_open_inside(group, field->name);

	if (dataset < 0 || H5Iget_type(dataset) != H5I_DATASET ||
	    !is_column(dataset, field->type, history->len) ||
	    !kw_h5_read_rows(dataset, memory_type(field->type), 0, history->len,
			     values))
		return FALSE;
	for (guint i = 0; i < history->len; i++) {
		guint8 *report =
			(guint8 *)&g_array_index(history, EpochReport, i);

		memcpy(report + field->offset, values + i * size, size);
		if (!is_in_range(field, report))
			return FALSE;
	}
	return TRUE;
}

/* Every epoch before the one under way, in order. */
static gboolean
read_history(hid_t parent, TrainState *state, const char **wrong)
{
	g_auto(KwHid) group = kw_h5_open_inside(parent, "history");

	*wrong = "history";
	if (group < 0 || H5Iget_type(group) != H5I_GROUP)
		return FALSE;
	g_array_set_size(state->history, (guint)state->epoch - 1);
	if (state->history->len > 0)
		memset(state->history->data, 0,
		       state->history->len * sizeof(EpochReport));
	for (gsize i = 0; i < G_N_ELEMENTS(report_fields); i++)
		if (!read_column(group, &report_fields[i], state->history))
			return FALSE;
	for (guint i = 0; i < state->history->len; i++)
		if (g_array_index(state->history, EpochReport, i).epoch !=
		    (int)i + 1)
			return FALSE;
	return TRUE;
}

/* ---- all of it */

gboolean
checkpoint_state_write(hid_t group, const TrainState *state)
{
	g_auto(KwHid) best = kw_h5_create_group(group, "best");

	return best >= 0 &&
	       write_fields(group, state_fields, G_N_ELEMENTS(state_fields),
			    state) &&
	       kw_h5_set_numbers(group, "window", H5T_IEEE_F64LE,
				 H5T_NATIVE_DOUBLE, state->window,
				 STATE_WINDOW) &&
	       write_fields(best, report_fields, G_N_ELEMENTS(report_fields),
			    &state->best) &&
	       write_history(group, state->history);
}

static gboolean
read_window(hid_t group, TrainState *state, const char **wrong)
{
	*wrong = "window";
	if (!read_numbers(group, "window", FIELD_DOUBLE, state->window,
			  STATE_WINDOW))
		return FALSE;
	for (int i = 0; i < STATE_WINDOW; i++)
		if (!(state->window[i] >= -DBL_MAX &&
		      state->window[i] <= DBL_MAX))
			return FALSE;
	return TRUE;
}

/* Numbers that are each in range may still contradict each other. */
static const char *
contradiction(const TrainState *state)
{
	const GArray *history = state->history;
	const EpochReport *best = &state->best;

	if (best->epoch >= state->epoch ||
	    (best->epoch > 0 &&
	     memcmp(best, &g_array_index(history, EpochReport, best->epoch - 1),
		    sizeof *best) != 0))
		return "best";
	if (state->steps < state->step)
		return "steps";
	if (state->correct > state->seen)
		return "correct";
	if (state->skipped > state->step)
		return "skipped";
	if (state->patience_from > state->epoch)
		return "patience_from";
	if (state->plateau_from > state->epoch)
		return "plateau_from";
	return NULL;
}

TrainState *
checkpoint_state_read(hid_t group, const char **wrong)
{
	g_autoptr(TrainState) state = train_state_new();
	g_auto(KwHid) best = kw_h5_open_inside(group, "best");

	if (!read_fields(group, state_fields, G_N_ELEMENTS(state_fields), state,
			 wrong) ||
	    !read_window(group, state, wrong))
		return NULL;
	*wrong = "best";
	if (best < 0 || H5Iget_type(best) != H5I_GROUP ||
	    !read_fields(best, report_fields, G_N_ELEMENTS(report_fields),
			 &state->best, wrong) ||
	    !read_history(group, state, wrong))
		return NULL;
	*wrong = contradiction(state);
	return *wrong == NULL ? g_steal_pointer(&state) : NULL;
}
