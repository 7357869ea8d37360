#!/usr/bin/env bash
# kafka-server-start.sh FILE [--override name=value]...
set -o errexit
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    --override)
      arguments+=(--set "${2:?--override takes name=value}")
      shift 2
      ;;
    *)
      arguments+=("$1")
      shift
      ;;
  esac
done
exec moldau start "${arguments[@]}"
