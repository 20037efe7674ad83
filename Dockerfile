# The image of every process of Beffroi: `docker compose build` makes it, compose.yaml runs it.
FROM node:22-bookworm-slim AS packages
WORKDIR /srv/beffroi
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --silent --no-progress

# The Python that the lock files are proved with.
FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/beffroi
COPY requirements/runtime.txt requirements/
RUN pip install --quiet --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
    --require-hashes -r requirements/runtime.txt
# The communes of France are read from node_modules; what browsers load is copied out of it.
COPY --from=packages /srv/beffroi/node_modules node_modules
COPY . .
RUN python scripts/assets.py \
    && python -m compileall -q domain infra projections services \
    && useradd --system --uid 10001 --home-dir /var/lib/beffroi beffroi \
    && install -d -o beffroi -g beffroi -m 0700 /var/lib/beffroi
ENV BEFFROI_DATA=/var/lib/beffroi
VOLUME /var/lib/beffroi
USER beffroi
ENTRYPOINT ["python", "-m", "services.cli"]
CMD ["--help"]
