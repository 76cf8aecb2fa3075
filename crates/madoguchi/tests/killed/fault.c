/* Stands between the program and the files of its database and its journal. The file named by FAULT_ORDER holds an order:

   kill WORD      the next write to the journal that contains WORD kills the process before it is made
   full WORD      the next write to the journal that contains WORD finds the disk full
   full           every write to database and journal finds the disk full
   step N         from now on, the N-th turning point kills the process before it is made
   file N DEED    from now on, the N-th turning point behind a deed at a file of an application, with 0 the deed itself, such as
                  "write: kept file"

   Before it, or alone, may stand "clock SECONDS": the time of day is so many seconds away from the real one.

   A turning point is a sync of database or journal, and the first write to one of them after a sync: between two of them
   nothing becomes durable. For "file", the same of files of applications, and the removal of one. What a killed process was about to do stands in the file FAULT_ORDER.told. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NOTHING, DATABASE, LOG, JOURNAL, RECEIVED, KEPT, FOLDER, KINDS };
static const char *const NAMES[] = {"nothing",  "database",      "log of the database", "journal",
                                    "received", "kept file", "folder of kept files"};

static pthread_mutex_t desk = PTHREAD_MUTEX_INITIALIZER;
static long passed, behind = -1;
static int unsynced[KINDS];

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static int ends_with(const char *path, const char *end) {
    size_t have = strlen(path), want = strlen(end);
    return have >= want && strcmp(path + have - want, end) == 0;
}

static int kind_of_path(const char *path) {
    if (ends_with(path, ".journal")) return JOURNAL;
    if (ends_with(path, ".db")) return DATABASE;
    if (ends_with(path, ".db-wal")) return LOG;
    if (strstr(path, "/uploads.incoming/")) return RECEIVED;
    const char *store = strstr(path, "/uploads");
    if (!store || (store[8] && store[8] != '/')) return NOTHING;
    /* "/uploads/ab/…" is a file, what stands above it a folder. */
    return strlen(store) > 12 ? KEPT : FOLDER;
}

static int kind_of(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return NOTHING;
    path[length] = 0;
    return kind_of_path(path);
}

/* Reads the order, perhaps an empty one; gives how far the clock is away. */
static long order(char *line, size_t size) {
    line[0] = 0;
    const char *file = getenv("FAULT_ORDER");
    int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return 0;
    ssize_t got = read(fd, line, size - 1);
    close(fd);
    line[got < 0 ? 0 : got] = 0;
    if (strncmp(line, "clock ", 6) != 0) return 0;
    char *rest;
    long away = strtol(line + 6, &rest, 10);
    if (*rest == ' ') rest++;
    memmove(line, rest, strlen(rest) + 1);
    return away;
}

static void die(int kind, const char *deed) {
    char told[4096];
    snprintf(told, sizeof told, "%s.told", getenv("FAULT_ORDER"));
    int fd = open(told, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dprintf(fd, "%s: %s", deed, NAMES[kind]);
    kill(getpid(), SIGKILL);
    pause();
}

/* Counts turning points while an order to die at one stands. */
static void step(int kind, const char *deed, const char *line) {
    pthread_mutex_lock(&desk);
    int is_write = strcmp(deed, "write") == 0, of_file = kind >= RECEIVED;
    int turning = !is_write || !unsynced[kind];
    unsynced[kind] = is_write;
    if (strncmp(line, "step ", 5) != 0) passed = 0;
    else if (turning && !of_file && ++passed == atol(line + 5)) die(kind, deed);
    if (strncmp(line, "file ", 5) != 0) behind = -1;
    else if (turning) {
        char *named, said[64];
        long count = strtol(line + 5, &named, 10);
        snprintf(said, sizeof said, " %s: %s", deed, NAMES[kind]);
        if (behind >= 0 || strcmp(named, said) == 0) behind++;
        if (behind == count) die(kind, deed);
    }
    pthread_mutex_unlock(&desk);
}

/* What is to happen instead of a write: 0 for nothing else, or an error. */
static int instead(int fd, const void *text, size_t length) {
    int kind = kind_of(fd);
    if (kind == NOTHING) return 0;
    char line[256];
    order(line, sizeof line);
    step(kind, "write", line);
    if (kind >= RECEIVED) return 0;
    if (strcmp(line, "full") == 0) return ENOSPC;
    int named = kind == JOURNAL && strlen(line) > 5 && memmem(text, length, line + 5, strlen(line + 5));
    if (named && strncmp(line, "kill ", 5) == 0) die(kind, "write");
    return named && strncmp(line, "full ", 5) == 0 ? ENOSPC : 0;
}

#define REFUSED(error) do { int refused = (error); if (refused) { errno = refused; return -1; } } while (0)

ssize_t write(int fd, const void *text, size_t length) {
    REAL(write);
    REFUSED(instead(fd, text, length));
    return real(fd, text, length);
}

ssize_t pwrite(int fd, const void *text, size_t length, off_t at) {
    REAL(pwrite);
    REFUSED(instead(fd, text, length));
    return real(fd, text, length, at);
}

ssize_t pwrite64(int fd, const void *text, size_t length, off64_t at) {
    REAL(pwrite64);
    REFUSED(instead(fd, text, length));
    return real(fd, text, length, at);
}

static void before(int kind, const char *deed) {
    if (kind == NOTHING) return;
    char line[256];
    order(line, sizeof line);
    step(kind, deed, line);
}

int fsync(int fd) {
    REAL(fsync);
    before(kind_of(fd), "sync");
    return real(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    before(kind_of(fd), "sync");
    return real(fd);
}

int unlink(const char *path) {
    REAL(unlink);
    int kind = kind_of_path(path);
    if (kind >= RECEIVED) before(kind, "removal");
    return real(path);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime);
    int outcome = real(clock, now);
    if (outcome == 0 && clock == CLOCK_REALTIME) {
        char line[256];
        now->tv_sec += order(line, sizeof line);
    }
    return outcome;
}
