/* Makes all key material of an installation in one folder; what is there already stays.
 *
 *   <service>.secret, <service>.public   CURVE pair of each service, Z85 (ZeroMQ RFC 32)
 *   bus-allow                            which public key may be which service
 *   seal.secret, seal.public             the workers' pair for sealing OpenRouter keys
 *   cookie.keys                          signs session cookies and CSRF tokens
 *   account.key                          stands between a person's name and their account
 *
 * The last four are key rings: a line is "<id> <base64>", the first line is
 * the current key, older ones below it still open what they closed.  account.key has one
 * line and keeps it.
 *
 * A public half that is missing is worked out from its secret, for which things may have been
 * closed.  One that has lost its secret stops us: only a person knows where that went. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>
#include <zmq.h>

#include "base/random.h"
#include "seal/seal.h"

#define TEXT_MAX   16384 /* of a file that we read */
#define CURVE_SIZE 41    /* a CURVE key as Z85, terminated */

static const char *folder;

static _Noreturn void die(const char *what, const char *name)
{
    fprintf(stderr, "make-keys: %s %s/%s: %s\n", what, folder, name, strerror(errno));
    exit(1);
}

static _Noreturn void refuse(const char *name, const char *why)
{
    fprintf(stderr, "make-keys: %s/%s: %s\n", folder, name, why);
    exit(1);
}

static bool exists(const char *name)
{
    return access(name, F_OK) == 0;
}

static bool lacks_public(const char *public_name, const char *secret_name)
{
    if (!exists(public_name))
        return true;
    if (!exists(secret_name))
        refuse(public_name, "has lost its secret; put that back, or take this away for a new pair");
    return false;
}

/* The trimmed content of a file; seal_wipe(text) ends it. */
static struct str read_text(const char *name, struct buf *text)
{
    char  piece[TEXT_MAX];
    FILE *f = fopen(name, "r");

    if (!f)
        die("cannot read", name);
    size_t len = fread(piece, 1, sizeof piece, f);
    if (ferror(f))
        die("cannot read", name);
    fclose(f);
    buf_add(text, piece, len);
    sodium_memzero(piece, sizeof piece);
    return str_trim(buf_view(text));
}

/* Whole or not at all: under another name first, flushed, then renamed. */
static void write_file(const char *name, mode_t mode, const char *text)
{
    char   partial[64];
    size_t len = strlen(text);

    str_format(partial, sizeof partial, "%s.partial", name);
    int fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC, mode);
    if (fd < 0 || write(fd, text, len) != (ssize_t)len || fsync(fd) != 0 || close(fd) != 0)
        die("cannot write", name);
    if (rename(partial, name) != 0)
        die("cannot rename", name);
    printf("made %s/%s\n", folder, name);
}

static void write_curve_key(const char *name, mode_t mode, const char *key)
{
    char line[CURVE_SIZE + 1];

    str_format(line, sizeof line, "%s\n", key);
    write_file(name, mode, line);
    sodium_memzero(line, sizeof line);
}

static void find_curve_public(char public_key[CURVE_SIZE], const char *secret_name)
{
    struct buf text = {0};
    struct str secret = read_text(secret_name, &text);
    char       secret_key[CURVE_SIZE];

    str_format(secret_key, sizeof secret_key, "%.*s", (int)secret.len, secret.p);
    if (secret.len != CURVE_SIZE - 1 || zmq_curve_public(public_key, secret_key) != 0)
        refuse(secret_name, "is no CURVE key in Z85");
    sodium_memzero(secret_key, sizeof secret_key);
    seal_wipe(&text);
}

static void make_curve_pair(const char *service)
{
    char public_name[64], secret_name[64], public_key[CURVE_SIZE], secret_key[CURVE_SIZE];

    str_format(public_name, sizeof public_name, "%s.public", service);
    str_format(secret_name, sizeof secret_name, "%s.secret", service);
    if (!lacks_public(public_name, secret_name))
        return;
    if (exists(secret_name)) {
        find_curve_public(public_key, secret_name);
    } else {
        if (zmq_curve_keypair(public_key, secret_key) != 0)
            die("no CURVE in this libzmq, cannot make", secret_name);
        write_curve_key(secret_name, 0600, secret_key);
        sodium_memzero(secret_key, sizeof secret_key);
    }
    write_curve_key(public_name, 0644, public_key);
}

static void make_allow_list(void)
{
    static const char *const backends[] = {"filter", "llm-worker", "store"};
    struct buf               text = {0};

    if (exists("bus-allow"))
        return;
    buf_print(&text, "# which public key may be which service on the bus\n");
    for (size_t i = 0; i < COUNT_OF(backends); i++) {
        char       name[64];
        struct buf file = {0};
        str_format(name, sizeof name, "%s.public", backends[i]);
        struct str key = read_text(name, &file);
        buf_print(&text, "%-10s %.*s\n", backends[i], (int)key.len, key.p);
        buf_fini(&file);
    }
    write_file("bus-allow", 0644, text.p);
    buf_fini(&text);
}

/* Ids are the day and a random part: an operator sees how old a key is. */
static void make_id(char id[16])
{
    time_t    now = time(NULL);
    struct tm tm;
    char      day[9];

    gmtime_r(&now, &tm);
    strftime(day, sizeof day, "%Y%m%d", &tm);
    snprintf(id, 16, "%s-%04x", day, (unsigned)random_below(65536));
}

static void write_ring(const char *name, mode_t mode, const struct seal_ring *ring)
{
    struct buf text = {0};
    char       base64[128];

    for (unsigned i = 0; i < ring->count; i++) {
        sodium_bin2base64(base64, sizeof base64, ring->keys[i].key, SEAL_KEY_BYTES,
                          sodium_base64_VARIANT_ORIGINAL);
        buf_print(&text, "%s %s\n", ring->keys[i].id, base64);
    }
    write_file(name, mode, text.p);
    sodium_memzero(base64, sizeof base64);
    seal_wipe(&text);
}

static void read_ring(const char *name, struct seal_ring *ring)
{
    struct buf text = {0}, fault = {0};

    if (!seal_ring_read(ring, read_text(name, &text), &fault))
        refuse(name, fault.p);
    seal_wipe(&text);
    buf_fini(&fault);
}

static void turn_public(struct seal_ring *ring)
{
    unsigned char public_key[SEAL_KEY_BYTES];

    for (unsigned i = 0; i < ring->count; i++) {
        crypto_scalarmult_base(public_key, ring->keys[i].key);
        memcpy(ring->keys[i].key, public_key, sizeof public_key);
    }
}

static void make_seal_pair(void)
{
    struct seal_ring ring = {.count = 1};

    if (!lacks_public("seal.public", "seal.secret"))
        return;
    if (exists("seal.secret")) {
        read_ring("seal.secret", &ring);
    } else {
        make_id(ring.keys[0].id);
        randombytes_buf(ring.keys[0].key, SEAL_KEY_BYTES);
        write_ring("seal.secret", 0600, &ring);
    }
    turn_public(&ring);
    write_ring("seal.public", 0644, &ring);
    seal_ring_wipe(&ring);
}

/* For a MAC or a keyed hash. */
static void make_key(const char *name)
{
    struct seal_ring ring = {.count = 1};

    if (exists(name))
        return;
    make_id(ring.keys[0].id);
    randombytes_buf(ring.keys[0].key, SEAL_KEY_BYTES);
    write_ring(name, 0600, &ring);
    seal_ring_wipe(&ring);
}

int main(int argc, char **argv)
{
    if (argc != 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: make-keys DIR\n");
        return 64;
    }
    folder = argv[1];
    random_init();
    if ((mkdir(folder, 0700) != 0 && errno != EEXIST) || chdir(folder) != 0)
        die("cannot enter", ".");
    make_curve_pair("gateway");
    make_curve_pair("filter");
    make_curve_pair("llm-worker");
    make_curve_pair("store");
    make_allow_list();
    make_seal_pair();
    make_key("cookie.keys");
    make_key("account.key");
    return 0;
}
