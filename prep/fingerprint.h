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

typedef enum { VIEW_WHOLE, VIEW_INNER, N_VIEWS } View;

/*
 * A difference hash of each view (Krawetz, "Kind of like that", 2013): of 8
 * rows of 9 gray values each, which grow to the right.  Copies of a photo have
 * nearly equal hashes; so have photos of a camera that does not move.
 *
 * What tells the two apart is light: a copy keeps the mean of every part of the
 * picture, and of every colour.  Means are in 1/256 of a level.
 */
enum { BLOCK_SIDE = 4 };

typedef struct {
	guint64 hash[N_VIEWS];
	guint16 blocks[N_VIEWS][BLOCK_SIDE * BLOCK_SIDE]; /* of gray */
	guint16 colours[3]; /* of each channel of the whole */
} Fingerprint;

enum { THUMB_SIDE = 32 };

/* Gray values of each view, averaged over equal areas. */
typedef struct {
	guint8 cells[N_VIEWS][THUMB_SIDE * THUMB_SIDE];
} Thumbs;

/* Of an image of h x w x c bytes, c 1 or 3, without what pads it.  Any thread.
 */
void fingerprint_take(Fingerprint *print, Thumbs *thumbs, const guint8 *pixels,
		      int h, int w, int c);

/*
 * The brightness of a view in steps of four levels; those of views that match
 * are in *low..*high.
 */
guint8 fingerprint_level(const Fingerprint *print, View view);
void fingerprint_levels(const Fingerprint *print, View view, guint8 *low,
			guint8 *high);

/*
 * Is a view of image a so much like a view of image b that they can only be the
 * same photo?  The first test, of fingerprints, is what most pairs fail; the
 * second, of their thumbnails, wants the first passed.
 */
gboolean fingerprint_may_match(const Fingerprint *a, View view_a,
			       const Fingerprint *b, View view_b);
gboolean thumbs_match(const Thumbs *a, View view_a, const Thumbs *b,
		      View view_b);

#endif
