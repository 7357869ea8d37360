const TOPIC_NAME_LENGTH_MAX = 249;
const LEGAL_CHARACTERS = /^[a-zA-Z0-9._-]+$/;

/** Whether a topic may have this name: letters, digits, `.`, `_`, `-`, at most 249 characters. */
export function isValidTopicName(name: string): boolean {
  return (
    name !== "." &&
    name !== ".." &&
    name.length <= TOPIC_NAME_LENGTH_MAX &&
    LEGAL_CHARACTERS.test(name)
  );
}
