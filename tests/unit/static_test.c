/* What static promises: only what was read at the start, whatever the path. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "http/static.h"
#include "test.h"

static char root[64];

static void put(const char *name, const char *content)
{
    char  path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", root, name);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(content, f);
    assert_int_equal(fclose(f), 0);
}

static int make_page(void **state)
{
    char path[128];

    (void)state;
    snprintf(root, sizeof root, "/tmp/static-test-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof path, "%s/static", root);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/static/folder", root);
    assert_int_equal(mkdir(path, 0700), 0);
    put("index.html", "<p>page");
    put("index.html.br", "br-page");
    put("secret.txt", "not part of the page");
    put("static/app-1a2b.js", "plain script");
    put("static/app-1a2b.js.gz", "gzip script");
    put("static/app-1a2b.js.br", "br script");
    put("static/.hidden", "hidden");
    return 0;
}

static int remove_page(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -r %s", root);
    FILE *p = popen(command, "r");
    return p ? pclose(p) : -1;
}

static struct static_files *open_page(void)
{
    struct static_files *f;
    assert_int_equal(static_open(&f, root), ERR_OK);
    return f;
}

static void the_page_and_its_files_are_found(void **state)
{
    (void)state;
    struct static_files      *f = open_page();
    const struct static_file *page = static_find(f, "/"),
                             *script = static_find(f, "/static/app-1a2b.js");

    assert_true(str_is(buf_view(&page->bytes[CODING_PLAIN]), "<p>page"));
    assert_string_equal(page->type, "text/html; charset=utf-8");
    assert_false(page->is_hashed);
    assert_true(script->is_hashed);
    assert_string_equal(script->type, "text/javascript; charset=utf-8");
    assert_string_not_equal(script->etag, page->etag);
    static_close(&f);
}

static void no_other_path_leads_anywhere(void **state)
{
    (void)state;
    static const char *const paths[] = {"/index.html",
                                        "/secret.txt",
                                        "/static/../secret.txt",
                                        "/static/..",
                                        "/static/",
                                        "/static",
                                        "/static/.hidden",
                                        "/static/folder",
                                        "",
                                        "/static/%2e%2e/secret.txt",
                                        "//",
                                        "/static//app-1a2b.js",
                                        "/static/app-1a2b.js.gz",
                                        "/etc/passwd"};
    struct static_files     *f = open_page();

    for (unsigned i = 0; i < COUNT_OF(paths); i++)
        assert_null(static_find(f, paths[i]));
    static_close(&f);
}

static void the_smallest_form_the_browser_takes_is_sent(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum coding script, page;
    } cases[] = {
        {"gzip, deflate, br", CODING_BROTLI, CODING_BROTLI},
        {"gzip", CODING_GZIP, CODING_PLAIN},
        {"GZIP;q=0.5", CODING_GZIP, CODING_PLAIN},
        {"br;q=0, gzip;q=1.0", CODING_GZIP, CODING_PLAIN},
        {"br;q=0.000", CODING_PLAIN, CODING_PLAIN},
        {"broken, gzipped", CODING_PLAIN, CODING_PLAIN},
        {"identity", CODING_PLAIN, CODING_PLAIN},
        {",,;", CODING_PLAIN, CODING_PLAIN},
        {"", CODING_PLAIN, CODING_PLAIN},
    };
    struct static_files *f = open_page();

    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct str accept = str_of(cases[i].accept);
        assert_int_equal(static_coding(static_find(f, "/static/app-1a2b.js"), accept),
                         cases[i].script);
        assert_int_equal(static_coding(static_find(f, "/"), accept), cases[i].page);
    }
    static_close(&f);
}

static void without_a_root_there_is_no_page(void **state)
{
    (void)state;
    struct static_files *f;

    assert_int_equal(static_open(&f, ""), ERR_OK);
    assert_null(static_find(f, "/"));
    static_close(&f);
}

static void a_broken_page_is_an_error_at_the_start(void **state)
{
    (void)state;
    struct static_files *f;
    char                 path[128];

    assert_int_equal(static_open(&f, "/nowhere/at/all"), ERR_DOWN);
    assert_null(f);
    snprintf(path, sizeof path, "%s/static", root);
    assert_int_equal(static_open(&f, path), ERR_DOWN); /* there is no index.html in it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_and_its_files_are_found),
        cmocka_unit_test(no_other_path_leads_anywhere),
        cmocka_unit_test(the_smallest_form_the_browser_takes_is_sent),
        cmocka_unit_test(without_a_root_there_is_no_page),
        cmocka_unit_test(a_broken_page_is_an_error_at_the_start),
    };
    log_open("static_test", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    return cmocka_run_group_tests(tests, make_page, remove_page);
}
