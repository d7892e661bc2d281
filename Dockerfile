# One image for web and worker: `docker run IMAGE` serves pages, `docker run IMAGE ledgerdesk worker` is the worker
# (the Procfile names every command). docs/operators.md, "The image", says how to build it. The target `standalone` has
# the embedded engine in it and starts everything in one container: docs/standalone.md.
#
# Both bases are given by digest, so that the same commit always builds the same image:
#   docker buildx imagetools inspect python:3.11-slim-bookworm --format '{{.Manifest.Digest}}'
#   docker build --build-arg PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:... \
#                --build-arg NODE_IMAGE=node:20-bookworm-slim@sha256:... .
# A build without a digest ends at its first step.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
ARG NODE_IMAGE=node:20-bookworm-slim

# What is built is files: pages' assets, and packages that pip only unpacks. So every stage that runs something
# runs on x86_64, for which the packages from npm are, and the last one, for whatever processor, only copies.

# hadolint ignore=DL3029
FROM --platform=linux/amd64 ${NODE_IMAGE} AS modules
ARG NODE_IMAGE
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# A build may say where packages come from: the secret `packages` holds lines such as export PIP_INDEX_URL=...
ENV BASH_ENV=/run/secrets/packages
RUN case "$NODE_IMAGE" in *@sha256:*) ;; *) echo "build: give NODE_IMAGE with its digest" >&2; exit 1;; esac
WORKDIR /build
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=packages --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error

# hadolint ignore=DL3029
FROM --platform=linux/amd64 ${PYTHON_IMAGE} AS tools
ARG PYTHON_IMAGE
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
ENV BASH_ENV=/run/secrets/packages UV_LINK_MODE=copy PYTHONDONTWRITEBYTECODE=1
RUN case "$PYTHON_IMAGE" in *@sha256:*) ;; *) echo "build: give PYTHON_IMAGE with its digest" >&2; exit 1;; esac
WORKDIR /build
COPY local/uv.py local/uv.txt local/
COPY requirements.txt requirements-build.txt ./
RUN --mount=type=secret,id=packages --mount=type=cache,target=/root/.cache \
    python3 -m venv /tools \
    && /tools/bin/python local/uv.py pip sync --quiet --require-hashes requirements.txt requirements-build.txt

FROM tools AS assets
WORKDIR /build/app
COPY . .
RUN rm -r local/uv.py local/uv.txt requirements.txt requirements-build.txt package.json package-lock.json \
    && mv local /build/runner \
    && mkdir -m 700 /build/data
COPY --from=modules /build/node_modules /build/app/node_modules
RUN /tools/bin/python -m portal.assets.build \
    && /tools/bin/python -c 'from analytics_dash.bundles import build; build()' \
    && rm -r node_modules \
    && /tools/bin/python -m compileall -q --invalidation-mode unchecked-hash .

FROM tools AS packages
ARG TARGETARCH
RUN --mount=type=secret,id=packages --mount=type=cache,target=/root/.cache \
    case "$TARGETARCH" in amd64) cpu=x86_64;; arm64) cpu=aarch64;; *) echo "build: no packages for it" >&2; exit 1;; esac \
    && python3 -m venv --without-pip /app/.venv \
    && /tools/bin/python local/uv.py pip sync --quiet --require-hashes --only-binary :all: --compile-bytecode \
       --python /app/.venv/bin/python --python-platform "$cpu-manylinux_2_28" requirements.txt \
    && rm -f /app/.venv/.lock \
    && ln -s ../../ledgerdesk /app/.venv/bin/ledgerdesk

FROM ${PYTHON_IMAGE} AS product
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY --from=assets /build/app ./
# Where a volume is mounted that has no owner yet, it takes this folder's.
COPY --from=assets --chown=10001:10001 /build/data /data
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/data
# The root may be read-only: only these two are written to.
VOLUME ["/data", "/tmp"]
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "portal.web.probe"]
# Longer than gunicorn's graceful timeout must pass between TERM and KILL: docker run --stop-timeout 40.
STOPSIGNAL SIGTERM
CMD ["gunicorn", "wsgi:app"]

# For a small team without AWS: engine, web and worker under one supervisor. The engine is built for x86_64 alone.
FROM product AS standalone
COPY --from=modules /build/node_modules/@dynoxide/linux-x64/dynoxide node_modules/@dynoxide/linux-x64/dynoxide
COPY --from=assets /build/runner local
ENV DYNAMODB_ENDPOINT=embedded
CMD ["python", "-m", "local"]

# What is built where no target is named.
FROM product
