# Builds with everything, ships what runs. Neither stage runs an install script of npm: nothing needed here has one.
# The base image of both stages. A tag can be moved, so a release passes the digest that it has resolved: node:24-slim@sha256:...
ARG BASE=node:24-slim
FROM ${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY scripts ./scripts
RUN npm run build
# Types, which nothing reads at run time. What the program needs of packages is in the bundle.
RUN find dist -name "*.d.ts" -delete

FROM ${BASE}
# With its digest in a release; see the ARG above.
ARG BASE
LABEL org.opencontainers.image.title="heartbeat-exporter" \
  org.opencontainers.image.description="Prometheus exporter that probes LLMs and HTTP services, judges the answers and keeps failover mode" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.base.name="docker.io/library/${BASE}"
ENV NODE_ENV=production
# Threads for operations on files: a dead mount keeps some of them, see src/files.
ENV UV_THREADPOOL_SIZE=32
# Threads share one area of memory: each area of its own would keep a megabyte or two.
ENV MALLOC_ARENA_MAX=1
# ping for modules of the icmp prober. It may send packets where the container has the capability NET_RAW, whatever the user; where it
# has not, ping starts all the same, and needs the sysctl net.ipv4.ping_group_range. The package would make it setuid root. It depends
# on libcap2-bin, which therefore stays.
RUN apt-get update \
  && apt-get install -y --no-install-recommends iputils-ping libcap2-bin \
  && chmod u-s "$(command -v ping)" \
  && setcap cap_net_raw+p "$(command -v ping)" \
  && ping -V \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/dist ./dist
# What `heartbeat-exporter pack` writes.
COPY rules ./rules
COPY alertmanager ./alertmanager
COPY dashboards ./dashboards
# What /runbooks/ serves.
COPY docs/runbooks ./docs/runbooks
COPY grafana ./grafana
# The program, also for `docker exec CONTAINER heartbeat-exporter report` and other commands. Its shell becomes the program, so that
# SIGTERM reaches it. The young generation has room for all that some dozen probes need at a time, and is collected by one thread: several
# cost more than they save. The heap grows by 40% of what is in use before garbage is collected: by default V8 lets it grow to four
# times as much. The collector is exposed for the one collection that ends a start.
RUN printf '#!/bin/sh\nexec node --max-semi-space-size=8 --heap-growing-percent=40 --no-parallel-scavenge --expose-gc /app/dist/main.js "$@"\n' \
    > /usr/local/bin/heartbeat-exporter \
  && chmod +x /usr/local/bin/heartbeat-exporter
# The compiled code of everything that a start loads, which saves a fifth of its CPU time. V8 accepts it with the same flags only.
ENV NODE_COMPILE_CACHE=/app/compiled
RUN timeout --preserve-status 5 heartbeat-exporter --demo --web.listen-address=127.0.0.1:0 --storage.path=/tmp/store/store.db \
  && rm -rf /tmp/store
# State and history. Any user may write there, because containers run as users that the image does not know; the files of the store
# can be read by their owner only.
RUN install -d -m 1777 /data
ENV HEARTBEAT_STORAGE_PATH=/data/store.db
VOLUME /data
USER node
EXPOSE 8091
# Asks on a socket of its own, and so does not depend on the address, certificates, prefix and users of the exporter.
ENV HEARTBEAT_HEALTH_SOCKET=@heartbeat-exporter
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "dist/health-check.js"]
ENTRYPOINT ["heartbeat-exporter"]
CMD []
