import type { PartitionHistory } from "../history.ts";
import type { Scene } from "../scene.ts";
import { Actor } from "./actor.ts";
import { commitOffsets, fetchOffsets, outsider } from "./offsets.ts";

/** Commits offsets for a group that has no members, several requests at a time, and asks for them. */
export class SoloCommitter extends Actor {
  readonly #group: string;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(scene: Scene, name: string) {
    super(scene, name);
    this.#group = `group of ${name}`;
  }

  get group(): string {
    return this.#group;
  }

  protected async act(): Promise<void> {
    const client = await this.coordinator(this.#group);
    if (client === undefined) return;
    const { random, scene } = this;
    const partitions = scene.history.livePartitions().filter(() => random.chance(0.6));
    if (partitions.length === 0) return;
    if (random.chance(0.3)) {
      await fetchOffsets(scene, client, this.#group, partitions);
      return;
    }
    for (let i = random.between(1, 3); i > 0; i--) {
      const offsets = new Map<PartitionHistory, number>();
      for (const partition of partitions) offsets.set(partition, random.below(1_000_000));
      const commit = commitOffsets(scene, client, outsider(this.#group), offsets).finally(() => {
        this.#underWay.delete(commit);
      });
      this.#underWay.add(commit);
    }
    if (this.#underWay.size > 4) await this.settle();
  }

  protected override async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}
