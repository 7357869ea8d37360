/** `npm run format [-- PATH…]`: lays the sources out as `npm run check` wants them. */
import { binary, run } from "./lib.ts";

const paths = process.argv.slice(2);
const outcome = await run(
  binary("oxfmt"),
  paths.length === 0 ? ["src", "scripts", "test", "bench", "docker"] : paths,
);
process.stdout.write(outcome.output);
process.exitCode = outcome.code;
