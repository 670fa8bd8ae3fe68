# One image for all pods: the code server (the default command), runs, the webserver, the daemon and
# the API. Nothing of the environment is built in: settings and secrets come when a container starts.
#
#   docker build -t registry.example.com/insights:0.1.0 .
#
# For arm64 beside amd64: docker buildx build --platform linux/amd64,linux/arm64 ...

ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/insights
COPY constraints.txt pyproject.toml README.md LICENSE ./
# What we depend on first, all as wheels: a layer that stays as long as these four files do.
# EXTRA adds packages, as dagster-aws for compute logs in S3. The local stack and the tests' packages
# are extras of their own, which no pod needs.
ARG EXTRA=""
RUN mkdir insights_assets && /opt/insights/bin/python -m pip install -c constraints.txt ".[k8s]" ${EXTRA}
COPY insights_assets insights_assets
RUN /opt/insights/bin/python -m pip install --no-deps --force-reinstall . \
    && /opt/insights/bin/python -m pip check \
    && /opt/insights/bin/python -m pip uninstall -y pip setuptools
# DAGSTER_HOME, as the chart calls it. The pods of the chart get its dagster.yaml mounted over this
# one; the code server gets none, and opens an instance all the same: in /tmp, the one folder that it
# may write to.
RUN mkdir -p /opt/dagster/dagster_home && cd /opt/dagster/dagster_home \
    && printf '%s\n' 'storage: {sqlite: {base_dir: /tmp/dagster}}' 'telemetry: {enabled: false}' > dagster.yaml

# Only copies from here on: no shell runs, and nothing that helped the build stays.
FROM python:${PYTHON}
ARG VERSION=0.1.0
ARG REVISION=""
LABEL org.opencontainers.image.title="insights_assets" \
      org.opencontainers.image.description="A daily snapshot a category as a Dagster asset graph" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/insights /opt/insights
COPY --from=build /opt/dagster /opt/dagster
# /tmp is the only folder that is written to, and a user without an entry has no other home.
ENV PATH=/opt/insights/bin:$PATH DAGSTER_HOME=/opt/dagster/dagster_home HOME=/tmp USER=insights \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /opt/dagster
# A number: Kubernetes can then check that it is not root's.
USER 10001:10001
EXPOSE 3030 8000
# No HEALTHCHECK: the image has five commands, and what is true of the code server would call the
# others ill. Kubernetes has probes, docs/compose.yaml a health check for each service.
CMD ["dagster", "api", "grpc", "-h", "0.0.0.0", "-p", "3030", "--module-name", "insights_assets.definitions"]
