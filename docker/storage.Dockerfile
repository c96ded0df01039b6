# S3-compatible storage over a folder: each file of the platform is a file there.

FROM versity/versitygw:v1.8.0
USER 0
RUN install -d -o 10001 -g 10001 /files
USER 10001:10001
EXPOSE 7070
HEALTHCHECK --interval=10s --timeout=5s --retries=5 \
  CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:7070/health"]
