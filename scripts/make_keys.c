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
 * line and keeps it. */
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

#include "base/ids.h"

static const char *folder;

static _Noreturn void die(const char *what, const char *name)
{
    fprintf(stderr, "make-keys: %s %s/%s: %s\n", what, folder, name, strerror(errno));
    exit(1);
}

static bool exists(const char *name)
{
    return access(name, F_OK) == 0;
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

static void make_curve_pair(const char *service)
{
    char public_name[64], secret_name[64], public_key[42] = "", secret_key[42] = "";

    str_format(public_name, sizeof public_name, "%s.public", service);
    str_format(secret_name, sizeof secret_name, "%s.secret", service);
    if (exists(public_name) && exists(secret_name))
        return;
    if (zmq_curve_keypair(public_key, secret_key) != 0)
        die("no CURVE in this libzmq, cannot make", secret_name);
    strcat(public_key, "\n");
    strcat(secret_key, "\n");
    write_file(secret_name, 0600, secret_key);
    write_file(public_name, 0644, public_key);
}

static void read_line(const char *name, char *line, int size)
{
    FILE *f = fopen(name, "r");
    if (!f || !fgets(line, size, f))
        die("cannot read", name);
    fclose(f);
    line[strcspn(line, "\n")] = '\0';
}

static void make_allow_list(void)
{
    static const char *const backends[] = {"filter", "llm-worker", "store"};
    struct buf               text = {0};

    if (exists("bus-allow"))
        return;
    buf_print(&text, "# which public key may be which service on the bus\n");
    for (size_t i = 0; i < COUNT_OF(backends); i++) {
        char name[64], key[128];
        str_format(name, sizeof name, "%s.public", backends[i]);
        read_line(name, key, sizeof key);
        buf_print(&text, "%-10s %s\n", backends[i], key);
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

static void write_ring(const char *name, mode_t mode, const char *id, const unsigned char *key,
                       size_t len)
{
    char base64[128], line[192];

    sodium_bin2base64(base64, sizeof base64, key, len, sodium_base64_VARIANT_ORIGINAL);
    str_format(line, sizeof line, "%s %s\n", id, base64);
    write_file(name, mode, line);
    sodium_memzero(base64, sizeof base64);
    sodium_memzero(line, sizeof line);
}

static void make_seal_pair(void)
{
    unsigned char public_key[crypto_box_PUBLICKEYBYTES], secret_key[crypto_box_SECRETKEYBYTES];
    char          id[16];

    if (exists("seal.public") && exists("seal.secret"))
        return;
    make_id(id);
    crypto_box_keypair(public_key, secret_key);
    write_ring("seal.secret", 0600, id, secret_key, sizeof secret_key);
    write_ring("seal.public", 0644, id, public_key, sizeof public_key);
    sodium_memzero(secret_key, sizeof secret_key);
}

/* For a MAC or a keyed hash. */
static void make_key(const char *name)
{
    unsigned char key[crypto_auth_KEYBYTES];
    char          id[16];

    if (exists(name))
        return;
    make_id(id);
    crypto_auth_keygen(key);
    write_ring(name, 0600, id, key, sizeof key);
    sodium_memzero(key, sizeof key);
}

int main(int argc, char **argv)
{
    if (argc != 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: make-keys DIR\n");
        return 64;
    }
    folder = argv[1];
    ids_init();
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
