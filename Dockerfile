FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/ocop && /opt/ocop/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY src src
COPY migrations migrations
# The build backend is not part of what ships, so it lives in an environment of its own.
RUN python -m venv /opt/tools && /opt/tools/bin/pip install --no-cache-dir hatchling \
 && /opt/tools/bin/hatchling build -t wheel -d /dist \
 && /opt/ocop/bin/pip install --no-cache-dir --no-deps /dist/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/ocop --create-home ocop
COPY --from=build /opt/ocop /opt/ocop
ENV PATH=/opt/ocop/bin:$PATH PYTHONUNBUFFERED=1 OCOP_MODE=production \
    OCOP_DATA_DIR=/var/lib/ocop OCOP_STORAGE_ROOT=/var/lib/ocop/storage OCOP_MAIL_OUTBOX=/var/lib/ocop/outbox
USER ocop
WORKDIR /var/lib/ocop
VOLUME /var/lib/ocop
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=4s --start-period=10s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=3)"]
CMD ["ocop-api", "serve", "--host", "0.0.0.0"]
