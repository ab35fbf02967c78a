// zlib's inflate for one whole run of bytes; its own entry points are macros, which Swift can't see.

#ifndef DISENTANGLE_CZLIB_H
#define DISENTANGLE_CZLIB_H

#include <zlib.h>

// Unpacks a raw deflate stream that must fill `size` bytes exactly and use up its source: 1 if so.
static inline int dis_inflate(const void *source, unsigned count, void *target, unsigned size) {
  z_stream stream = {0};
  unsigned char nothing = 0;
  int status;
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return 0;
  stream.next_in = (Bytef *)source;
  stream.avail_in = count;
  stream.next_out = size > 0 ? (Bytef *)target : &nothing;
  stream.avail_out = size;
  status = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  return status == Z_STREAM_END && stream.avail_in == 0 && stream.avail_out == 0;
}

#endif
