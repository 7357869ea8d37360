import type { MetadataImage } from "../metadata/image.ts";

export const TOPIC_NAME_LENGTH_MAX = 249;

/** Why a topic may not have this name, in Kafka's words; `undefined` when it may. */
export function invalidTopicName(name: string): string | undefined {
  const reason = badName(name);
  return reason === undefined ? undefined : `Topic name is invalid: ${reason}`;
}

function badName(name: string): string | undefined {
  if (name === "") return "the empty string is not allowed";
  if (name === "." || name === "..") return `'${name}' is not allowed`;
  if (name.length > TOPIC_NAME_LENGTH_MAX) {
    return (
      `the length of '${name}' is longer than the max allowed length ` + `${TOPIC_NAME_LENGTH_MAX}`
    );
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
  }
  return undefined;
}

/** Metrics replace dots by underscores, so names that differ in nothing else would be one. */
function collisionKey(name: string): string {
  return name.replaceAll(".", "_");
}

function mayCollide(name: string): boolean {
  return name.includes(".") || name.includes("_");
}

/** Existing names by what they collide on; made on the first question. */
export class TopicNameCollisions {
  readonly #image: MetadataImage;
  #byKey: Map<string, string> | undefined;

  constructor(image: MetadataImage) {
    this.#image = image;
  }

  /** An existing topic, or one that was added, whose name collides with a new one. */
  of(name: string): string | undefined {
    return mayCollide(name) ? this.#index().get(collisionKey(name)) : undefined;
  }

  add(name: string): void {
    if (mayCollide(name)) this.#index().set(collisionKey(name), name);
  }

  #index(): Map<string, string> {
    if (this.#byKey !== undefined) return this.#byKey;
    this.#byKey = new Map();
    for (const name of this.#image.topicsByName.keys()) {
      if (mayCollide(name)) this.#byKey.set(collisionKey(name), name);
    }
    return this.#byKey;
  }
}
