/* A PKCS#11 module that is SoftHSM's, except that what signs hangs while the file SOFTHSM2_CONF.hangs exists; for ever when
   it holds the word "forever". Then the end of the process hangs as well, as long as the file exists. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long CK_RV, CK_ULONG;
typedef unsigned char CK_BYTE;
typedef CK_RV (*signer)(CK_ULONG session, CK_BYTE *data, CK_ULONG length, CK_BYTE *signature, CK_ULONG *room);
typedef CK_RV (*finisher)(CK_ULONG session, CK_BYTE *signature, CK_ULONG *room);

/* CK_FUNCTION_LIST (PKCS#11 2.40, 3.6): 68 functions behind a version. */
enum { SIGN = 43, SIGN_FINAL = 45, FUNCTIONS = 68 };
struct list {
    CK_BYTE version[2];
    void *functions[FUNCTIONS];
};

static struct list own;
static signer real_sign;
static finisher real_final;

static int hangs(char *word, size_t size) {
    char path[4096];
    const char *settings = getenv("SOFTHSM2_CONF");
    snprintf(path, sizeof path, "%s.hangs", settings ? settings : "");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t got = read(fd, word, size - 1);
    close(fd);
    word[got < 0 ? 0 : got] = 0;
    return 1;
}

static void wait_for_its_end(void) {
    char word[16];
    if (!hangs(word, sizeof word)) return;
    while (strcmp(word, "forever") == 0) pause();
    while (hangs(word, sizeof word)) usleep(20000);
}

static CK_RV sign(CK_ULONG session, CK_BYTE *data, CK_ULONG length, CK_BYTE *signature, CK_ULONG *room) {
    wait_for_its_end();
    return real_sign(session, data, length, signature, room);
}

static CK_RV sign_final(CK_ULONG session, CK_BYTE *signature, CK_ULONG *room) {
    wait_for_its_end();
    return real_final(session, signature, room);
}

CK_RV C_GetFunctionList(struct list **list) {
    void *softhsm = dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW);
    CK_RV (*get)(struct list **) = softhsm ? (CK_RV (*)(struct list **))dlsym(softhsm, "C_GetFunctionList") : 0;
    struct list *real;
    if (!get || get(&real) != 0) return 6; /* CKR_FUNCTION_FAILED */
    own = *real;
    real_sign = (signer)real->functions[SIGN];
    real_final = (finisher)real->functions[SIGN_FINAL];
    own.functions[SIGN] = (void *)sign;
    own.functions[SIGN_FINAL] = (void *)sign_final;
    *list = &own;
    return 0;
}

/* A minute, so that a story that fails does end. */
__attribute__((destructor)) static void end(void) {
    char word[16];
    for (int looks = 0; looks < 3000 && hangs(word, sizeof word); looks++) usleep(20000);
}
