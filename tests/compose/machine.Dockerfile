# A Debian 13 with systemd, on which the chat was built: for the commands of docs/deploy.md.
# It begins as deploy/Dockerfile does, so those layers are there already.
FROM debian:trixie-slim
WORKDIR /src
COPY scripts/install scripts/
RUN scripts/install build && rm -rf /var/lib/apt/lists
RUN apt-get update -q && apt-get install -y -q --no-install-recommends \
        systemd systemd-sysv dbus sudo openssl redis-server postgresql nginx curl && \
    systemctl mask apt-daily.timer apt-daily-upgrade.timer && rm -rf /var/lib/apt/lists
COPY --from=automotive-chat-build /src /src
ENV container=docker
# The container's root may have a tree of control groups of its own, and mounts that reach the
# units.
CMD umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && \
    mount --make-rshared / && exec /sbin/init
