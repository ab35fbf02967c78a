// zlib's inflate for whole runs of bytes; its own entry points are macros, which Swift can't see.

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

// Unpacks the first `size` bytes of a zlib stream: 1 if there are so many.
static inline int dis_inflate_start(const void *source, unsigned count, void *target, unsigned size) {
  z_stream stream = {0};
  int status;
  if (inflateInit(&stream) != Z_OK) return 0;
  stream.next_in = (Bytef *)source;
  stream.avail_in = count;
  stream.next_out = (Bytef *)target;
  stream.avail_out = size;
  status = inflate(&stream, Z_SYNC_FLUSH);
  inflateEnd(&stream);
  return (status == Z_OK || status == Z_STREAM_END) && stream.avail_out == 0;
}

// Unpacks a zlib stream that must fill `size` bytes exactly, use up its source and end with the right
// checksum: 1 if so.
static inline int dis_inflate_whole(const void *source, unsigned count, void *target, unsigned size) {
  uLongf filled = size;
  uLong used = count;
  return uncompress2((Bytef *)target, &filled, (const Bytef *)source, &used) == Z_OK &&
         filled == size && used == count;
}

#endif
