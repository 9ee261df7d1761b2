# Everyday tasks. `just` alone lists them.

set shell := ["bash", "-euo", "pipefail", "-c"]

# What the README and the book say it is, in one place.
component := "target/wasm32-wasip2/release/tencentcloud_ssm.wasm"
built := parent_directory(component)

_list:
    @just --list --unsorted

# Build the component as it is published: target/wasm32-wasip2/release/tencentcloud_ssm.wasm
build:
    cargo build --release --locked --target wasm32-wasip2 --package tencentcloud-ssm
    @just _stamp {{ component }} tencentcloud-ssm "Dapr secret store for Tencent Cloud Secrets Manager (SSM)"
    @ls -l {{ component }}

# Run every test
test: tools
    cargo test --locked

# Compose the command line and the gateway with the store: ssm-cli.wasm and ssm-gateway.wasm beside it
compose: build
    cargo build --release --locked --target wasm32-wasip2 --package secrets-cli --package secrets-gateway
    @just _compose secrets-cli ssm-cli "Command to read secrets of Tencent Cloud Secrets Manager (SSM)"
    @just _compose secrets_gateway ssm-gateway "Dapr's Secrets API for Tencent Cloud Secrets Manager (SSM)"

_compose front name description:
    cargo run --quiet --locked --package compose -- {{ built }}/{{ front }}.wasm {{ component }} {{ built }}/{{ name }}.wasm
    @just _stamp "{{ built }}/{{ name }}.wasm" "{{ name }}" "{{ description }}"

_stamp file name description:
    @cargo run --quiet --locked --package stamp -- "{{ file }}" "{{ name }}" "{{ description }}"

# Read sample secrets through the component, from an emulator
demo *args:
    cargo run --locked -- {{ args }}

# Formatting and clippy, for this machine and for wasm
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo clippy --locked --target wasm32-wasip2 --target-dir target/component -p tencentcloud-ssm -p ssm -p tc3 -p values -p component-rt -p bare-store -- -D warnings
    # Apart: a command of Cargo's gives its packages one set of features, and these have std in theirs.
    cargo clippy --locked --target wasm32-wasip2 --target-dir target/component -p dapr-secrets-api -p dapr-secretstores -p secrets-cli -p secrets-gateway -p consumer -p spin-app -p spin-dependency -p bad-store -p deny-adapter -- -D warnings

# The component's size against its budget
size: build
    @size=$(stat -c %s {{ component }} 2>/dev/null || stat -f %z {{ component }}); echo "$size of 204800 bytes"; test "$size" -lt 204800

# Build the host as it is shipped: target/release/dapr-wasm-host
host:
    cargo build --release --locked --package dapr-wasm-host
    @ls -l target/release/dapr-wasm-host

# Make the image from nothing, for both architectures, as it is shipped: target/image (needs Go and Linux)
image:
    tools/image release target/image/dapr-wasm-host-oci.tar amd64 arm64
    tools/sbom target/image

# Run an image, or one that is quickly compiled, as a node of a cluster does, with a real daprd (needs Go and root)
image-check *archive: daprd
    tools/image-check {{ archive }}

# Gather what is released in target/release-VERSION; nothing is published (needs Go and Linux)
release: compose
    tools/release

# The figures of the book, each beside what it is compared with
bench:
    cargo bench --locked --package tencentcloud-ssm --package dapr-wasm-host --bench figures --bench serve

# What the same store costs on each host, as the book's table
hosts: tools compose
    cd examples/node && npm ci --silent && npm run --silent transpile -- ../../{{ component }}
    python3 -m venv target/python && target/python/bin/pip install --quiet -r examples/python/requirements.txt
    cargo bench --locked --package dapr-wasm-host --bench hosts

# Install what tests run beside our own: just, the wasmtime commands, wash, NATS, a registry, Kubernetes' schemas, tccli, the SDKs of Dapr and Tencent Cloud
tools:
    tools/setup

# Build the daprds and conformance suites that tests plug the host into (needs Go)
daprd:
    tools/daprd

# Check licences, sources and known vulnerabilities of what is depended on (deny.toml)
deny:
    tools/deny

# Build the component in two folders and compare byte by byte
reproducible:
    tools/reproducible

# Run every fuzz target for some seconds (needs a C++ compiler)
fuzz seconds:
    tools/fuzz {{ seconds }}

# serve, and plug under daprd, in chaos for SOAK_SECONDS (600); SOAK_SEED makes the same chaos again
soak: daprd
    cargo test --locked --test host soak -- --ignored --nocapture

# Hold the manifests of examples/kubernetes, compose and systemd to what will read them (needs Go)
manifests: tools
    tools/manifests

# Apply examples/kubernetes to a real API server, built of its source (needs Go and etcd)
apiserver:
    tools/apiserver

# Push the component and the gateway to a registry on loopback, and pull the same bytes back
oci: tools compose
    PATH="$PWD/target/tools/bin:$PATH" tools/oci

# Run the commands of all READMEs and of the book as they stand there
readme: tools daprd build
    PATH="$PWD/target/tools/bin:$PWD/target/daprd:$PATH" python3 tools/readme.py README.md docs/*.md examples/*/README.md

# Build the book of docs/ into target/book; check all links of the repository to itself
book:
    tools/book
