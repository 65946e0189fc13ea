/* SPDX-License-Identifier: MIT */
#include "base/large.h"
#include <stdint.h>
#ifdef __linux__
#include <sys/mman.h>
#endif
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WATCHED
#endif
#endif
/* AddressSanitizer watches what malloc gives alone. */
#if defined MADV_HUGEPAGE && UINTPTR_MAX > UINT32_MAX && !defined __SANITIZE_ADDRESS__ && !defined WATCHED
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { PAGE = 2 << 20, PAGES = 2048, LINE = 64, MOST_BLOCKS = 1024 };
/* Smaller blocks than the first are left to others. From the second on a block may open pages of its own, as any may
 * where so many are open that one more is little. */
enum { LEAST = 4 << 10, WORTH = 384 << 10, MANY = 2 };

typedef struct span {
    size_t first, end; /* bytes from the start of the range */
} span;

/* The range is reserved at the first block and stays; what is not touched costs nothing. */
static struct {
    pthread_mutex_t lock;
    _Atomic(char *) start;       /* NULL: not there yet */
    bool refused;                /* the system has no such range */
    span blocks[MOST_BLOCKS];    /* in order */
    size_t count;
    bool dirty[PAGES];           /* may hold what is not zero */
} large = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* A child of fork() finds the lock free, whatever other threads were about. */
static void before_fork(void)
{
    pthread_mutex_lock(&large.lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&large.lock);
}

static char *reserve(void)
{
    size_t bytes = ((size_t)PAGES + 1) * PAGE;
    char *range = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) return NULL;
    char *start = range + (PAGE - (uintptr_t)range % PAGE);
    if (madvise(start, (size_t)PAGES * PAGE, MADV_HUGEPAGE) == 0 &&
        pthread_atfork(before_fork, after_fork, after_fork) == 0)
        return start;
    munmap(range, bytes);
    return NULL;
}

/* Where the first gap for `size` bytes begins, and before which block it is. */
static size_t find_gap(size_t size, size_t *place)
{
    size_t end = 0;
    for (*place = 0; *place < large.count; ++*place) {
        if (large.blocks[*place].first - end >= size) return end;
        end = large.blocks[*place].end;
    }
    return end;
}

/* Whether a block has a byte in that page. */
static bool is_taken(size_t page)
{
    for (size_t i = 0; i < large.count; i++)
        if (large.blocks[i].first / PAGE <= page && (large.blocks[i].end - 1) / PAGE >= page) return true;
    return false;
}

static bool all_taken(size_t first, size_t end)
{
    for (size_t page = first / PAGE; page <= (end - 1) / PAGE; page++)
        if (!is_taken(page)) return false;
    return true;
}

/* Zero where something may have been. */
static void clean(size_t first, size_t end)
{
    for (size_t page = first / PAGE; page <= (end - 1) / PAGE; page++) {
        size_t from = page * PAGE, to = from + PAGE;
        if (from < first) from = first;
        if (to > end) to = end;
        if (large.dirty[page]) memset(large.start + from, 0, to - from);
        large.dirty[page] = true;
    }
}

/* Pages with a block. */
static size_t count_taken(void)
{
    size_t count = 0, next = 0; /* next: the first page beyond those counted */
    for (size_t i = 0; i < large.count; i++) {
        size_t first = large.blocks[i].first / PAGE, end = (large.blocks[i].end - 1) / PAGE + 1;
        if (first < next) first = next;
        if (end > first) count += end - first;
        next = end;
    }
    return count;
}

static void *take(size_t size)
{
    size_t place, first, end;
    if (!large.start && !large.refused) {
        large.start = reserve();
        large.refused = !large.start;
    }
    if (!large.start || large.count == MOST_BLOCKS) return NULL;
    first = find_gap(size, &place);
    end = first + size;
    if (end > (size_t)PAGES * PAGE) return NULL;
    if (size < WORTH && !all_taken(first, end) && count_taken() < MANY) return NULL;
    memmove(large.blocks + place + 1, large.blocks + place, (large.count - place) * sizeof *large.blocks);
    large.blocks[place] = (span){ first, end };
    large.count++;
    clean(first, end);
    return large.start + first;
}

void *hyti_large_take(size_t size)
{
    if (size < LEAST || size > (size_t)PAGES * PAGE) return NULL;
    pthread_mutex_lock(&large.lock);
    void *block = take((size + LINE - 1) / LINE * LINE);
    pthread_mutex_unlock(&large.lock);
    return block;
}

bool hyti_large_owns(const void *block)
{
    const char *start = atomic_load_explicit(&large.start, memory_order_relaxed);
    return start && (uintptr_t)block - (uintptr_t)start < (size_t)PAGES * PAGE;
}

void hyti_large_give(void *block)
{
    size_t place = 0, first = (size_t)((char *)block - large.start);
    pthread_mutex_lock(&large.lock);
    while (place < large.count && large.blocks[place].first != first) place++;
    if (place < large.count) {
        span gone = large.blocks[place];
        large.count--;
        memmove(large.blocks + place, large.blocks + place + 1, (large.count - place) * sizeof *large.blocks);
        for (size_t page = gone.first / PAGE; page <= (gone.end - 1) / PAGE; page++) {
            if ((page == 0 && large.count == 0) || is_taken(page)) continue;
            large.dirty[page] = madvise(large.start + page * PAGE, PAGE, MADV_DONTNEED) != 0;
        }
    }
    pthread_mutex_unlock(&large.lock);
}

#else

void *hyti_large_take(size_t size)
{
    (void)size;
    return NULL;
}

bool hyti_large_owns(const void *block)
{
    (void)block;
    return false;
}

void hyti_large_give(void *block)
{
    (void)block;
}
#endif
