import type { ComponentChildren, JSX } from "preact";
import type { Problem } from "../../api.ts";

/** A screen: its title, what can be done on it, and its content. */
export function Page({
  title,
  badge,
  crumbs,
  about,
  actions,
  children,
}: {
  title: ComponentChildren;
  /** Beside the title. */
  badge?: ComponentChildren;
  crumbs?: ComponentChildren;
  about?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="page">
      <div class="page-head">
        <div class="grow">
          {crumbs === undefined ? null : (
            <nav class="crumbs" aria-label="Where you are">
              {crumbs}
            </nav>
          )}
          <div class="row">
            <h1 tabIndex={-1}>{title}</h1>
            {badge}
          </div>
          {about === undefined ? null : <p class="muted">{about}</p>}
        </div>
        {actions === undefined ? null : <div class="row">{actions}</div>}
      </div>
      {children}
    </div>
  );
}

export function Card({
  title,
  actions,
  children,
  flush = false,
}: {
  title?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
  /** Content goes to the edges, as tables do. */
  flush?: boolean;
}): JSX.Element {
  return (
    <section class="card">
      {title === undefined ? null : (
        <div class="card-head">
          <h2>{title}</h2>
          {actions === undefined ? null : <div class="row">{actions}</div>}
        </div>
      )}
      {flush ? children : <div class="card-body">{children}</div>}
    </section>
  );
}

export function Tile({
  name,
  value,
  note,
  children,
}: {
  name: string;
  value: ComponentChildren;
  note?: ComponentChildren;
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="tile">
      <dl>
        <dt>{name}</dt>
        <dd>{value}</dd>
        {note === undefined ? null : <dd class="note">{note}</dd>}
      </dl>
      {children}
    </div>
  );
}

/** Figures in a line, where a screen is about something else. */
export function Facts({
  facts,
}: {
  facts: readonly {
    readonly name: string;
    readonly value: ComponentChildren;
    readonly note?: ComponentChildren;
  }[];
}): JSX.Element {
  return (
    <dl class="facts">
      {facts.map(({ name, value, note }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <strong>{value}</strong> {note === undefined ? null : <span>{note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What could not be had, why, and what to do. */
export function ProblemNotice({ problem }: { problem: Problem }): JSX.Element {
  return (
    <div class="notice error" role="alert">
      <strong>{problem.message}</strong>
      {problem.remedy === undefined ? null : <span>{problem.remedy}</span>}
      <span class="muted small mono">{problem.code}</span>
    </div>
  );
}

export function Waiting({ what }: { what: string }): JSX.Element {
  return (
    <p class="muted" role="status">
      Loading {what} …
    </p>
  );
}
