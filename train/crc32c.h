/* CRC-32C, the checksum of TensorBoard's files. */
#ifndef KW_TRAIN_CRC32C_H
#define KW_TRAIN_CRC32C_H

#include <glib.h>

/*
 * CRC-32C (Castagnoli) of n bytes: polynomial 0x1edc6f41, reflected, first and
 * last inverted; RFC 3720, appendix B.4.  Any thread.
 */
guint32 crc32c(const void *bytes, gsize n);

#endif
