/* openrouter-standin: an upstream that behaves like OpenRouter, well or badly, on demand. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "server.h"

static const char help[] =
    "openrouter-standin - behaves like OpenRouter, well or badly, on demand\n"
    "\n"
    "  --port N         port to listen on; 0: any free one\n"
    "  --bind ADDRESS   default 127.0.0.1\n"
    "  --port-file F    write the port to F once it is open; it is always printed to stdout\n"
    "  --log F          log requests and how answers ended, as JSON lines\n"
    "  --key K          a known key: KEY or KEY,WORD,WORD (see keys.h); may be repeated\n"
    "  --keys F         a file of such keys, one per line\n"
    "  --demo           sample answers about cars at typing speed, for any key\n"
    "  --pace-ms N      ms before each word; 0: no delays at all\n"
    "  --scenarios      print the scenarios and knobs as Markdown, and exit\n";

struct options {
    const char     *bind, *port_file, *log;
    long            port, pace;
    struct upstream upstream;
};

static void die(const char *what, const char *which)
{
    fprintf(stderr, "openrouter-standin: %s: %s\n", which, what);
    exit(78);
}

static long need_number(const char *text, long most, const char *option)
{
    char *end;
    long  value = strtol(text, &end, 10);

    if (!*text || *end || value < 0 || value > most)
        die("is not a number in its range", option);
    return value;
}

static void print_scenarios(void)
{
    scenarios_print();
    printf("\n### Knobs\n\n");
    knobs_print();
    exit(0);
}

static void take_option(struct options *o, int option)
{
    switch (option) {
    case 'p':
        o->port = need_number(optarg, 65535, "--port");
        break;
    case 'b':
        o->bind = optarg;
        break;
    case 'f':
        o->port_file = optarg;
        break;
    case 'l':
        o->log = optarg;
        break;
    case 'k':
        if (!keys_add(&o->upstream.keys, str_of(optarg)))
            die("not a key of printable ASCII, or an unknown word", "--key");
        break;
    case 'K':
        if (!keys_load(&o->upstream.keys, optarg))
            die("cannot be read, or has an unknown word", optarg);
        break;
    case 'd':
        o->upstream.demo = o->upstream.keys.any = true;
        break;
    case 'P':
        o->pace = need_number(optarg, 60000, "--pace-ms");
        break;
    case 's':
        print_scenarios();
        break;
    case 'h':
        fputs(help, stdout);
        exit(0);
    default:
        fputs(help, stderr);
        exit(78);
    }
}

/* The demo starts after a short delay and then sends words at typing speed. */
static void set_pace(struct options *o)
{
    struct knobs *k = &o->upstream.knobs;

    if (o->upstream.demo) {
        k->delay = 30;
        k->first = 500;
        k->pads = 2;
    }
    if (o->pace >= 0)
        k->delay = (unsigned)o->pace;
    if (o->pace == 0)
        k->first = 0;
}

static void read_options(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'},
        {"bind", required_argument, NULL, 'b'},
        {"port-file", required_argument, NULL, 'f'},
        {"log", required_argument, NULL, 'l'},
        {"key", required_argument, NULL, 'k'},
        {"keys", required_argument, NULL, 'K'},
        {"demo", no_argument, NULL, 'd'},
        {"pace-ms", required_argument, NULL, 'P'},
        {"scenarios", no_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;

    *o = (struct options){.bind = "127.0.0.1", .port = -1, .pace = -1};
    upstream_init(&o->upstream);
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        take_option(o, option);
    if (optind < argc)
        die("is no option", argv[optind]);
    if (o->port < 0)
        die("is needed", "--port");
    if (!o->upstream.keys.count && !o->upstream.keys.any)
        die("one of them is needed, or --demo", "--key or --keys");
    set_pace(o);
}

/* Written to a temporary file and renamed, so that a reader never sees half a number. */
static void write_port(const char *path, unsigned port)
{
    char beside[4096];

    if (!str_format(beside, sizeof beside, "%s.new", path))
        die("is too long", path);
    FILE *file = fopen(beside, "we");
    if (!file || fprintf(file, "%u\n", port) < 0 || fclose(file) != 0 || rename(beside, path) != 0)
        die(strerror(errno), path);
}

int main(int argc, char **argv)
{
    struct options o;
    char           place[64];

    random_init();
    read_options(&o, argc, argv);
    struct journal *journal = journal_open(o.log);
    if (!journal)
        die(strerror(errno), o.log);
    struct server *server = server_open(o.bind, (uint16_t)o.port, &o.upstream, journal);
    if (!server) {
        (void)str_format(place, sizeof place, "%s:%ld", o.bind, o.port);
        die(strerror(errno), place);
    }
    printf("%u\n", server_port(server));
    fflush(stdout);
    if (o.port_file)
        write_port(o.port_file, server_port(server));
    server_run(server);
    server_close(&server);
    journal_close(&journal);
    upstream_fini(&o.upstream);
    return 0;
}
