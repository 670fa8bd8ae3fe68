# One image for all pods: the code server (the default command), runs, the webserver, the daemon and
# the API. Nothing of the environment is built in: settings and secrets come when a container starts.
#
#   docker build -t registry.example.com/insights:0.1.0 .

ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/insights
COPY constraints.txt pyproject.toml README.md LICENSE ./
# What we depend on first, all as wheels: a layer that stays as long as these four files do.
# EXTRA adds packages, as dagster-aws for compute logs in S3.
ARG EXTRA=""
RUN mkdir insights_assets && /opt/insights/bin/python -m pip install -c constraints.txt ".[k8s]" ${EXTRA}
COPY insights_assets insights_assets
RUN /opt/insights/bin/python -m pip install --no-deps --force-reinstall . \
    && /opt/insights/bin/python -m pip check \
    && /opt/insights/bin/python -m pip uninstall -y pip setuptools

FROM python:${PYTHON}
COPY --from=build /opt/insights /opt/insights
# The folder that the chart calls DAGSTER_HOME: empty here, its dagster.yaml is mounted.
RUN mkdir -p /opt/dagster/dagster_home
# /tmp is the only folder that is written to, and a user without an entry has no other home.
ENV PATH=/opt/insights/bin:$PATH DAGSTER_HOME=/opt/dagster/dagster_home HOME=/tmp USER=insights \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /opt/dagster
# A number: Kubernetes can then check that it is not root's.
USER 10001:10001
EXPOSE 3030 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
    CMD ["dagster", "api", "grpc-health-check", "-p", "3030"]
CMD ["dagster", "api", "grpc", "-h", "0.0.0.0", "-p", "3030", "--module-name", "insights_assets.definitions"]
