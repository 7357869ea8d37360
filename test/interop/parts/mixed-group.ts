import { groupScenario, type ClientProgram } from "../client-program.ts";
import type { Part } from "../part.ts";

/** One group whose members are different clients, which agree on the range assignor. */
export function mixedGroupPart(clients: readonly ClientProgram[]): Part {
  const names = clients.map((client) => client.name).join(", ");
  return {
    name: "mixed-group",
    about: `one group of ${names}`,
    async run(context) {
      await context.report.test(
        "mixed-group",
        `${names} share a group through joins and crashes`,
        () => groupScenario(clients, context, "mixed-group"),
      );
    },
  };
}
