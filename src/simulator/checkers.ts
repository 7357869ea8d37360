import { ClientErrors, ClientPromises } from "./checkers/client-promises.ts";
import { GroupProgress, Polls } from "./checkers/client-reads.ts";
import {
  ClientDuplicates,
  ClientOrder,
  ClientValues,
  LostWrites,
} from "./checkers/client-records.ts";
import { CommittedOffsets } from "./checkers/committed-offsets.ts";
import { ExpectedErrors } from "./checkers/expected-errors.ts";
import { GroupGenerations } from "./checkers/group-generations.ts";
import { HighWatermark } from "./checkers/high-watermark.ts";
import { KeptRecords } from "./checkers/kept-records.ts";
import { Liveness } from "./checkers/liveness.ts";
import { LogStart } from "./checkers/log-start.ts";
import { TopicMetadata } from "./checkers/metadata.ts";
import { OffsetValues } from "./checkers/offset-values.ts";
import { OffsetsByTime } from "./checkers/offsets-by-time.ts";
import { GivenProducerIds } from "./checkers/producer-ids.ts";
import { ReadBatches } from "./checkers/read-batches.ts";
import { ReplayedState } from "./checkers/replayed-state.ts";
import { SendingOrder } from "./checkers/sending-order.ts";
import { Sequences } from "./checkers/sequences.ts";
import { WrittenOnce } from "./checkers/written-once.ts";
import type { History } from "./history.ts";
import type { SeedPlan } from "./seed-plan.ts";

/** What checkers ask of the run they watch. */
export interface CheckedRun {
  nowMs(): number;
  incarnation(): number;
  isUp(): boolean;
  hinderedUntilMs(): number;
  isDiskHurt(): boolean;
  isEnding(): boolean;
  /** Latest time that the wall clock has shown, and by how much it was ever set back. */
  wallClockMaxMs(): number;
}

/** All checkers of a run, by the names that those who tell them something use. */
export interface Checkers {
  readonly readBatches: ReadBatches;
  readonly sequences: Sequences;
  readonly producerIds: GivenProducerIds;
  readonly errors: ExpectedErrors;
  readonly liveness: Liveness;
  readonly committedOffsets: CommittedOffsets;
  readonly generations: GroupGenerations;
  readonly metadata: TopicMetadata;
  readonly offsetsByTime: OffsetsByTime;
  readonly replayedState: ReplayedState;
  readonly polls: Polls;
  readonly groupProgress: GroupProgress;
  readonly clientPromises: ClientPromises;
  readonly clientErrors: ClientErrors;
}

export function addCheckers(history: History, plan: SeedPlan, run: CheckedRun): Checkers {
  history.add((fail) => new OffsetValues(fail));
  history.add((fail) => new WrittenOnce(fail));
  history.add((fail) => new KeptRecords(fail));
  history.add((fail) => new SendingOrder(fail));
  history.add((fail) => new HighWatermark(fail));
  history.add((fail) => new LogStart(fail, run));
  const { clients } = history;
  history.add((fail) => new ClientValues(fail, clients));
  history.add((fail) => new ClientDuplicates(fail, clients));
  history.add((fail) => new ClientOrder(fail, clients));
  history.add((fail) => new LostWrites(fail, clients));
  return {
    readBatches: history.add((fail) => new ReadBatches(fail)),
    sequences: history.add((fail) => new Sequences(fail, run)),
    producerIds: history.add((fail) => new GivenProducerIds(fail)),
    errors: history.add((fail) => new ExpectedErrors(fail, run)),
    liveness: history.add((fail) => new Liveness(fail, run)),
    committedOffsets: history.add((fail) => new CommittedOffsets(fail, plan.isStrict)),
    generations: history.add((fail) => new GroupGenerations(fail, plan, run)),
    metadata: history.add((fail) => new TopicMetadata(fail)),
    offsetsByTime: history.add((fail) => new OffsetsByTime(fail)),
    replayedState: history.add((fail) => new ReplayedState(fail)),
    polls: history.add((fail) => new Polls(fail)),
    groupProgress: history.add((fail) => new GroupProgress(fail, plan.isStrict)),
    clientPromises: history.add((fail) => new ClientPromises(fail, () => run.nowMs())),
    clientErrors: history.add((fail) => new ClientErrors(fail)),
  };
}
