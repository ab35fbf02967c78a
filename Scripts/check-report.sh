#!/bin/sh
# Opens a report in headless Chromium and checks that every plot is drawn without an error.
#
#   Scripts/check-report.sh REPORT_DIR
#
# Exit codes: 0 all is well; 1 something is not, said on standard error; 77 no browser here.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: $0 REPORT_DIR" >&2
  exit 1
fi
directory=$(cd "$1" && pwd)
page=$directory/report.html
if [ ! -f "$page" ]; then
  echo "check-report: $page is missing: write the report first" >&2
  exit 1
fi

browser=
for name in chromium-headless-shell chromium google-chrome; do
  if command -v "$name" >/dev/null 2>&1; then
    browser=$name
    break
  fi
done
if [ -z "$browser" ]; then
  echo "check-report: no browser: install chromium-headless-shell, chromium or google-chrome" >&2
  exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# No network: whatever asks for one is sent to a port where nobody answers. WebGL is drawn by the
# processor. Chromium's own sandbox refuses to work for root.
set -- --user-data-dir="$work/profile" --proxy-server=127.0.0.1:9 \
  --use-angle=swiftshader --enable-unsafe-swiftshader --enable-logging=stderr \
  --window-size=1200,900 --virtual-time-budget=60000 --dump-dom
case $browser in
chromium-headless-shell) ;;
*) set -- --headless=new "$@" ;;
esac
if [ "$(id -u)" -eq 0 ]; then set -- --no-sandbox "$@"; fi
limit=
if command -v timeout >/dev/null 2>&1; then limit="timeout 180"; fi
address=file://$(printf '%s' "$directory" | sed 's/%/%25/g; s/ /%20/g; s/#/%23/g; s/?/%3F/g')

# $limit is a command and its argument, or nothing.
# shellcheck disable=SC2086
if ! $limit "$browser" "$@" "$address/report.html" >"$work/page" 2>"$work/log"; then
  echo "check-report: $browser failed or took longer than 180 s; its last lines:" >&2
  tail -n 5 "$work/log" >&2
  exit 1
fi

# Reads data-NAME="…" off the document's first element, where the page's script leaves its counts.
count() {
  sed -n "s/.*<html[^>]* data-$1=\"\([0-9]*\)\".*/\1/p" "$work/page" | head -n 1
}

status=0
fail() {
  echo "check-report: $*" >&2
  status=1
}

expected=$(count plots)
drawn=$(count drawn)
errors=$(count errors)
present=$(grep -o 'class="main-svg"[^>]*' "$work/page" | wc -l | tr -d ' ')

if [ -z "$expected" ]; then
  fail "$page is no report: it does not say how many plots it has"
elif [ "$expected" -eq 0 ]; then
  fail "the page has no plots: plotly.min.js was missing when it was written"
else
  [ "${drawn:-0}" = "$expected" ] || fail "${drawn:-no} of $expected plots were drawn"
  # Every plot leaves at least one such element.
  [ "$present" -ge "$expected" ] || fail "$present drawings stand in the page for $expected plots"
fi
[ "${errors:-0}" = 0 ] || fail "the page's script met $errors errors"

# Chromium's advice on speed is no error of the page.
console=$(grep 'CONSOLE' "$work/log" | grep -v -e 'willReadFrequently' -e 'GPU stall' || true)
[ -z "$console" ] || fail "the console says:
$console"

pictures=$(grep -o '<img [^>]*src="[^"]*"' "$page" | sed 's/.*src="\([^"]*\)"/\1/' || true)
for file in $pictures; do
  [ -s "$directory/$file" ] || fail "the picture $file is missing or empty"
done
for file in $(sed -n 's/.*<p class="files">\(.*\)<\/p>.*/\1/p' "$page" \
  | grep -o 'href="[^"]*"' | sed 's/href="\([^"]*\)"/\1/'); do
  [ -s "$directory/$file" ] || fail "the linked file $file is missing or empty"
done

[ "$status" -ne 0 ] || echo "check-report: $expected plots drawn, no error"
exit "$status"
