# syncdb as a container. The folder /data holds the settings, the key file, the ledger and the log:
#   docker build --tag syncdb .
#   docker run --name syncdb --network host --stop-timeout 300 --volume /srv/my-shop:/data syncdb      the pages, and the runs
#   docker run --rm --volume /srv/my-shop:/data syncdb status                                         any other command
FROM python:3.11-slim

WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY syncdb ./syncdb
RUN pip install --no-cache-dir --constraint constraints.txt .

# not root: whoever this is outside must own what is mounted at /data (see docs/install.md)
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin syncdb && install --directory --owner syncdb --mode 0700 /data
USER syncdb
WORKDIR /data
VOLUME /data

ENV PYTHONUNBUFFERED=1 PYTHONUTF8=1
ENTRYPOINT ["syncdb"]
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://localhost:8790/healthz', timeout=5)"]
CMD ["serve", "--schedule"]
