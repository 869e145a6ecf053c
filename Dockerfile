# docker build --tag asmgold . && docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/work" asmgold run
# Written by the rules, but never built by those who wrote it: they had no daemon.
FROM python:3.12-slim
COPY requirements.lock /tmp/
RUN pip install --no-cache-dir --no-compile --require-hashes --requirement /tmp/requirements.lock
COPY . /opt/asmgold
RUN pip install --no-cache-dir --no-deps /opt/asmgold && python -m compileall -q /usr/local/lib/python3.12
ENV HOME=/tmp
WORKDIR /work
ENTRYPOINT ["asmgold"]
CMD ["run"]
