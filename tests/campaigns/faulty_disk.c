/* A disk that fails on request, for the campaign of IO errors (tests/campaigns/io_errors.py).
 *
 * Loaded before the C library (LD_PRELOAD), it stands in front of the calls that reach files. A
 * request lies in a small shared file: which calls, below which folder, from which time on, how
 * often, with which error. Nothing else is changed, so what is measured is how the program takes
 * the answer. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, READ = 4, TRUNCATE = 8, RENAME = 16 };

struct request {
    int32_t calls;    /* which calls fail; 0: none */
    int32_t skip;     /* so many pass first */
    int32_t times;    /* so many fail then */
    int32_t error;    /* errno */
    int32_t torn;     /* a failing write leaves half of its bytes */
    int32_t failed;   /* how many have failed, told back */
    char folder[488];
};

static struct request *request;

__attribute__((constructor)) static void load(void)
{
    const char *path = getenv("BIDEVAL_FAULTY_DISK");
    int file = path ? open(path, O_RDWR) : -1;
    if (file < 0)
        return;
    void *map = mmap(0, sizeof *request, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (map != MAP_FAILED)
        request = map;
}

static int below(const char *path)
{
    size_t length = strnlen(request->folder, sizeof request->folder);
    return length && strncmp(path, request->folder, length) == 0;
}

/* Whether this call is to fail; counts it. */
static int due(int call, const char *path)
{
    if (!(__atomic_load_n(&request->calls, __ATOMIC_ACQUIRE) & call) || !below(path))
        return 0;
    if (__atomic_fetch_sub(&request->skip, 1, __ATOMIC_ACQ_REL) > 0)
        return 0;
    if (__atomic_fetch_sub(&request->times, 1, __ATOMIC_ACQ_REL) <= 0)
        return 0;
    __atomic_fetch_add(&request->failed, 1, __ATOMIC_ACQ_REL);
    return 1;
}

static int fails(int call, int file)
{
    if (!request || !(__atomic_load_n(&request->calls, __ATOMIC_ACQUIRE) & call))
        return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return due(call, path);
}

#define REAL(name) static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define FAIL return errno = request->error, -1

ssize_t pwrite64(int file, const void *data, size_t size, off64_t at)
{
    REAL(pwrite64);
    if (!fails(WRITE, file))
        return real(file, data, size, at);
    if (request->torn)
        real(file, data, size / 2, at);
    FAIL;
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at)
{
    REAL(pwrite);
    if (!fails(WRITE, file))
        return real(file, data, size, at);
    if (request->torn)
        real(file, data, size / 2, at);
    FAIL;
}

ssize_t write(int file, const void *data, size_t size)
{
    REAL(write);
    if (!fails(WRITE, file))
        return real(file, data, size);
    if (request->torn)
        real(file, data, size / 2);
    FAIL;
}

int fsync(int file)
{
    REAL(fsync);
    if (fails(SYNC, file))
        FAIL;
    return real(file);
}

int fdatasync(int file)
{
    REAL(fdatasync);
    if (fails(SYNC, file))
        FAIL;
    return real(file);
}

ssize_t pread64(int file, void *data, size_t size, off64_t at)
{
    REAL(pread64);
    if (fails(READ, file))
        FAIL;
    return real(file, data, size, at);
}

ssize_t pread(int file, void *data, size_t size, off_t at)
{
    REAL(pread);
    if (fails(READ, file))
        FAIL;
    return real(file, data, size, at);
}

int ftruncate64(int file, off64_t size)
{
    REAL(ftruncate64);
    if (fails(TRUNCATE, file))
        FAIL;
    return real(file, size);
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    if (request && due(RENAME, to))
        FAIL;
    return real(from, to);
}
