import assert from "node:assert/strict";
import { ZERO_UUID } from "../core/uuid.ts";
import { LogOutline } from "./epochs.ts";
import type { FetchRequest, OutboundRequest, RaftRequest, RaftResponse } from "./messages.ts";
import type { ElectionState } from "./quorum-state.ts";
import { defaultTimeouts, Raft, type RaftTimeouts } from "./raft.ts";
import { VoterHistory, VoterSet } from "./voter-set.ts";

/** An entry of a simulated log. */
export interface Entry {
  readonly epoch: number;
  readonly value: string;
}

/** A generator of numbers that a seed determines. */
export function seeded(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) % bound;
  };
}

interface Parked {
  readonly from: number;
  readonly request: FetchRequest;
  readonly deadlineMs: number;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export interface Faults {
  /** Of a hundred messages, how many get lost. */
  readonly lossPercent: number;
  readonly delayMaxMs: number;
}

const FETCH_WAIT_MS = 500;

/** A node with a disk that keeps what was synced. */
class SimulatedNode {
  readonly id: number;
  readonly cluster: Cluster;
  /** What a crash leaves. */
  election: ElectionState | undefined;
  log: Entry[] = [];
  syncedEnd = 0;
  raft: Raft | undefined;
  parked: Parked[] = [];
  highWatermark = 0;
  incarnation = 0;
  timer = 0;

  constructor(cluster: Cluster, id: number) {
    this.cluster = cluster;
    this.id = id;
  }

  start(): void {
    const { cluster } = this;
    this.incarnation++;
    this.log.length = this.syncedEnd;
    this.highWatermark = 0;
    this.parked = [];
    const history = new VoterHistory(cluster.voters);
    this.raft = new Raft({
      self: { id: this.id, directoryId: ZERO_UUID },
      selfEndpoints: [{ name: "CONTROLLER", host: "node", port: this.id }],
      election: this.election,
      voters: history,
      log: new LogOutline({ startOffset: 0, endOffset: this.log.length, epochs: this.epochs() }),
      timeouts: cluster.timeouts,
      random: cluster.random,
      bootstrapIds: cluster.ids,
    });
    this.raft.start(cluster.nowMs);
    this.settle();
  }

  epochs(): { epoch: number; startOffset: number }[] {
    const epochs: { epoch: number; startOffset: number }[] = [];
    for (const [startOffset, { epoch }] of this.log.entries()) {
      if (epochs.at(-1)?.epoch !== epoch) epochs.push({ epoch, startOffset });
    }
    return epochs;
  }

  crash(): void {
    this.raft = undefined;
    for (const { from, request } of this.parked) this.cluster.fail(from, this.id, request);
    this.parked = [];
  }

  propose(value: string): boolean {
    const { raft } = this;
    if (raft?.state.kind !== "leader") return false;
    this.append({ epoch: raft.epoch, value });
    this.settle();
    return true;
  }

  append(entry: Entry): void {
    this.log.push(entry);
    this.raft!.appended(this.log.length);
    const { incarnation } = this;
    const end = this.log.length;
    this.cluster.after(this.cluster.random(10), () => {
      if (this.incarnation !== incarnation || this.raft === undefined) return;
      // What was cut off and written anew meanwhile has a sync of its own.
      if (this.log.length < end) return;
      this.syncedEnd = Math.max(this.syncedEnd, end);
      if (this.raft.state.kind === "leader") this.raft.persisted(end);
      this.settle();
    });
  }

  /** Does what consensus says, as a driver would. */
  settle(): void {
    const { raft, cluster } = this;
    if (raft === undefined) return;
    for (;;) {
      const ready = raft.takeReady(cluster.nowMs);
      if (ready.election !== undefined) {
        cluster.checkElection(this, ready.election);
        this.election = ready.election;
      }
      if (ready.truncateTo !== undefined) {
        this.log.length = ready.truncateTo;
        this.syncedEnd = Math.min(this.syncedEnd, ready.truncateTo);
      }
      if (ready.elected !== undefined) {
        cluster.checkElected(this, ready.elected.epoch);
        this.append({ epoch: ready.elected.epoch, value: `leader ${this.id}` });
      }
      if (ready.highWatermark !== undefined) {
        assert.ok(ready.highWatermark >= this.highWatermark, "the high watermark goes back");
        this.highWatermark = ready.highWatermark;
        cluster.checkCommitted(this);
      }
      for (const request of ready.requests) cluster.send(this, request);
      const idle = ready.elected === undefined && ready.highWatermark === undefined;
      if (idle && ready.requests.length === 0) break;
    }
    this.#retryParked();
    this.#schedule();
  }

  #retryParked(): void {
    const { raft, cluster } = this;
    if (raft === undefined) return;
    const waiting = this.parked;
    this.parked = [];
    for (const parked of waiting) {
      const answer =
        cluster.nowMs >= parked.deadlineMs
          ? raft.answerParked(parked.request)
          : raft.receive(parked.request, cluster.nowMs);
      if (answer === undefined) this.parked.push(parked);
      else cluster.reply(this, parked.from, parked.request, answer);
    }
  }

  #schedule(): void {
    this.timer++;
    const deadline = this.raft?.nextDeadlineMs;
    if (deadline === undefined) return;
    const { timer } = this;
    this.cluster.after(Math.max(1, deadline - this.cluster.nowMs), () => {
      // Only the timer that was set last counts.
      if (this.timer !== timer || this.raft === undefined) return;
      this.raft.tick(this.cluster.nowMs);
      this.settle();
    });
  }

  receive(from: number, request: RaftRequest): void {
    const { raft, cluster } = this;
    if (raft === undefined) return cluster.fail(from, this.id, request);
    const answer = raft.receive(request, cluster.nowMs);
    if (answer !== undefined) cluster.reply(this, from, request, answer);
    else if (request.kind === "fetch") {
      this.parked.push({ from, request, deadlineMs: cluster.nowMs + FETCH_WAIT_MS });
      cluster.after(FETCH_WAIT_MS, () => this.settle());
    }
    this.settle();
  }

  answered(
    to: number,
    request: RaftRequest,
    answer: RaftResponse | undefined,
    entries: readonly Entry[],
  ): void {
    const { raft } = this;
    if (raft === undefined) return;
    if (request.kind === "fetch" && answer?.kind === "fetch") {
      if (raft.acceptsRecords(request, answer)) {
        for (const entry of entries) {
          this.log.push(entry);
          raft.replicated(entry.epoch, this.log.length);
        }
        this.syncedEnd = this.log.length;
      }
    }
    raft.answered(to, request, answer, this.cluster.nowMs);
    this.settle();
  }
}

/** Nodes of one quorum in virtual time, with a network that loses and delays, and what must always hold. */
export class Cluster {
  readonly random: (bound: number) => number;
  readonly voters: VoterSet;
  readonly ids: readonly number[];
  readonly timeouts: RaftTimeouts = defaultTimeouts;
  readonly nodes: readonly SimulatedNode[];
  nowMs = 0;
  faults: Faults = { lossPercent: 0, delayMaxMs: 5 };
  /** Nodes of different sides do not hear each other. */
  side: (id: number) => number = () => 0;
  readonly #events: Event[] = [];
  readonly #leaders = new Map<number, number>();
  /** What was ever committed, by offset. */
  readonly committed: Entry[] = [];
  #order = 0;

  constructor(seed: number, options: { readonly voters: number; readonly observers?: number }) {
    this.random = seeded(seed);
    const ids = Array.from({ length: options.voters }, (_, i) => i + 1);
    const all = Array.from({ length: options.voters + (options.observers ?? 0) }, (_, i) => i + 1);
    this.ids = ids;
    this.voters = new VoterSet(
      ids.map((id) => ({
        id,
        directoryId: ZERO_UUID,
        endpoints: [{ name: "CONTROLLER", host: "node", port: id }],
        kraftVersionMin: 0,
        kraftVersionMax: 0,
      })),
    );
    this.nodes = all.map((id) => new SimulatedNode(this, id));
  }

  node(id: number): SimulatedNode {
    return this.nodes[id - 1]!;
  }

  startAll(): void {
    for (const node of this.nodes) if (node.raft === undefined) node.start();
  }

  get leader(): SimulatedNode | undefined {
    return this.nodes
      .filter(({ raft }) => raft?.state.kind === "leader")
      .sort((a, b) => b.raft!.epoch - a.raft!.epoch)[0];
  }

  after(delayMs: number, run: () => void): void {
    this.#events.push({ atMs: this.nowMs + delayMs, order: this.#order++, run });
  }

  /** Lets virtual time pass. */
  run(forMs: number): void {
    const until = this.nowMs + forMs;
    for (;;) {
      let next = -1;
      for (const [i, event] of this.#events.entries()) {
        const best = this.#events[next];
        const earlier = best === undefined || event.atMs < best.atMs;
        if (earlier || (event.atMs === best.atMs && event.order < best.order)) next = i;
      }
      const event = this.#events[next];
      if (event === undefined || event.atMs > until) break;
      this.#events.splice(next, 1);
      this.nowMs = event.atMs;
      event.run();
    }
    this.nowMs = until;
  }

  send(from: SimulatedNode, { to, request }: OutboundRequest): void {
    if (this.#lost(from.id, to)) return this.fail(from.id, to, request);
    this.after(this.#delay(), () => this.node(to).receive(from.id, request));
  }

  reply(from: SimulatedNode, to: number, request: RaftRequest, answer: RaftResponse): void {
    if (this.#lost(from.id, to)) return this.fail(to, from.id, request);
    const entries =
      answer.kind === "fetch" ? from.log.slice(answer.fromOffset, answer.toOffset) : [];
    this.after(this.#delay(), () => this.node(to).answered(from.id, request, answer, entries));
  }

  /** Nobody answers; the sender learns by its request timeout. */
  fail(from: number, to: number, request: RaftRequest): void {
    this.after(this.#delay() + 100, () => this.node(from).answered(to, request, undefined, []));
  }

  #lost(from: number, to: number): boolean {
    return this.side(from) !== this.side(to) || this.random(100) < this.faults.lossPercent;
  }

  #delay(): number {
    return 1 + this.random(this.faults.delayMaxMs);
  }

  // ---- what must always hold

  checkElection(node: SimulatedNode, election: ElectionState): void {
    const before = node.election;
    if (before === undefined) return;
    assert.ok(election.epoch >= before.epoch, "the epoch of a node goes back");
    if (election.epoch !== before.epoch || before.voted === undefined) return;
    if (election.voted !== undefined) assert.deepEqual(election.voted, before.voted, "voted twice");
  }

  checkElected(node: SimulatedNode, epoch: number): void {
    assert.equal(this.#leaders.get(epoch), undefined, `epoch ${epoch} has two leaders`);
    this.#leaders.set(epoch, node.id);
    for (const [offset, entry] of this.committed.entries()) {
      assert.deepEqual(node.log[offset], entry, "a leader lacks what was committed");
    }
  }

  checkCommitted(node: SimulatedNode): void {
    for (let offset = 0; offset < node.highWatermark; offset++) {
      const known = this.committed[offset];
      if (known === undefined) this.committed.push(node.log[offset]!);
      else assert.deepEqual(node.log[offset], known, `offset ${offset} was committed differently`);
    }
    if (node.raft?.state.kind !== "leader") return;
    const holders = this.ids.filter((id) => this.node(id).syncedEnd >= node.highWatermark);
    assert.ok(holders.length >= this.voters.majority, "committed without a majority on disk");
  }
}
