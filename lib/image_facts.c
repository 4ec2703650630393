#include "lib/image_facts.h"

#include <stdio.h>
#include <string.h>

#include "kw/record.h"

/*
 * libvips gives "VALUE (VALUE, TYPE, N components, N bytes)".  NULL where there
 * is no such field; owned by the header.
 */
static const char *
exif_text(VipsImage *header, const char *field)
{
	const char *text;

	if (vips_image_get_typeof(header, field) == 0 ||
	    vips_image_get_string(header, field, &text) != 0)
		return NULL;
	return text;
}

/*
 * "2019:01:31 12:00:00".  Cameras without a clock write zeros, blanks or dates
 * that do not exist.  FALSE without a valid date; *time is KW_NO_TIME when only
 * the hour makes no sense.
 */
static gboolean
parse_time(const char *text, GDate *date, gint64 *time)
{
	unsigned y, m, d, hour, minute, second;
	int n;

	*time = KW_NO_TIME;
	n = text == NULL ? 0
			 : sscanf(text, "%4u:%2u:%2u %2u:%2u:%2u", &y, &m, &d,
				  &hour, &minute, &second);
	if (n < 3 || y < 1900 || y > 2199 || m < 1 || m > 12 ||
	    !g_date_valid_dmy((GDateDay)d, (GDateMonth)m, (GDateYear)y))
		return FALSE;
	g_date_set_dmy(date, (GDateDay)d, (GDateMonth)m, (GDateYear)y);
	if (n == 6 && hour < 24 && minute < 60 && second <= 60) {
		enum { JULIAN_1970 = 719163 };
		gint64 days = (gint64)g_date_get_julian(date) - JULIAN_1970;

		*time = (((days * 24 + hour) * 60 + minute) * 60 + second) *
			1000;
	}
	return TRUE;
}

/* "37" is 0.37 s: milliseconds, 0 where there is no such thing. */
static gint64
parse_fraction(const char *text)
{
	gint64 fraction = 0;

	for (int i = 0, scale = 100;
	     i < 3 && text != NULL && g_ascii_isdigit(text[i]);
	     i++, scale /= 10)
		fraction += g_ascii_digit_value(text[i]) * scale;
	return fraction;
}

static void
read_times(VipsImage *header, KwPhotoFacts *facts)
{
	GDate date;

	facts->day[0] = '\0';
	if (parse_time(exif_text(header, "exif-ifd2-DateTimeOriginal"), &date,
		       &facts->taken))
		g_snprintf(facts->day, sizeof facts->day, "%04d-%02d-%02d",
			   g_date_get_year(&date), g_date_get_month(&date),
			   g_date_get_day(&date));
	if (facts->taken != KW_NO_TIME)
		facts->taken += parse_fraction(
			exif_text(header, "exif-ifd2-SubSecTimeOriginal"));
	parse_time(exif_text(header, "exif-ifd2-DateTimeDigitized"), &date,
		   &facts->stamped);
	if (facts->stamped == KW_NO_TIME)
		parse_time(exif_text(header, "exif-ifd0-DateTime"), &date,
			   &facts->stamped);
}

static guint64
read_camera(VipsImage *header)
{
	const char *make = exif_text(header, "exif-ifd0-Make");
	const char *model = exif_text(header, "exif-ifd0-Model");
	const char *serial = exif_text(header, "exif-ifd2-BodySerialNumber");
	g_autofree char *all = NULL;

	if (make == NULL && model == NULL)
		return 0;
	all = g_strdup_printf("%s\n%s\n%s", make != NULL ? make : "",
			      model != NULL ? model : "",
			      serial != NULL ? serial : "");
	return kw_record_id(all);
}

void
kw_image_facts(VipsImage *header, KwPhotoFacts *facts)
{
	gboolean swap = vips_image_get_orientation_swap(header);

	facts->width = swap ? header->Ysize : header->Xsize;
	facts->height = swap ? header->Xsize : header->Ysize;
	read_times(header, facts);
	facts->camera = read_camera(header);
}
