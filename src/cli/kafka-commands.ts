import type { CommandSpec } from "./command.ts";

/** Under the names and with the flags of kafka-*.sh, so that people and scripts move unchanged. */
export const kafkaCommands: readonly CommandSpec[] = [];
