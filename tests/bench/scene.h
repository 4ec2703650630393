/*
 * Scenes drawn by code that cost a decoder what photographs do: objects with
 * sharp edges over one another, textures of all scales, a sensor's noise.
 */
#ifndef KW_BENCH_SCENE_H
#define KW_BENCH_SCENE_H

#include <glib.h>

/*
 * height x width x 3 bytes, red-green-blue: another scene for each seed, the
 * same for the same one.  g_free() it.
 */
guint8 *scene_draw(int height, int width, guint32 seed);

#endif
