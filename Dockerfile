# One image for every role of the fleet; the command chooses: node apps/<role>/src/main.ts.
# The edge role drives the nginx that is in the image, API and worker change zones with its nsupdate (RFC 2136).
# Node runs the TypeScript sources as they stand; only the dashboard is built.
FROM node:24-slim AS dashboard
WORKDIR /srv/mooring
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY apps apps
COPY packages packages
# With the optional ones: the bundler's own binary is among them.
RUN npm ci --omit=dev --ignore-scripts --no-progress --workspace=apps/dashboard \
  && node apps/dashboard/build-if-stale.ts

FROM node:24-slim

RUN apt-get update \
  && apt-get install --yes --no-install-recommends nginx-light bind9-dnsutils \
  && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled/default

WORKDIR /srv/mooring
COPY package.json package-lock.json .npmrc ./
COPY apps apps
COPY packages packages
COPY migrations migrations
# Without the optional ones: Node itself is the image's, and the embedded PostgreSQL is for `npm start` alone.
RUN npm ci --omit=dev --omit=optional --no-progress \
  --workspace=apps/api --workspace=apps/worker --workspace=apps/scheduler --workspace=apps/edge-agent --workspace=apps/cli \
  && npm cache clean --force
COPY --from=dashboard /srv/mooring/apps/dashboard/dist apps/dashboard/dist

# Everything a role writes is below this folder (an edge's configurations and certificates, the local CA).
RUN mkdir /var/lib/mooring && chown node:node /var/lib/mooring
VOLUME /var/lib/mooring
USER node
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    MOORING_DATA_DIR=/var/lib/mooring \
    MOORING_EDGE_DIR=/var/lib/mooring/edge
CMD ["node", "apps/api/src/main.ts"]
