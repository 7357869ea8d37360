import { ACL_OPERATIONS, SCRAM_MECHANISMS } from "../words.ts";
import type { ArgumentSpec, CommandSpec, OptionSpec } from "../command.ts";
import { changeOptions, connectionOptions, outputOptions } from "./common.ts";

const changeShape = async () => (await import("../shapes/change.ts")).changeShape;
const shapes = () => import("../shapes/security.ts");

const aclFilters: readonly OptionSpec[] = [
  { flags: "--principal <name>", about: "whose, such as ada or User:ada" },
  { flags: "--host <address>", about: "for connections from there" },
  { flags: "--operation <name>", about: "for this", completes: ACL_OPERATIONS },
  { flags: "--deny", about: "only those that forbid" },
  { flags: "--allow", about: "only those that allow" },
  { flags: "--match", about: "resources are names: whatever pattern fits them" },
];

const resources =
  "topic:orders, topic:orders-* (all that begin so), topic:* (all), group:billing, txn:shop-*, cluster, token:…, user:…";

const mechanism: OptionSpec = {
  flags: "--mechanism <name>",
  about: "SCRAM-SHA-256 or SCRAM-SHA-512",
  repeatable: true,
  completes: SCRAM_MECHANISMS,
};

const entity: ArgumentSpec = {
  name: "<entity=name...>",
  about: "user=ada, client=app, both, or ip=10.0.0.1; without a name (user=) the default of all",
};

export const securityCommands: readonly CommandSpec[] = [
  {
    name: "acl list",
    about: "List who may, and may not, do what to what",
    args: [{ name: "[resource...]", about: resources }],
    options: [...aclFilters, ...outputOptions, ...connectionOptions],
    examples: [
      ["moldau acl list", "all of them"],
      ["moldau acl list topic:orders --match", "whatever counts for a topic"],
      ["moldau acl list --principal ada -o wide", "what somebody may do"],
    ],
    shape: async () => (await shapes()).aclShape,
    load: async () => ({ run: (await import("../commands/acl.ts")).runList }),
  },
  {
    name: "acl create",
    about: "Allow or forbid somebody to do something",
    args: [
      { name: "<principal>", about: "ada or User:ada; * for everybody" },
      {
        name: "<operation,…>",
        about: `${ACL_OPERATIONS.join(", ")}; or producer and consumer: what these need`,
        completes: [...ACL_OPERATIONS, "producer", "consumer"],
      },
      { name: "<resource...>", about: resources },
    ],
    options: [
      { flags: "--deny", about: "forbid; this wins over whatever allows" },
      { flags: "--host <address>", about: "only for connections from there (default: any)" },
      ...changeOptions,
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [
      ["moldau acl create ada read,describe topic:orders", "one topic"],
      [
        "moldau acl create billing consumer topic:orders group:billing",
        "all that a consumer needs",
      ],
      ["moldau acl create shop producer 'topic:orders-*' --dry-run", "what a producer would get"],
    ],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/acl.ts")).runCreate }),
  },
  {
    name: "acl delete",
    about: "Take back what was allowed or forbidden",
    args: [{ name: "[resource...]", about: resources }],
    options: [...aclFilters, ...changeOptions, ...outputOptions, ...connectionOptions],
    examples: [["moldau acl delete topic:orders --principal ada --dry-run", "which ones would go"]],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/acl.ts")).runDelete }),
  },
  {
    name: "user list",
    about: "List the users that log in by SCRAM",
    args: [{ name: "[name...]", about: "of users", completes: "users" }],
    options: [...outputOptions, ...connectionOptions],
    examples: [["moldau user list", "names, mechanisms, iterations"]],
    shape: async () => (await shapes()).userShape,
    load: async () => ({ run: (await import("../commands/user.ts")).runList }),
  },
  {
    name: "user set",
    about: "Make a user who logs in by SCRAM, or give one another password",
    args: [{ name: "<name>", about: "of the user", completes: "users" }],
    options: [
      { ...mechanism, about: `${mechanism.about} (default: SCRAM-SHA-512)` },
      {
        flags: "--iterations <count>",
        about: "how dear a guess is (default: 8192; 4096 to 16384)",
      },
      {
        flags: "--new-password-file <file>",
        about: "where the password stands; - for stdin (default: asked for)",
        completes: "files",
      },
      ...changeOptions,
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [
      ["moldau user set ada", "asks for the password"],
      ["pwgen 24 1 | moldau user set ada --new-password-file -", "from another program"],
    ],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/user.ts")).runSet }),
  },
  {
    name: "user delete",
    about: "Delete users, or what they have for one mechanism",
    args: [{ name: "<name...>", about: "of users", completes: "users" }],
    options: [
      { ...mechanism, about: `only ${mechanism.about}` },
      ...changeOptions,
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [["moldau user delete ada", "asks first"]],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/user.ts")).runDelete }),
  },
  {
    name: "quota list",
    about: "List how much users, clients and addresses may take",
    args: [{ ...entity, name: "[entity=name...]" }],
    options: [...outputOptions, ...connectionOptions],
    examples: [
      ["moldau quota list", "all of them"],
      ["moldau quota list user=ada", "of one user"],
    ],
    shape: async () => (await shapes()).quotaShape,
    load: async () => ({ run: (await import("../commands/quota.ts")).runList }),
  },
  {
    name: "quota set",
    about: "Limit what a user, a client or an address may take",
    args: [
      entity,
      {
        name: "<quota=value...>",
        about:
          "producer_byte_rate, consumer_byte_rate (bytes a second, such as 10MiB), request_percentage, " +
          "controller_mutation_rate; connection_creation_rate of an ip",
      },
    ],
    options: [...changeOptions, ...outputOptions, ...connectionOptions],
    examples: [
      ["moldau quota set user=ada producer_byte_rate=10MiB", "of one user"],
      [
        "moldau quota set user= client=app request_percentage=50",
        "of a client, for users without their own",
      ],
    ],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/quota.ts")).runSet }),
  },
  {
    name: "quota unset",
    about: "Take limits away",
    args: [entity, { name: "[quota...]", about: "which ones (default: all that there are)" }],
    options: [...changeOptions, ...outputOptions, ...connectionOptions],
    examples: [["moldau quota unset user=ada", "all of one user"]],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/quota.ts")).runUnset }),
  },
];
