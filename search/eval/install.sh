#!/bin/sh
# Installs what search/eval compares with, from Debian's packages: Lucene 8
# with a Java to run it, and PostgreSQL. Says what it does; installs nothing
# that is there. Without it eval says "absent" where they would stand.
set -eu
wanted=""
for package in liblucene8-java default-jdk-headless postgresql; do
	case $package in
	default-jdk-headless) command -v javac >/dev/null && continue ;;
	esac
	dpkg -s "$package" >/dev/null 2>&1 || wanted="$wanted $package"
done
if [ -z "$wanted" ]; then
	echo "eval: Lucene, Java and PostgreSQL are installed"
	exit 0
fi
echo "eval: installing$wanted"
apt-get update -qq
# shellcheck disable=SC2086 # a list of packages
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted
