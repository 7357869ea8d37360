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

/** Clients that can form a group by an assignor, by the new protocol (`new`), or by what each does untold (`default`). */
export interface AssignorCase {
  readonly assignor: string;
  readonly clients: readonly ClientProgram[];
}

/**
 * Moldau's client in groups with others, by every assignor that they have in common; whoever comes first
 * leads, and each comes first once.
 */
export function ownMemberPart(cases: readonly AssignorCase[]): Part {
  const name = "own-member";
  return {
    name,
    about: "groups of Moldau's client and others, by every assignor they share",
    async run(context) {
      for (const { assignor, clients } of cases) {
        // Moldau does not serve the new protocol yet.
        if (assignor === "new" && context.product === "moldau") continue;
        for (let first = 0; first < clients.length; first++) {
          const order = [...clients.slice(first), ...clients.slice(0, first)];
          const inTurn = assignor === "default";
          // Whom it would offer cooperative-sticky alone cannot join it: librdkafka offers range and round robin.
          if (inTurn && order[0]?.name === "moldau") continue;
          const about = order.map((client) => client.name).join(", ");
          await context.report.test(name, `${assignor}: ${about} share a group`, () =>
            groupScenario(order, context, `${name}.${assignor}.${first}`, {
              memberArgs: ["--assignor", assignor],
              inTurn,
            }),
          );
        }
      }
    },
  };
}
