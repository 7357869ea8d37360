/** Transactions and producer ids. */
import { setting, settings } from "./setting.ts";
import { boolean, int16, int32 } from "./value-type.ts";

export const transactionsSettings = settings(
  setting("add.partitions.to.txn.retry.backoff.max.ms", int32({ default: 100, min: 0 }), {
    importance: "high",
    about: "How long the broker itself repeats adding a partition to a transaction.",
  }),
  setting("add.partitions.to.txn.retry.backoff.ms", int32({ default: 20, min: 1 }), {
    importance: "high",
    about: "Pause between two such repetitions.",
  }),
  setting("producer.id.expiration.check.interval.ms", int32({ default: 600_000, min: 1 }), {
    importance: "low",
    internal: true,
    effective: true,
    about: "How often producer ids are looked at for expiry.",
  }),
  setting("producer.id.expiration.ms", int32({ default: 86_400_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "low",
    effective: true,
    about: "Silence after which a partition forgets an idempotent producer.",
  }),
  setting(
    "transaction.abort.timed.out.transaction.cleanup.interval.ms",
    int32({ default: 10_000, min: 1 }),
    {
      importance: "low",
      about: "How often transactions that ran out of time are looked for and aborted.",
    },
  ),
  setting("transaction.max.timeout.ms", int32({ default: 900_000, min: 1 }), {
    importance: "high",

    about: "Longest timeout that a transactional producer may ask for.",
  }),
  setting("transaction.partition.verification.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "low",
    about: "Checks with the coordinator that a transaction is really open before writing to it.",
  }),
  setting(
    "transaction.remove.expired.transaction.cleanup.interval.ms",
    int32({ default: 3_600_000, min: 1 }),
    { importance: "low", about: "How often transactional ids that have expired are removed." },
  ),
  setting("transaction.state.log.load.buffer.size", int32({ default: 5_242_880, min: 1 }), {
    importance: "high",
    about: "Bytes read at a time while transactions are loaded.",
  }),
  setting("transaction.state.log.min.isr", int32({ default: 2, min: 1 }), {
    importance: "high",
    effective: true,
    about: "Replicas that must have a write of the transaction log.",
  }),
  setting("transaction.state.log.num.partitions", int32({ default: 50, min: 1 }), {
    importance: "high",
    effective: true,
    about: "Partitions of the transaction log when it is made; never to be changed later.",
  }),
  setting("transaction.state.log.replication.factor", int16({ default: 3, min: 1 }), {
    importance: "high",
    effective: true,
    about: "Replicas of the transaction log when it is made.",
  }),
  setting("transaction.state.log.segment.bytes", int32({ default: 104_857_600, min: 1 }), {
    importance: "high",
    effective: true,
    about: "Segment size of the transaction log.",
  }),
  setting("transaction.two.phase.commit.enable", boolean({ default: false }), {
    importance: "low",
    about: "Lets transactions take part in a two-phase commit run from outside (KIP-939).",
  }),
  setting("transactional.id.expiration.ms", int32({ default: 604_800_000, min: 1 }), {
    importance: "high",
    about: "Idle time after which a transactional id is forgotten.",
  }),
);
