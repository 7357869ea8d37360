import { isReservedUuid, uuidBytes, type Uuid } from "../core/uuid.ts";
import { writeFileAtomically, type Disk } from "../platform/disk.ts";
import { DamagedFileError } from "./storage-error.ts";

/** Name of the file in each log directory that says whose it is. */
export const META_PROPERTIES_FILE = "meta.properties";

/** What `meta.properties` says. Version 0 (before KRaft) called the node `broker.id`. */
export interface MetaProperties {
  readonly version: 0 | 1;
  readonly clusterId: string | undefined;
  readonly nodeId: number | undefined;
  /** Identity of the directory (KIP-858); missing where an older Kafka formatted it. */
  readonly directoryId: Uuid | undefined;
}

/** The file of the directory, `undefined` when it has none. Throws {@link DamagedFileError}. */
export function readMetaProperties(disk: Disk, directory: string): MetaProperties | undefined {
  const path = `${directory}/${META_PROPERTIES_FILE}`;
  if (disk.status(path) === undefined) return undefined;
  return parseMetaProperties(disk.readFile(path).toString("utf8"), path);
}

/** Writes the file durably, version 1. `comment` is a line of its own. */
export function writeMetaProperties(
  disk: Disk,
  directory: string,
  properties: {
    readonly clusterId: string;
    readonly nodeId: number;
    readonly directoryId: Uuid;
  },
  nowMs: number,
): void {
  const text =
    `#\n#${new Date(nowMs).toUTCString()}\n` +
    `node.id=${properties.nodeId}\n` +
    `directory.id=${properties.directoryId}\n` +
    `version=1\n` +
    `cluster.id=${properties.clusterId}\n`;
  writeFileAtomically(disk, `${directory}/${META_PROPERTIES_FILE}`, Buffer.from(text));
}

export function parseMetaProperties(text: string, path: string): MetaProperties {
  const values = parseProperties(text);
  const version = values.get("version") ?? "0";
  if (version !== "0" && version !== "1") {
    throw new DamagedFileError(path, `unknown version ${version}`);
  }
  const nodeName = version === "0" ? "broker.id" : "node.id";
  const nodeText = values.get(nodeName);
  const nodeId = nodeText === undefined ? undefined : Number(nodeText);
  if (nodeId !== undefined && !(Number.isInteger(nodeId) && nodeId >= -1)) {
    throw new DamagedFileError(path, `${nodeName} is ${nodeText}`);
  }
  const clusterId = values.get("cluster.id");
  if (version === "1" && (clusterId === undefined || nodeId === undefined)) {
    throw new DamagedFileError(
      path,
      `${clusterId === undefined ? "cluster.id" : nodeName} missing`,
    );
  }
  const directoryId = values.get("directory.id");
  if (directoryId !== undefined) checkDirectoryId(directoryId, path);
  return { version: version === "0" ? 0 : 1, clusterId, nodeId, directoryId };
}

function checkDirectoryId(directoryId: string, path: string): void {
  if (uuidBytes(directoryId) === undefined || isReservedUuid(directoryId)) {
    throw new DamagedFileError(path, `directory.id ${directoryId} is not an id of a directory`);
  }
}

/** The entries of a Java properties text, as far as such a file needs them: no unicode escapes. */
function parseProperties(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const raw of text.split(/\r\n|\n|\r/)) {
    const line = raw.trimStart();
    if (line === "" || line.startsWith("#") || line.startsWith("!")) continue;
    const match = /^((?:\\.|[^\\\s=:])*)\s*[=:]?\s*(.*)$/.exec(line);
    if (match !== null) values.set(unescape(match[1] ?? ""), unescape(match[2] ?? ""));
  }
  return values;
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}
