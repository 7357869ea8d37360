// Computes a filter of somebody's own. It is served with a content security policy that allows `Function`
// here and nothing else: no connection, no import, no other worker.
/* oxlint-disable typescript/no-implied-eval -- to compute what somebody wrote is what this program is for */
let compiled;
let source;

function compile(text) {
  const names = ["partition", "offset", "timestamp", "key", "value", "headers"];
  try {
    return new Function(...names, `"use strict"; return (${text}\n);`);
  } catch {
    return new Function(...names, `"use strict"; ${text}`);
  }
}

onmessage = ({ data }) => {
  const { id, messages } = data;
  try {
    if (compiled === undefined || source !== data.source) {
      source = data.source;
      compiled = compile(source);
    }
    const kept = messages.map((m) => {
      try {
        return Boolean(compiled(m.partition, m.offset, m.timestamp, m.key, m.value, m.headers));
      } catch (error) {
        // A field that this message has not is no reason to stop: it does not match.
        if (error instanceof TypeError) return false;
        throw error;
      }
    });
    postMessage({ kind: "kept", id, kept });
  } catch (error) {
    postMessage({
      kind: "failed",
      id,
      message: error instanceof Error ? error.message : String(error),
    });
  }
};
