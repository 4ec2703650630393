#include "lib/nearest.h"

#include <string.h>

/* Longer words are near to nothing. */
enum { MAX_LETTERS = 40 };

static char
letter(char c)
{
	return c == '_' ? '-' : g_ascii_tolower(c);
}

/*
 * The edit distance of two words, with neighbours that are swapped counted as
 * one edit ("optimal string alignment").
 */
static int
distance(const char *a, const char *b)
{
	int d[MAX_LETTERS + 1][MAX_LETTERS + 1];
	int na = (int)strlen(a), nb = (int)strlen(b);

	for (int i = 0; i <= na; i++)
		d[i][0] = i;
	for (int j = 0; j <= nb; j++)
		d[0][j] = j;
	for (int i = 1; i <= na; i++) {
		for (int j = 1; j <= nb; j++) {
			char x = letter(a[i - 1]), y = letter(b[j - 1]);
			int edits = d[i - 1][j - 1] + (x != y);

			edits = MIN(edits, d[i - 1][j] + 1);
			edits = MIN(edits, d[i][j - 1] + 1);
			if (i > 1 && j > 1 && x == letter(b[j - 2]) &&
			    y == letter(a[i - 2]))
				edits = MIN(edits, d[i - 2][j - 2] + 1);
			d[i][j] = edits;
		}
	}
	return d[na][nb];
}

const char *
kw_nearest(const char *word, const char *const *names, gsize n)
{
	const char *nearest = NULL;
	int fewest = G_MAXINT;
	gsize length = strlen(word);

	for (gsize i = 0; i < n; i++) {
		gsize longer = MAX(length, strlen(names[i]));
		int edits;

		if (longer > MAX_LETTERS)
			continue;
		edits = distance(word, names[i]);
		if (edits < fewest && 3 * edits <= (int)longer + 1) {
			fewest = edits;
			nearest = names[i];
		}
	}
	return nearest;
}
