// A driver of NVIDIA devices without one: as much of it as keeps bytes, in plain memory, with the results of the real one
// (cuda.h of the CUDA toolkit). What tests want of it is in the environment of the process that loads it.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, INVALID_CONTEXT = 201 };

static size_t reserved;
static int current;

static size_t total(void) { return strtoull(getenv("FAKE_CUDA_BYTES"), NULL, 10); }

// Bytes that others use: what a file says, which a test may write anew.
static size_t taken(void) {
  char text[32] = "0";
  FILE *file = fopen(getenv("FAKE_CUDA_TAKEN"), "r");
  if (file == NULL) return 0;
  if (fgets(text, sizeof text, file) == NULL) text[0] = 0;
  fclose(file);
  return strtoull(text, NULL, 10);
}

static size_t left(void) {
  size_t used = reserved + taken();
  return used > total() ? 0 : total() - used;
}

int cuInit(unsigned flags) { return flags == 0 && getenv("FAKE_CUDA_BYTES") != NULL ? SUCCESS : NO_DEVICE; }

int cuDeviceGet(int *device, int ordinal) {
  if (ordinal != 0) return INVALID_VALUE;
  *device = 7;
  return SUCCESS;
}

int cuDevicePrimaryCtxRetain(uintptr_t *context, int device) {
  if (device != 7) return INVALID_VALUE;
  *context = 0xc0ffee;
  return SUCCESS;
}

int cuCtxSetCurrent(uintptr_t context) {
  current = context == 0xc0ffee;
  return current ? SUCCESS : INVALID_CONTEXT;
}

int cuMemGetInfo_v2(size_t *free, size_t *all) {
  if (!current) return INVALID_CONTEXT;
  *free = left();
  *all = total();
  return SUCCESS;
}

int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  if (!current) return INVALID_CONTEXT;
  if (bytes == 0) return INVALID_VALUE;
  if (bytes > left()) return OUT_OF_MEMORY;
  size_t *block = malloc(sizeof *block + bytes);
  *block = bytes;
  reserved += bytes;
  *address = (uintptr_t)(block + 1);
  return SUCCESS;
}

int cuMemcpyHtoD_v2(uint64_t address, const void *bytes, size_t length) {
  if (!current) return INVALID_CONTEXT;
  // Such drivers exist.
  if (length >= 5 && memcmp(bytes, "crash", 5) == 0) abort();
  if (length >= 4 && memcmp(bytes, "hang", 4) == 0) pause();
  memcpy((void *)(uintptr_t)address, bytes, length);
  return SUCCESS;
}

int cuMemcpyDtoH_v2(void *bytes, uint64_t address, size_t length) {
  if (!current) return INVALID_CONTEXT;
  memcpy(bytes, (void *)(uintptr_t)address, length);
  return SUCCESS;
}

int cuMemFree_v2(uint64_t address) {
  if (!current || address == 0) return INVALID_VALUE;
  size_t *block = (size_t *)(uintptr_t)address - 1;
  reserved -= *block;
  free(block);
  return SUCCESS;
}

int cuGetErrorName(int error, const char **name) {
  switch (error) {
    case INVALID_VALUE: *name = "CUDA_ERROR_INVALID_VALUE"; return SUCCESS;
    case OUT_OF_MEMORY: *name = "CUDA_ERROR_OUT_OF_MEMORY"; return SUCCESS;
    case NO_DEVICE: *name = "CUDA_ERROR_NO_DEVICE"; return SUCCESS;
    case INVALID_CONTEXT: *name = "CUDA_ERROR_INVALID_CONTEXT"; return SUCCESS;
    default: return INVALID_VALUE;
  }
}
