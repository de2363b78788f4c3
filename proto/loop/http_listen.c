/* The listening socket, and how many connections the limit of descriptors allows. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "loop/http_internal.h"

#define BACKLOG 4096
#define DEAD_PEER_MS                                                                               \
    30000 /* connections are closed when sent bytes are not acknowledged for so long */
#define SPARE_FILES 128 /* descriptors reserved for the rest of the process */

static bool parse_address(const char *text, unsigned port, struct sockaddr_storage *out,
                          socklen_t *len)
{
    struct sockaddr_in6 *six = (void *)out;
    struct sockaddr_in  *four = (void *)out;

    *out = (struct sockaddr_storage){0};
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        *len = sizeof *four;
        return true;
    }
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)port);
    *len = sizeof *six;
    return inet_pton(AF_INET6, text, &six->sin6_addr) == 1;
}

int http_listen_at(const char *address, unsigned port)
{
    struct sockaddr_storage at;
    socklen_t               len;
    int                     on = 1, off = 0;
    unsigned                dead = DEAD_PEER_MS;

    if (!parse_address(address, port, &at, &len)) {
        errno = EINVAL;
        return -1;
    }
    int fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    /* Accepted connections inherit both options. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead, sizeof dead);
    if (bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

unsigned http_listen_port(int fd)
{
    struct sockaddr_in6 at;
    socklen_t           len = sizeof at;

    must(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    return ntohs(at.sin6_port); /* at the same offset in both address families */
}

unsigned http_listen_limit(unsigned connections)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY ||
        files.rlim_cur >= connections + SPARE_FILES)
        return connections;
    unsigned fitting =
        files.rlim_cur > 2 * SPARE_FILES ? (unsigned)files.rlim_cur - SPARE_FILES : SPARE_FILES;
    log_warn(0, "http.fd_limit_low", "connections=%u wanted=%u open_files=%llu", fitting,
             connections, (unsigned long long)files.rlim_cur);
    return fitting;
}
