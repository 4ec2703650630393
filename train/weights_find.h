/* Where the pretrained weights are that training starts from. */
#ifndef KW_TRAIN_WEIGHTS_FIND_H
#define KW_TRAIN_WEIGHTS_FIND_H

#include <glib.h>

/* Keras's name for the ImageNet weights of VGG19 without its top. */
#define WEIGHTS_NAME "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"

/*
 * The path of the weights: $KW_WEIGHTS where it is set, the file itself or a
 * folder that holds WEIGHTS_NAME; else the first of $XDG_DATA_HOME/kw
 * (~/.local/share/kw) and ~/.keras/models that has WEIGHTS_NAME.  Free it.
 * NULL with KW_ERROR_INPUT, and a message that names the places and the ways
 * out.
 */
char *weights_find(GError **error);

#endif
