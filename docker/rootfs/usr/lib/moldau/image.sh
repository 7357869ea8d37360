# Shared by the entry scripts of the image. Everything lies below $MOLDAU_ROOT, which is empty in the
# image and a scratch folder in its test.

root="${MOLDAU_ROOT:-}"

# A cluster id that the apache/kafka image uses when CLUSTER_ID is not given.
default_cluster_id="5L6g3nShT-eMCtK--X86sw"

# Variables with the prefix that are not settings, as in the apache/kafka image.
not_settings=" KAFKA_VERSION KAFKA_HEAP_OPTS KAFKA_LOG4J_OPTS KAFKA_OPTS KAFKA_JMX_OPTS \
KAFKA_JVM_PERFORMANCE_OPTS KAFKA_GC_LOG_OPTS KAFKA_LOG4J_ROOT_LOGLEVEL KAFKA_LOG4J_LOGGERS \
KAFKA_TOOLS_LOG4J_LOGLEVEL KAFKA_JMX_HOSTNAME KAFKA_JMX_PORT "

# Prints the setting that a variable stands for: one underscore is a dot, two an underscore, three a
# dash, and every KAFKA_ in the name goes.
setting_of() {
  local name="${1//KAFKA_/}"
  name="${name,,}"
  name="${name//_/.}"
  name="${name//.../-}"
  printf '%s' "${name//../_}"
}

# Takes NAME=value arguments into the environment, where they win.
export_arguments() {
  local argument
  for argument in "$@"; do
    case "$argument" in
      [A-Za-z_]*=*) export "${argument?}" ;;
      *) echo "moldau: ignoring the argument \"$argument\"; NAME=value sets a variable" >&2 ;;
    esac
  done
}

# Prints the KAFKA_ variables as lines of a properties file.
properties_of_environment() {
  local variable value
  for variable in ${!KAFKA_@}; do
    case "$not_settings" in *" $variable "*) continue ;; esac
    [ "$variable" = KAFKA_ ] && continue
    value="${!variable}"
    value="${value//\\/\\\\}"
    printf '%s=%s\n' "$(setting_of "$variable")" "${value//$'\n'/\\n}"
  done
}

# Whether a properties file sets this.
sets() {
  [ -f "$2" ] && grep -qE "^[[:space:]]*${1//./\\.}[[:space:]]*[=:[:space:]]" "$2"
}

# Prints what a properties file sets this to, the last time it does.
value_in() {
  sed -nE "s/^[[:space:]]*${1//./\\.}[[:space:]]*[=:[:space:]][[:space:]]*(.*)$/\1/p" "$2" | tail -n 1
}

# Where data goes when nobody says. A folder that somebody mounted where the original keeps its data
# is taken; otherwise the declared volume.
default_data_dir() {
  local folder
  for folder in "$@"; do
    if [ -d "$root$folder" ]; then
      printf '%s' "$root$folder"
      return
    fi
  done
  printf '%s' "$root/var/lib/kafka/data"
}

# Prints what a node in a container is unless it is told otherwise. With listeners of other names the
# advertised one would point nowhere, so it goes.
single_node() {
  local listeners="${KAFKA_LISTENERS:-}"
  if [ -z "$listeners" ] && [ -f "$1" ]; then listeners="$(value_in listeners "$1")"; fi
  case "$listeners" in
    "" | *PLAINTEXT://*) cat "$root/usr/lib/moldau/node.properties" ;;
    *) grep -v '^advertised' "$root/usr/lib/moldau/node.properties" ;;
  esac
}

# Writes the configuration of the node to $1. $2 is a mounted server.properties, which may be missing;
# the others are folders for default_data_dir. Whoever gives process.roles describes a whole node, and
# everybody else changes single settings of one that works by itself. The variables are not in it:
# `moldau start` reads them, and they win.
write_configuration() {
  local file="$1" mounted="$2"
  shift 2
  mkdir -p "$(dirname "$file")"
  {
    if [ -z "${KAFKA_LOG_DIRS:-}${KAFKA_LOG_DIR:-}" ] && ! sets log.dirs "$mounted" && ! sets log.dir "$mounted"; then
      echo "log.dirs=$(default_data_dir "$@")"
    fi
    if [ -z "${KAFKA_PROCESS_ROLES:-}" ] && ! sets process.roles "$mounted"; then
      single_node "$mounted"
    fi
    if [ -f "$mounted" ]; then cat "$mounted"; fi
  } > "$file.new"
  mv "$file.new" "$file"
}

# Starts the node with the configuration in $1. An id that differs from that of data which is there
# already would be refused; the data's counts, as it does in the images this one stands in for.
start_node() {
  local file="$1" directories="${KAFKA_LOG_DIRS:-${KAFKA_LOG_DIR:-}}"
  if [ -z "$directories" ]; then directories="$(value_in log.dirs "$file")"; fi
  if [ -z "$directories" ]; then directories="$(value_in log.dir "$file")"; fi
  if [ -f "${directories%%,*}/meta.properties" ]; then unset CLUSTER_ID; fi
  exec moldau start "$file"
}
