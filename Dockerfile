# Headrace's own programs: worker, generator, tools. Engines are not in it (that is the extra `engines`).
# The tag is exact; a digest would be more, and has to be looked up where a registry can be reached:
# `docker buildx imagetools inspect python:3.11.14-slim-bookworm`.

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /source
# No pip inside: the base's own installs into it.
RUN python -m venv --without-pip /opt/headrace
# Dependencies first: they change seldom, and this layer is kept then. Wheels only: there is no compiler.
COPY pyproject.toml constraints.txt ./
ENV PIP_CONSTRAINT=constraints.txt PIP_NO_CACHE_DIR=1
RUN python -c "import tomllib; it = tomllib.load(open('pyproject.toml', 'rb'))['project']; more = it['optional-dependencies']; print(*it['dependencies'], *more['parquet'], *more['clickhouse'], *more['edge'], *more['files'], sep='\n')" > requirements.txt \
    && pip --python /opt/headrace/bin/python install --only-binary :all: -r requirements.txt
COPY . .
RUN pip --python /opt/headrace/bin/python install --no-deps .

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title="headrace" \
      org.opencontainers.image.description="Exact per-minute numbers from Kafka, live, on Faust and PostgreSQL" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="python:3.11.14-slim-bookworm"
# tini reaps and passes signals on. No version: Debian keeps only the newest of its release.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && pip uninstall --yes --no-cache-dir pip setuptools wheel \
    && useradd --uid 10001 --no-create-home --home-dir /srv --shell /usr/sbin/nologin headrace \
    && install --directory --owner=10001 --group=10001 /var/lib/headrace
COPY --from=build /opt/headrace /opt/headrace
COPY deploy/health.py /usr/local/bin/headrace-health
ENV PATH=/opt/headrace/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv
USER 10001:10001
EXPOSE 6066 8080 9464 9465 9466
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["headrace-health", "/livez"]
ENTRYPOINT ["tini", "--", "headrace"]
CMD ["worker"]
