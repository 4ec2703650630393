#include "train/predict_views.h"

KwTransform
predict_view(int v)
{
	/* How much of the eighth that is cut is cut on the left, and above. */
	static const struct {
		float x, y;
	} places[PREDICT_N_VIEWS / 2] = {
		{ 0.5f, 0.5f }, { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 },
	};
	KwTransform view = kw_transform_identity;

	view.crop.width = view.crop.height = 7.0f / 8;
	view.crop.x = places[v / 2].x / 8;
	view.crop.y = places[v / 2].y / 8;
	view.flip_horizontal = (float)(v % 2);
	return view;
}
