# Reverse proxy with TLS, as a user without privileges. Built from the project's folder.

FROM caddy:2.11.4-alpine
# The server listens above 1024, so it needs no privilege: the one on its file would keep it from starting without it.
# hadolint ignore=DL3018
RUN apk add --no-cache libcap \
 && setcap -r /usr/bin/caddy \
 && apk del libcap \
 && adduser -D -H -u 10001 groundwork \
 && mkdir -p /data /config \
 && chown 10001:10001 /data /config
COPY docker/proxy/Caddyfile /etc/caddy/Caddyfile
USER 10001:10001
EXPOSE 8080 8443
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:2020/alive"]
