/* LIBXSMM 1.x, "sparse matrix times dense matrix": Y[M, N] = W[M, K] . X[K, N], all row-major f32.
 *
 * The library comes as an archive of a user's own programs, so this is such a program: it makes
 * the library's slices of W once and computes over all its blocks, as its authors' sample does. */
#include <libxsmm.h>
#include <omp.h>
#include <stdlib.h>
#include <sys/mman.h>

typedef struct {
  libxsmm_spmdm_handle handle;
  libxsmm_CSR_sparseslice* slices;
  const float* x;
  float* y;
  int threads;
} Product;

Product* spmdm_make(int m, int n, int k, int threads, const float* w, const float* x, float* y) {
  Product* product = calloc(1, sizeof *product);
  if (product == NULL) return NULL;
  libxsmm_init();
  libxsmm_spmdm_init(m, n, k, threads, &product->handle, &product->slices);
  product->x = x;
  product->y = y;
  product->threads = threads;
  const int blocks = libxsmm_spmdm_get_num_createSparseSlice_blocks(&product->handle);
  for (int i = 0; i < blocks; ++i) {
    libxsmm_spmdm_createSparseSlice_fp32_thread(&product->handle, 'N', w, product->slices, i, 0,
                                                1);
  }
  return product;
}

static void compute(const Product* product, int block, int thread) {
  const float one = 1, zero = 0;
  libxsmm_spmdm_compute_fp32_thread(&product->handle, 'N', 'N', &one, product->slices, product->x,
                                    'N', &zero, product->y, block, thread, product->threads);
}

void spmdm_run(const Product* product) {
  const int blocks = libxsmm_spmdm_get_num_compute_blocks(&product->handle);
  if (product->threads == 1) {
    for (int i = 0; i < blocks; ++i) compute(product, i, 0);
    return;
  }
#pragma omp parallel num_threads(product->threads)
  {
    const int thread = omp_get_thread_num();
#pragma omp for
    for (int i = 0; i < blocks; ++i) compute(product, i, thread);
  }
}

void spmdm_free(Product* product) {
  libxsmm_spmdm_destroy(&product->handle);
  free(product);
}

int spmdm_tokens_of_block(const Product* product) { return product->handle.bn; }

const char* spmdm_version(void) { return LIBXSMM_VERSION; }

const char* spmdm_target(void) { return libxsmm_get_target_arch(); }

/* Release 1.17 unmaps less than it mapped: 4 MB of locked memory are lost with each matrix. So its
 * mmap and munmap come by here (linker: --wrap), where the lengths are remembered. */
enum { kMappings = 4096 };
static struct {
  void* start;
  size_t length;
} mappings[kMappings];

void* __real_mmap(void*, size_t, int, int, int, off_t);
int __real_munmap(void*, size_t);

void* __wrap_mmap(void* at, size_t length, int rights, int flags, int file, off_t offset) {
  void* start = __real_mmap(at, length, rights, flags, file, offset);
  for (int i = 0; i < kMappings && start != MAP_FAILED; ++i) {
    if (mappings[i].start != NULL) continue;
    mappings[i].start = start;
    mappings[i].length = length;
    break;
  }
  return start;
}

int __wrap_munmap(void* start, size_t length) {
  for (int i = 0; i < kMappings; ++i) {
    if (mappings[i].start != start) continue;
    mappings[i].start = NULL;
    return __real_munmap(start, mappings[i].length);
  }
  return __real_munmap(start, length);
}
