/*
 * What is compared of two images to tell whether they show the same picture:
 * saved anew, at another size, or with a little less at its edges.
 *
 * Each image is looked at in two views, as a whole and without a hundredth at
 * each edge: a picture that lost that much is the inner view of its original.
 */
#ifndef PREP_FINGERPRINT_H
#define PREP_FINGERPRINT_H

#include <glib.h>

enum { VIEW_WHOLE, VIEW_INNER, N_VIEWS };

/*
 * A difference hash of each view (Krawetz, "Kind of like that", 2013): of 8
 * rows of 9 gray values each, which grow to the right.
 */
typedef struct {
	guint64 hash[N_VIEWS];
} Fingerprint;

enum { THUMB_SIDE = 32 };

/* Gray values of each view, averaged over equal areas. */
typedef struct {
	guint8 view[N_VIEWS][THUMB_SIDE * THUMB_SIDE];
} Thumbs;

/* Of an image of h x w x c bytes, c 1 or 3.  Any thread. */
void fingerprint_take(Fingerprint *print, Thumbs *thumbs, const guint8 *pixels,
		      int h, int w, int c);

/*
 * Is one view of an image so much like one of another that they can only be the
 * same photo?  Two photos of a camera that does not move are not.
 */
gboolean fingerprint_confirm(const guint8 *a, const guint8 *b);

#endif
