# One image for all services; the command says which: python -m producer | worker | scheduler | dashboard
FROM python:3.13-slim AS packages
COPY requirements.lock /
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r /requirements.lock

FROM python:3.13-slim
RUN groupadd --gid 10001 pressroom && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin pressroom
COPY --from=packages /venv /venv
WORKDIR /app
COPY shared shared
COPY producer producer
COPY worker worker
COPY scheduler scheduler
COPY dashboard dashboard
# compiled here, because the services may not write into /app; a volume that is mounted here keeps this owner
RUN /venv/bin/python -m compileall -q . && install -d -o pressroom -g pressroom uploads
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PRESSROOM_HOST=0.0.0.0
USER 10001:10001
CMD ["python", "-m", "producer"]
