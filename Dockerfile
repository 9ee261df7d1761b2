# dapr-wasm-host from nothing, for those who have an engine:
#   docker build --tag dapr-wasm-host:0.1.0 .
# `just image` makes the same without one; docs/image.md says more.
FROM rust:1.95.0-alpine AS build
RUN apk add --no-cache build-base ca-certificates-bundle
WORKDIR /src
COPY . .
# jemalloc takes its pages' size when it is compiled, and some kernels for aarch64 have 64 KiB.
RUN if [ "$(uname -m)" = aarch64 ]; then export JEMALLOC_SYS_WITH_LG_PAGE=16; fi \
    && cargo build --release --locked --package dapr-wasm-host

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /src/LICENSE /usr/share/licenses/dapr-wasm-host/
COPY --from=build /src/target/release/dapr-wasm-host /
LABEL org.opencontainers.image.title="dapr-wasm-host" \
      org.opencontainers.image.description="Dapr secret store for Tencent Cloud Secrets Manager (SSM), for daprd or in its place" \
      org.opencontainers.image.licenses="Apache-2.0 AND MPL-2.0"
ENV PATH=/
WORKDIR /
USER 65532:65532
ENTRYPOINT ["/dapr-wasm-host"]
