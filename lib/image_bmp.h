/*
 * BMP, which libvips reads through ImageMagick only: that stops the program
 * when it is called from more threads than there are CPUs, and keeps large
 * images in files of its own.
 */
#ifndef KW_IMAGE_BMP_H
#define KW_IMAGE_BMP_H

#include <vips/vips.h>

/*
 * Open a BMP file of any header since OS/2 1.x: 1, 4 and 8 bits with a palette,
 * 16, 24 and 32 bits, also with masks; not compressed.  Pixels are read when
 * they are asked for; red, green, blue, with alpha where there is a mask for
 * it.  NULL with libvips's error text set.  Any thread.
 */
VipsImage *kw_bmp_open(const char *file);

#endif
