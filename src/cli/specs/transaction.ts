import type { CommandSpec } from "../command.ts";
import { changeOptions, connectionOptions, outputOptions } from "./common.ts";

const shapes = () => import("../shapes/transaction.ts");

export const transactionCommands: readonly CommandSpec[] = [
  {
    name: "txn list",
    about: "List the transactional ids, with state and producer",
    args: [{ name: "[pattern...]", about: "regular expressions", completes: "transactions" }],
    options: [
      { flags: "--state <state,…>", about: "only in these: Ongoing, Empty, CompleteCommit, …" },
      { flags: "--longer-than <duration>", about: "only those that have been open for so long" },
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [["moldau txn list --state Ongoing --longer-than 1m", "what has been open for long"]],
    shape: async () => (await shapes()).transactionShape,
    load: async () => ({ run: (await import("../commands/transaction.ts")).runList }),
  },
  {
    name: "txn describe",
    about: "Show state, producer, age and partitions of transactional ids",
    args: [{ name: "<id...>", about: "transactional ids", completes: "transactions" }],
    options: [...outputOptions, ...connectionOptions],
    examples: [["moldau txn describe shop-1", "what it has open"]],
    shape: async () => (await shapes()).transactionDescriptionShape,
    load: async () => ({ run: (await import("../commands/transaction.ts")).runDescribe }),
  },
  {
    name: "txn producers",
    about: "Show who has written to partitions lately, and with which open transaction",
    args: [
      { name: "<topic[:partition,…]...>", about: "orders, or orders:0,1", completes: "topics" },
    ],
    options: [...outputOptions, ...connectionOptions],
    examples: [["moldau txn producers orders:0", "producer ids, epochs, sequences"]],
    shape: async () => (await shapes()).producerShape,
    load: async () => ({ run: (await import("../commands/transaction.ts")).runProducers }),
  },
  {
    name: "txn hanging",
    about: "Find transactions that hold up readers though nobody will end them",
    args: [
      { name: "[topic...]", about: "where to look (default: everywhere)", completes: "topics" },
    ],
    options: [
      {
        flags: "--older-than <duration>",
        about:
          "only those open for so long (default: 15m, the broker's transaction.max.timeout.ms)",
      },
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [["moldau txn hanging orders", "with the command that aborts each"]],
    shape: async () => (await shapes()).hangingShape,
    load: async () => ({ run: (await import("../commands/transaction.ts")).runHanging }),
  },
  {
    name: "txn abort",
    about: "Abort a hanging transaction of a partition, or the open one of a transactional id",
    args: [
      {
        name: "<topic:partition@offset|id>",
        about: "where the transaction began, as txn hanging shows it; or a transactional id",
        completes: "transactions",
      },
    ],
    options: [...changeOptions, ...outputOptions, ...connectionOptions],
    examples: [
      ["moldau txn abort orders:0@1200 --dry-run", "whose it is"],
      ["moldau txn abort shop-1", "whatever this id has open; its producer is fenced"],
    ],
    changes: true,
    shape: async () => (await import("../shapes/change.ts")).changeShape,
    load: async () => ({ run: (await import("../commands/transaction.ts")).runAbort }),
  },
];
