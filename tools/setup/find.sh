# Where the machine's Python, Node.js, npm, browsers and compiler are; sourced by the other scripts.

find_python() { # the first that is >= 3.11 and can make environments
  local name
  for name in ${OCTAVO_PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

find_node() {
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
    2>/dev/null && command -v node
}

find_npm() { command -v npm; }

find_chromium() {
  if [ -n "${OCTAVO_CHROMIUM:-}" ]; then
    [ -x "$OCTAVO_CHROMIUM" ] && echo "$OCTAVO_CHROMIUM"
    return
  fi
  command -v chromium || command -v chromium-browser || command -v google-chrome
}

find_firefox() {
  if [ -n "${OCTAVO_FIREFOX:-}" ]; then
    [ -x "$OCTAVO_FIREFOX" ] && echo "$OCTAVO_FIREFOX"
    return
  fi
  command -v firefox-esr || command -v firefox
}

find_postgres() { # the server, which Debian keeps off the PATH
  command -v postgres || ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null | tail -n 1 | grep .
}

find_redis() { command -v redis-server; }

find_balancers() { # which Debian keeps in /usr/sbin
  PATH="$PATH:/usr/sbin" command -v haproxy && PATH="$PATH:/usr/sbin" command -v nginx
}

find_compiler() { # and the headers of the Python that will use it
  "$(find_python)" -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null &&
    command -v "${CC:-cc}"
}
