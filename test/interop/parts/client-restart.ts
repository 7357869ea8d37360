import { mkdirSync } from "node:fs";
import type { Part } from "../part.ts";
import { runClientTests } from "./client-tests.ts";

const name = "client-restart";

export const clientRestartPart: Part = {
  name,
  about:
    "Moldau's client under Apache Kafkas that are stopped and killed while it produces and consumes",
  async run(context) {
    mkdirSync(context.scratch, { recursive: true });
    const env = { MOLDAU_TEST_KAFKA_FOLDER: context.scratch };
    await runClientTests(context, name, ["restarts.test.ts"], env);
  },
};
