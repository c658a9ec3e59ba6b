# pipelines-audit as an image: from the locked dependencies, without root, with git for the dates of what is declared.
#
#   make image
#   docker run --rm --read-only --tmpfs /tmp --volume "$PWD:/repo:ro" pipelines-audit declared --infra-live /repo

# The base by its digest: the tag beside it is only for people. Move both together, and pass another one by
# --build-arg PYTHON_DIGEST=sha256:…
ARG PYTHON_TAG=3.13-slim
ARG PYTHON_DIGEST=sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM python:${PYTHON_TAG}@${PYTHON_DIGEST} AS build
# There is no git here that could tell it.
ARG VERSION=0.1.0
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    SETUPTOOLS_SCM_PRETEND_VERSION=${VERSION}
WORKDIR /build
RUN python -m venv /opt/pipelines-audit
COPY requirements.runtime.lock ./
RUN /opt/pipelines-audit/bin/pip install --require-hashes --only-binary :all: -r requirements.runtime.lock
COPY requirements.build.lock ./
RUN pip install --require-hashes --only-binary :all: -r requirements.build.lock
COPY pyproject.toml README.md LICENSE ./
COPY audit audit
COPY checks checks
COPY reports reports
RUN python -m hatchling build -t wheel && \
    /opt/pipelines-audit/bin/pip install --no-deps --no-index dist/*.whl && \
    /opt/pipelines-audit/bin/python -m compileall -q /opt/pipelines-audit/lib

FROM python:${PYTHON_TAG}@${PYTHON_DIGEST}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="pipelines-audit" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
# Debian keeps one version of a package at a time: a pinned one could not be had after its next fix.
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install --yes --no-install-recommends git && \
    rm -rf /var/lib/apt/lists/* && \
    useradd --no-log-init --uid 10001 --create-home --home-dir /home/audit audit
COPY --from=build /opt/pipelines-audit /opt/pipelines-audit
ENV PATH=/opt/pipelines-audit/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /home/audit
ENTRYPOINT ["pipelines-audit"]
CMD ["--help"]
