/* JSON lines into a file. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "journal.h"
#include "json_text.h"

struct journal {
    int        fd; /* -1: writes nothing */
    struct buf line;
};

struct journal *journal_open(const char *path)
{
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

    if (path && fd < 0)
        return NULL;
    struct journal *j = mem_new(sizeof *j);
    j->fd = fd;
    return j;
}

void journal_close(struct journal **j)
{
    if (!*j)
        return;
    if ((*j)->fd >= 0)
        close((*j)->fd);
    buf_fini(&(*j)->line);
    free(*j);
    *j = NULL;
}

bool journal_is_on(const struct journal *j)
{
    return j->fd >= 0;
}

void journal_write(struct journal *j, json_t *event)
{
    must(event);
    buf_clear(&j->line);
    json_text_add(&j->line, event);
    json_decref(event);
    buf_str(&j->line, STR("\n"));
    if (j->fd >= 0 && write(j->fd, j->line.p, j->line.len) != (ssize_t)j->line.len)
        perror("journal");
}
