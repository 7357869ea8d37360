import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ConfigPatch, ConfigRow } from "../../api.ts";
import { apiPath, call, useGet } from "../state/api.ts";
import * as format from "../state/format.ts";
import { AsCode } from "./code.tsx";
import { configSnippets } from "./change-snippets.ts";
import { Dialog } from "./dialog.tsx";
import { Card, ProblemNotice, Waiting } from "./page.tsx";
import { say, sayProblem } from "./toast.tsx";

/** The settings of a topic, a broker or a group: what they are, where they come from, and changing them. */
export function ConfigTable({
  path,
  noun,
  name,
}: {
  path: readonly string[];
  noun: "topic" | "broker" | "group";
  name: string;
}): JSX.Element {
  const { state, reload } = useGet<readonly ConfigRow[]>(apiPath(path));
  const [search, setSearch] = useState("");
  const [onlyChanged, setOnlyChanged] = useState(false);
  const [editing, edit] = useState<ConfigRow | undefined>(undefined);
  const { value: rows, problem } = state.value;
  if (rows === undefined && problem !== undefined) return <ProblemNotice problem={problem} />;
  if (rows === undefined) return <Waiting what="settings" />;
  const needle = search.toLowerCase();
  const shown = rows.filter(
    (row) =>
      (!onlyChanged || !row.isDefault) &&
      (row.name.includes(needle) || row.doc.toLowerCase().includes(needle)),
  );
  return (
    <>
      <div class="row">
        <input
          type="search"
          class="input search"
          placeholder="Search settings"
          aria-label="Search settings"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={onlyChanged}
            onChange={() => setOnlyChanged(!onlyChanged)}
          />
          Only what differs from the default
        </label>
      </div>
      <Card flush>
        <div class="table-wrap" tabIndex={0} role="region" aria-label="Settings">
          <table class="settings">
            <thead>
              <tr>
                <th>Setting</th>
                <th>Value</th>
                <th class="hide-narrow">From</th>
                <th>
                  <span class="visually-hidden">Change</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <SettingRow key={row.name} row={row} onEdit={() => edit(row)} />
              ))}
            </tbody>
          </table>
        </div>
        {shown.length === 0 ? (
          <div class="empty">
            <p>{rows.length === 0 ? "It has no settings of its own." : "No setting matches."}</p>
          </div>
        ) : null}
      </Card>
      {editing === undefined ? null : (
        <EditDialog
          row={editing}
          path={path}
          noun={noun}
          name={name}
          onClose={() => edit(undefined)}
          onDone={() => {
            edit(undefined);
            reload();
          }}
        />
      )}
    </>
  );
}

function SettingRow({ row, onEdit }: { row: ConfigRow; onEdit: () => void }): JSX.Element {
  const meaning =
    row.value === null || row.isSensitive ? undefined : format.settingText(row.name, row.value);
  return (
    <tr>
      <td>
        <div class="mono cell-name">{row.name}</div>
        <div class="muted small">{row.doc}</div>
      </td>
      <td>
        <div class="mono">{valueText(row.value, row.isSensitive)}</div>
        {meaning === undefined ? null : <div class="muted small">{meaning}</div>}
      </td>
      <td class="hide-narrow">
        <span class={row.isDefault ? "badge" : "badge accent"}>{row.source}</span>
        {row.isDefault || row.defaultValue === null ? null : (
          <div class="muted small mono" style={{ overflowWrap: "anywhere" }}>
            instead of {valueText(row.defaultValue, row.isSensitive)}
          </div>
        )}
      </td>
      <td>
        {row.isReadOnly ? (
          <span class="muted small num">at a restart</span>
        ) : (
          <button type="button" class="button small" onClick={onEdit}>
            Edit<span class="visually-hidden"> {row.name}</span>
          </button>
        )}
      </td>
    </tr>
  );
}

function valueText(value: string | null, isSensitive: boolean): string {
  if (isSensitive) return "(secret)";
  if (value === null) return "not set";
  return value === "" ? "(empty)" : value;
}

function EditDialog({
  row,
  path,
  noun,
  name,
  onClose,
  onDone,
}: {
  row: ConfigRow;
  path: readonly string[];
  noun: "topic" | "broker" | "group";
  name: string;
  onClose: () => void;
  onDone: () => void;
}): JSX.Element {
  const [value, setValue] = useState(row.value ?? "");
  const send = async (next: string | null, dryRun: boolean): Promise<void> => {
    const patch: ConfigPatch = { changes: { [row.name]: next }, dryRun };
    try {
      await call("PATCH", apiPath(path), patch);
      say(
        dryRun ? "The broker would take it" : `${row.name} is ${next === null ? "reset" : "set"}`,
      );
      if (!dryRun) onDone();
    } catch (thrown) {
      sayProblem(thrown);
    }
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    void send(value, false);
  };
  return (
    <Dialog title={row.name} onClose={onClose}>
      <form class="page" onSubmit={submit}>
        <p>{row.doc}</p>
        <label class="field">
          <span>Value ({row.type})</span>
          {row.type === "boolean" ? (
            <select
              class="input"
              value={value}
              onChange={(event) => setValue(event.currentTarget.value)}
            >
              <option>true</option>
              <option>false</option>
            </select>
          ) : (
            <input
              class="input mono"
              autofocus
              value={value}
              onInput={(event) => setValue(event.currentTarget.value)}
            />
          )}
        </label>
        {row.defaultValue === null ? null : (
          <p class="muted">
            Default: <code>{valueText(row.defaultValue, false)}</code>
          </p>
        )}
        <div class="row">
          <button type="submit" class="button primary">
            Set
          </button>
          <button type="button" class="button" onClick={() => void send(value, true)}>
            Try (changes nothing)
          </button>
          {row.isDefault ? null : (
            <button type="button" class="button danger" onClick={() => void send(null, false)}>
              Back to the default
            </button>
          )}
          <AsCode of={configSnippets(noun, name, row.name, value)} />
        </div>
      </form>
    </Dialog>
  );
}
