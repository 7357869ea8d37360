/**
 * Comes into each process of `npm test`: one that goes on though its tests are done ends with a failure that names
 * what it left open, instead of holding everything up for ever.
 */
import { after } from "node:test";

/** For what a file closes when its tests are done. */
const GRACE_MS = 60_000;

after(() => {
  const timer = setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(", ");
    console.error(`${process.argv[1] ?? ""}: its tests are done, and something is open: ${open}`);
    process.exit(1);
  }, GRACE_MS);
  timer.unref();
});
