/*
 * Weights to start from: which layers of a file fit the network, and in which
 * order of colours.  kw-model(5) tells what files are read.
 */
#ifndef KW_TRAIN_WEIGHTS_H
#define KW_TRAIN_WEIGHTS_H

#include "kw/dataset.h"
#include "train/network.h"

/*
 * What becomes of the three input channels of block1_conv1.  Networks eat
 * red-green-blue, and Keras's ImageNet weights were trained on blue-green-red
 * (keras.applications.vgg19.preprocess_input, "caffe").
 */
typedef enum {
	CHANNELS_AUTO,    /* reversed where a plain Keras file meets data that
			     are standardised "caffe", else kept */
	CHANNELS_KEEP,    /* as in the file, as the seed recipe does */
	CHANNELS_REVERSE, /* whatever the file and the data */
} Channels;

/* Who wrote a file; found by content, not by name. */
typedef enum {
	WEIGHTS_KERAS, /* HDF5 of any generation of Keras */
	WEIGHTS_KW,    /* a kw model */
	WEIGHTS_TORCH, /* safetensors of PyTorch: torchvision or timm */
} WeightsKind;

/* What was done, for the user to see. */
typedef struct {
	WeightsKind kind;
	guint convolutions; /* loaded: always 16 */
	guint dense;        /* dense layers loaded: all of the head, or 0 */
	guint skipped;      /* dense layers in the file that are not ours */
	gboolean reversed;  /* first kernel: the file's B,G,R made R,G,B */
	gboolean summed;    /* first kernel: three channels made one */
	char *report;       /* lines to say, without a newline at the end: what
			       was loaded, skipped, missing, by name */
} LoadedWeights;

void loaded_weights_clear(LoadedWeights *loaded);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoadedWeights, loaded_weights_clear)

/*
 * Load the weights of a file into the network.  The 16 convolutions must be
 * there with VGG19's shapes; for one input channel, the three of block1_conv1
 * are summed.  Dense layers are loaded when all of them fit the head, in order;
 * else none is, and the head keeps its values.
 * With `whole`, a head that does not fit is an error (KW_ERROR_INPUT).
 * `standardize` is that of the data, which decides CHANNELS_AUTO.
 * `loaded` is overwritten, and must be cleared, whatever the result.
 * One layer is in memory at a time.
 * Errors: KW_ERROR_INPUT, KW_ERROR_FORMAT, KW_ERROR_IO, KW_ERROR_MEMORY; the
 * network may then be half loaded.
 */
gboolean weights_load(const char *path, Network *network, gboolean whole,
		      Channels channels, KwStandardize standardize,
		      LoadedWeights *loaded, GError **error);

/*
 * The kind of a file, with all of its layers listed but no value read: what can
 * be refused without the network is refused here.  Errors: as above.
 */
gboolean weights_kind(const char *path, WeightsKind *kind, GError **error);

/*
 * A warning when ImageNet weights of this kind were trained on data that are
 * standardised in another way: what they expect, and how kw-prep makes it.
 * NULL where there is nothing to say; of a kw model scale and offset are known,
 * and compared elsewhere.  Free it.
 */
char *weights_advice(WeightsKind kind, KwStandardize standardize);

/*
 * Load a kw model into a network of its own shape, or any weights with their
 * channels as they are: weights_load() with CHANNELS_KEEP and without a report,
 * so that `loaded` need not be cleared.
 */
gboolean model_load_weights(const char *path, Network *network, gboolean whole,
			    LoadedWeights *loaded, GError **error);

#endif
