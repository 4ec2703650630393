#include "train/weights_file.h"

struct WeightsFile {
	WeightsKind kind;
	KerasFile *keras;
};

WeightsFile *
weights_file_open(const char *path, GError **error)
{
	g_autoptr(WeightsFile) file = g_new0(WeightsFile, 1);

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
	return keras_file_layers(file->keras, kind);
}

gboolean
weights_file_read(const WeightsFile *file, const KerasLayer *layer, Shape in,
		  float *kernel, float *bias, GError **error)
{
	(void)in;
	return keras_file_read(file->keras, layer, kernel, bias, error);
}
