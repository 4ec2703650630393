#include "train/checkpoint.h"

#include <math.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "train/checkpoint_state.h"
#include "train/model_h5.h"
#include "train/weights.h"

enum { CHECKPOINT_VERSION = 1 };

#define GROUP_NAME    "kw_training"
#define MOMENTUM_NAME "momentum"

void
checkpoint_free(Checkpoint *checkpoint)
{
	if (checkpoint == NULL)
		return;
	g_free(checkpoint->path);
	model_info_free(checkpoint->model);
	train_state_free(checkpoint->state);
	g_free(checkpoint->run);
	g_free(checkpoint);
}

/* ---- writing */

static gboolean
write_momentum_of(hid_t momentum, const Layer *layer, Dnn *dnn, GError **error)
{
	g_auto(KwHid) group = kw_h5_create_group(momentum, layer->name);
	const hsize_t bias_dims[] = { (hsize_t)layer->out.c };
	hsize_t dims[4];
	const int rank = model_h5_kernel_dims(layer, dims);

	if (group < 0)
		return kw_h5_fail(error, KW_ERROR_IO, "cannot write '%s'",
				  layer->name);
	return model_h5_write_param(group, "kernel", dnn, layer->kernel,
				    param_export_velocity, rank, dims, error) &&
	       model_h5_write_param(group, "bias", dnn, layer->bias,
				    param_export_velocity, 1, bias_dims, error);
}

static gboolean
has_momentum(const Layer *layer)
{
	return layer->kernel != NULL && layer->kernel->velocity != NULL;
}

static gboolean
write_momentum(hid_t group, const Network *network, GError **error)
{
	g_auto(KwHid) momentum = kw_h5_create_group(group, MOMENTUM_NAME);

	if (momentum < 0)
		return kw_h5_fail(error, KW_ERROR_IO, "cannot write momentum");
	for (guint i = 0; i < network->n_layers; i++)
		if (has_momentum(network->layers[i]) &&
		    !write_momentum_of(momentum, network->layers[i],
				       network->dnn, error))
			return FALSE;
	return TRUE;
}

static gboolean
write_training(hid_t file, const char *name, const Network *network,
	       const TrainState *state, const char *run, GError **error)
{
	const gint32 version = CHECKPOINT_VERSION;
	const gint32 freeze = network->spec.freeze;
	g_auto(KwHid) group = kw_h5_create_group(file, GROUP_NAME);

	if (group < 0 ||
	    !kw_h5_set_scalar(group, "version", H5T_STD_I32LE, H5T_NATIVE_INT32,
			      &version) ||
	    !kw_h5_set_scalar(group, "frozen", H5T_STD_I32LE, H5T_NATIVE_INT32,
			      &freeze) ||
	    !kw_h5_set_string(group, "run", run) ||
	    !checkpoint_state_write(group, state))
		return kw_h5_fail(error, KW_ERROR_IO, "cannot write '%s'",
				  name);
	if (write_momentum(group, network, error))
		return TRUE;
	g_prefix_error(error, "'%s': ", name);
	return FALSE;
}

gboolean
checkpoint_write(const char *path, const char *name, const Network *network,
		 const ModelInfo *info, const TrainState *state,
		 const char *run, GError **error)
{
	g_auto(KwHid) file = kw_h5_create(path, name, error);

	if (file >= 0 && model_h5_write(file, name, network, info, error) &&
	    write_training(file, name, network, state, run, error) &&
	    model_h5_finish(&file, name, error))
		return TRUE;
	return model_h5_give_up(&file, path);
}

/* ---- reading */

static gboolean
damaged(const char *path, GError **error, const char *what)
{
	H5Eclear2(H5E_DEFAULT);
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
		    "the resume file '%s' is damaged: bad %s", path, what);
	return FALSE;
}

static gboolean
check_version(hid_t group, const char *path, GError **error)
{
	gint32 version;

	if (!kw_h5_get_numbers(group, "version", H5T_NATIVE_INT32, &version, 1))
		return damaged(path, error, "version");
	if (version == CHECKPOINT_VERSION)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
		    "'%s' is a resume file of version %d, and this program "
		    "reads version %d; go on with the kw-train that wrote it",
		    path, version, CHECKPOINT_VERSION);
	return FALSE;
}

static gboolean
read_training(hid_t group, Checkpoint *c, GError **error)
{
	const char *wrong = NULL;
	gint32 freeze;

	if (!check_version(group, c->path, error))
		return FALSE;
	if (!kw_h5_get_numbers(group, "frozen", H5T_NATIVE_INT32, &freeze, 1) ||
	    freeze < 0 || freeze > VGG19_KERAS_LAYERS)
		return damaged(c->path, error, "frozen");
	c->freeze = freeze;
	c->run = kw_h5_get_string(group, "run");
	if (c->run == NULL)
		return damaged(c->path, error, "run");
	c->state = checkpoint_state_read(group, &wrong);
	if (c->state == NULL)
		return damaged(c->path, error, wrong);
	c->step = c->state->step;
	return TRUE;
}

static hid_t
open_training(hid_t file)
{
	g_auto(KwHid) group = kw_h5_open_inside(file, GROUP_NAME);

	if (group < 0 || H5Iget_type(group) != H5I_GROUP)
		return H5I_INVALID_HID;
	return kw_hid_steal(&group);
}

Checkpoint *
checkpoint_open(const char *path, GError **error)
{
	g_autoptr(Checkpoint) c = g_new0(Checkpoint, 1);
	g_auto(KwHid) file = H5I_INVALID_HID;
	g_auto(KwHid) group = H5I_INVALID_HID;

	c->path = g_strdup(path);
	c->model = model_read_info(path, error);
	if (c->model == NULL)
		return NULL;
	file = kw_h5_open(path, path, error);
	if (file < 0)
		return NULL;
	group = open_training(file);
	if (group < 0) {
		H5Eclear2(H5E_DEFAULT);
		g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
			    "'%s' is a kw model, not a resume file: there is "
			    "nothing in it to go on from",
			    path);
		return NULL;
	}
	return read_training(group, c, error) ? g_steal_pointer(&c) : NULL;
}

/* ---- momentum */

/* float32 of exactly this shape, which lies in this very file. */
static gboolean
is_momentum(hid_t dataset, int rank, const hsize_t *dims)
{
	g_auto(KwHid) type = H5Dget_type(dataset);
	g_auto(KwHid) space = H5Dget_space(dataset);
	g_auto(KwHid) creation = H5Dget_create_plist(dataset);
	hsize_t stored[H5S_MAX_RANK];

	return type >= 0 && space >= 0 && creation >= 0 &&
	       H5Tequal(type, H5T_IEEE_F32LE) > 0 &&
	       H5Pget_layout(creation) == H5D_CONTIGUOUS &&
	       H5Pget_external_count(creation) == 0 &&
	       H5Sget_simple_extent_dims(space, stored, NULL) == rank &&
	       memcmp(stored, dims, (gsize)rank * sizeof *dims) == 0;
}

static gboolean
are_finite(const float *values, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (!isfinite(values[i]))
			return FALSE;
	return TRUE;
}

/* *sound says whether it was a failure of the file that made this FALSE. */
static gboolean
read_momentum_of(hid_t group, const char *name, Dnn *dnn, Param *param,
		 int rank, const hsize_t *dims, gboolean *sound, GError **error)
{
	g_auto(KwHid) dataset = kw_h5_open_inside(group, name);
	float *values = param_spare(param);
	gsize n = 1;

	for (int i = 0; i < rank; i++)
		n *= dims[i];
	*sound = dataset >= 0 && H5Iget_type(dataset) == H5I_DATASET &&
		 is_momentum(dataset, rank, dims);
	if (!*sound)
		return FALSE;
	*sound = kw_h5_read_rows(dataset, H5T_NATIVE_FLOAT, 0, dims[0],
				 values) &&
		 are_finite(values, n);
	return *sound && param_import_velocity(dnn, param, values, error);
}

static gboolean
load_momentum_of(hid_t momentum, const char *path, Layer *layer, Dnn *dnn,
		 GError **error)
{
	g_auto(KwHid) group = kw_h5_open_inside(momentum, layer->name);
	g_autofree char *what = g_strdup_printf("momentum of %s", layer->name);
	const hsize_t bias_dims[] = { (hsize_t)layer->out.c };
	gboolean sound = TRUE;
	hsize_t dims[4];
	const int rank = model_h5_kernel_dims(layer, dims);

	if (group < 0 || H5Iget_type(group) != H5I_GROUP)
		return damaged(path, error, what);
	if (read_momentum_of(group, "kernel", dnn, layer->kernel, rank, dims,
			     &sound, error) &&
	    read_momentum_of(group, "bias", dnn, layer->bias, 1, bias_dims,
			     &sound, error))
		return TRUE;
	return !sound ? damaged(path, error, what) : FALSE;
}

static gboolean
load_momentum(const char *path, Network *network, GError **error)
{
	g_auto(KwHid) file = kw_h5_open(path, path, error);
	g_auto(KwHid) group = file < 0 ? H5I_INVALID_HID : open_training(file);
	g_auto(KwHid) momentum =
		group < 0 ? H5I_INVALID_HID
			  : kw_h5_open_inside(group, MOMENTUM_NAME);
	guint n = 0;
	H5G_info_t info;

	if (file < 0)
		return FALSE;
	if (momentum < 0 || H5Iget_type(momentum) != H5I_GROUP ||
	    H5Gget_info(momentum, &info) < 0)
		return damaged(path, error, MOMENTUM_NAME);
	for (guint i = 0; i < network->n_layers; i++) {
		Layer *layer = network->layers[i];

		if (!has_momentum(layer))
			continue;
		n++;
		if (!load_momentum_of(momentum, path, layer, network->dnn,
				      error))
			return FALSE;
	}
	return info.nlinks == n ||
	       damaged(path, error, "momentum: other layers were trained");
}

gboolean
checkpoint_load(const Checkpoint *checkpoint, Network *network, GError **error)
{
	const gboolean begins = network->spec.freeze != checkpoint->freeze;
	LoadedWeights loaded;

	/* A stage ends with an epoch, not within one. */
	if (begins && checkpoint->step > 0)
		return damaged(checkpoint->path, error, "frozen");
	if (!model_load_weights(checkpoint->path, network, TRUE, &loaded,
				error))
		return FALSE;
	return begins || load_momentum(checkpoint->path, network, error);
}
