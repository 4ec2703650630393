#include "train/weights_file.h"

#include "kw/error.h"
#include "train/safetensors.h"
#include "train/torch_file.h"

struct WeightsFile {
	WeightsKind kind;
	KerasFile *keras; /* of the kinds KERAS and KW */
	TorchFile *torch; /* of the kind TORCH */
};

WeightsFile *
weights_file_open(const char *path, GError **error)
{
	g_autoptr(WeightsFile) file = g_new0(WeightsFile, 1);

	if (!keras_file_is_readable(path, error))
		return NULL;
	if (safetensors_seems(path)) {
		file->kind = WEIGHTS_TORCH;
		file->torch = torch_file_open(path, error);
		return file->torch != NULL ? g_steal_pointer(&file) : NULL;
	}
	if (!keras_file_is_hdf5(path)) {
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "'%s' holds no weights that are read: neither HDF5 "
			    "(.h5 of Keras, kw models) nor safetensors; save "
			    "those of .keras or .pth files as one of them",
			    path);
		return NULL;
	}
	file->keras = keras_file_open(path, error);
	if (file->keras == NULL)
		return NULL;
	file->kind = keras_file_is_kw_model(file->keras) ? WEIGHTS_KW
							 : WEIGHTS_KERAS;
	return g_steal_pointer(&file);
}

void
weights_file_free(WeightsFile *file)
{
	if (file == NULL)
		return;
	keras_file_free(file->keras);
	torch_file_free(file->torch);
	g_free(file);
}

WeightsKind
weights_file_kind(const WeightsFile *file)
{
	return file->kind;
}

GPtrArray *
weights_file_layers(const WeightsFile *file, KerasKind kind)
{
	return file->kind == WEIGHTS_TORCH
		       ? torch_file_layers(file->torch, kind)
		       : keras_file_layers(file->keras, kind);
}

gboolean
weights_file_read(const WeightsFile *file, const KerasLayer *layer, Shape in,
		  float *kernel, float *bias, GError **error)
{
	return file->kind == WEIGHTS_TORCH
		       ? torch_file_read(file->torch, layer, in, kernel, bias,
					 error)
		       : keras_file_read(file->keras, layer, kernel, bias,
					 error);
}
