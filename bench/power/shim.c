/* Notes what a program does to the files below $POWER_FOLDER, in the order in which it was done, in the file $POWER_LOG,
 * which all processes map and share. Loaded with LD_PRELOAD; bench/power/tape.py makes the log and reads it.
 *
 * A deed is noted after it is done and before its caller hears of it. A sync also carries where the log ended when it
 * began: what was noted before that is on disk, and what came later may or may not be.
 *
 * Streams of the C library write past these functions, so a stream's file is noted whole when it is synced or closed.
 * Shared writable mappings cannot be seen; that there is one is noted. Whether anything else was missed, the reader
 * finds out: what the log tells must be what the folder holds.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == 8, "written for 64-bit systems");

enum kind { CREATE = 1, WRITE, RESIZE, GROW, SYNC, RENAME, LINK, UNLINK, MKDIR, MAP };

struct log {
    uint64_t end; /* where the next record goes, in octets from the beginning of the file */
    char fill[56];
};

struct record { /* 8-octet aligned; `payload` octets follow */
    uint32_t size;
    uint32_t payload;
    uint64_t inode;
    uint64_t at;
    uint64_t kind; /* set last: a record without it was never finished */
};

#define FILES 65536
static struct log *tape;
static uint64_t room;
static char folder[PATH_MAX];
static size_t folder_length;
static uint64_t inodes[FILES]; /* of each open file below the folder */
static char streams[FILES];

#define NEXT(name) \
    static __typeof__(&name) next; \
    if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int next_open(const char *path, int flags, mode_t mode) {
    NEXT(open);
    return next(path, flags, mode);
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("POWER_LOG"), *below = getenv("POWER_FOLDER");
    struct stat st;
    if (!path || !below) return;
    int fd = next_open(path, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0 || fstat(fd, &st) != 0) {
        perror(path);
        _exit(1);
    }
    folder_length = strlen(strcpy(folder, below));
    room = (uint64_t)st.st_size;
    tape = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (tape == MAP_FAILED) _exit(1);
    NEXT(close);
    next(fd);
}

static uint64_t end(void) { return __atomic_load_n(&tape->end, __ATOMIC_SEQ_CST); }

static void note(enum kind kind, uint64_t inode, uint64_t at, const struct iovec *parts, int count) {
    size_t payload = 0;
    for (int n = 0; n < count; n++) payload += parts[n].iov_len;
    uint64_t size = (sizeof(struct record) + payload + 7) & ~(uint64_t)7;
    uint64_t start = __atomic_fetch_add(&tape->end, size, __ATOMIC_SEQ_CST);
    if (start + size > room) {
        fprintf(stderr, "the log is full\n");
        _exit(1);
    }
    struct record *record = (struct record *)((char *)tape + start);
    record->size = (uint32_t)size;
    record->payload = (uint32_t)payload;
    record->inode = inode;
    record->at = at;
    char *to = (char *)(record + 1);
    for (int n = 0; n < count; to += parts[n++].iov_len) memcpy(to, parts[n].iov_base, parts[n].iov_len);
    __atomic_store_n(&record->kind, kind, __ATOMIC_RELEASE);
}

static void note_paths(enum kind kind, uint64_t inode, const char *one, const char *other) {
    struct iovec parts[] = {{(void *)one, strlen(one)}, {"", 1}, {(void *)other, strlen(other)}};
    note(kind, inode, 0, parts, *other ? 3 : 1);
}

/* Writes the absolute path to `out`; whether it is in the folder. */
static int inside(int at, const char *path, char *out) {
    char link[64];
    ssize_t length = 0;
    if (!tape) return 0;
    if (path[0] != '/' && at == AT_FDCWD && !getcwd(out, PATH_MAX)) return 0;
    if (path[0] != '/' && at != AT_FDCWD) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", at);
        if ((length = readlink(link, out, PATH_MAX - 1)) < 0) return 0;
        out[length] = 0;
    }
    if (path[0] == '/') out[0] = 0;
    size_t before = strlen(out);
    if (snprintf(out + before, PATH_MAX - before, before ? "/%s" : "%s", path) >= (int)(PATH_MAX - before)) return 0;
    return strncmp(out, folder, folder_length) == 0 && (out[folder_length] == '/' || out[folder_length] == 0);
}

/* The inode of an open file below the folder, else 0. A number may have been closed and given away unseen. */
static uint64_t inode_of(int fd) {
    struct stat st;
    if (!tape || fd < 0 || fd >= FILES || !inodes[fd]) return 0;
    if (fstat(fd, &st) != 0 || st.st_ino != inodes[fd]) return inodes[fd] = 0;
    return inodes[fd];
}

static int opened(int fd, int at, const char *path, int flags) {
    char whole[PATH_MAX];
    struct stat st;
    if (fd < 0 || fd >= FILES) return fd;
    inodes[fd] = 0;
    if (!inside(at, path, whole) || fstat(fd, &st) != 0) return fd;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) return fd;
    inodes[fd] = st.st_ino;
    streams[fd] = 0;
    if (flags & O_CREAT) note_paths(CREATE, st.st_ino, whole, "");
    if (flags & O_TRUNC) note(RESIZE, st.st_ino, 0, NULL, 0);
    return fd;
}

#define MODE(flags, mode) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    return opened(next_open(path, flags, mode), AT_FDCWD, path, flags);
}
int open64(const char *, int, ...) __attribute__((alias("open")));

int openat(int at, const char *path, int flags, ...) {
    MODE(flags, mode)
    NEXT(openat);
    return opened(next(at, path, flags, mode), at, path, flags);
}
int openat64(int, const char *, int, ...) __attribute__((alias("openat")));

int creat(const char *path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

static FILE *opened_stream(FILE *stream, const char *path, const char *mode) {
    if (stream && mode[0] != 'r') {
        opened(fileno(stream), AT_FDCWD, path, O_CREAT | (mode[0] == 'w' ? O_TRUNC : 0));
        streams[fileno(stream)] = 1;
    }
    return stream;
}

FILE *fopen(const char *path, const char *mode) {
    NEXT(fopen);
    return opened_stream(next(path, mode), path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
    NEXT(fopen64);
    return opened_stream(next(path, mode), path, mode);
}

static void note_stream(int fd) {
    char link[64], held[65536];
    struct iovec part = {held, 0};
    ssize_t got;
    uint64_t inode = inode_of(fd);
    if (!inode || !streams[fd]) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int again = next_open(link, O_RDONLY | O_CLOEXEC, 0);
    for (off_t at = 0; again >= 0 && (got = pread(again, held, sizeof held, at)) > 0; at += got) {
        part.iov_len = (size_t)got;
        note(WRITE, inode, (uint64_t)at, &part, 1);
    }
    NEXT(close);
    if (again >= 0) next(again);
}

int fclose(FILE *stream) {
    NEXT(fclose);
    int fd = fileno(stream);
    if (inode_of(fd)) {
        fflush(stream);
        note_stream(fd);
        inodes[fd] = 0;
    }
    return next(stream);
}

int close(int fd) {
    NEXT(close);
    if (fd >= 0 && fd < FILES) inodes[fd] = 0;
    return next(fd);
}

static ssize_t wrote(int fd, off_t at, const struct iovec *parts, int count, ssize_t done) {
    uint64_t inode = done > 0 ? inode_of(fd) : 0;
    ssize_t left = done;
    if (!inode) return done;
    if (at < 0) at = lseek(fd, 0, SEEK_CUR) - done;
    for (int n = 0; n < count && left > 0; n++) {
        struct iovec part = parts[n];
        if ((ssize_t)part.iov_len > left) part.iov_len = (size_t)left;
        if (part.iov_len) note(WRITE, inode, (uint64_t)at, &part, 1);
        at += (off_t)part.iov_len;
        left -= (ssize_t)part.iov_len;
    }
    return done;
}

ssize_t write(int fd, const void *data, size_t size) {
    NEXT(write);
    return wrote(fd, -1, &(struct iovec){(void *)data, size}, 1, next(fd, data, size));
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    NEXT(pwrite);
    return wrote(fd, at, &(struct iovec){(void *)data, size}, 1, next(fd, data, size, at));
}
ssize_t pwrite64(int, const void *, size_t, off_t) __attribute__((alias("pwrite")));

ssize_t writev(int fd, const struct iovec *parts, int count) {
    NEXT(writev);
    return wrote(fd, -1, parts, count, next(fd, parts, count));
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    NEXT(pwritev);
    return wrote(fd, at, parts, count, next(fd, parts, count, at));
}
ssize_t pwritev64(int, const struct iovec *, int, off_t) __attribute__((alias("pwritev")));

int ftruncate(int fd, off_t size) {
    NEXT(ftruncate);
    int done = next(fd, size);
    uint64_t inode = done == 0 ? inode_of(fd) : 0;
    if (inode) note(RESIZE, inode, (uint64_t)size, NULL, 0);
    return done;
}
int ftruncate64(int, off_t) __attribute__((alias("ftruncate")));

int truncate(const char *path, off_t size) {
    NEXT(truncate);
    char whole[PATH_MAX];
    struct stat st;
    int done = next(path, size);
    if (done == 0 && inside(AT_FDCWD, path, whole) && stat(path, &st) == 0)
        note(RESIZE, st.st_ino, (uint64_t)size, NULL, 0);
    return done;
}
int truncate64(const char *, off_t) __attribute__((alias("truncate")));

int posix_fallocate(int fd, off_t at, off_t size) {
    NEXT(posix_fallocate);
    int failed = next(fd, at, size);
    uint64_t inode = failed ? 0 : inode_of(fd);
    if (inode) note(GROW, inode, (uint64_t)(at + size), NULL, 0);
    return failed;
}
int posix_fallocate64(int, off_t, off_t) __attribute__((alias("posix_fallocate")));

static int synced(int fd, int (*next)(int)) {
    note_stream(fd);
    uint64_t inode = inode_of(fd), began = inode ? end() : 0;
    int done = next(fd);
    if (inode && done == 0) note(SYNC, inode, began, NULL, 0);
    return done;
}

int fsync(int fd) {
    NEXT(fsync);
    return synced(fd, next);
}

int fdatasync(int fd) {
    NEXT(fdatasync);
    return synced(fd, next);
}

void *mmap(void *address, size_t size, int rights, int flags, int fd, off_t at) {
    NEXT(mmap);
    void *done = next(address, size, rights, flags, fd, at);
    uint64_t inode = (rights & PROT_WRITE) && (flags & MAP_SHARED) && done != MAP_FAILED ? inode_of(fd) : 0;
    if (inode) note(MAP, inode, 0, NULL, 0);
    return done;
}
void *mmap64(void *, size_t, int, int, int, off_t) __attribute__((alias("mmap")));

static int moved(enum kind kind, int at, const char *from, int to_at, const char *to, int done) {
    char one[PATH_MAX], other[PATH_MAX];
    if (done == 0 && inside(at, from, one) && inside(to_at, to, other)) note_paths(kind, 0, one, other);
    return done;
}

int rename(const char *from, const char *to) {
    NEXT(rename);
    return moved(RENAME, AT_FDCWD, from, AT_FDCWD, to, next(from, to));
}

int renameat(int at, const char *from, int to_at, const char *to) {
    NEXT(renameat);
    return moved(RENAME, at, from, to_at, to, next(at, from, to_at, to));
}

int link(const char *from, const char *to) {
    NEXT(link);
    return moved(LINK, AT_FDCWD, from, AT_FDCWD, to, next(from, to));
}

int linkat(int at, const char *from, int to_at, const char *to, int flags) {
    NEXT(linkat);
    return moved(LINK, at, from, to_at, to, next(at, from, to_at, to, flags));
}

int unlinkat(int at, const char *path, int flags) {
    NEXT(unlinkat);
    char whole[PATH_MAX];
    struct stat st = {0};
    int known = inside(at, path, whole) && lstat(whole, &st) == 0, done = next(at, path, flags);
    if (done == 0 && known) note_paths(UNLINK, st.st_ino, whole, "");
    return done;
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int remove(const char *path) {
    int done = unlink(path);
    return done != 0 && errno == EISDIR ? rmdir(path) : done;
}

/* A folder that is there already is noted too: whoever made it may not have come to note it, and what is done in it now
 * must stand behind it. */
static int made(int at, const char *path, int done) {
    char whole[PATH_MAX];
    struct stat st;
    int error = errno;
    if ((done == 0 || error == EEXIST) && inside(at, path, whole) && stat(whole, &st) == 0 && S_ISDIR(st.st_mode))
        note_paths(MKDIR, st.st_ino, whole, "");
    errno = error;
    return done;
}

int mkdir(const char *path, mode_t mode) {
    NEXT(mkdir);
    return made(AT_FDCWD, path, next(path, mode));
}

int mkdirat(int at, const char *path, mode_t mode) {
    NEXT(mkdirat);
    return made(at, path, next(at, path, mode));
}
