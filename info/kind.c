#include "info/kind.h"

#include "kw/error.h"
#include "lib/h5.h"

/* Keras lists the layers at the root where there are weights alone. */
static gboolean
is_model(hid_t file)
{
	return H5Aexists(file, "kw_format_version") > 0 ||
	       H5Aexists(file, "model_config") > 0 ||
	       H5Aexists(file, "layer_names") > 0 ||
	       H5Aexists(file, "layer_names0") > 0;
}

/* Keras 3's own layout, .weights.h5, tells by the names of its groups. */
static gboolean
is_keras_3(hid_t file)
{
	return kw_h5_has(file, "layers") ||
	       kw_h5_has(file, "_layer_checkpoint_dependencies");
}

gboolean
info_kind_of(const KwInfile *in, InfoKind *kind, GError **error)
{
	const char *name = kw_infile_name(in);
	g_auto(KwHid) file = kw_h5_open(kw_infile_path(in), name, error);

	if (file < 0)
		return FALSE;
	if (H5Aexists(file, "format") > 0) {
		*kind = KIND_DATASET;
		return TRUE;
	}
	if (is_model(file)) {
		*kind = KIND_MODEL;
		return TRUE;
	}
	if (is_keras_3(file))
		g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
			    "'%s' holds weights as Keras 3 stores them, which "
			    "kw-train starts from (--weights) but kw-info "
			    "does not list",
			    name);
	else
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "'%s' is HDF5, but neither a kw dataset nor a "
			    "model; see kw-dataset(5) and kw-model(5)",
			    name);
	H5Eclear2(H5E_DEFAULT);
	return FALSE;
}
