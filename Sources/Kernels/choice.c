// Which kernels this processor runs.

#include "Kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>

extern const dis_kernels dis_kernels_x86_64_v4;
extern const dis_kernels dis_kernels_x86_64_v3;

// Bits of XCR0: which registers the operating system saves when it switches between programs.
static uint32_t saved_registers(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static int level(void) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 1;
  const uint32_t fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28;
  if ((c & (fma | osxsave | avx)) != (fma | osxsave | avx)) return 1;
  const uint32_t saved = saved_registers();
  if ((saved & 0x6) != 0x6) return 1;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 1;
  const uint32_t avx2 = 1u << 5, bmi2 = 1u << 8;
  if ((b & (avx2 | bmi2)) != (avx2 | bmi2)) return 1;
  const uint32_t f = 1u << 16, dq = 1u << 17, bw = 1u << 30, vl = 1u << 31;
  if ((b & (f | dq | bw | vl)) != (f | dq | bw | vl) || (saved & 0xe6) != 0xe6) return 3;
  return 4;
}
#elif defined(__aarch64__)
extern const dis_kernels dis_kernels_arm64;
#endif

extern const dis_kernels dis_kernels_baseline;

static int same(const char *a, const char *b) {
  while (*a && *a == *b) { a++; b++; }
  return *a == *b;
}

const dis_kernels *dis_kernels_named(const char *name) {
  if (same(name, "baseline")) return &dis_kernels_baseline;
#if defined(__x86_64__)
  if (same(name, "x86-64-v3") && level() >= 3) return &dis_kernels_x86_64_v3;
  if (same(name, "x86-64-v4") && level() >= 4) return &dis_kernels_x86_64_v4;
#elif defined(__aarch64__)
  if (same(name, "arm64")) return &dis_kernels_arm64;
#endif
  return NULL;
}

const dis_kernels *dis_kernels_best(void) {
#if defined(__x86_64__)
  const int best = level();
  if (best >= 4) return &dis_kernels_x86_64_v4;
  if (best >= 3) return &dis_kernels_x86_64_v3;
#elif defined(__aarch64__)
  return &dis_kernels_arm64;
#endif
  return &dis_kernels_baseline;
}
