/* What seal and key promise. */
#include <string.h>

#include <sodium.h>

#include "seal/key.h"
#include "seal/seal.h"
#include "test.h"

#define SECRET "sk-or-v1-au7xxxxxxxxxxxxxxxxxxxxxxxxxxxxx890"

/* A pair of key files with one line for each id. */
static void make_files(const char *const *ids, unsigned count, struct buf *public_file,
                       struct buf *secret_file)
{
    unsigned char pk[SEAL_KEY_BYTES], sk[SEAL_KEY_BYTES];
    char          text[64];

    buf_print(public_file, "# for the gateways\n");
    for (unsigned i = 0; i < count; i++) {
        crypto_box_keypair(pk, sk);
        sodium_bin2base64(text, sizeof text, pk, sizeof pk, sodium_base64_VARIANT_ORIGINAL);
        buf_print(public_file, "%s %s\n", ids[i], text);
        sodium_bin2base64(text, sizeof text, sk, sizeof sk, sodium_base64_VARIANT_ORIGINAL);
        buf_print(secret_file, "  %s\t%s  # %u\r\n\n", ids[i], text, i);
    }
}

struct world {
    struct buf       public_file, secret_file, fault, sealed, opened;
    struct seal_ring public_ring, secret_ring;
};

static void world_open(struct world *w, const char *const *ids, unsigned count)
{
    *w = (struct world){0};
    assert_true(sodium_init() >= 0);
    make_files(ids, count, &w->public_file, &w->secret_file);
    assert_true(seal_ring_read(&w->public_ring, buf_view(&w->public_file), &w->fault));
    assert_true(seal_ring_read(&w->secret_ring, buf_view(&w->secret_file), &w->fault));
    assert_int_equal(w->fault.len, 0);
}

static void world_close(struct world *w)
{
    buf_fini(&w->public_file);
    buf_fini(&w->secret_file);
    buf_fini(&w->fault);
    buf_fini(&w->sealed);
    buf_fini(&w->opened);
}

static const char *const two_ids[] = {"2026-11", "old_1"};

static void what_is_sealed_is_opened(void **state)
{
    (void)state;
    struct world w;

    world_open(&w, two_ids, 2);
    seal_close(&w.public_ring, STR(SECRET), &w.sealed);
    assert_int_equal(w.sealed.len, 1 + 7 + strlen(SECRET) + 48);
    assert_int_equal(w.sealed.p[0], 7);
    assert_memory_equal(w.sealed.p + 1, "2026-11", 7);
    assert_null(memmem(w.sealed.p, w.sealed.len, "sk-or", 5));
    assert_int_equal(seal_open(&w.secret_ring, buf_view(&w.sealed), &w.opened), ERR_OK);
    assert_string_equal(w.opened.p, SECRET);
    world_close(&w);
}

static void what_an_older_key_sealed_is_still_opened(void **state)
{
    (void)state;
    struct world w;

    world_open(&w, two_ids, 2);
    w.public_ring.keys[0] = w.public_ring.keys[1];
    seal_close(&w.public_ring, STR(SECRET), &w.sealed);
    assert_int_equal(seal_open(&w.secret_ring, buf_view(&w.sealed), &w.opened), ERR_OK);
    assert_string_equal(w.opened.p, SECRET);
    world_close(&w);
}

static void an_unknown_key_id_is_told_apart(void **state)
{
    (void)state;
    struct world w;

    world_open(&w, two_ids, 2);
    seal_close(&w.public_ring, STR(SECRET), &w.sealed);
    w.secret_ring.keys[0] = w.secret_ring.keys[1];
    w.secret_ring.count = 1;
    assert_int_equal(seal_open(&w.secret_ring, buf_view(&w.sealed), &w.opened), ERR_NOT_FOUND);
    assert_int_equal(w.opened.len, 0);
    world_close(&w);
}

/* Each cut in a block of exactly its size, so that reading past it is seen. */
static void cut_or_changed_bytes_are_refused(void **state)
{
    (void)state;
    struct world w;

    world_open(&w, two_ids, 2);
    seal_close(&w.public_ring, STR(SECRET), &w.sealed);
    for (size_t len = 0; len < w.sealed.len; len++) {
        char *cut = mem_new(len);
        memcpy(cut, w.sealed.p, len);
        assert_int_not_equal(seal_open(&w.secret_ring, (struct str){cut, len}, &w.opened), ERR_OK);
        free(cut);
    }
    for (size_t i = 0; i < w.sealed.len; i++) {
        w.sealed.p[i] ^= 1;
        assert_int_not_equal(seal_open(&w.secret_ring, buf_view(&w.sealed), &w.opened), ERR_OK);
        w.sealed.p[i] ^= 1;
    }
    assert_int_equal(w.opened.len, 0);
    world_close(&w);
}

static void the_longest_secret_fits_and_a_longer_one_is_refused(void **state)
{
    (void)state;
    struct world w;
    char         secret[SEAL_SECRET_MAX];

    world_open(&w, two_ids, 2);
    memset(secret, 'x', sizeof secret);
    seal_close(&w.public_ring, (struct str){secret, sizeof secret}, &w.sealed);
    assert_true(w.sealed.len <= SEAL_SECRET_MAX + SEAL_OVERHEAD);
    assert_int_equal(seal_open(&w.secret_ring, buf_view(&w.sealed), &w.opened), ERR_OK);
    assert_int_equal(w.opened.len, sizeof secret);
    buf_add(&w.sealed, "x", 1);
    assert_int_equal(seal_open(&w.secret_ring, buf_view(&w.sealed), &w.opened), ERR_BAD_REQUEST);
    world_close(&w);
}

#define GOOD "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static void a_bad_key_file_is_refused_with_a_sentence(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", "it has no key"},
        {"# only talk\n\n", "it has no key"},
        {"a " GOOD "\nb", "line 2 has no key of 32 bytes in base64 after the id"},
        {"a AAECAw==", "line 1 has no key of 32 bytes in base64 after the id"},
        {"a " GOOD "AAAA", "line 1 has no key of 32 bytes in base64 after the id"},
        {"a b " GOOD, "line 1 has no key of 32 bytes in base64 after the id"},
        {"a " GOOD "\n\na " GOOD, "line 3 repeats a key id"},
        {"a/b " GOOD, "line 1 does not begin with a key id of letters, digits, '-' and '_'"},
        {"a12345678901234567890123456789012 " GOOD,
         "line 1 does not begin with a key id of letters, digits, '-' and '_'"},
    };
    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        struct seal_ring ring;
        struct buf       fault = {0};
        assert_false(seal_ring_read(&ring, str_of(bad[i][0]), &fault));
        assert_string_equal(fault.p, bad[i][1]);
        assert_int_equal(ring.count, 0);
        buf_fini(&fault);
    }
}

static void a_ring_has_a_limit(void **state)
{
    (void)state;
    struct seal_ring ring;
    struct buf       text = {0}, fault = {0};

    for (unsigned i = 0; i <= SEAL_KEYS_MAX; i++)
        buf_print(&text, "key%u " GOOD "\n", i);
    assert_false(seal_ring_read(&ring, buf_view(&text), &fault));
    assert_string_equal(fault.p, "line 9 has more keys than a ring can hold");
    buf_fini(&text);
    buf_fini(&fault);
}

static void a_pasted_key_is_trimmed(void **state)
{
    (void)state;
    static const char *const pasted[] = {"abc",     " abc\r\n",  "\"abc\"",
                                         "'abc'\n", "\" abc \"", "`abc`"};

    for (unsigned i = 0; i < COUNT_OF(pasted); i++)
        assert_true(str_is(key_trim(str_of(pasted[i])), "abc"));
    assert_int_equal(key_trim(STR(" \"\" \n")).len, 0);
}

static void only_visible_ascii_can_be_sent(void **state)
{
    (void)state;
    char long_key[KEY_MAX + 1];

    memset(long_key, 'x', sizeof long_key);
    assert_true(key_is_sendable(STR("sk-or-v1-1~!")));
    assert_true(key_is_sendable((struct str){long_key, KEY_MAX}));
    assert_false(key_is_sendable((struct str){long_key, KEY_MAX + 1}));
    assert_false(key_is_sendable(STR("")));
    assert_false(key_is_sendable(STR("a\r\nHost: b")));
    assert_false(key_is_sendable(STR("a b")));
    assert_false(key_is_sendable(STR("schl\xC3\xBCssel")));
}

static void only_the_known_format_is_usual(void **state)
{
    (void)state;
    struct buf key = {0};

    buf_print(&key, "sk-or-v1-%064d", 7);
    assert_true(key_is_usual(buf_view(&key)));
    key.p[40] = 'G';
    assert_false(key_is_usual(buf_view(&key)));
    assert_false(key_is_usual(STR("sk-or-v1-0")));
    assert_false(key_is_usual(STR("sk-or-v2-0")));
    buf_fini(&key);
}

static void a_hint_hides_the_middle(void **state)
{
    (void)state;
    char hint[KEY_HINT_SIZE];

    key_hint(hint, STR(SECRET));
    assert_string_equal(hint, "sk-or-v1-au7...890");
    key_hint(hint, STR("sk-or-v1-au7-short"));
    assert_string_equal(hint, "...");
    key_hint(hint, STR(""));
    assert_string_equal(hint, "...");
    key_hint(hint, STR("one line\nand another one\n"));
    assert_string_equal(hint, "...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_is_opened),
        cmocka_unit_test(what_an_older_key_sealed_is_still_opened),
        cmocka_unit_test(an_unknown_key_id_is_told_apart),
        cmocka_unit_test(cut_or_changed_bytes_are_refused),
        cmocka_unit_test(the_longest_secret_fits_and_a_longer_one_is_refused),
        cmocka_unit_test(a_bad_key_file_is_refused_with_a_sentence),
        cmocka_unit_test(a_ring_has_a_limit),
        cmocka_unit_test(a_pasted_key_is_trimmed),
        cmocka_unit_test(only_visible_ascii_can_be_sent),
        cmocka_unit_test(only_the_known_format_is_usual),
        cmocka_unit_test(a_hint_hides_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
