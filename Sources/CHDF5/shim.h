// What of HDF5's interface is macros, which Swift can't see, or differs between its releases: the old
// names are asked for, so that 1.10 of Debian and the newer ones of Homebrew mean the same.

#ifndef DISENTANGLE_CHDF5_H
#define DISENTANGLE_CHDF5_H

#define H5_USE_110_API
#include <hdf5.h>
#include <string.h>

// Before every use, on every thread: nothing is printed, not even at the end of the process, when the
// library would complain of what a damaged file has left open.
static inline void dis_hdf5_prepare(void) {
  H5dont_atexit();
  H5open();
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  H5Eclear2(H5E_DEFAULT);
}

// No wish of ours: H5P_DEFAULT is a cast in newer releases.
static inline hid_t dis_hdf5_default(void) { return H5P_DEFAULT; }

static inline hid_t dis_hdf5_open(const char *path) {
  return H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
}

// 1 for HDF5, whole or not; 0 for something else.
static inline int dis_hdf5_is_own(const char *path) { return H5Fis_hdf5(path) > 0; }

// Owned by the library: neither is to be closed.
static inline hid_t dis_hdf5_double(void) { return H5T_NATIVE_DOUBLE; }

// A text of any length, of the characters of `stored`; to be closed.
static inline hid_t dis_hdf5_text(hid_t stored) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5Tget_cset(stored));
  return type;
}

static inline int dis_hdf5_is_null(hid_t space) { return H5Sget_simple_extent_type(space) == H5S_NULL; }

static inline herr_t dis_hdf5_read(hid_t data, hid_t type, void *target) {
  return H5Dread(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, target);
}

static inline herr_t dis_hdf5_release_texts(hid_t type, hid_t space, void *texts) {
  return H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts);
}

// What a link is: 0 for none, 1 within the file by address, 2 by name, 3 leading out of the file.
static inline int dis_hdf5_link(hid_t place, const char *name) {
  H5L_info_t info;
  if (H5Lexists(place, name, H5P_DEFAULT) <= 0) return 0;
  if (H5Lget_info(place, name, &info, H5P_DEFAULT) < 0) return 0;
  return info.type == H5L_TYPE_HARD ? 1 : info.type == H5L_TYPE_SOFT ? 2 : 3;
}

// The path that a link by name leads to: 1 if it fits into `size` bytes, the final zero included.
static inline int dis_hdf5_link_target(hid_t place, const char *name, char *target, size_t size) {
  H5L_info_t info;
  if (H5Lget_info(place, name, &info, H5P_DEFAULT) < 0) return 0;
  if (info.type != H5L_TYPE_SOFT || info.u.val_size > size) return 0;
  target[0] = 0;
  return H5Lget_val(place, name, target, size, H5P_DEFAULT) >= 0;
}

// How many links a group has, and the name of one: its length without the final zero, below 0 for none.
static inline long dis_hdf5_link_count(hid_t group) {
  H5G_info_t info;
  return H5Gget_info(group, &info) < 0 ? 0 : (long)info.nlinks;
}
static inline long dis_hdf5_link_name(hid_t group, long index, char *name, size_t size) {
  return (long)H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)index, name, size,
                                  H5P_DEFAULT);
}

// Visits everything in a file once; 0 if that went well.
typedef void (*dis_hdf5_visitor)(const char *path, int is_data, void *context);
struct dis_hdf5_visit {
  dis_hdf5_visitor visitor;
  void *context;
};
static herr_t dis_hdf5_visited(hid_t place, const char *path, const H5O_info_t *info, void *visit) {
  struct dis_hdf5_visit *state = (struct dis_hdf5_visit *)visit;
  (void)place;
  state->visitor(path, info->type == H5O_TYPE_DATASET, state->context);
  return 0;
}
static inline int dis_hdf5_visit_all(hid_t file, dis_hdf5_visitor visitor, void *context) {
  struct dis_hdf5_visit state = {visitor, context};
  return H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, dis_hdf5_visited, &state) < 0;
}

// What the library says was wrong, from the innermost of its functions; nothing if nothing was.
static herr_t dis_hdf5_said(unsigned level, const H5E_error2_t *error, void *text) {
  (void)level;
  if (error->desc) {
    strncpy((char *)text, error->desc, 199);
    ((char *)text)[199] = 0;
  }
  return 1;
}
static inline void dis_hdf5_reason(char *text) {
  text[0] = 0;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, dis_hdf5_said, text);
}

// The first filter of a compressed data set that this build lacks; -1 for none.
static inline int dis_hdf5_missing_filter(hid_t creation) {
  int count = H5Pget_nfilters(creation);
  for (int index = 0; index < count; index++) {
    unsigned flags, configuration;
    size_t values = 0;
    H5Z_filter_t filter =
        H5Pget_filter2(creation, (unsigned)index, &flags, &values, NULL, 0, NULL, &configuration);
    if (filter >= 0 && H5Zfilter_avail(filter) <= 0) return filter;
  }
  return -1;
}

#endif
