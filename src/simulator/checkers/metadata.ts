import type { Checker, Fail, TopicHistory } from "../history.ts";

/** A topic as the node tells of it. */
export interface ToldTopic {
  readonly name: string;
  readonly id: string;
  readonly partitions: number;
}

/** Values that a setting of a topic may have: the last one that was accepted, and those that may be. */
interface Setting {
  possible: Set<string>;
  /** Nothing was accepted yet: the default, whatever that is, may still hold. */
  mayBeDefault: boolean;
}

/**
 * Topics that were created are there, with the settings they were given, and those deleted are not:
 * whatever happens to the node, for its metadata are always synced.
 */
export class TopicMetadata implements Checker {
  readonly name = "metadata";
  readonly #fail: Fail;
  readonly #settings = new Map<TopicHistory, Map<string, Setting>>();

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  /** All topics were told; `expected` and `gone` are those of which it was sure when asked. */
  told(
    topics: readonly ToldTopic[],
    expected: readonly TopicHistory[],
    gone: readonly TopicHistory[],
  ): void {
    for (const topic of expected) {
      if (topic.state !== "live") continue;
      const found = topics.find(({ id }) => id === topic.id);
      if (found === undefined || found.name !== topic.name) {
        this.#fail(`topic ${topic.name} (${topic.id}) is gone`);
      } else if (found.partitions < topic.partitions.length) {
        this.#fail(
          `topic ${topic.name} has ${found.partitions} of ${topic.partitions.length} partitions`,
        );
      }
    }
    for (const topic of gone) {
      if (topics.some(({ id }) => id === topic.id)) {
        this.#fail(`topic ${topic.name} (${topic.id}) was deleted and is there`);
      }
    }
  }

  /** A setting is about to be given a value. */
  setting(topic: TopicHistory, name: string, value: string): void {
    this.#settingOf(topic, name).possible.add(value);
  }

  /** The setting was accepted. */
  set(topic: TopicHistory, name: string, value: string): void {
    const setting = this.#settingOf(topic, name);
    setting.possible = new Set([value]);
    setting.mayBeDefault = false;
  }

  /** The settings that are known of a topic. */
  settingsOf(topic: TopicHistory): string[] {
    return [...(this.#settings.get(topic)?.keys() ?? [])];
  }

  toldSetting(topic: TopicHistory, name: string, value: string | null): void {
    const setting = this.#settings.get(topic)?.get(name);
    if (setting === undefined || setting.mayBeDefault || setting.possible.has(value ?? "")) return;
    const possible = [...setting.possible].join(" or ");
    this.#fail(`topic ${topic.name} has ${name}=${value ?? "null"} instead of ${possible}`);
  }

  #settingOf(topic: TopicHistory, name: string): Setting {
    let settings = this.#settings.get(topic);
    if (settings === undefined) {
      settings = new Map();
      this.#settings.set(topic, settings);
    }
    let setting = settings.get(name);
    if (setting === undefined) {
      setting = { possible: new Set(), mayBeDefault: true };
      settings.set(name, setting);
    }
    return setting;
  }
}
