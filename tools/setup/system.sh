#!/usr/bin/env bash
# What Octavo needs of the machine: Python >= 3.11 with venv, Node.js >= 20.19 with npm; the tests also like a compiler,
# Chromium, Firefox, PostgreSQL, Redis, HAProxy and nginx.  Says in one line each what is missing and how to get it; installs it with apt when it may (root on
# Debian or Ubuntu).  Prints nothing when all is there.  Usage: system.sh run|dev|test
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/setup/find.sh

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

fetched=no
install() { # package ...
  local log
  log=$(mktemp)
  echo "set-up: installing $* (apt)" >&2
  [ "$fetched" = yes ] || apt-get update -qq >"$log" 2>&1 || tail -n 3 "$log" >&2
  fetched=yes
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$log" 2>&1 </dev/null ||
    tail -n 5 "$log" >&2
  rm -f "$log"
  hash -r
}

no_cluster() { # the tests make their own: Debian's package would make and start one for the machine
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] ||
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
}

install_idle() { # package ...: servers that the tests start themselves, and that the machine shall not run
  local policy=/usr/sbin/policy-rc.d made=no
  [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && made=yes; }
  install "$@"
  [ "$made" = no ] || rm -f "$policy"
}

lacking=0
need() { # finder, what it is, its packages, what to do where apt does not help
  local finder=$1 what=$2 packages=$3 otherwise=$4
  "$finder" >/dev/null && return
  # shellcheck disable=SC2086  # several packages in one word
  if may_install; then
    install $packages
    "$finder" >/dev/null && return
  elif command -v apt-get >/dev/null; then
    otherwise="sudo apt-get install $packages (if that is too old: $otherwise)"
  fi
  echo "set-up: $what is missing: $otherwise" >&2
  lacking=1
}

need find_python "Python >= 3.11 with venv" "python3 python3-venv" "install it from python.org and put it on the PATH"
need find_node "Node.js >= 20.19" "nodejs" "install the LTS release from nodejs.org and put it on the PATH"
need find_npm "npm" "npm" "it comes with Node.js from nodejs.org"

# Without these the tests still run, and list at their end what they could not run.
if [ "$1" = test ] && [ "$lacking" = 0 ] && may_install; then
  find_chromium >/dev/null || install chromium
  find_firefox >/dev/null || install firefox-esr
  find_postgres >/dev/null || { no_cluster && install postgresql; }
  find_redis >/dev/null || install_idle redis-server
  find_balancers >/dev/null || install_idle haproxy nginx-light
  find_compiler >/dev/null || install gcc libc6-dev python3-dev
fi
exit "$lacking"
