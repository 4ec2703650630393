/* The order of colours that weights are loaded in. */
#ifndef KW_TRAIN_WEIGHTS_H
#define KW_TRAIN_WEIGHTS_H

typedef enum { CHANNELS_AUTO, CHANNELS_KEEP, CHANNELS_REVERSE } Channels;

#endif
