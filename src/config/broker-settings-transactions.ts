/** Transactions and producer ids. */
import { setting, settings } from "./setting.ts";
import { boolean, int16, int32 } from "./value-type.ts";

export const transactionsSettings = settings(
  setting("add.partitions.to.txn.retry.backoff.max.ms", int32({ default: 100, min: 0 }), {
    importance: "high",
    about: "",
  }),
  setting("add.partitions.to.txn.retry.backoff.ms", int32({ default: 20, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("producer.id.expiration.check.interval.ms", int32({ default: 600_000, min: 1 }), {
    importance: "low",
    internal: true,
    effective: true,
    about: "",
  }),
  setting("producer.id.expiration.ms", int32({ default: 86_400_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "low",
    effective: true,
    about: "",
  }),
  setting(
    "transaction.abort.timed.out.transaction.cleanup.interval.ms",
    int32({ default: 10_000, min: 1 }),
    { importance: "low", about: "" },
  ),
  setting("transaction.max.timeout.ms", int32({ default: 900_000, min: 1 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("transaction.partition.verification.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "low",
    about: "",
  }),
  setting(
    "transaction.remove.expired.transaction.cleanup.interval.ms",
    int32({ default: 3_600_000, min: 1 }),
    { importance: "low", about: "" },
  ),
  setting("transaction.state.log.load.buffer.size", int32({ default: 5_242_880, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("transaction.state.log.min.isr", int32({ default: 2, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("transaction.state.log.num.partitions", int32({ default: 50, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("transaction.state.log.replication.factor", int16({ default: 3, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("transaction.state.log.segment.bytes", int32({ default: 104_857_600, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("transaction.two.phase.commit.enable", boolean({ default: false }), {
    importance: "low",
    about: "",
  }),
  setting("transactional.id.expiration.ms", int32({ default: 604_800_000, min: 1 }), {
    importance: "high",
    about: "",
  }),
);
