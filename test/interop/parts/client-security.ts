import { join } from "node:path";
import { root } from "../cache.ts";
import type { Context, Part } from "../part.ts";
import { run } from "../processes.ts";
import { startSecuredKafka } from "../secured-kafka.ts";

const name = "client-security";
const testFiles = ["security.test.ts", "admin-security.test.ts"].map((file) =>
  join("test", "client", file),
);

interface Result {
  readonly ok: boolean;
  readonly title: string;
  /** What the runner says about it. */
  readonly details: string;
}

/** The tests in the runner's TAP. */
function resultsIn(output: string): readonly Result[] {
  return output.split(/^(?=(?:not )?ok \d+ - )/m).flatMap((part) => {
    const [, verdict, title = ""] = /^(ok|not ok) \d+ - (.+)$/m.exec(part) ?? [];
    return verdict === undefined ? [] : [{ ok: verdict === "ok", title, details: part }];
  });
}

async function runTests(context: Context): Promise<void> {
  const { broker, targetFile } = await startSecuredKafka(context.scratch);
  try {
    const args = ["--test", "--test-reporter=tap", ...testFiles];
    const outcome = await run(process.execPath, args, {
      cwd: root,
      env: { MOLDAU_TEST_SECURED_KAFKA: targetFile },
      timeoutMs: 300_000,
    });
    const results = resultsIn(outcome.stdout);
    for (const { ok, title, details } of results) {
      if (ok) context.report.pass(name, title, Number(/duration_ms: ([\d.]+)/.exec(details)?.[1]));
      else context.report.fail(name, title, details);
    }
    if (results.length === 0) throw new Error(`no test ran: ${outcome.stdout}${outcome.stderr}`);
  } finally {
    await broker.stop();
  }
}

export const clientSecurityPart: Part = {
  name,
  about: "Moldau's client with TLS and logins, against listeners of an Apache Kafka of its own",
  async run(context) {
    await runTests(context);
  },
};
